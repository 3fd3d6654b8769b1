//! Finding URLs in a text of others.

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
    let mut at = 0;
    let mut url = None;
    std::iter::from_fn(move || {
        let begin = at;
        let found = url.take().or_else(|| next(text, begin));
        if let Some((from, to)) = found
            && from == begin
        {
            at = to;
            return Some(Part::Url(&text[from..to]));
        }
        // Text first; the URL, if there is one, comes with the next call.
        url = found;
        at = found.map_or(text.len(), |(from, _)| from);
        (begin < at).then(|| Part::Text(&text[begin..at]))
    })
}

/// Where the first URL from here on begins and ends.
fn next(text: &str, mut from: usize) -> Option<(usize, usize)> {
    let begin = from;
    while let Some(at) = text[from..].find("://") {
        from += at + "://".len();
        let start = SCHEMES.iter().find_map(|scheme| {
            let start = from.checked_sub(scheme.len())?;
            let written = &text.as_bytes()[start..from];
            (start >= begin && written.eq_ignore_ascii_case(scheme.as_bytes())).then_some(start)
        });
        let Some(start) = start else {
            continue;
        };
        let length = length(&text[..start], &text[from..]);
        if length > 0 {
            return Some((start, from + length));
        }
    }
    None
}

/// How long a URL is behind its scheme; `before` is the text up to the scheme. A bracket that was
/// not opened within it, and punctuation at its end, belong to the sentence around it.
fn length(before: &str, text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_alphanumeric() || c == '[') {
        return 0;
    }
    let line = before.rsplit('\n').next().unwrap_or_default();
    let mut open = Vec::new();
    let mut end = text.len();
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let goes_on = match c {
            // Two of them are a template's, which stands for something else.
            '{' if rest.starts_with('{') => false,
            '(' | '[' | '{' => {
                open.push(c);
                true
            }
            ')' => open.pop() == Some('('),
            ']' => open.pop() == Some('['),
            '}' => open.pop() == Some('{'),
            '|' => !line.contains(['|', '<']) && joins(rest),
            '`' => !line.contains('`') && joins(rest),
            '^' => joins(rest),
            c => !ends(c),
        };
        if !goes_on {
            end = at;
            break;
        }
    }
    let url = &text[..end];
    url.trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', '*', '~', '(', '[', '{'])
        .len()
}

/// Whether the URL goes on behind a sign that may also end it.
fn joins(rest: &str) -> bool {
    let is_another = SCHEMES.iter().any(|scheme| rest.starts_with(scheme));
    rest.starts_with(|c: char| c.is_alphanumeric() || "/%#?&=_-".contains(c)) && !is_another
}

/// Whether any other character is never part of a URL: blanks, what delimits one, and the
/// punctuation of texts that have no blanks between words.
fn ends(c: char) -> bool {
    match c {
        '<' | '>' | '"' | '\\' => true,
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
            ("https://a.example/b|c^d`e f", "https://a.example/b|c^d`e"),
            ("`https://a.example/b`c", "https://a.example/b"),
            ("|https://a.example/b|c", "https://a.example/b"),
            ("https://a.example/b| c", "https://a.example/b"),
            ("https://a.example/b`", "https://a.example/b"),
            ("éHTTPS://a.example/b", "HTTPS://a.example/b"),
        ] {
            assert_eq!(urls(text), [expected], "{text}");
        }
        assert_eq!(
            urls("https://a.example, http://b.example"),
            ["https://a.example", "http://b.example"]
        );
        assert_eq!(
            urls("https://a.example/b|https://c.example/d"),
            ["https://a.example/b", "https://c.example/d"]
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
