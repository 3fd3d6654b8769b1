//! Reading a text as Discord does.

use carillon_domain::text::urls::SCHEMES;

use crate::wording::DRY_RUN;

/// How a client of Discord's reads URLs. What is read in one way or another must mean nothing in
/// any of them.
struct Client {
    schemes: &'static [&'static str],
    /// What is left out at the end of a URL.
    ends: &'static str,
    /// How much there has to be behind the scheme.
    least: usize,
    /// Whether a scheme may have capitals.
    any_case: bool,
}

const CLIENTS: [Client; 4] = [
    Client {
        schemes: &SCHEMES,
        ends: ".,:;\"']",
        least: 2,
        any_case: false,
    },
    Client {
        schemes: &["https://", "http://"],
        ends: ".,:;\"')]",
        least: 2,
        any_case: false,
    },
    Client {
        schemes: &SCHEMES,
        ends: "",
        least: 1,
        any_case: false,
    },
    Client {
        schemes: &SCHEMES,
        ends: "",
        least: 1,
        any_case: true,
    },
];

impl Client {
    /// How long the URL is that a text begins with, if it does.
    fn url(&self, text: &str) -> Option<usize> {
        let scheme = self.schemes.iter().find(|scheme| match self.any_case {
            true => begins_with(text, scheme),
            false => text.starts_with(**scheme),
        })?;
        let end = text.find(|c: char| c.is_whitespace() || c == '<');
        let url = text[..end.unwrap_or(text.len())].trim_end_matches(|c| self.ends.contains(c));
        let rest = url.get(scheme.len()..)?;
        (rest.chars().count() >= self.least).then_some(url.len())
    }
}

/// In capitals or not.
fn begins_with(text: &str, scheme: &str) -> bool {
    let begin = text.get(..scheme.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
}

/// What any client would interpret in a text, if anything.
pub(super) fn live(text: &str) -> Option<String> {
    CLIENTS.iter().find_map(|client| live_to(client, text))
}

/// What a client would interpret in a text, if anything, going through it as Discord does: code
/// blocks first, then at each place escapes, links in angle brackets, URLs up to white space or
/// `<`, and everything else.
fn live_to(client: &Client, text: &str) -> Option<String> {
    let ours = format!("**{DRY_RUN}**");
    let text = text.strip_prefix(&ours).unwrap_or(text);
    let text = text.strip_prefix('\n').unwrap_or(text);
    for lead in ["```\n", "```diff\n"] {
        if let Some((code, after)) = text
            .strip_prefix(lead)
            .and_then(|text| text.split_once("\n```"))
        {
            return match code.contains("```") {
                true => Some(code.to_owned()),
                false => live_to(client, after),
            };
        }
    }
    for line in text.split('\n') {
        let start = line.trim_start();
        let number = start.trim_start_matches(|c: char| c.is_ascii_digit());
        let spaced = |rest: &str| rest.chars().next().is_none_or(char::is_whitespace);
        let listed =
            start.len() > number.len() && number.starts_with(['.', ')']) && spaced(&number[1..]);
        if start.starts_with(['#', '-', '+', '>']) || listed {
            return Some(line.to_owned());
        }
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            if let Some(length) = client.url(rest) {
                rest = &rest[length..];
                continue;
            }
            if let Some((url, after)) = rest.strip_prefix('<').and_then(|it| it.split_once('>'))
                && SCHEMES.iter().any(|scheme| begins_with(url, scheme))
                && !url.contains([' ', '<'])
            {
                rest = after;
                continue;
            }
            // Discord takes more than URLs for links in angle brackets.
            if let Some((content, _)) = rest.strip_prefix('<').and_then(|it| it.split_once('>'))
                && !content.contains(' ')
                && content
                    .split_once(':')
                    .is_some_and(|(_, it)| it.starts_with('/'))
            {
                return Some(rest.to_owned());
            }
            let mut skip = c.len_utf8();
            let next = rest[skip..].chars().next();
            if c == '\\' {
                skip += next.map_or(0, char::len_utf8);
            } else if "*_~|`[".contains(c) || c == '<' && !matches!(next, Some('\u{200b}' | ' ')) {
                return Some(rest.to_owned());
            }
            rest = &rest[skip..];
        }
    }
    None
}

/// The text without its URLs.
pub(super) fn without_urls(text: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    let begin = |text: &str| {
        let begins = |at: &usize| SCHEMES.iter().any(|it| begins_with(&text[*at..], it));
        text.char_indices().map(|(at, _)| at).find(begins)
    };
    while let Some(at) = begin(rest) {
        let (before, url) = rest.split_at(at);
        left.push_str(before);
        // One that is escaped is no bracket.
        let is_bracketed = before.strip_suffix('<').is_some_and(|before| {
            let slashes = before.chars().rev().take_while(|c| *c == '\\').count();
            slashes % 2 == 0
        });
        let end = url.find(|c: char| c.is_whitespace() || c == '<' || c == '>' && is_bracketed);
        rest = &url[end.unwrap_or(url.len())..];
    }
    left + rest
}

#[test]
fn a_bracket_that_is_escaped_ends_no_url() {
    for (text, left) in [
        ("\\<https://>@everyone x", "\\< x"),
        ("<https://e.example/>@everyone", "<>@everyone"),
        ("\\\\<https://e.example/>@everyone", "\\\\<>@everyone"),
    ] {
        assert_eq!(without_urls(text), left);
    }
}
