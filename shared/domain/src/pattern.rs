//! What texts look like that are read here, as regular expressions in the common part of
//! ECMA-262's and everybody else's: for documents. The readers decide; tests hold the two
//! together.

use crate::event::{Severity, Status};
use crate::event_type::EventType;
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

/// The inside of a character class.
fn class<'r>(ranges: impl IntoIterator<Item = &'r (char, char)>) -> String {
    let shown = |c: char| match u32::from(c) {
        code @ (0..=0x1f | 0x7f..=0xffff) => format!("\\u{code:04x}"),
        _ => c.to_string(),
    };
    ranges
        .into_iter()
        .map(|(from, to)| match from == to {
            true => shown(*from),
            false => format!("{}-{}", shown(*from), shown(*to)),
        })
        .collect()
}

fn white() -> String {
    class(&WHITE)
}

/// Nothing but white space, or nothing at all: counts as absent.
pub fn blank() -> String {
    format!("^[{}]*$", white())
}

/// Anything but that.
pub fn not_blank() -> String {
    format!("[^{}]", white())
}

/// One line without control or invisible characters and runs of spaces, and with white space
/// around it.
pub fn line() -> String {
    let shown = format!(
        "[^{}{}]+",
        white(),
        class(CONTROL.iter().chain(DIRECTION).chain(INVISIBLE))
    );
    around(&format!("{shown}(?: {shown})*"))
}

/// What matches, with white space around it.
pub fn around(pattern: &str) -> String {
    let white = white();
    format!("^[{white}]*(?:{pattern})[{white}]*$")
}

/// A time in the form of RFC 3339, since 1970.
pub fn time() -> &'static str {
    "^(?:19[7-9][0-9]|[2-9][0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt]\
     (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?\
     (?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
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
    let (control, white) = (class(&CONTROL), white());
    format!("^[^{control}]*[^{control}{white}][^{control}]*$")
}

/// The `type` of a CloudEvent whose last segments are an event type's name, a status after
/// it, or a version.
pub fn cloud_event_type() -> String {
    let names = published().map(|name| any_case(&name.replace('_', "[._-]")));
    let statuses = Status::ALL.map(|status| any_case(status.as_str()));
    format!(
        "^(?:[^{}]*\\.)?(?:{})(?:\\.(?:{}))?(?:\\.[vV]?[0-9][0-9A-Za-z]*)*$",
        class(&CONTROL),
        names.collect::<Vec<_>>().join("|"),
        statuses.join("|")
    )
}

fn published() -> impl Iterator<Item = &'static str> {
    let published = EventType::ALL.iter().filter(|known| known.is_publishable());
    published.map(|known| known.as_str())
}

/// A pattern with its letters in either case; what stands in brackets stays.
fn any_case(pattern: &str) -> String {
    let letter = |c: char| match c.is_ascii_lowercase() {
        true => format!("[{}{c}]", c.to_ascii_uppercase()),
        false => c.to_string(),
    };
    pattern.chars().map(letter).collect()
}

/// The patterns with `*` that match at least one event type, in their usual forms: with one
/// run of stars, before, after, or instead of a part of a name.
pub fn event_types() -> String {
    globs(EventType::ALL.iter().map(|known| known.as_str()))
}

/// The same of statuses.
pub fn statuses() -> String {
    globs(Status::ALL.iter().map(|status| status.as_str()))
}

/// The same of severities.
pub fn severities() -> String {
    globs(Severity::ALL.iter().map(|severity| severity.as_str()))
}

fn globs(names: impl Iterator<Item = &'static str> + Clone) -> String {
    let whole = names.clone();
    let begins = names.clone().map(|name| {
        // d(?:e(?:p(?:l(?:o(?:y)?)?)?)?)?
        name.chars()
            .rev()
            .fold(String::new(), |rest, c| match rest.is_empty() {
                true => c.to_string(),
                false => format!("{c}(?:{rest})?"),
            })
    });
    let ends = names.map(|name| {
        name.chars()
            .fold(String::new(), |rest, c| match rest.is_empty() {
                true => c.to_string(),
                false => format!("(?:{rest})?{c}"),
            })
    });
    let joined = |parts: Vec<String>| parts.join("|");
    format!(
        "^(?:{}|(?:{})?\\*+|\\*+(?:{}))$",
        joined(whole.map(str::to_owned).collect()),
        joined(begins.collect()),
        joined(ends.collect())
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::is_web_url;
    use crate::event_type::EventTypePattern;
    use crate::fields::time_of;
    use regex::Regex;

    /// Each text, where the reader and the pattern do not say the same of it.
    fn disagreements(
        pattern: &str,
        texts: &[&str],
        is_read: impl Fn(&str) -> bool,
    ) -> Vec<(String, bool)> {
        let pattern = Regex::new(pattern).unwrap();
        texts
            .iter()
            .filter(|text| pattern.is_match(text) != is_read(text))
            .map(|text| ((*text).to_owned(), is_read(text)))
            .collect()
    }

    const NONE: [(String, bool); 0] = [];

    #[test]
    fn blank_is_what_is_white_space_to_the_readers() {
        let texts = [
            "",
            " ",
            "\t\n",
            "\u{85}",
            "\u{a0}\u{3000}",
            "\u{200b}",
            "\u{1c}",
            "x",
            " x ",
        ];
        let is_blank = |text: &str| text.trim().is_empty();
        assert_eq!(disagreements(&blank(), &texts, is_blank), NONE);
        assert_eq!(
            disagreements(&not_blank(), &texts, |text| !is_blank(text)),
            NONE
        );
    }

    #[test]
    fn a_line_is_what_the_readers_take_as_one() {
        let texts = [
            "prod alerts",
            "ci/cd",
            "\u{dc}n\u{ef}",
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
            "\u{1f514} bell",
            "a\u{e0001}b",
            "a\u{a0}b",
            "\u{ad}",
        ];
        let is_line =
            |text: &str| !text.trim().is_empty() && text.trim() == crate::text::clean_line(text);
        assert_eq!(disagreements(&line(), &texts, is_line), NONE);
    }

    #[test]
    fn times_and_urls_look_as_they_are_read() {
        let times = [
            "2026-11-21T10:15:00Z",
            "2026-11-21t10:15:00.123456789z",
            "1970-01-01T00:00:00Z",
            "2026-11-21T10:15:00+01:00",
            "1969-12-31T23:59:59Z",
            "2026-11-21",
            "20261121T101500Z",
            "2026-11-21 10:15:00Z",
            "2026-11-21T10:15:00",
            "2026-13-21T10:15:00Z",
            "2026-11-21T10:15Z",
            "0001-01-01T00:00:00Z",
            "2026-11-21T24:15:00Z",
            "",
        ];
        assert_eq!(
            disagreements(time(), &times, |text| time_of(text).is_some()),
            NONE
        );
        let urls = [
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
        assert_eq!(disagreements(web_url(), &urls, is_web_url), NONE);
    }

    #[test]
    fn patterns_of_event_types_match_at_least_one() {
        let texts = [
            "deploy",
            "*",
            "**",
            "parameter_*",
            "*_deleted",
            "d*",
            "*y",
            "deploy*",
            "*deploy",
            "paramter_*",
            "*_delet",
            "x",
            "",
            "depoly",
            "par*x",
            "DEPLOY",
        ];
        let is_read = |text: &str| EventTypePattern::parse(text).is_ok();
        assert_eq!(disagreements(&event_types(), &texts, is_read), NONE);
    }
}
