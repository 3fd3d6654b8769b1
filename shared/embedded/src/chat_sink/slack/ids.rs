//! Slack's ids of channels.

use crate::chat_sink::ids::hash;

/// The id of the channel with this name.
pub(super) fn channel(name: &str) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut rest = hash(name);
    let mut id = String::from("C0");
    for _ in 0..9 {
        id.push(char::from(DIGITS[usize::try_from(rest % 36).unwrap_or(0)]));
        rest /= 36;
    }
    id
}

/// Whether a text is an id that Slack gave, not a channel's name (which has no capitals).
pub(super) fn is_one(text: &str) -> bool {
    let right_start = text.starts_with(['C', 'D', 'G', 'U', 'W']);
    let capitals = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    right_start && (9..=20).contains(&text.len()) && text.chars().all(capitals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_always_has_the_same_id_and_another_has_another() {
        assert_eq!(channel("infra"), channel("infra"));
        assert_ne!(channel("infra"), channel("alerts"));
    }

    #[test]
    fn ids_are_told_from_names() {
        assert!(is_one(&channel("infra")));
        assert!(is_one("C0EXAMPLE1"));
        assert!(!is_one("infra-alerts") && !is_one("C1"));
    }
}
