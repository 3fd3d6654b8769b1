//! What texts look like in their canonical form, as regular expressions that ECMA-262 reads the
//! same with and without its `u` flag, and everybody else too: for documents. The readers decide;
//! whatever matches here, they take.

use crate::event::{Severity, Status};
use crate::event_type::EventType;
use crate::named::Named;
use crate::text::{DIRECTION, INVISIBLE};

/// White space (Unicode, `White_Space`).
const WHITE: [(char, char); 10] = [
    ('\t', '\r'),
    (' ', ' '),
    ('\u{85}', '\u{85}'),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
];
const CONTROL: [(char, char); 2] = [('\0', '\u{1f}'), ('\u{7f}', '\u{9f}')];

/// The inside of a character class. Without what is beyond the first 65,536 characters: without
/// the flag, ECMA-262 sees two there.
fn class<'r>(ranges: impl IntoIterator<Item = &'r (char, char)>) -> String {
    let shown = |c: char| match c {
        ' ' => " ".to_owned(),
        c => format!("\\u{:04x}", u32::from(c)),
    };
    let ranges = ranges.into_iter();
    ranges
        .filter(|(_, to)| *to <= '\u{ffff}')
        .map(|(from, to)| match from == to {
            true => shown(*from),
            false => format!("{}-{}", shown(*from), shown(*to)),
        })
        .collect()
}

/// One line without control or invisible characters and runs of spaces.
pub fn line() -> String {
    let hidden = [&WHITE[..], &CONTROL, DIRECTION, INVISIBLE].concat();
    let shown = format!("[^{}]+", class(&hidden));
    format!("^{shown}(?: {shown})*$")
}

/// A text that matches as a whole.
pub fn whole(pattern: &str) -> String {
    format!("^(?:{pattern})$")
}

/// A URL of the web, in its usual forms.
pub fn web_url() -> &'static str {
    "^https?://[A-Za-z][A-Za-z0-9]*(?:[.-][A-Za-z][A-Za-z0-9]*)*(?::[0-9]{1,4})?(?:[/?#][!-~]*)?$"
}

/// A string of CloudEvents: without control characters.
pub fn attribute() -> String {
    format!("^[^{}]*$", class(&CONTROL))
}

/// A string of CloudEvents that says something.
pub fn required_attribute() -> String {
    let control = class(&CONTROL);
    format!("^[^{control}]*[!-~][^{control}]*$")
}

/// The `type` of a CloudEvent whose last segments are an event type's name, a status after
/// it, or a version.
pub fn cloud_event_type() -> String {
    let names = EventType::publishable().join("|").replace('_', "[._]");
    format!(
        "^(?:[A-Za-z0-9_-]+\\.)*(?:{names})(?:\\.(?:{}))?(?:\\.v[0-9]+)?$",
        Status::names().join("|")
    )
}

/// The statuses, and patterns with `*` that match at least one, in their usual forms: with one
/// run of stars, before, after, or instead of a part of a name.
pub fn statuses() -> String {
    globs(&Status::names())
}

/// The same of severities.
pub fn severities() -> String {
    globs(&Severity::names())
}

fn globs(names: &[&str]) -> String {
    let begins = names.iter().map(|name| {
        // d(?:e(?:p(?:l(?:o(?:y)?)?)?)?)?
        name.chars()
            .rev()
            .fold(String::new(), |rest, c| match rest.is_empty() {
                true => c.to_string(),
                false => format!("{c}(?:{rest})?"),
            })
    });
    let ends = names.iter().map(|name| {
        name.chars()
            .fold(String::new(), |rest, c| match rest.is_empty() {
                true => c.to_string(),
                false => format!("(?:{rest})?{c}"),
            })
    });
    format!(
        "^(?:{}|(?:{})?\\*+|\\*+(?:{}))$",
        names.join("|"),
        begins.collect::<Vec<_>>().join("|"),
        ends.collect::<Vec<_>>().join("|")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::is_web_url;
    use crate::event_type::{EventTypePattern, NameOrPattern};
    use regex::Regex;

    /// The texts that match, each of which must be read.
    fn matching(pattern: &str, texts: &[&str], is_read: impl Fn(&str) -> bool) -> Vec<String> {
        let pattern = Regex::new(pattern).unwrap();
        let matching = texts.iter().filter(|text| pattern.is_match(text));
        matching
            .inspect(|text| assert!(is_read(text), "{text:?}"))
            .map(|text| (*text).to_owned())
            .collect()
    }

    #[test]
    fn a_line_is_taken_as_one() {
        let texts = [
            "prod alerts",
            "ci/cd",
            "\u{dc}n\u{ef}",
            "\u{1f514} bell",
            " x ",
            "\u{a0}x\n",
            "a  b",
            "a\tb",
            "a\nb",
            "a\u{200b}b",
            "\u{202e}x",
            "a\u{0}b",
            "x\u{1f}",
            "",
            " ",
            "a\u{a0}b",
            "\u{ad}",
        ];
        let is_line = |text: &str| !text.is_empty() && text == crate::text::clean_line(text);
        assert_eq!(matching(&line(), &texts, is_line), texts[..4]);
    }

    #[test]
    fn a_url_is_read_as_one() {
        let texts = [
            "https://example.com",
            "http://a-b.example:8080/x?y=1#z",
            "https://example.com/|%zz\\",
            "ftp://example.com",
            "https://",
            "https:// x",
            "javascript:alert(1)",
            "example.com",
            "https://exa mple.com",
            "",
        ];
        assert_eq!(matching(web_url(), &texts, is_web_url), texts[..3]);
    }

    #[test]
    fn patterns_of_event_types_match_at_least_one() {
        let texts = [
            "*",
            "parameter_*",
            "*_deleted",
            "paramter_*",
            "*_delet",
            "x",
            "",
            "par*x",
            "DEPLOY",
        ];
        let schema = NameOrPattern::schema();
        let pattern = schema["anyOf"][1]["pattern"].as_str().unwrap();
        let is_read = |text: &str| EventTypePattern::parse(text).is_ok();
        assert_eq!(matching(pattern, &texts, is_read), texts[..3]);
    }

    #[test]
    fn no_pattern_needs_a_flag_to_be_read() {
        for pattern in [
            line(),
            web_url().to_owned(),
            attribute(),
            required_attribute(),
            cloud_event_type(),
            statuses(),
            severities(),
        ] {
            assert!(pattern.is_ascii() && pattern.len() < 600, "{pattern}");
            assert!(Regex::new(&pattern).is_ok(), "{pattern}");
        }
    }
}
