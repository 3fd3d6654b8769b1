//! Text that came from somewhere else: making it safe to show and short enough to fit.

use unicode_segmentation::UnicodeSegmentation;

/// Removes what can break a layout or deceive a reader: control characters and the
/// characters that reverse the direction of text. Line breaks stay, as `\n`.
pub fn clean(text: &str) -> String {
    if is_plain(text) {
        return text.trim().to_owned();
    }
    text.replace("\r\n", "\n")
        .chars()
        .filter_map(|c| match c {
            '\n' => Some('\n'),
            '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => Some('\n'),
            '\t' => Some(' '),
            c if c.is_control() || is_direction(c) || is_invisible(c) => None,
            c => Some(c),
        })
        .collect::<String>()
        .trim()
        .to_owned()
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

fn is_direction(c: char) -> bool {
    is_among(c, DIRECTION)
}

fn is_invisible(c: char) -> bool {
    is_among(c, INVISIBLE)
}

fn is_among(c: char, ranges: &[(char, char)]) -> bool {
    !c.is_ascii() && ranges.iter().any(|(from, to)| (*from..=*to).contains(&c))
}

/// How long a text is for a platform's limit: UTF-16 units, the largest of the usual
/// ways to count characters, so that what fits here fits however the platform counts.
pub fn length(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.chars().map(char::len_utf16).sum(),
    }
}

/// Cuts a text to at most `limit` units (as [`length`] counts) once each of its
/// characters went through `escape`. The middle goes, so that the end, where a cause
/// often stands, survives; the text says how much was cut. Characters that belong
/// together (an emoji, a letter with its accents) and escapes are never split.
pub fn fit(text: &str, limit: usize, escape: impl Fn(&str) -> String) -> String {
    let whole = escape(text);
    if length(&whole) <= limit {
        return whole;
    }
    let total = text.chars().count();
    // The widest the notice can get.
    let notice_room = length(&notice(total));
    let Some(room) = limit.checked_sub(notice_room).filter(|room| *room >= 16) else {
        return fit_start(text, limit, &escape);
    };
    let units = pieces(text, room / 4);
    let mut head = String::new();
    let mut kept = 0;
    let head_room = room * 3 / 5;
    for piece in &units {
        let escaped = escape(piece);
        if length(&head) + length(&escaped) > head_room {
            break;
        }
        head.push_str(&escaped);
        kept += piece.chars().count();
    }
    let mut tail: Vec<String> = Vec::new();
    let mut tail_length = 0;
    let tail_room = room - length(&head);
    for piece in units.iter().rev() {
        let escaped = escape(piece);
        if tail_length + length(&escaped) > tail_room {
            break;
        }
        tail_length += length(&escaped);
        tail.push(escaped);
        kept += piece.chars().count();
    }
    tail.reverse();
    format!(
        "{head}{}{}",
        notice(total.saturating_sub(kept)),
        tail.concat()
    )
}

fn notice(cut: usize) -> String {
    format!(" … ({cut} characters cut) … ")
}

/// For limits too small to say how much was cut: the start and an ellipsis.
fn fit_start(text: &str, limit: usize, escape: &impl Fn(&str) -> String) -> String {
    let Some(room) = limit.checked_sub(1) else {
        return String::new();
    };
    let mut kept = String::new();
    for piece in pieces(text, room) {
        let escaped = escape(piece);
        if length(&kept) + length(&escaped) > room {
            break;
        }
        kept.push_str(&escaped);
    }
    kept.push('…');
    kept
}

/// The text's grapheme clusters; one that is absurdly long is taken apart.
fn pieces(text: &str, longest: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    for cluster in text.graphemes(true) {
        if length(cluster) <= longest {
            pieces.push(cluster);
        } else {
            pieces.extend(cluster.split_inclusive(|_: char| true));
        }
    }
    pieces
}

/// Shortens to at most `limit` units, without escaping: for our own error messages.
pub fn shorten(text: &str, limit: usize) -> String {
    fit(&clean_line(text), limit, str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn controls_and_direction_overrides_are_removed() {
        assert_eq!(clean("a\u{0}b\u{202e}c\r\nd\te"), "abc\nd e");
        assert_eq!(clean_line("a\n\n  b"), "a b");
    }

    #[test]
    fn the_end_of_a_long_text_survives_and_the_cut_is_said() {
        let text = format!("begin {} cause: disk full", "x".repeat(5_000));
        let cut = fit(&text, 300, plain);
        assert!(length(&cut) <= 300);
        assert!(cut.starts_with("begin "), "{cut}");
        assert!(cut.ends_with("cause: disk full"), "{cut}");
        assert!(cut.contains("characters cut"), "{cut}");
    }

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(fit("a & b", 9, |t| t.replace('&', "&amp;")), "a &amp; b");
    }

    #[test]
    fn an_escape_or_an_emoji_is_never_split() {
        let escape = |t: &str| t.replace('&', "&amp;");
        let text = "&👩‍👩‍👧".repeat(400);
        let cut = fit(&text, 200, escape);
        assert!(length(&cut) <= 200);
        let rest = cut.replace("&amp;", "").replace("👩‍👩‍👧", "");
        assert!(rest.starts_with(" … (") && rest.ends_with(") … "), "{rest}");
    }

    #[test]
    fn a_single_endless_cluster_still_fits() {
        let zalgo = format!("a{}", "\u{301}".repeat(10_000));
        assert!(length(&fit(&zalgo, 100, plain)) <= 100);
    }

    #[test]
    fn tiny_limits_are_kept() {
        for limit in 0..40 {
            assert!(
                length(&fit(&"é".repeat(100), limit, plain)) <= limit,
                "{limit}"
            );
        }
    }
}
