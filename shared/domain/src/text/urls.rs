//! Finding URLs in a text of others.

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    /// From its scheme to its end, as a reader would see it.
    Url(&'a str),
}

impl<'a> Part<'a> {
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Text(text) | Self::Url(text) => text,
        }
    }
}

/// What a URL may begin with, in capitals too: what Discord makes links of, wherever it stands in
/// a text.
pub const SCHEMES: [&str; 3] = ["https://", "http://", "steam://"];

/// The text's parts, in order: URLs, and what is between them. Never an empty one.
pub fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    let mut url = None;
    std::iter::from_fn(move || {
        if let Some(url) = url.take() {
            return Some(Part::Url(url));
        }
        if rest.is_empty() {
            return None;
        }
        let Some((from, to)) = first(rest) else {
            return Some(Part::Text(std::mem::take(&mut rest)));
        };
        let (before, found) = (&rest[..from], &rest[from..to]);
        rest = &rest[to..];
        if before.is_empty() {
            return Some(Part::Url(found));
        }
        url = Some(found);
        Some(Part::Text(before))
    })
}

/// Where a text's first URL begins and ends.
fn first(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find("://") {
        from += at + "://".len();
        let scheme = SCHEMES.iter().find(|scheme| {
            let begin = from.checked_sub(scheme.len());
            let written = begin.map(|begin| &text.as_bytes()[begin..from]);
            written.is_some_and(|written| written.eq_ignore_ascii_case(scheme.as_bytes()))
        });
        let length = length(&text[from..]);
        if let Some(scheme) = scheme
            && length > 0
        {
            return Some((from - scheme.len(), from + length));
        }
    }
    None
}

/// How long a URL is behind its scheme. A bracket that was not opened within it, and punctuation
/// at its end, belong to the sentence around it.
fn length(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_alphanumeric() || c == '[') {
        return 0;
    }
    let mut open = Vec::new();
    let mut end = text.len();
    for (at, c) in text.char_indices() {
        let closes = match c {
            // Two of them are a template's, which stands for something else.
            '{' if text[at + 1..].starts_with('{') => false,
            '(' | '[' | '{' => {
                open.push(c);
                true
            }
            ')' => open.pop() == Some('('),
            ']' => open.pop() == Some('['),
            '}' => open.pop() == Some('{'),
            c => !ends(c),
        };
        if !closes {
            end = at;
            break;
        }
    }
    let url = &text[..end];
    url.trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', '*', '~', '(', '[', '{'])
        .len()
}

/// Whether a character is never part of a URL: blanks, what delimits one, and the punctuation of
/// texts that have no blanks between words.
fn ends(c: char) -> bool {
    match c {
        '<' | '>' | '"' | '`' | '|' | '\\' | '^' => true,
        c if c.is_ascii() => c.is_ascii_whitespace() || c.is_control(),
        '\u{2010}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '«' | '»' => true,
        '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' => true,
        '\u{ff5b}'..='\u{ff65}' => true,
        c => c.is_whitespace() || c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(text: &str) -> Vec<&str> {
        let all: String = parts(text).map(Part::as_str).collect();
        assert_eq!(all, text);
        parts(text)
            .filter_map(|part| match part {
                Part::Url(url) => Some(url),
                Part::Text(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_url_is_found_wherever_it_stands_and_ends_where_its_sentence_goes_on() {
        for (text, expected) in [
            ("see https://a.example/b_c.", "https://a.example/b_c"),
            ("(https://a.example/b)", "https://a.example/b"),
            ("https://a.example/b_(c)", "https://a.example/b_(c)"),
            (
                "{\"url\":\"https://a.example/?x=1\"}",
                "https://a.example/?x=1",
            ),
            ("<https://a.example/b|label>", "https://a.example/b"),
            ("[a](https://a.example/b)*", "https://a.example/b"),
            ("部署：https://a.example/b。次", "https://a.example/b"),
            ("xhttp://localhost:8787/", "http://localhost:8787/"),
            ("'https://a.example/b',", "https://a.example/b"),
            ("https://a.example/?f[x]=y,z", "https://a.example/?f[x]=y,z"),
            ("http://[2001:db8::1]:80/a", "http://[2001:db8::1]:80/a"),
            ("https://a.example/{b}_c", "https://a.example/{b}_c"),
            ("{url: https://a.example/b}", "https://a.example/b"),
            ("https://a.example/{{b}}", "https://a.example/"),
            ("https://a.example/{", "https://a.example/"),
            ("https://a.example/\\n", "https://a.example/"),
            ("https://bücher.example/é", "https://bücher.example/é"),
            ("**https://a.example**", "https://a.example"),
            ("steam://run/1", "steam://run/1"),
            ("éHTTPS://a.example/b", "HTTPS://a.example/b"),
        ] {
            assert_eq!(urls(text), [expected], "{text}");
        }
        assert_eq!(
            urls("https://a.example, http://b.example"),
            ["https://a.example", "http://b.example"]
        );
    }

    #[test]
    fn what_has_no_host_is_none() {
        for text in [
            "http://",
            "https:// a",
            "ftp://a.example",
            "://",
            "a://https",
        ] {
            assert!(urls(text).is_empty(), "{text}");
        }
    }
}
