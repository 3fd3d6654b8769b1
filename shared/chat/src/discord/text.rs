//! The lines of an event's text, as Discord shows them.

use carillon_domain::text::urls::{Part, parts};
use carillon_domain::text::{fit, length};

use super::escape::{code, markdown};
use crate::layout::{self, Layout};

/// The most links that are repeated below a block.
const MAX_LINKS: usize = 3;
/// A block with less room than this says nothing.
const LEAST_BLOCK: usize = 80;

/// A text of several lines within `most` units. Tables, diffs and the like stand in a block, in
/// which nothing can be followed, so that its URLs stand below it once more.
pub(super) fn lines(text: &str, most: usize) -> String {
    let language = match layout::of(text) {
        Layout::Prose => return fit(text, most, markdown),
        _ if most < LEAST_BLOCK => return fit(text, most, markdown),
        Layout::Block => "",
        Layout::Diff => "diff",
    };
    let links = links(text, most / 4);
    let (begin, end) = (format!("```{language}\n"), "\n```");
    let room = most - length(&begin) - length(end) - length(&links);
    format!("{begin}{}{end}{links}", fit(text, room, code))
}

/// The URLs of a text, each on a line, as far as there is room for them.
fn links(text: &str, room: usize) -> String {
    let mut links = String::new();
    let mut count = 0;
    for part in parts(text) {
        let Part::Url(url) = part else {
            continue;
        };
        let line = format!("\n{}", markdown(url).into_text());
        let is_new = !links.lines().any(|known| known == &line[1..]);
        if is_new && count < MAX_LINKS && length(&links) + length(&line) <= room {
            links.push_str(&line);
            count += 1;
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_stands_in_a_block_and_its_urls_below_it() {
        let table = "NAME   URL\nweb_1  https://x.example/a_b\nweb_2  https://x.example/a_b";
        assert_eq!(
            lines(table, 400),
            format!("```\n{table}\n```\nhttps://x.example/a_b")
        );
        assert_eq!(lines("- a_b\n+ c", 400), "```diff\n- a_b\n+ c\n```");
        assert_eq!(lines("a_b", 400), r"a\_b");
    }

    #[test]
    fn a_block_is_closed_however_long_it_is() {
        let table = "a  b ```\n".repeat(500);
        for most in [20, 80, 100, 400, 2_000] {
            let shown = lines(table.trim_end(), most);
            assert!(length(&shown) <= most, "{most}");
            let fences = shown.matches("```").count();
            assert_eq!(fences, if most < LEAST_BLOCK { 0 } else { 2 }, "{shown}");
        }
    }
}
