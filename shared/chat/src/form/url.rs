//! The URL of a webhook, as people paste it.

use super::field::{Refusal, malformed, not_allowed, unmasked};

/// The parts of a webhook's URL, none of them decoded.
pub struct WebhookUrl<'t> {
    pub host: &'static str,
    pub segments: Vec<&'t str>,
    pub query: Vec<(&'t str, &'t str)>,
}

/// The parts of a URL, none of them looked at.
pub struct UrlParts<'t> {
    /// The host, with a port or without.
    pub authority: &'t str,
    /// What follows the first slash after it.
    pub path: &'t str,
    pub query: &'t str,
}

/// Takes a URL apart in which there is nothing that a parser would have to interpret: https, no
/// user name, no fragment.
pub fn url_parts(text: &str) -> Result<UrlParts<'_>, Refusal> {
    let text = unmasked(text.trim(), "URL")?;
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
    Ok(UrlParts {
        authority,
        path,
        query,
    })
}

/// Takes a webhook's URL apart. Its host must be, letter by letter, one of `hosts`: no
/// port, no user name, no trailing dot, nothing that a parser would have to interpret.
/// What is stored is put together again from the parts, so that no reading of the
/// original by another parser matters.
pub fn webhook_url<'t>(text: &'t str, hosts: &[&'static str]) -> Result<WebhookUrl<'t>, Refusal> {
    let UrlParts {
        authority,
        path,
        query,
    } = url_parts(text)?;
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
