//! Making text harmless to Discord.
//!
//! Discord takes everything from `http://`, `https://` or `steam://` up to white space or `<` as
//! one URL, backslashes included. So a URL stays as it is, and where it ends before that, it
//! stands in angle brackets, which Discord does not show. A `<` behind a URL is made inert without
//! a backslash: that would belong to the URL.

use carillon_domain::text::Escaped;
use carillon_domain::text::urls::{Part, SCHEMES, parts};

use crate::escape::{add, begins_emoji, inert};

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
    let mut reader = Reader {
        escaped: Escaped::default(),
        at_start: true,
        at_number: false,
        in_url: false,
    };
    let mut at = 0;
    // How far a URL goes that is one to Discord alone.
    let mut until = 0;
    for part in parts(text) {
        match part {
            Part::Text(part) => {
                for (n, c) in part.char_indices() {
                    let rest = &text[at + n..];
                    if at + n < until {
                        continue;
                    }
                    match odd_url(rest, is_content) {
                        Some(url) => {
                            until = at + n + url.len();
                            let is_bracketed = is_content || !is_usual(url);
                            reader.url(url, is_bracketed, is_content);
                        }
                        None => reader.read(part, n, c, &rest[c.len_utf8()..]),
                    }
                }
            }
            Part::Url(_) if at < until => {}
            Part::Url(url) => {
                let after = &text[at + url.len()..];
                let is_bracketed = is_content || !ends_by_itself(url, after);
                reader.url(url, is_bracketed, is_content);
            }
        }
        at += part.as_str().len();
    }
    reader.escaped
}

/// Whether Discord takes a URL for one wherever it stands. Others have a scheme in capitals, or one
/// that not every client knows, and are URLs in angle brackets only.
fn is_usual(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// What Discord would take for a URL at the beginning of a text for sure, though it leads nowhere:
/// `https://$HOST/a_b`. There is none where it could not stand in angle brackets and has to.
fn odd_url(text: &str, is_bracketed: bool) -> Option<&str> {
    let scheme = SCHEMES.iter().find(|scheme| text.starts_with(**scheme))?;
    let is_bracketed = is_bracketed || !is_usual(text);
    let url = &text[..text.find(ends_url).unwrap_or(text.len())];
    let named = url[scheme.len()..].trim_end_matches(['.', ',', ':', ';', '"', '\'', ')', ']']);
    let is_url = named.chars().nth(1).is_some() && !(is_bracketed && url.contains('>'));
    is_url.then_some(url)
}

/// Whether a URL of Discord's ends before a character.
fn ends_url(c: char) -> bool {
    c.is_whitespace() || c == '<'
}

/// Whether Discord ends a URL where we do: it leaves this punctuation out.
fn ends_by_itself(url: &str, after: &str) -> bool {
    let after = &after[..after.find(ends_url).unwrap_or(after.len())];
    is_usual(url) && !url.ends_with([')', ']']) && after.chars().all(|c| ".,:;\"'".contains(c))
}

struct Reader {
    escaped: Escaped,
    /// Nothing but blanks, or nothing but a number, stands on the line yet: a list, a quote or a
    /// heading may begin, indented or not.
    at_start: bool,
    at_number: bool,
    /// A URL has begun, and neither a blank nor `<` has ended it.
    in_url: bool,
}

impl Reader {
    /// Reads the character at `at` of a part of the text; `rest` is all that follows it.
    fn read(&mut self, text: &str, at: usize, c: char, rest: &str) {
        let after = &text[at + c.len_utf8()..];
        let interpreted = match c {
            '\\' | '*' | '_' | '~' | '|' | '`' | '[' | ']' | '<' => true,
            '>' | '#' | '-' | '+' => self.at_start,
            '.' | ')' => self.at_number && after.chars().next().is_none_or(char::is_whitespace),
            ':' => begins_emoji(text, at) || may_begin_url(&text[..at], rest),
            _ => false,
        };
        let mut buffer = [0; 4];
        let sign: &str = c.encode_utf8(&mut buffer);
        if c == '<' && self.in_url && begins_link(rest) {
            self.escaped.whole(sign, "< ");
        } else if c == '<' && self.in_url || c == '@' && names_everybody(after) {
            self.escaped.whole(sign, &inert(c));
        } else if interpreted {
            self.escaped.whole(sign, &format!("\\{c}"));
        } else {
            self.escaped.literal(sign);
        }
        self.in_url &= !ends_url(c);
        match c {
            '\n' => (self.at_start, self.at_number) = (true, false),
            c if c.is_whitespace() && self.at_start => {}
            c => {
                self.at_number = c.is_ascii_digit() && (self.at_start || self.at_number);
                self.at_start = false;
            }
        }
    }

    fn url(&mut self, url: &str, is_bracketed: bool, is_content: bool) {
        let shown = match is_content {
            true => nameless(url),
            false => url.to_owned(),
        };
        match is_bracketed {
            true => self.escaped.whole(url, &format!("<{shown}>")),
            false => self.escaped.whole(url, &shown),
        }
        (self.at_start, self.at_number, self.in_url) = (false, false, true);
    }
}

/// Whether a colon between these may make a URL of what is none for sure, such as `HTTPS://$x`.
fn may_begin_url(before: &str, after: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|c: char| !c.is_whitespace());
    let is_scheme = |scheme: &&str| {
        let name = scheme.trim_end_matches("://").as_bytes();
        let at = before.len().checked_sub(name.len());
        at.is_some_and(|at| before.as_bytes()[at..].eq_ignore_ascii_case(name))
    };
    after.strip_prefix("//").is_some_and(goes_on) && SCHEMES.iter().any(is_scheme)
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
    without(text, |c, after| c == '@' && names_everybody(after))
}

/// For the inside of a code block, where nothing but its end has a meaning.
pub(super) fn code(text: &str) -> Escaped {
    without(text, |c, after| match c {
        '`' => after.is_empty() || after.starts_with('`'),
        c => c == '@' && names_everybody(after),
    })
}

/// The text with nothing in it that is live.
fn without(text: &str, is_live: impl Fn(char, &str) -> bool) -> Escaped {
    let mut escaped = Escaped::default();
    add(&mut escaped, text, |c, after| {
        is_live(c, after).then(|| inert(c))
    });
    escaped
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
            ("http://*a<@1> <@2>", "http://*a<\u{200b}@1> \\<@2>"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn what_is_a_url_to_discord_alone_stays_as_it_is() {
        for url in [
            "https://$HOST/a_b",
            "https://***@git.example/my_app",
            "https://{host}/*a*|b`c^d",
            "http://\u{2026}/_x_",
            "https://_a_.https://b.example/c_d",
            "https://x.example/{a}_b",
        ] {
            assert_eq!(shown(url), url);
            let expected = format!("see *a*x{url} *b*").replace('*', r"\*");
            let expected = expected.replace(&url.replace('*', r"\*"), url);
            assert_eq!(shown(&format!("see *a*x{url} *b*")), expected);
            assert_eq!(in_content(url).into_text(), format!("<{url}>"));
        }
        for url in [
            "steam://_a_[x](y)",
            "steam://run/1_a_",
            "HTTPS://X.EXAMPLE/_a_b",
        ] {
            assert_eq!(shown(url), format!("<{url}>"));
        }
        assert_eq!(shown("steam://^>*a*"), r"steam\://^>\*a\*");
        assert_eq!(
            in_content("https://$a>*b*/@here").into_text(),
            "https\\://$a>\\*b\\*/@\u{200b}here"
        );
    }

    #[test]
    fn what_may_be_a_url_or_not_is_none() {
        for (text, expected) in [
            ("HTTPS://$x_y<@1>", r"HTTPS\://$x\_y\<@1>"),
            ("https://<@1>", r"https\://\<@1>"),
            ("https://* *a*", r"https\://\* \*a\*"),
            ("https://*). *a*", r"https\://\*). \*a\*"),
            ("https:// *a*", r"https:// \*a\*"),
            ("https://", "https://"),
            ("ftp://a_b", r"ftp://a\_b"),
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
