//! Reading a text as Discord does.

use carillon_domain::text::urls::{Part, parts};

use crate::wording::DRY_RUN;

/// What Discord would interpret in a text, if anything, going through it as Discord does: code
/// blocks first, then at each place escapes, links in angle brackets, URLs up to white space or
/// `<`, and everything else.
pub(super) fn live(text: &str) -> Option<String> {
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
                false => live(after),
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
            let is_url = |text: &str| {
                ["http://", "https://", "steam://"]
                    .iter()
                    .any(|scheme| text.starts_with(scheme))
            };
            if is_url(rest) {
                let end = rest.find(|c: char| c.is_whitespace() || c == '<');
                rest = &rest[end.unwrap_or(rest.len())..];
                continue;
            }
            if let Some((url, after)) = rest.strip_prefix('<').and_then(|it| it.split_once('>'))
                && is_url(url)
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
            } else if "*_~|`[]".contains(c) || c == '<' && !matches!(next, Some('\u{200b}' | ' ')) {
                return Some(rest.to_owned());
            }
            rest = &rest[skip..];
        }
    }
    None
}

/// The texts with a blank in the place of each URL.
pub(super) fn without_urls(text: &str) -> String {
    parts(text)
        .map(|part| match part {
            Part::Text(text) => text,
            Part::Url(_) => " ",
        })
        .collect()
}
