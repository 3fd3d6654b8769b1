//! Making text harmless to Slack.

use crate::escape::ZERO_WIDTH_SPACE;

/// Escapes the three characters that begin or end what Slack interprets; it wants no
/// others escaped (docs.slack.dev, formatting). Without `<` there is no link, no mention
/// and no date.
pub(super) fn entities(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// For the inside of a code span, where nothing but its end has a meaning. There is no
/// escape for a backtick, so that it becomes a look-alike.
pub(super) fn code(text: &str) -> String {
    entities(text).replace('`', "ˋ")
}

/// For the top-level text, where markup is off but emoji codes and names after `@` may
/// still be found: neither can stand behind these two characters any more.
pub(super) fn inert(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        inert.push(c);
        let before_word = rest.peek().is_none_or(|next| !next.is_whitespace());
        if matches!(c, ':' | '@') && before_word {
            inert.push(ZERO_WIDTH_SPACE);
        }
    }
    entities(&inert)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slack_interprets_is_escaped_and_nothing_else() {
        assert_eq!(
            entities("<!here> & <@U1|x> *b* é 🎉"),
            "&lt;!here&gt; &amp; &lt;@U1|x&gt; *b* é 🎉"
        );
        assert_eq!(entities("&amp;"), "&amp;amp;");
    }

    #[test]
    fn nothing_ends_a_code_span() {
        assert_eq!(code("a`b` <c>"), "aˋbˋ &lt;c&gt;");
    }

    #[test]
    fn neither_an_emoji_nor_a_mention_survives_in_plain_text() {
        assert_eq!(
            inert(":tada: @here"),
            ":\u{200b}tada:\u{200b} @\u{200b}here".replace(":\u{200b} ", ": ")
        );
        assert_eq!(inert("failed: x"), "failed: x");
    }
}
