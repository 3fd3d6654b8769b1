//! Why a platform gave no answer, in words that help people whose network is at fault.

use std::error::Error;
use std::io;

use carillon_domain::Outcome;

use crate::reply::Reply;

/// Why there is no answer, or not all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Dns,
    Refused,
    Untrusted,
    ConnectTimeout,
    NotConnected,
    Timeout,
    Broken,
}

impl Cause {
    /// Of the error itself nothing is kept, because it names the URL.
    pub fn of(error: &reqwest::Error) -> Self {
        let is_before_sending = error.is_connect() || error.is_builder();
        match (is_before_sending, error.is_timeout()) {
            (true, true) => Self::ConnectTimeout,
            (true, false) => Self::of_connecting(error),
            (false, true) => Self::Timeout,
            (false, false) => Self::Broken,
        }
    }

    fn of_connecting(error: &reqwest::Error) -> Self {
        let causes = || std::iter::successors(error.source(), |&error| below(error));
        let io = || causes().filter_map(|cause| cause.downcast_ref::<io::Error>());
        let mut tls = causes().filter_map(|cause| cause.downcast_ref::<rustls::Error>());
        if tls.any(is_untrusted) {
            Self::Untrusted
        } else if io().any(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            Self::Refused
        } else if causes().any(|cause| cause.to_string() == "dns error") {
            // The HTTP client has no type for it.
            Self::Dns
        } else {
            Self::NotConnected
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Dns => "dns_failed",
            Self::Refused => "connection_refused",
            Self::Untrusted => "tls_untrusted",
            Self::ConnectTimeout => "connect_timeout",
            Self::NotConnected => "connection_failed",
            Self::Timeout => "timeout",
            Self::Broken => "connection_broken",
        }
    }

    /// What it means to a post. Before the connection stands nothing is sent; afterwards nobody
    /// knows.
    pub fn reply(self, name: &str) -> Reply {
        let outcome = match self {
            Self::Timeout | Self::Broken => Outcome::Unknown,
            _ => Outcome::Unavailable,
        };
        Reply::new(outcome).code(self.code()).hint(self.hint(name))
    }

    fn hint(self, name: &str) -> String {
        let begin = at_beginning(name);
        match self {
            Self::Dns => format!(
                "The address of {name} could not be looked up: check the network's DNS. In a VPC, \
                 its DNS support must be on, and its resolver must know the names of the internet."
            ),
            Self::Refused => format!(
                "The connection to {name} was refused on the way: check the firewall, and the \
                 proxy if HTTPS_PROXY names one."
            ),
            Self::Untrusted => format!(
                "What answered for {name} has a certificate that nobody vouches for, as proxies \
                 and firewalls have that look into connections: let Carillon through without that."
            ),
            Self::ConnectTimeout => format!(
                "No connection to {name} came about in time. A function in a VPC needs a route to \
                 a NAT gateway, a DNS that answers, and a security group and a network ACL that \
                 let it reach port 443."
            ),
            Self::NotConnected => format!("{begin} could not be reached."),
            Self::Timeout => {
                format!("{begin} did not answer in time; the message may have arrived.")
            }
            Self::Broken => {
                format!("{begin} broke the connection off; the message may have arrived.")
            }
        }
    }
}

/// A name at the beginning of a sentence.
fn at_beginning(name: &str) -> String {
    let (first, rest) = name.split_at_checked(1).unwrap_or((name, ""));
    format!("{}{rest}", first.to_ascii_uppercase())
}

/// What has caused an error. Of one that an I/O error wraps, `source` would skip it.
fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn is_untrusted(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidCertificate(_))
}

#[cfg(test)]
mod tests;
