//! Showing a credential without giving it away.

/// The last four characters, after an ellipsis: enough to recognise, useless to an attacker.
pub fn tail(secret: &str) -> String {
    let count = secret.chars().count();
    // A short secret would be shown for the most part.
    let shown = if count >= 16 { 4 } else { 0 };
    let tail: String = secret.chars().skip(count - shown).collect();
    format!("…{tail}")
}

/// Whether a text is a masked credential, as sent back by a client that read it from us.
pub fn is_masked(text: &str) -> bool {
    text.contains('…')
}

/// The beginnings of what may be a credential.
const MARKS: [&str; 5] = ["xox", "xapp-", "xwfp-", "://", "/webhooks/"];

/// A name that a client made up, fit to be repeated to it: where a colon or a quote was
/// forgotten, half a credential can become a part of a field's name.
pub fn without_credential(name: &str) -> String {
    match MARKS.iter().filter_map(|mark| name.find(mark)).min() {
        Some(start) => format!("{}…", &name[..start]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_repeated_without_the_credential_in_it() {
        for (name, shown) in [
            ("token:xoxb-fake-token", "token:…"),
            ("webhook_url:https://example.com", "webhook_url:https…"),
            ("chanels", "chanels"),
            ("", ""),
        ] {
            assert_eq!(without_credential(name), shown);
        }
    }

    #[test]
    fn only_four_characters_of_a_long_secret_are_shown() {
        assert_eq!(tail("abcdefghijklmnopqrstwxyz"), "…wxyz");
        assert_eq!(tail("short"), "…");
    }
}
