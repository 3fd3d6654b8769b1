//! Texts of others, made fit for a terminal.

/// A text that cannot move the cursor, change colours or break a line.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() || is_bidirectional(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// Characters that turn the order of what stands beside them.
fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The known name that was probably meant, as the end of a sentence.
pub fn did_you_mean<'n>(written: &str, known: impl Iterator<Item = &'n str>) -> String {
    let nearest = known
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .min();
    match nearest {
        Some((distance, name)) if distance <= 1 + written.chars().count() / 3 => {
            format!("; did you mean `{}`?", clean(name))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_reaches_the_terminal_as_a_command() {
        assert_eq!(
            clean("a\u{1b}[31mb\nc\u{7}\u{202e}d"),
            "a\u{fffd}[31mb c\u{fffd}\u{fffd}d"
        );
        assert_eq!(clean("Grüße 🔔 #infra"), "Grüße 🔔 #infra");
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let known = || ["prod alerts", "gaming"].into_iter();
        assert_eq!(
            did_you_mean("prod alert", known()),
            "; did you mean `prod alerts`?"
        );
        assert_eq!(did_you_mean("billing", known()), "");
        assert_eq!(did_you_mean("x", [].into_iter()), "");
    }
}
