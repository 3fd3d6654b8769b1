//! Making text harmless to Discord.
//!
//! Discord takes everything from `http://`, `https://` or `steam://` up to white space or `<` as
//! one URL, backslashes included. So a URL stays as it is, and where it ends before that, it
//! stands in angle brackets, which Discord does not show. A `<` behind a URL is made inert without
//! a backslash: that would belong to the URL.

use carillon_domain::text::Escaped;
use carillon_domain::text::urls::{Part, parts};

use crate::escape::{ZERO_WIDTH_SPACE, begins_emoji};

/// Escapes what Discord's Markdown would interpret: emphasis, code, spoilers, headings,
/// lists, quotes, links, mentions, emoji and times. URLs can be followed.
pub(super) fn markdown(text: &str) -> Escaped {
    escape(text, false)
}

/// As [`markdown`], for a message's content. Below it Discord would show what is behind a URL, and
/// where the owner's mentions allow it, a name of everybody pings also from within a URL.
pub(super) fn in_content(text: &str) -> Escaped {
    escape(text, true)
}

fn escape(text: &str, is_content: bool) -> Escaped {
    let mut reader = Reader::default();
    let mut at = 0;
    for part in parts(text) {
        match part {
            Part::Text(part) => {
                for (n, c) in part.char_indices() {
                    reader.read(part, n, c, &text[at + n + c.len_utf8()..]);
                    // Also of what is no URL to us.
                    reader.in_url |= c == '/' && text[..=at + n].ends_with("://");
                }
                at += part.len();
            }
            Part::Url(url) => {
                at += url.len();
                let is_bracketed = is_content || !ends_by_itself(url, &text[at..]);
                match is_content {
                    true => reader.url(url, &nameless(url), is_bracketed),
                    false => reader.url(url, url, is_bracketed),
                }
            }
        }
    }
    reader.escaped
}

/// Whether Discord ends a URL where we do: it leaves this punctuation out.
fn ends_by_itself(url: &str, after: &str) -> bool {
    let end = after.find(|c: char| c.is_whitespace() || c == '<');
    let after = &after[..end.unwrap_or(after.len())];
    !url.ends_with([')', ']']) && after.chars().all(|c| ".,:;\"'".contains(c))
}

struct Reader {
    escaped: Escaped,
    /// Nothing but blanks, or nothing but a number, stands on the line yet: a list, a quote or a
    /// heading may begin, indented or not.
    at_start: bool,
    at_number: bool,
    /// What Discord may take for a URL has begun, and neither a blank nor `<` has ended it.
    in_url: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            escaped: Escaped::default(),
            at_start: true,
            at_number: false,
            in_url: false,
        }
    }
}

impl Reader {
    /// Reads the character at `at` of a part of the text; `rest` is all that follows it.
    fn read(&mut self, text: &str, at: usize, c: char, rest: &str) {
        let after = &text[at + c.len_utf8()..];
        let interpreted = match c {
            '\\' | '*' | '_' | '~' | '|' | '`' | '[' | ']' | '<' => true,
            '>' | '#' | '-' | '+' => self.at_start,
            '.' | ')' => self.at_number && after.chars().next().is_none_or(char::is_whitespace),
            ':' => begins_emoji(text, at),
            _ => false,
        };
        let mut buffer = [0; 4];
        let sign: &str = c.encode_utf8(&mut buffer);
        if c == '<' && self.in_url && begins_link(rest) {
            self.escaped.whole(sign, "< ");
        } else if c == '<' && self.in_url || c == '@' && names_everybody(after) {
            self.escaped.whole(sign, &format!("{c}{ZERO_WIDTH_SPACE}"));
        } else if interpreted {
            self.escaped.whole(sign, &format!("\\{c}"));
        } else {
            self.escaped.literal(sign);
        }
        self.in_url &= !c.is_whitespace() && c != '<';
        match c {
            '\n' => (self.at_start, self.at_number) = (true, false),
            c if c.is_whitespace() && self.at_start => {}
            c => {
                self.at_number = c.is_ascii_digit() && (self.at_start || self.at_number);
                self.at_start = false;
            }
        }
    }

    fn url(&mut self, written: &str, url: &str, is_bracketed: bool) {
        match is_bracketed {
            true => self.escaped.whole(written, &format!("<{url}>")),
            false => self.escaped.whole(written, url),
        }
        (self.at_start, self.at_number, self.in_url) = (false, false, true);
    }
}

/// Whether Discord could take `<` before this text for the beginning of a link in angle brackets,
/// which may begin with any word and has no blank; what else is white space may be in it.
fn begins_link(rest: &str) -> bool {
    let word = rest.split(' ').next();
    word.is_some_and(|word| word.contains(":/"))
}

/// Whether `@` before this text would name everybody. Discord looks for it in the text as
/// it is sent, so that a backslash would not help.
fn names_everybody(after: &str) -> bool {
    let lower: String = after.chars().take(8).flat_map(char::to_lowercase).collect();
    lower.is_empty() || lower.starts_with("everyone") || lower.starts_with("here")
}

/// A URL that leads to the same place and names nobody.
fn nameless(url: &str) -> String {
    let mut nameless = String::with_capacity(url.len());
    for (at, c) in url.char_indices() {
        match c == '@' && names_everybody(&url[at + 1..]) {
            true => nameless.push_str("%40"),
            false => nameless.push(c),
        }
    }
    nameless
}

/// In plain text, nothing but the names of everybody could mean anything.
pub(super) fn plain(text: &str) -> Escaped {
    inert(text, |c, after| c == '@' && names_everybody(after))
}

/// For the inside of a code block, where nothing but its end has a meaning.
pub(super) fn code(text: &str) -> Escaped {
    inert(text, |c, after| match c {
        '`' => after.is_empty() || after.starts_with('`'),
        c => c == '@' && names_everybody(after),
    })
}

/// The text with an invisible character behind those that could mean something.
fn inert(text: &str, is_live: impl Fn(char, &str) -> bool) -> Escaped {
    let mut inert = Escaped::default();
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if is_live(c, &text[end..]) {
            inert.literal(&text[from..at]);
            inert.whole(&text[at..end], &format!("{c}{ZERO_WIDTH_SPACE}"));
            from = end;
        }
    }
    inert.literal(&text[from..]);
    inert
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        markdown(text).into_text()
    }

    #[test]
    fn no_white_space_but_a_blank_ends_a_link_in_angle_brackets() {
        let text = "(https://e.example/a)<\u{3000}(https://e.example/b)";
        let shown = in_content(text).into_text();
        assert_eq!(
            shown,
            "(<https://e.example/a>)< \u{3000}(<https://e.example/b>)"
        );
    }

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
            (
                "[a](https://evil.example)",
                r"\[a\](<https://evil.example>)",
            ),
            (
                "<@1> <@&2> <#3> <t:4:R> <:e:5> <a:e:6>",
                r"\<@1> \<@&2> \<#3> \<t\:4:R> \<\:e:5> \<a\:e:6>",
            ),
            ("</deploy:7>", r"\</deploy:7>"),
            (":tada:", r"\:tada:"),
            (r"\*a", r"\\\*a"),
            ("a-b a.b 1.5 a#b a>b 10:15", "a-b a.b 1.5 a#b a>b 10:15"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn nobody_is_named() {
        for text in ["@everyone", "@here", "@Everyone", "x@HERE"] {
            for escape in [markdown, plain, code] {
                let shown = escape(text).into_text();
                assert!(shown.contains("@\u{200b}"), "{shown}");
            }
        }
        assert_eq!(shown("alice@example.com"), "alice@example.com");
    }

    #[test]
    fn a_url_stays_as_it_is_and_ends_where_it_ends() {
        for (text, expected) in [
            (
                "see https://ci.example.com/my_app/?a=b#c:d for more",
                "see https://ci.example.com/my_app/?a=b#c:d for more",
            ),
            (
                "https://x.example/*a*/b, *b*",
                r"https://x.example/*a*/b, \*b\*",
            ),
            ("(https://x.example/a_b)", "(<https://x.example/a_b>)"),
            (
                "{\"url\":\"https://x.example/a_b\"}",
                "{\"url\":\"<https://x.example/a_b>\"}",
            ),
            ("<https://x.example/a_b>", r"\<<https://x.example/a_b>>"),
            ("https://x.example/a_(b)", "<https://x.example/a_(b)>"),
            ("https://x.example/@everyone", "https://x.example/@everyone"),
        ] {
            assert_eq!(shown(text), expected);
        }
        let in_content = |text: &str| in_content(text).into_text();
        assert_eq!(
            in_content("see https://x.example"),
            "see <https://x.example>"
        );
        assert_eq!(
            in_content("https://x.example/@Everyone?@alice"),
            "<https://x.example/%40Everyone?@alice>"
        );
    }

    #[test]
    fn what_follows_a_url_is_made_inert_without_a_backslash() {
        for (text, expected) in [
            ("https://x.example/a<@1>", "https://x.example/a<\u{200b}@1>"),
            (
                "(https://x.example/a)<@1>",
                "(<https://x.example/a>)<\u{200b}@1>",
            ),
            (
                "https://x.example/a<https://evil.example>",
                "https://x.example/a< <https://evil.example>>",
            ),
            ("http://*a<@1> <@2>", "http://\\*a<\u{200b}@1> \\<@2>"),
            ("HTTPS://x<@1>", "HTTPS://x<\u{200b}@1>"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn nothing_ends_a_code_block() {
        assert_eq!(
            code("a `b` ``` c`").into_text(),
            "a `b` `\u{200b}`\u{200b}` c`\u{200b}"
        );
    }
}
