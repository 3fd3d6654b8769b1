//! Why a platform gave no answer, in words that help people whose network is at fault.

use std::error::Error;
use std::io;

use crate::codes;
use crate::reply::Reply;

/// What comes of a post without an answer. Before the connection stands nothing is sent; afterwards
/// nobody knows.
const CODES: &str = include_str!("network.tsv");

/// Why there is no answer, or not all of it: a code of ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cause(&'static str);

impl Cause {
    /// Of the error itself nothing is kept, because it names the URL.
    pub fn of(error: &reqwest::Error) -> Self {
        let is_before_sending = error.is_connect() || error.is_builder();
        Self(match (is_before_sending, error.is_timeout()) {
            (true, true) => "connect_timeout",
            (true, false) => of_connecting(error),
            (false, true) => "timeout",
            (false, false) => "connection_broken",
        })
    }

    /// What it means to a post to whoever has this name.
    pub fn reply(self, name: &str) -> Reply {
        let reply = codes::named(CODES, self.0).code(self.0);
        let hint = reply.hint.clone().unwrap_or_default();
        let hint = hint.replace("{Name}", &at_beginning(name));
        reply.hint(hint.replace("{name}", name))
    }
}

fn of_connecting(error: &reqwest::Error) -> &'static str {
    let causes = || std::iter::successors(error.source(), |&error| below(error));
    let io = || causes().filter_map(|cause| cause.downcast_ref::<io::Error>());
    let mut tls = causes().filter_map(|cause| cause.downcast_ref::<rustls::Error>());
    if tls.any(|error| matches!(error, rustls::Error::InvalidCertificate(_))) {
        "tls_untrusted"
    } else if io().any(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
        "connection_refused"
    } else if causes().any(|cause| cause.to_string() == "dns error") {
        // The HTTP client has no type for it.
        "dns_failed"
    } else {
        "connection_failed"
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

#[cfg(test)]
mod tests;
