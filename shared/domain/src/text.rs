//! Text that came from somewhere else: making it safe to show and short enough to fit.

mod escaped;
mod terminal;
pub mod urls;

pub use escaped::{Escaped, fit};

/// Removes what can break a layout or deceive a reader: terminal sequences, control characters
/// and the characters that reverse the direction of text. Line breaks stay, as `\n`, and so do
/// tabs and the indents of several lines. Of a line that was written again and again, as that of a
/// progress bar, the last state stays.
pub fn clean(text: &str) -> String {
    if is_plain(text) {
        return text.trim().to_owned();
    }
    let cleaned: String = terminal::strip(text)
        .split('\n')
        .map(terminal::rewritten)
        .collect::<Vec<_>>()
        .join("\n")
        .chars()
        .filter_map(|c| match c {
            '\n' | '\t' => Some(c),
            '\u{2028}' | '\u{2029}' | '\u{85}' => Some('\n'),
            c if c.is_control() || is_among(c, DIRECTION) || is_among(c, INVISIBLE) => None,
            c => Some(c),
        })
        .collect();
    trimmed(&cleaned).to_owned()
}

/// Without blank lines at either end; of several lines the first keeps its indent.
fn trimmed(text: &str) -> &str {
    let text = text.trim_end();
    if !text.trim_start().contains('\n') {
        return text.trim_start();
    }
    let blank = text.len() - text.trim_start().len();
    let line = text[..blank].rfind('\n').map_or(0, |at| at + 1);
    &text[line..]
}

/// As [`clean`], on one line.
pub fn clean_line(text: &str) -> String {
    if is_plain(text) && !text.contains("  ") {
        return text.trim().to_owned();
    }
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text has nothing to be cleaned of: most have not.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// What reverses the direction of text, from and to.
pub(crate) const DIRECTION: &[(char, char)] = &[
    ('\u{61c}', '\u{61c}'),
    ('\u{200e}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2066}', '\u{2069}'),
];

/// What takes part in a text and is not to be seen in it, from and to.
pub(crate) const INVISIBLE: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{200b}', '\u{200b}'),
    ('\u{2060}', '\u{2064}'),
    ('\u{206a}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{e0000}', '\u{e001f}'),
];

fn is_among(c: char, ranges: &[(char, char)]) -> bool {
    !c.is_ascii() && ranges.iter().any(|(from, to)| (*from..=*to).contains(&c))
}

/// Names in a row: the first ten, and how many more there are.
pub(crate) fn first_of(names: &[&str]) -> String {
    let named = &names[..names.len().min(10)];
    match names.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// A name in small letters as one of words with capitals: `SlackIncomingWebhook`.
pub fn capitalized(name: &str) -> String {
    let words = name.split(['/', '_']).map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_uppercase())
    });
    words.collect()
}

/// How long a text is for a platform's limit: UTF-16 units, the largest of the usual
/// ways to count characters, so that what fits here fits however the platform counts.
pub fn length(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.chars().map(char::len_utf16).sum(),
    }
}

/// Shortens to at most `limit` units, without escaping: for our own error messages.
pub fn shorten(text: &str, limit: usize) -> String {
    fit(&clean_line(text), limit, Escaped::plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_direction_overrides_are_removed() {
        assert_eq!(clean("\r\na\r\r\n\r\nb\r"), "a\n\nb");
        assert_eq!(clean("a\u{0}b\u{202e}c\r\nd\te"), "abc\nd\te");
        assert_eq!(clean_line("a\n\n  b\tc"), "a b c");
    }

    #[test]
    fn of_terminal_sequences_nothing_is_left() {
        assert_eq!(
            clean("\u{1b}[31m│\u{1b}[0m \u{1b}[1mError:\u{1b}[0m x"),
            "│ Error: x"
        );
    }

    #[test]
    fn of_a_progress_bar_the_last_state_is_left() {
        for (text, expected) in [
            ("10%\r50%\r100%", "100%"),
            ("10%\r50%\r100%\r\ndone", "100%\ndone"),
            (
                "Pull\n 10%\r\u{1b}[K 50%\r\u{1b}[K\r\nend",
                "Pull\n 50%\nend",
            ),
        ] {
            assert_eq!(clean(text), expected, "{text:?}");
        }
        assert_eq!(clean_line("10%\r100%"), "100%");
    }

    #[test]
    fn several_lines_keep_their_indents() {
        assert_eq!(
            clean("\n  \n    at main.rs:10\n  at lib.rs:2\n\n"),
            "    at main.rs:10\n  at lib.rs:2"
        );
        assert_eq!(clean("  é alone \n "), "é alone");
    }
}
