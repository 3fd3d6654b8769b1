//! What making text harmless needs, whatever the platform.

/// An invisible character that keeps its neighbours from being read together.
pub(crate) const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// A URL of characters that mean nothing else wherever a URL may stand.
pub(crate) fn is_plain_url(word: &str) -> bool {
    let rest = word
        .strip_prefix("https://")
        .or_else(|| word.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-._/?=&%#+,:".contains(c))
    })
}
