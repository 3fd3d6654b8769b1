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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_four_characters_of_a_long_secret_are_shown() {
        assert_eq!(tail("abcdefghijklmnopqrstwxyz"), "…wxyz");
        assert_eq!(tail("short"), "…");
    }
}
