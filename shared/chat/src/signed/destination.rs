//! Where a signed webhook may go: rules over URLs alone. What a name's addresses are is judged
//! when they are looked up (`resolver`).

use url::{Host, Url};

use crate::form::{Refusal, is_label, malformed, not_allowed, unmasked};

/// The longest URL, in characters.
pub(super) const MAX_URL: usize = 2_048;

/// The longest name of a host, in characters (RFC 1035, section 2.3.4).
const MAX_HOST: usize = 253;

const PORTS: [u16; 2] = [443, 8_443];

/// Ends of names that are nobody's on the internet (RFC 6761, 6762, 7686, 8375), or that people
/// use in their own networks.
const OWN_NETWORK: &str = "localhost localdomain local internal home.arpa svc test invalid onion \
                           lan corp intranet";

/// What signed webhooks can reach.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    is_private: bool,
    /// Where our own API is: hosts, with a port or without.
    own: Vec<String>,
    /// As which host it is being called at the moment.
    called_as: Option<fn() -> Option<String>>,
}

impl Reach {
    /// Reads the setting `CARILLON_ALLOW_PRIVATE`: whether `http`, addresses, all ports and all
    /// names are allowed, too. That is for tests and for one's own machine: the network of a
    /// Lambda function has its runtime's API in it.
    ///
    /// # Errors
    /// Where it is neither `true` nor `false`, or is set for a Lambda function.
    pub fn parse(text: &str, function_name: Option<&str>) -> Result<Self, String> {
        let is_private = match text {
            "true" => true,
            "false" => false,
            _ => return Err("must be true or false".to_owned()),
        };
        if is_private && function_name.is_some() {
            return Err("is not for Lambda functions: leave it out".to_owned());
        }
        Ok(Self {
            is_private,
            ..Self::default()
        })
    }

    /// But not our own API, which is at this host. One with a port means that port alone.
    #[must_use]
    pub fn without(mut self, host: impl Into<String>) -> Self {
        self.own.push(comparable(&host.into()));
        self
    }

    /// But not our own API, as which this very request has come in.
    #[must_use]
    pub fn without_called(mut self, called_as: fn() -> Option<String>) -> Self {
        self.called_as = Some(called_as);
        self
    }

    /// As [`without`](Self::without), of several, with spaces between.
    #[must_use]
    pub fn without_all(self, hosts: &str) -> Self {
        hosts.split_whitespace().fold(self, Self::without)
    }

    pub(super) fn is_private(&self) -> bool {
        self.is_private
    }

    /// Whether a request may go there.
    ///
    /// # Errors
    /// Says why not.
    pub(super) fn judge(&self, url: &Url) -> Result<(), Refusal> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(not_allowed("must not contain a user name"));
        }
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let port = url.port_or_known_default().unwrap_or_default();
        let with_port = format!("{host}:{port}");
        let called = self.called_as.and_then(|called_as| called_as());
        let called = called.map(|host| comparable(&host));
        let mut own = self.own.iter().chain(&called);
        if own.any(|own| *own == host || *own == with_port) {
            return Err(not_allowed("is Carillon's own API"));
        }
        if self.is_private {
            return Ok(());
        }
        if url.scheme() != "https" {
            return Err(not_allowed("must begin with https://"));
        }
        let Some(Host::Domain(name)) = url.host() else {
            return Err(not_allowed(
                "must name its host: an IP address is not allowed",
            ));
        };
        if !PORTS.contains(&port) {
            return Err(not_allowed("the port must be 443 or 8443"));
        }
        public_name(name)
    }
}

/// A host as those of URLs are compared, with a port or without: the dot at the end of a name
/// means nothing here.
fn comparable(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    match host.rsplit_once(':') {
        Some((name, port)) => format!("{}:{port}", name.trim_end_matches('.')),
        None => host.trim_end_matches('.').to_owned(),
    }
}

/// Whether a name can be that of a host on the internet.
fn public_name(name: &str) -> Result<(), Refusal> {
    if name.len() > MAX_HOST || !name.split('.').all(is_label) {
        return Err(malformed(
            "the host must be a name of letters, digits, hyphens and dots",
        ));
    }
    let is_own = |end: &str| {
        name.strip_suffix(end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if !name.contains('.') || OWN_NETWORK.split(' ').any(is_own) {
        return Err(not_allowed("the host must be one of the public internet"));
    }
    Ok(())
}

/// Reads a URL, with nothing in it that a parser would repair or leave out.
///
/// # Errors
/// Says what it should look like.
pub(super) fn parse(text: &str) -> Result<Url, Refusal> {
    let text = unmasked(text.trim(), "URL")?;
    if text
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
    {
        return Err(malformed(
            "must not contain spaces, control characters or backslashes",
        ));
    }
    let rest = ["https://", "http://"].iter().find_map(|scheme| {
        let (start, rest) = text.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let Some(rest) = rest.filter(|rest| !rest.starts_with('/')) else {
        return Err(malformed("must begin with https:// and a host"));
    };
    if rest.contains('#') {
        return Err(malformed("must not have a fragment (#\u{2026})"));
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(not_allowed("must not contain a user name"));
    }
    if authority.contains('%') {
        return Err(malformed("the host must not be percent-encoded"));
    }
    // What the parser says may repeat a part of the URL, which may be secret.
    let url = Url::parse(text).map_err(|_| malformed("is not a URL that can be read"))?;
    match url.as_str().len() > MAX_URL {
        true => Err(malformed(format!(
            "must have at most {MAX_URL} characters once it is encoded"
        ))),
        false => Ok(url),
    }
}
