//! What the two platforms' registrations have in common.

use carillon_domain::fields::Fields;
use carillon_domain::masking::{LOOKS_LIKE_CREDENTIAL, is_masked, looks_like_credential};
use carillon_domain::text::clean_line;
use carillon_domain::webhook::{Digest, Grouping};
use carillon_domain::{Configuration, Credential, DestinationKind, FaultCode};
use secrecy::SecretString;

/// The longest label or channel that is stored, in characters: what Slack allows a
/// channel's name, and room for `#`.
pub(crate) const MAX_CHANNEL: usize = 100;

/// Why something is refused: for programs and for people.
pub(crate) type Refusal = (FaultCode, String);

pub(crate) fn malformed(detail: impl Into<String>) -> Refusal {
    (FaultCode::Malformed, detail.into())
}

pub(crate) fn not_allowed(detail: impl Into<String>) -> Refusal {
    (FaultCode::NotAllowed, detail.into())
}

/// Reads a credential and has `check` bring it into the form that is stored. The masked one
/// of `current` means that nothing changes.
pub(crate) fn credential<T>(
    fields: &mut Fields,
    kind: DestinationKind,
    max: usize,
    current: Option<&Configuration>,
    check: impl Fn(&str) -> Result<T, Refusal>,
) -> Option<Given<T>> {
    let name = kind.credential_field();
    let text = fields.text(name, max)?;
    let text = text.trim();
    if current.is_some_and(|current| current.kind == kind && current.masked_credential == text) {
        return Some(Given::Unchanged);
    }
    match check(text) {
        Ok(credential) => Some(Given::New(credential)),
        Err((code, detail)) => {
            fields.fault(name, code, detail);
            None
        }
    }
}

/// A credential as it was given.
#[derive(Debug)]
pub(crate) enum Given<T> {
    New(T),
    /// The masked one.
    Unchanged,
}

impl<T> Given<T> {
    pub(crate) fn value(&self) -> Option<&T> {
        match self {
            Self::New(credential) => Some(credential),
            Self::Unchanged => None,
        }
    }

    /// As it may be shown.
    pub(crate) fn masked(
        &self,
        current: Option<&Configuration>,
        mask: impl Fn(&T) -> String,
    ) -> String {
        match self {
            Self::New(credential) => mask(credential),
            Self::Unchanged => current
                .map(|current| current.masked_credential.clone())
                .unwrap_or_default(),
        }
    }

    /// As it is kept.
    pub(crate) fn into_credential(self, stored: impl Fn(T) -> String) -> Credential {
        match self {
            Self::New(credential) => Credential::New(SecretString::from(stored(credential))),
            Self::Unchanged => Credential::Unchanged,
        }
    }
}

/// The parts of a webhook's URL, none of them decoded.
#[derive(Debug)]
pub(crate) struct WebhookUrl<'t> {
    pub host: &'static str,
    pub segments: Vec<&'t str>,
    pub query: Vec<(&'t str, &'t str)>,
}

/// Takes a webhook's URL apart. Its host must be, letter by letter, one of `hosts`: no
/// port, no user name, no trailing dot, nothing that a parser would have to interpret.
/// What is stored is put together again from the parts, so that no reading of the
/// original by another parser matters.
pub(crate) fn webhook_url<'t>(
    text: &'t str,
    hosts: &[&'static str],
) -> Result<WebhookUrl<'t>, Refusal> {
    let text = text.trim();
    if is_masked(text) {
        return Err(malformed(
            "this is a masked URL, which is only for showing; send the whole one",
        ));
    }
    if !text.chars().all(|c| c.is_ascii_graphic() && c != '\\') {
        return Err(malformed(
            "must be a URL of plain ASCII, without spaces and backslashes",
        ));
    }
    let rest = text
        .split_at_checked("https://".len())
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("https://"))
        .map(|(_, rest)| rest)
        .ok_or_else(|| malformed("must begin with https://"))?;
    if rest.contains('#') {
        return Err(malformed("must not have a fragment (#…)"));
    }
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = address.split_once('/').unwrap_or((address, ""));
    if authority.contains('@') {
        return Err(not_allowed("must not contain a user name"));
    }
    let Some(host) = hosts
        .iter()
        .find(|host| authority.eq_ignore_ascii_case(host))
    else {
        let detail = match authority.split_once(':') {
            Some(_) => "must not name a port".to_owned(),
            None => format!("the host must be {}", hosts.join(" or ")),
        };
        return Err(not_allowed(detail));
    };
    Ok(WebhookUrl {
        host,
        segments: path.strip_suffix('/').unwrap_or(path).split('/').collect(),
        query: query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect(),
    })
}

/// Reads `channel` and `channels` of a webhook that has a channel of its own: a label
/// at most, which changes nothing about where it posts.
pub(crate) fn label(fields: &mut Fields, configuration: &mut Configuration) {
    let channel = fields.text("channel", MAX_CHANNEL);
    let channels = fields
        .texts("channels", 100, MAX_CHANNEL)
        .unwrap_or_default();
    if channels.len() + usize::from(channel.is_some()) > 1 {
        fields.fault(
            "channels",
            FaultCode::NotAllowed,
            "a webhook URL posts only into the channel it was made for: name at most one channel, \
             as a label, and register one webhook for each other channel",
        );
    }
    configuration.channel = channel.and_then(|channel| {
        let at = fields.at("channel");
        one_line(fields, at, &channel)
    });
    configuration.channels = channels
        .into_iter()
        .filter_map(|(at, channel)| one_line(fields, at, &channel))
        .collect();
}

/// A text of one line, trimmed.
pub(crate) fn one_line(
    fields: &mut Fields,
    at: carillon_domain::Pointer,
    text: &str,
) -> Option<String> {
    let trimmed = text.trim();
    if looks_like_credential(trimmed) {
        let faults = fields.faults();
        faults.add(at, FaultCode::NotAllowed, LOOKS_LIKE_CREDENTIAL);
        return None;
    }
    if clean_line(trimmed) == trimmed {
        return Some(trimmed.to_owned());
    }
    fields.faults().add(
        at,
        FaultCode::Malformed,
        "must be one line, without control or invisible characters and without runs of spaces",
    );
    None
}

/// Reads `grouping` and `digest`. `cannot` says why a grouping is impossible here.
pub(crate) fn joining(
    fields: &mut Fields,
    configuration: &mut Configuration,
    cannot: impl Fn(Grouping) -> Option<&'static str>,
) {
    configuration.grouping = fields
        .choice("grouping", &Grouping::ALL)
        .unwrap_or_default();
    if let Some(reason) = cannot(configuration.grouping) {
        fields.fault("grouping", FaultCode::NotAllowed, reason);
    }
    configuration.digest = fields.choice("digest", &Digest::ALL).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: &[&str] = &["hooks.slack.com"];

    #[test]
    fn a_url_is_taken_apart() {
        let url = webhook_url(" HTTPS://Hooks.Slack.com/services/T/B/x/?a=1&b ", HOSTS).unwrap();
        assert_eq!(url.host, "hooks.slack.com");
        assert_eq!(url.segments, ["services", "T", "B", "x"]);
        assert_eq!(url.query, [("a", "1"), ("b", "")]);
    }

    #[test]
    fn no_trick_gets_another_host_past_the_list() {
        for text in [
            "http://hooks.slack.com/services/T/B/x",
            "//hooks.slack.com/services",
            "https:hooks.slack.com/services",
            "https:///hooks.slack.com/services",
            "https://hooks.slack.com.evil.example/services",
            "https://evil.example/hooks.slack.com",
            "https://hooks.slack.com@evil.example/services",
            "https://evil.example@hooks.slack.com/services",
            "https://a:b@hooks.slack.com/services",
            "https://hooks.slack.com:443/services",
            "https://hooks.slack.com:8443/services",
            "https://hooks.slack.com./services",
            "https://hooks.slack.com\\@evil.example/services",
            "https://evil.example\\.hooks.slack.com/services",
            "https://hooks.slack.com%2eevil.example/services",
            "https://hooks%2Eslack.com/services",
            "https://hooks。slack。com/services",
            "https://hooks.slаck.com/services",
            "https://hooks.slack.com\u{202e}/services",
            "https://hooks.slack\t.com/services",
            "https://hooks.slack.com#@evil.example/services",
            "https://hooks.slack.com?@evil.example/#services",
            "https://127.0.0.1/services",
            "https://[::1]/services",
            "https://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "https://",
            "",
        ] {
            match webhook_url(text, HOSTS) {
                Err(_) => {}
                // What is put together again can only go to the host of the list.
                Ok(url) => assert_eq!(
                    (url.host, url.segments.first().copied()),
                    ("hooks.slack.com", Some("")),
                    "{text}"
                ),
            }
        }
    }
}
