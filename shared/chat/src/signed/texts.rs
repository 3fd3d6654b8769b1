//! The parts of the credential, as people write them.

use carillon_domain::masking;

use super::{destination, signature};
use crate::form::{Refusal, malformed, not_allowed, unmasked};

/// Headers that HTTP itself or the signature needs.
const OWN_HEADERS: &str = "accept-encoding connection expect host keep-alive te traceparent \
                           trailer transfer-encoding upgrade user-agent";

/// Beginnings of such headers.
const OWN_PREFIXES: [&str; 3] = ["content-", "proxy-", "webhook-"];

pub(super) fn url(text: &str) -> Result<String, Refusal> {
    destination::parse(text).map(String::from)
}

/// All but the query.
pub(super) fn masked_url(url: &str) -> String {
    match url.split_once('?') {
        Some((address, query)) => format!("{address}?{}", last_part(query)),
        None => url.to_owned(),
    }
}

/// The end of the last part, which may be the only secret one: a short one must not be shown as
/// the end of something longer.
fn last_part(text: &str) -> String {
    let padded = text.trim_end_matches('=');
    let last = padded
        .rsplit([' ', '\t', '&', '=', ';', ',', ':', '"'])
        .next();
    masking::tail(last.unwrap_or_default())
}

pub(super) fn secret(text: &str) -> Result<String, Refusal> {
    let key = signature::key(unmasked(text, "secret")?.trim());
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
    let is_own = OWN_HEADERS.split(' ').any(|own| own == name)
        || OWN_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    match is_own {
        true => Err(not_allowed("is set by Carillon itself")),
        false => Ok(name),
    }
}

/// Nothing of `Basic`: its end is that of a password, in another alphabet.
pub(super) fn masked_header(value: &str) -> String {
    let scheme = value.split([' ', '\t']).next().unwrap_or_default();
    match scheme.eq_ignore_ascii_case("basic") {
        true => masking::tail(""),
        false => last_part(value),
    }
}

pub(super) fn header_value(text: &str) -> Result<String, Refusal> {
    let text = unmasked(text.trim_matches([' ', '\t']), "secret")?;
    match text.chars().all(|c| matches!(c, ' '..='~')) {
        true => Ok(text.to_owned()),
        false => Err(malformed(
            "must be of printable ASCII: no line breaks or other control characters",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_four_characters_of_a_long_secret_and_nothing_of_a_short_one() {
        let address = "https://receiver.example.com/hooks";
        for (query, shown) in [
            ("token=fake-token-of-tests", "\u{2026}ests"),
            ("fake-token-of-tests", "\u{2026}ests"),
            ("key=ZmFrZS10b2tlbi1vZg==", "\u{2026}1vZg"),
            ("workspace=acme&key=x7Qp", "\u{2026}"),
            ("workspace=acme-in-the-north&x7Qp", "\u{2026}"),
            ("workspace=acme-in-the-north&key=", "\u{2026}"),
        ] {
            let masked = masked_url(&format!("{address}?{query}"));
            assert_eq!(masked, format!("{address}?{shown}"), "{query}");
        }
        assert_eq!(masked_url(address), address);
        for (value, shown) in [
            ("Bearer fake-token-of-headers", "\u{2026}ders"),
            ("fake-token-of-headers", "\u{2026}ders"),
            ("Bearer ZmFrZS10b2tlbi1vZg==", "\u{2026}1vZg"),
            ("Token-of-the-receiver x7Qp", "\u{2026}"),
            ("Basic dXNlcjpwYXNz", "\u{2026}"),
            ("basic ZmFrZS11c2VyOmZha2UtcGFzc3dvcmQ=", "\u{2026}"),
            ("session=fake-session-of-tests; pin=7391", "\u{2026}"),
            ("short", "\u{2026}"),
        ] {
            assert_eq!(masked_header(value), shown, "{value}");
        }
    }
}
