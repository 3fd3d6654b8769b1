//! Making text harmless to Teams.

use crate::escape::{ZERO_WIDTH_SPACE, is_plain_url};

/// For texts in which Teams reads its part of Markdown: emphasis, lists, links. Of all such texts
/// each is one line. A bare URL stays as it is and can be followed.
///
/// Each piece of a text may be escaped alone: what then looks like its beginning is escaped once
/// more than needed, which does not show.
pub(super) fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for (n, word) in text.split(' ').enumerate() {
        if n > 0 {
            escaped.push(' ');
        }
        match is_plain_url(word) {
            true => escaped.push_str(word),
            false => self::word(word, n == 0, &mut escaped),
        }
    }
    escaped
}

/// `first` says whether the word may stand at the beginning of a line.
fn word(word: &str, first: bool, escaped: &mut String) {
    for (at, c) in word.char_indices() {
        let (before, after) = (&word[..at], &word[at + c.len_utf8()..]);
        let numbers = first && before.bytes().all(|b| b.is_ascii_digit());
        let interpreted = match c {
            '\\' | '*' | '_' | '~' | '`' | '[' | ']' => true,
            '>' | '#' | '-' | '+' | '=' => first && before.is_empty(),
            '.' | ')' => numbers && after.chars().next().is_none_or(char::is_whitespace),
            _ => false,
        };
        if interpreted {
            escaped.push('\\');
        }
        escaped.push(c);
        if begins_more(c, after) || c == '&' && begins_entity(after) {
            escaped.push(ZERO_WIDTH_SPACE);
        }
    }
}

/// For texts in which Teams reads no Markdown, yet may look for dates and mentions.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        plain.push(c);
        if begins_more(c, &text[at + c.len_utf8()..]) {
            plain.push(ZERO_WIDTH_SPACE);
        }
    }
    plain
}

/// Whether something begins here that Teams looks for in the text as it is sent, so that a
/// backslash would not help: `{{DATE(…)}}`, `<at>`, `<https://…>`.
fn begins_more(c: char, after: &str) -> bool {
    let next = after.chars().next();
    match c {
        '{' => next.is_none_or(|next| next == '{'),
        '<' => next.is_none_or(|next| next.is_alphabetic() || matches!(next, '/' | '!' | '?')),
        _ => false,
    }
}

/// `&lt;` and its like. One that stands alone may be followed by a name in the next piece.
fn begins_entity(after: &str) -> bool {
    let name = after.split(';').next().unwrap_or_default();
    after.is_empty()
        || (name.len() < after.len() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown_as_it_was_written() {
        for (text, expected) in [
            ("*a* _b_ ~~c~~ `d`", r"\*a\* \_b\_ \~\~c\~\~ \`d\`"),
            ("[a](https://evil.example)", r"\[a\](https://evil.example)"),
            (r"\*a", r"\\\*a"),
            ("# a", r"\# a"),
            ("- a - b", r"\- a - b"),
            ("1. a 2. b", r"1\. a 2. b"),
            ("1) a", r"1\) a"),
            (
                "a & b &lt;c&gt; &#42; a&b",
                "a &\u{200b} b &\u{200b}lt;c&\u{200b}gt; &\u{200b}#42; a&b",
            ),
            ("a-b a.b 1.5 a#b a>b 1<2", "a-b a.b 1.5 a#b a>b 1<2"),
        ] {
            assert_eq!(markdown(text), expected);
        }
    }

    #[test]
    fn neither_a_mention_nor_a_date_nor_a_link_in_brackets_comes_alive() {
        for escape in [markdown, plain] {
            assert_eq!(escape("<at>"), "<\u{200b}at>");
            assert_eq!(escape("<https://x>"), "<\u{200b}https://x>");
            assert_eq!(escape("{{DATE(x)}}"), "{\u{200b}{DATE(x)}}");
            // Cut into single characters, the parts do not come together again either.
            let pieces: String = "{{<at>".chars().map(|c| escape(&c.to_string())).collect();
            assert!(
                !pieces.contains("{{") && !pieces.contains("<at"),
                "{pieces}"
            );
        }
        assert_eq!(plain("*a* _b_ \\ `c`"), "*a* _b_ \\ `c`");
    }

    #[test]
    fn a_bare_url_can_be_followed() {
        let text = "see https://ci.example.com/job/my_app-1/?a=b#c for more";
        assert_eq!(markdown(text), text);
    }
}
