//! Text in the language of a platform, and cutting it.

use unicode_segmentation::UnicodeSegmentation;

use super::length;
use super::urls::{self, Part as UrlPart};

/// A text that was made harmless to a platform. It knows where it may be cut: never within an
/// escape, a URL or characters that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Escaped {
    text: String,
    /// Where each part ends in the text.
    parts: Vec<(usize, Part)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// As it was written: it may be cut between any two characters.
    Literal,
    /// Stays whole, and stands for so many characters of what was written.
    Whole(usize),
}

/// What is kept or cut as one.
struct Piece<'a> {
    text: &'a str,
    /// How many characters of what was written it stands for.
    stands_for: usize,
}

impl Escaped {
    /// A text in which nothing means anything; its URLs stay whole.
    pub fn plain(text: &str) -> Self {
        let mut escaped = Self::default();
        for part in urls::parts(text) {
            match part {
                UrlPart::Text(text) => escaped.literal(text),
                UrlPart::Url(url) => escaped.whole(url, url),
            }
        }
        escaped
    }

    /// Adds a text that is shown as it was written.
    pub fn literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        let end = self.text.len();
        match self.parts.last_mut() {
            Some((last, Part::Literal)) => *last = end,
            _ => self.parts.push((end, Part::Literal)),
        }
    }

    /// Adds what stands for `written` and is never cut, such as an escape or a URL.
    pub fn whole(&mut self, written: &str, escaped: &str) {
        self.text.push_str(escaped);
        let part = Part::Whole(written.chars().count());
        self.parts.push((self.text.len(), part));
    }

    /// All of it.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Cuts it to at most `limit` units (as [`length`] counts). The middle goes, so that the end,
    /// where a cause often stands, survives; the text says how much was cut.
    pub fn fit(self, limit: usize) -> String {
        if length(&self.text) <= limit {
            return self.text;
        }
        let total = self.written();
        // The widest the notice can get.
        let notice_room = length(&notice(total));
        let Some(room) = limit.checked_sub(notice_room).filter(|room| *room >= 16) else {
            return self.fit_start(limit);
        };
        let pieces = self.pieces(room / 4);
        let head = leading(pieces.iter(), room * 3 / 5);
        let head_length: usize = pieces[..head].iter().map(Piece::length).sum();
        let tail = leading(pieces[head..].iter().rev(), room - head_length);
        let tail = &pieces[pieces.len() - tail..];
        let kept = pieces[..head].iter().chain(tail);
        let cut = total - kept.map(|piece| piece.stands_for).sum::<usize>();
        let (head, notice) = (joined(&pieces[..head]), notice(cut));
        // "1." and a blank would begin a list on some platforms.
        let notice = match head.ends_with(['.', ')']) {
            true => notice.trim_start(),
            false => &notice,
        };
        format!("{head}{notice}{}", joined(tail))
    }

    /// Cuts it to at most `limit` units: the start and an ellipsis.
    pub fn fit_start(self, limit: usize) -> String {
        if length(&self.text) <= limit {
            return self.text;
        }
        let Some(room) = limit.checked_sub(1) else {
            return String::new();
        };
        let pieces = self.pieces(room);
        let kept = &pieces[..leading(pieces.iter(), room)];
        let blank = kept.iter().rev().take_while(|piece| piece.is_blank());
        let kept = &kept[..kept.len() - blank.count()];
        format!("{}…", joined(kept))
    }

    /// How many characters were written.
    fn written(&self) -> usize {
        let count = |(text, part): (&str, Part)| match part {
            Part::Literal => text.chars().count(),
            Part::Whole(count) => count,
        };
        self.parts().map(count).sum()
    }

    fn parts(&self) -> impl Iterator<Item = (&str, Part)> {
        let mut from = 0;
        self.parts.iter().map(move |(end, part)| {
            let text = &self.text[from..*end];
            from = *end;
            (text, *part)
        })
    }

    /// A cluster of characters that is longer than `longest` is taken apart.
    fn pieces(&self, longest: usize) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        for (text, part) in self.parts() {
            if let Part::Whole(stands_for) = part {
                pieces.push(Piece { text, stands_for });
                continue;
            }
            for cluster in text.graphemes(true) {
                let chars = cluster.split_inclusive(|_: char| true);
                match length(cluster) <= longest {
                    true => pieces.push(Piece::literal(cluster)),
                    false => pieces.extend(chars.map(Piece::literal)),
                }
            }
        }
        pieces
    }
}

impl<'a> Piece<'a> {
    fn literal(text: &'a str) -> Self {
        let stands_for = text.chars().count();
        Self { text, stands_for }
    }

    fn length(&self) -> usize {
        length(self.text)
    }

    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// How many pieces there is room for, from the first on.
fn leading<'a>(pieces: impl Iterator<Item = &'a Piece<'a>>, room: usize) -> usize {
    let mut used = 0;
    pieces
        .take_while(|piece| {
            used += piece.length();
            used <= room
        })
        .count()
}

fn joined(pieces: &[Piece<'_>]) -> String {
    pieces.iter().map(|piece| piece.text).collect()
}

fn notice(cut: usize) -> String {
    format!(" … ({cut} characters cut) … ")
}

/// Makes a text harmless with `escape` and cuts it to at most `limit` units: see
/// [`Escaped::fit`].
pub fn fit(text: &str, limit: usize, escape: impl Fn(&str) -> Escaped) -> String {
    escape(text).fit(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entities(text: &str) -> Escaped {
        let mut escaped = Escaped::default();
        for part in text.split_inclusive('&') {
            let rest = part.trim_end_matches('&');
            escaped.literal(rest);
            if rest.len() < part.len() {
                escaped.whole("&", "&amp;");
            }
        }
        escaped
    }

    #[test]
    fn the_end_of_a_long_text_survives_and_the_cut_is_said() {
        let text = format!("begin {} cause: disk full", "x".repeat(5_000));
        let cut = fit(&text, 300, Escaped::plain);
        assert!(length(&cut) <= 300);
        assert!(cut.starts_with("begin "), "{cut}");
        assert!(cut.ends_with("cause: disk full"), "{cut}");
        assert!(cut.contains("characters cut"), "{cut}");
    }

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(fit("a & b", 9, entities), "a &amp; b");
    }

    #[test]
    fn an_escape_or_an_emoji_is_never_split() {
        let text = "&👩‍👩‍👧".repeat(400);
        let cut = fit(&text, 200, entities);
        assert!(length(&cut) <= 200);
        let rest = cut.replace("&amp;", "").replace("👩‍👩‍👧", "");
        assert!(rest.starts_with(" … (") && rest.ends_with(") … "), "{rest}");
    }

    #[test]
    fn what_is_whole_is_kept_or_cut_as_one_and_counts_as_what_was_written() {
        let mut escaped = Escaped::plain(&"x".repeat(100));
        escaped.whole("a URL", "<a URL>");
        let cut = escaped.clone().fit(60);
        assert!(cut.ends_with("x<a URL>"), "{cut}");
        let shown = cut.matches('x').count();
        assert!(
            cut.contains(&format!("({} characters cut)", 100 - shown)),
            "{cut}"
        );
        assert_eq!(escaped.fit_start(4), "xxx…");
        assert_eq!(Escaped::plain("a  bc").fit_start(4), "a…");
        let mut long = Escaped::default();
        long.whole("a URL", &"u".repeat(100));
        assert_eq!(long.clone().fit(60), " … (5 characters cut) … ");
        assert_eq!(long.fit_start(60), "…");
    }

    #[test]
    fn a_single_endless_cluster_still_fits() {
        let zalgo = format!("a{}", "\u{301}".repeat(10_000));
        assert!(length(&fit(&zalgo, 100, Escaped::plain)) <= 100);
    }

    #[test]
    fn tiny_limits_are_kept() {
        for limit in 0..40 {
            let text = "é".repeat(100);
            assert!(
                length(&fit(&text, limit, Escaped::plain)) <= limit,
                "{limit}"
            );
        }
    }
}
