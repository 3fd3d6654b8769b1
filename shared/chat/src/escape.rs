//! What making text harmless needs, whatever the platform.

use carillon_domain::text::Escaped;

/// A character with an invisible one behind it, so that it is not read together with the next. That
/// stays in what people copy: it is the last resort.
pub(crate) fn inert(c: char) -> String {
    format!("{c}\u{200b}")
}

/// Adds a text in which `instead` says what is shown in the place of a character, if that is not
/// shown as it is. It gets the character and what follows it.
pub(crate) fn add(
    escaped: &mut Escaped,
    text: &str,
    instead: impl Fn(char, &str) -> Option<String>,
) {
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if let Some(shown) = instead(c, &text[end..]) {
            escaped.literal(&text[from..at]);
            escaped.whole(&text[at..end], &shown);
            from = end;
        }
    }
    escaped.literal(&text[from..]);
}

/// Words that stand between the colons of ARNs and are emoji, too.
const EMOJI_IN_ARNS: [&str; 12] = [
    "bell", "cloud", "fire", "key", "link", "lock", "package", "ram", "rocket", "secret", "star",
    "zap",
];

/// Whether the colon at `at` begins an emoji's code, such as `:tada:`. None has capitals. ARNs have
/// words between colons as well, hardly any of which is an emoji.
pub(crate) fn begins_emoji(text: &str, at: usize) -> bool {
    let known = |c: char| c.is_alphanumeric() && !c.is_uppercase() || matches!(c, '_' | '+' | '-');
    let rest = &text[at + 1..];
    let name = &rest[..rest.find(|c| !known(c)).unwrap_or(rest.len())];
    if name.is_empty() || !rest[name.len()..].starts_with(':') {
        return false;
    }
    let word = text[..at].rfind(char::is_whitespace);
    let word = text[word.unwrap_or_default()..].trim_start();
    !word.starts_with("arn:") || EMOJI_IN_ARNS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_told_from_a_time_and_from_an_arn() {
        let begins = |text: &str| {
            let colons = text.match_indices(':').map(|(at, _)| at);
            let codes = colons.filter(|at| begins_emoji(text, *at));
            codes.collect::<Vec<_>>()
        };
        assert_eq!(begins(":tada: a:b"), [0]);
        assert!(begins("done: 10:15, AWS::CloudWatch::Alarm").is_empty());
        assert!(begins("arn:aws:rds:eu-west-1:111122223333:db:billing-db").is_empty());
        assert_eq!(
            begins("x arn:aws:secretsmanager:eu-west-1:1:secret:db"),
            [36]
        );
    }
}
