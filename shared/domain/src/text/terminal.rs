//! Taking out what terminals obey: colours, cursor movements, links, lines written over.

use std::borrow::Cow;

const ESCAPE: char = '\u{1b}';

/// The text without terminal sequences (ECMA-48): each goes as a whole. Of one that is broken off,
/// only the character goes that begins it, so that no text is lost with it.
pub(super) fn strip(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| c == ESCAPE || is_control_1(c)) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c| c == ESCAPE || is_control_1(c)) {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[sequence(rest)..];
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// What a line shows in the end that was written over, each time from its beginning.
pub(super) fn rewritten(line: &str) -> &str {
    let mut states = line.rsplit('\r');
    states
        .find(|state| !state.trim().is_empty())
        .unwrap_or_default()
}

/// The second set of control characters, each of which stands for ESC and a letter. NEL is a line
/// break and none of ours.
fn is_control_1(c: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&c) && c != '\u{85}'
}

/// How long the sequence is that a text begins with.
fn sequence(text: &str) -> usize {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return 0;
    };
    let (kind, body) = match first {
        ESCAPE => (chars.next(), chars.as_str()),
        // ESC and a letter in one.
        c => (
            char::from_u32(u32::from(c) - 0x40),
            &text[first.len_utf8()..],
        ),
    };
    let end = match kind {
        Some('[') => control(body),
        Some(']' | 'P' | 'X' | '^' | '_') => string(body),
        // A character set and the like: ESC, intermediates, and one more.
        Some(' '..='/') if first == ESCAPE => {
            let intermediates = body.trim_start_matches(among(' ', '/'));
            intermediates
                .starts_with(among('0', '~'))
                .then(|| &intermediates[1..])
        }
        Some('0'..='~') => Some(body),
        _ => None,
    };
    end.map_or(first.len_utf8(), |after| text.len() - after.len())
}

/// What follows a control sequence: parameters, intermediates, a final character.
fn control(body: &str) -> Option<&str> {
    let rest = body
        .trim_start_matches(among('0', '?'))
        .trim_start_matches(among(' ', '/'));
    rest.starts_with(among('@', '~')).then(|| &rest[1..])
}

fn among(from: char, to: char) -> impl Fn(char) -> bool {
    move |c| (from..=to).contains(&c)
}

/// What follows a control string, such as a link's address: it ends with BEL or ST, on its line.
fn string(body: &str) -> Option<&str> {
    let end = body.find(['\u{7}', '\u{9c}', ESCAPE, '\n', '\r'])?;
    let rest = &body[end..];
    rest.strip_prefix("\u{1b}\\")
        .or_else(|| rest.strip_prefix(['\u{7}', '\u{9c}']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_sequences_go_and_the_text_between_them_stays() {
        for (text, expected) in [
            (
                "\u{1b}[31m│\u{1b}[0m \u{1b}[1;38;5;9mError:\u{1b}[m x",
                "│ Error: x",
            ),
            (
                "\u{1b}]8;;https://x.example\u{7}link\u{1b}]8;;\u{7}",
                "link",
            ),
            ("\u{1b}]0;title\u{1b}\\text", "text"),
            ("\u{1b}(Btext\u{1b}=\u{1b}7", "text"),
            ("\u{9b}31mred\u{9d}8;;x\u{9c}", "red"),
            ("\u{1b}[2K\u{1b}[1Gdone", "done"),
            ("no sequence", "no sequence"),
        ] {
            assert_eq!(strip(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_broken_off_takes_no_text_along() {
        for (text, expected) in [
            ("\u{1b}]8;;https://x\nnext line", "]8;;https://x\nnext line"),
            ("a\u{1b}[31", "a[31"),
            ("a\u{1b}", "a"),
            ("\u{1b}é", "é"),
        ] {
            assert_eq!(strip(text), expected, "{text:?}");
        }
    }
}
