//! Making text harmless to Teams.

use carillon_domain::text::Escaped;
use carillon_domain::text::urls::{Part, parts};

use crate::escape::{add, inert};
use crate::facts::is_link;

/// The longest that a URL is shown in full.
const MAX_LABEL: usize = 60;

/// For texts in which Teams reads its part of Markdown: emphasis, lists, links. Of all such texts
/// each is one line. Teams makes no links of bare URLs there, so that they become links of ours.
pub(super) fn markdown(text: &str) -> Escaped {
    let mut escaped = Escaped::default();
    let mut at = 0;
    for part in parts(text) {
        match part {
            Part::Url(url) if is_link(url) => {
                escaped.whole(url, &link(url));
                at += url.len();
            }
            Part::Text(part) | Part::Url(part) => {
                for (n, c) in part.char_indices() {
                    read(&mut escaped, &text[..at + n], c, &part[n + c.len_utf8()..]);
                }
                at += part.len();
            }
        }
    }
    escaped
}

/// `before` is all of the line before a character.
fn read(escaped: &mut Escaped, before: &str, c: char, after: &str) {
    let is_number = !before.is_empty() && before.bytes().all(|b| b.is_ascii_digit());
    let interpreted = match c {
        '\\' | '*' | '_' | '~' | '`' | '[' | ']' => true,
        '>' | '#' | '-' | '+' | '=' => before.is_empty(),
        '.' | ')' => is_number && after.chars().next().is_none_or(char::is_whitespace),
        _ => false,
    };
    let mut buffer = [0; 4];
    let sign: &str = c.encode_utf8(&mut buffer);
    if begins_more(c, after) || c == '&' && begins_entity(after) {
        escaped.whole(sign, &inert(c));
    } else if interpreted {
        escaped.whole(sign, &format!("\\{c}"));
    } else {
        escaped.literal(sign);
    }
}

/// A link to a URL that says where it leads: in full, or as far as its host.
fn link(url: &str) -> String {
    let rest = url.find("://").map_or(url, |at| &url[at + 3..]);
    let host = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let label = match url.len() <= MAX_LABEL {
        true => url.to_owned(),
        false => format!("{host}/…"),
    };
    let mut shown = Escaped::default();
    for (at, c) in label.char_indices() {
        // It does not stand at the beginning of a line.
        read(&mut shown, "[", c, &label[at + c.len_utf8()..]);
    }
    let mut target = String::with_capacity(url.len());
    for (at, c) in url.char_indices() {
        match c {
            '(' => target.push_str("%28"),
            ')' => target.push_str("%29"),
            '`' => target.push_str("%60"),
            '&' if begins_entity(&url[at + 1..]) => target.push_str("\\&"),
            c => target.push(c),
        }
    }
    format!("[{}]({target})", shown.into_text())
}

/// For texts in which Teams reads no Markdown, yet may look for dates and mentions.
pub(super) fn plain(text: &str) -> Escaped {
    let mut plain = Escaped::default();
    for part in parts(text) {
        match part {
            Part::Url(url) => plain.whole(url, url),
            Part::Text(part) => add(&mut plain, part, |c, after| {
                // Values are copied from there: no more is put into them than must be.
                let is_live = begins_more(c, after) && (c != '<' || begins_mention(after));
                is_live.then(|| inert(c))
            }),
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

/// `<at>`, `</at>`; and what comes before a URL.
fn begins_mention(after: &str) -> bool {
    let after = after.strip_prefix('/').unwrap_or(after);
    let mut letters = after.chars().map(|c| c.to_ascii_lowercase());
    let is_named = letters.next() == Some('a') && letters.next() == Some('t');
    after.is_empty() || is_named && letters.next().is_none_or(|c| !c.is_alphanumeric())
}

/// `&lt;` and its like.
fn begins_entity(after: &str) -> bool {
    let name = after.split(';').next().unwrap_or_default();
    name.len() < after.len() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        markdown(text).into_text()
    }

    #[test]
    fn markup_is_shown_as_it_was_written() {
        for (text, expected) in [
            ("*a* _b_ ~~c~~ `d`", r"\*a\* \_b\_ \~\~c\~\~ \`d\`"),
            (r"\*a", r"\\\*a"),
            ("# a", r"\# a"),
            ("- a - b", r"\- a - b"),
            ("1. a 2. b", r"1\. a 2. b"),
            ("1) a", r"1\) a"),
            (
                "a & b &lt;c&gt; &#42; a&b",
                "a & b &\u{200b}lt;c&\u{200b}gt; &\u{200b}#42; a&b",
            ),
            ("a-b a.b 1.5 a#b a>b 1<2", "a-b a.b 1.5 a#b a>b 1<2"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn neither_a_mention_nor_a_date_nor_a_link_in_brackets_comes_alive() {
        for escape in [markdown, plain] {
            let shown = |text: &str| escape(text).into_text();
            assert_eq!(shown("<at>"), "<\u{200b}at>");
            assert!(shown("<https://x.example>").starts_with("<\u{200b}"));
            assert_eq!(shown("{{DATE(x)}}"), "{\u{200b}{DATE(x)}}");
        }
        for text in ["*a* _b_ \\ `c`", "List<String>, File <module>, <attr>"] {
            assert_eq!(plain(text).into_text(), text);
        }
        assert_eq!(plain("</AT >").into_text(), "<\u{200b}/AT >");
    }

    #[test]
    fn a_url_becomes_a_link_that_says_where_it_leads() {
        for (text, expected) in [
            (
                "see https://x.example/my_app-1/?a=b#c.",
                r"see [https://x.example/my\_app-1/?a=b#c](https://x.example/my_app-1/?a=b#c).",
            ),
            (
                "[a](https://x.example/b_(c)?d&lt;=1)",
                "\\[a\\]([https://x.example/b\\_(c)?d&\u{200b}lt;=1](https://x.example/b_%28c%29?d\\&lt;=1))",
            ),
            ("https://a@evil.example", "https://a@evil.example"),
        ] {
            assert_eq!(shown(text), expected);
        }
        let long = format!("https://x.example/{}", "y_".repeat(100));
        assert_eq!(shown(&long), format!("[x.example/…]({long})"));
    }
}
