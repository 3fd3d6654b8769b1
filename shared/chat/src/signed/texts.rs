//! The parts of the credential, as people write them.

use carillon_domain::masking;

use super::{destination, signature};
use crate::form::{Refusal, malformed, not_allowed};

/// Headers that HTTP itself or the signature needs.
const OWN_HEADERS: [&str; 10] = [
    "accept-encoding",
    "connection",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Beginnings of such headers.
const OWN_PREFIXES: [&str; 3] = ["content-", "proxy-", "webhook-"];

pub(super) fn url(text: &str) -> Result<String, Refusal> {
    destination::parse(text).map(String::from)
}

/// All but the query.
pub(super) fn masked_url(url: &str) -> String {
    match url.split_once('?') {
        Some((address, query)) => format!("{address}?{}", masking::tail(query)),
        None => url.to_owned(),
    }
}

pub(super) fn secret(text: &str) -> Result<String, Refusal> {
    let key = signature::key(text.trim());
    let key = key.ok_or_else(|| {
        malformed(
            "must be whsec_ and 24 to 64 random bytes in Base64 (A-Z, a-z, 0-9, + and /); leave \
             it out to have one made",
        )
    })?;
    Ok(signature::secret(&key))
}

pub(super) fn masked_secret(secret: &str) -> String {
    let padding = secret.trim_end_matches('=');
    format!("{}{}", signature::PREFIX, masking::tail(padding))
}

/// A header's name, in lower case.
pub(super) fn header_name(text: &str) -> Result<String, Refusal> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if text.is_empty() || !text.chars().all(is_token) {
        return Err(malformed(
            "is no name of a header: letters, digits and hyphens",
        ));
    }
    let name = text.to_ascii_lowercase();
    let is_own = OWN_HEADERS.contains(&name.as_str())
        || OWN_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    match is_own {
        true => Err(not_allowed("is set by Carillon itself")),
        false => Ok(name),
    }
}

pub(super) fn header_value(text: &str) -> Result<String, Refusal> {
    let text = text.trim_matches([' ', '\t']);
    match text.chars().all(|c| matches!(c, ' '..='~')) {
        true => Ok(text.to_owned()),
        false => Err(malformed(
            "must be of printable ASCII: no line breaks or other control characters",
        )),
    }
}
