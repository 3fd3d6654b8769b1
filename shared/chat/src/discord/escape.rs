//! Making text harmless to Discord.

use crate::escape::{ZERO_WIDTH_SPACE, is_plain_url};

/// Escapes what Discord's Markdown would interpret: emphasis, code, spoilers, headings,
/// lists, quotes, links, mentions, emoji and times. A bare URL stays as it is and can be
/// followed.
///
/// Each piece of a text may be escaped alone: what then looks like the beginning of a line
/// is escaped once more than needed, which does not show.
pub(super) fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            escaped.push('\n');
        }
        for (n, word) in line.split(' ').enumerate() {
            if n > 0 {
                escaped.push(' ');
            }
            if is_plain_url(word) {
                escaped.push_str(word);
            } else {
                // Lists and quotes may be indented.
                let first = line[..offset(line, word)].trim().is_empty();
                self::word(word, first, &mut escaped);
            }
        }
    }
    escaped
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

/// `first` says whether the word may stand at the beginning of a line.
fn word(word: &str, first: bool, escaped: &mut String) {
    for (at, c) in word.char_indices() {
        let (before, after) = (&word[..at], &word[at + c.len_utf8()..]);
        let begins = first && before.trim().is_empty();
        let numbers = first && before.trim().bytes().all(|b| b.is_ascii_digit());
        let interpreted = match c {
            '\\' | '*' | '_' | '~' | '|' | '`' | '[' | ']' | '<' => true,
            '>' | '#' | '-' | '+' => begins,
            '.' | ')' => numbers && after.chars().next().is_none_or(char::is_whitespace),
            ':' => begins_emoji(before, after),
            _ => false,
        };
        if interpreted {
            escaped.push('\\');
        }
        escaped.push(c);
        if c == '@' && names_everybody(after) {
            escaped.push(ZERO_WIDTH_SPACE);
        }
    }
}

/// Whether a colon could begin an emoji's code; one that stands alone may be followed by
/// a name in the next piece.
fn begins_emoji(before: &str, after: &str) -> bool {
    after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '+' | '-'))
        || (before.is_empty() && after.is_empty())
}

/// Whether `@` before this text would name everybody. Discord looks for it in the text as
/// it is sent, so that a backslash would not help.
fn names_everybody(after: &str) -> bool {
    let lower: String = after.chars().take(8).flat_map(char::to_lowercase).collect();
    lower.is_empty() || lower.starts_with("everyone") || lower.starts_with("here")
}

/// In plain text, nothing but the names of everybody could mean anything.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        plain.push(c);
        if c == '@' && names_everybody(&text[at + 1..]) {
            plain.push(ZERO_WIDTH_SPACE);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown_as_it_was_written() {
        for (text, expected) in [
            (
                "*a* _b_ ~~c~~ ||d|| `e`",
                r"\*a\* \_b\_ \~\~c\~\~ \|\|d\|\| \`e\`",
            ),
            ("# a\n## b\n-# c", "\\# a\n\\## b\n\\-# c"),
            (
                "- a\n  - b\n+ c\n1. d\n2) e",
                "\\- a\n  \\- b\n\\+ c\n1\\. d\n2\\) e",
            ),
            ("> a\n>>> b", "\\> a\n\\>>> b"),
            ("[a](https://evil.example)", r"\[a\](https://evil.example)"),
            (
                "<@1> <@&2> <#3> <t:4:R> <:e:5> <a:e:6>",
                r"\<@1> \<@&2> \<#3> \<t\:4\:R> \<\:e\:5> \<a\:e\:6>",
            ),
            ("</deploy:7> <https://x>", r"\</deploy\:7> \<https://x>"),
            (":tada:", r"\:tada:"),
            (r"\*a", r"\\\*a"),
            ("a-b a.b 1.5 a#b a>b", "a-b a.b 1.5 a#b a>b"),
        ] {
            assert_eq!(markdown(text), expected);
        }
    }

    #[test]
    fn nobody_is_named() {
        for text in ["@everyone", "@here", "@Everyone", "x@HERE"] {
            assert!(markdown(text).contains("@\u{200b}"), "{text}");
            assert!(plain(text).contains("@\u{200b}"), "{text}");
        }
        assert_eq!(markdown("alice@example.com"), "alice@example.com");
        // Cut into single characters, the parts do not come together again either.
        let pieces: String = "@everyone"
            .chars()
            .map(|c| markdown(&c.to_string()))
            .collect();
        assert_eq!(pieces, "@\u{200b}everyone");
    }

    #[test]
    fn a_bare_url_can_be_followed() {
        let text = "see https://ci.example.com/job/my_app-1/?a=b#c for more";
        assert_eq!(markdown(text), text);
        assert_eq!(
            markdown("https://x/@everyone*"),
            "https://x/@\u{200b}everyone\\*"
        );
    }
}
