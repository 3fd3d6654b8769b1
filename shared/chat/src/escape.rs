//! What making text harmless needs, whatever the platform.

/// An invisible character that keeps its neighbours from being read together. It stays in what
/// people copy, so that it is the last resort.
pub(crate) const ZERO_WIDTH_SPACE: char = '\u{200b}';

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
