//! Showing a credential without giving it away, and knowing one by its look where it does not
//! belong. The looks are those that are in common use, whatever kind of destination has them: a
//! kind masks its own credential itself, by its own rules.

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
const MARKS: &str = "xox xapp- xwfp- whsec_ :// /webhooks/ sig=";

/// A name that a client made up, fit to be repeated to it: where a colon or a quote was
/// forgotten, half a credential can become a part of a field's name.
pub fn without_credential(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match MARKS.split(' ').filter_map(|mark| lower.find(mark)).min() {
        Some(start) => format!("{}…", &name[..start]),
        None => name.to_owned(),
    }
}

/// What is in hardly anything but a credential.
const LOOKS: &str = "xapp- xwfp- whsec_ /api/webhooks/ .com/services/ .com/workflows/ \
                     /triggers/manual/paths/ &sig= ?sig= ://hooks.";

/// Whether a text that people will see looks like a credential that was put into the wrong
/// field. A name may begin with the letters of a token's kind, but hardly with its hyphen.
pub fn looks_like_credential(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let has_token = lower.match_indices("xox").any(|(at, mark)| {
        let mut rest = lower[at + mark.len()..].chars();
        rest.next().is_some_and(|kind| "abcdeprs".contains(kind))
            && matches!(rest.next(), Some('-' | '.'))
    });
    has_token || LOOKS.split(' ').any(|look| lower.contains(look))
}

/// What is said of it, without repeating it.
pub const LOOKS_LIKE_CREDENTIAL: &str = "this looks like a credential, which would be shown to \
     everybody here: put it into the field for the credential";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_in_the_wrong_field_is_known_by_its_look() {
        for text in [
            "xoxb-fake",
            "#xoxb-fake-fake",
            "XOXP-1-2",
            "xoxe.xoxp-1",
            "xapp-1-A",
            "whsec_fake",
            "https://hooks.slack.com/services/T0/B0/x",
            "discord.com/api/webhooks/1/x",
            "x.logic.azure.us:443/workflows/1/triggers/manual/paths/invoke",
            "sv=1.0&sig=not-a-real-signature",
            "https://receiver.example.com/hooks?sig=not-a-real-signature",
        ] {
            assert!(looks_like_credential(text), "{text}");
        }
        for text in [
            "xoxo",
            "xoxo-love",
            "infra",
            "services",
            "webhooks",
            "",
            "xox",
        ] {
            assert!(!looks_like_credential(text), "{text}");
        }
    }

    #[test]
    fn a_name_is_repeated_without_the_credential_in_it() {
        for (name, shown) in [
            ("token:xoxb-fake-token", "token:…"),
            ("webhook_url:https://example.com", "webhook_url:https…"),
            ("XOXB-fake-token", "…"),
            ("sv=1.0&sig=fake", "sv=1.0&…"),
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
