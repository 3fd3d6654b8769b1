//! How a text of others is laid out: its columns, and whether they need letters of one width.

/// How a text is meant to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Prose,
    /// Its columns and indents mean something: it is shown in letters of one width.
    Block,
    /// As a block, of lines that were taken out and put in.
    Diff,
}

/// What a column is apart from the next, in blanks.
const GAP: usize = 2;
/// The widest that a column of tabs gets.
const MAX_COLUMN: usize = 40;

/// Tables, diffs, JSON, traces and the like are blocks. One line alone never is.
pub(crate) fn of(text: &str) -> Layout {
    let lines: Vec<&str> = text
        .split('\n')
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    if lines.len() < 2 {
        return Layout::Prose;
    }
    let count = |is: fn(&str) -> bool| lines.iter().filter(|line| is(line)).count();
    let (added, removed) = (
        count(|line| line.starts_with('+')),
        count(|line| line.starts_with('-')),
    );
    let is_marked = count(|line| line.starts_with("@@ ") || line.starts_with("diff --git ")) > 0;
    if is_marked || added > 0 && removed > 0 && (added + removed) * 2 >= lines.len() {
        return Layout::Diff;
    }
    let is_indented = count(|line| line.starts_with("  ")) > 0;
    let is_table = count(has_columns) > 1;
    let is_box = |c: char| ('\u{2500}'..='\u{257f}').contains(&c);
    let is_framed = lines.iter().filter(|line| line.starts_with(is_box)).count() > 1;
    let is_json = text.starts_with(['{', '[']) && text.ends_with(['}', ']']);
    match is_indented || is_table || is_framed || is_json {
        true => Layout::Block,
        false => Layout::Prose,
    }
}

/// Whether words stand further apart than sentences do.
fn has_columns(line: &str) -> bool {
    line.match_indices("  ").any(|(at, _)| {
        let before = &line[..at];
        !before.is_empty() && !before.ends_with([' ', '.', '!', '?', ':'])
    })
}

/// The text with blanks in the place of tabs: in lines that follow each other, what stood behind
/// the same tab stands below each other.
pub(crate) fn without_tabs(text: &str) -> String {
    if !text.contains('\t') {
        return text.to_owned();
    }
    let lines: Vec<Vec<&str>> = text
        .split('\n')
        .map(|line| line.split('\t').collect())
        .collect();
    let shown: Vec<String> = lines
        .chunk_by(|one, next| (one.len() > 1) == (next.len() > 1))
        .flat_map(aligned)
        .collect();
    shown.join("\n")
}

fn aligned<'a>(lines: &'a [Vec<&'a str>]) -> impl Iterator<Item = String> + 'a {
    let width = |cell: &&str| cell.chars().count().min(MAX_COLUMN);
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let mut widths = vec![0; columns];
    for line in lines {
        // What stands last needs no room behind it.
        let (_, cells) = line.split_last().unwrap_or((&"", &[]));
        for (widest, cell) in widths.iter_mut().zip(cells) {
            *widest = width(cell).max(*widest);
        }
    }
    lines.iter().map(move |line| {
        let last = line.len() - 1;
        let cells = line.iter().zip(&widths).enumerate();
        cells
            .map(|(n, (cell, widest))| match n == last {
                true => (*cell).to_owned(),
                false => format!("{cell}{}", " ".repeat(widest - width(cell) + GAP)),
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_columns_or_indents_is_a_block_and_a_diff_is_a_diff() {
        for (text, expected) in [
            ("one line  with a gap", Layout::Prose),
            ("First.  Second.\nThird.  Fourth.", Layout::Prose),
            ("- one\n- two", Layout::Prose),
            ("000 INFO step-0 (a)\n001 INFO step-1 (b)", Layout::Prose),
            ("NAME   READY\nweb-1  1/1", Layout::Block),
            ("panic: x\n  main.go:10", Layout::Block),
            ("    at main.rs:10\n  at lib.rs:2", Layout::Block),
            ("{\n\"a\": 1\n}", Layout::Block),
            ("╷\n│ Error: x\n╵", Layout::Block),
            ("- old_value\n+ new_value", Layout::Diff),
            ("@@ -1,2 +1,2 @@\n a\n-b", Layout::Diff),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn what_stood_behind_a_tab_stands_below_each_other() {
        assert_eq!(
            without_tabs("NAME\tREADY\tSTATUS\nweb-1\t1/1\tRunning\ndone"),
            "NAME   READY  STATUS\nweb-1  1/1    Running\ndone"
        );
        assert_eq!(
            without_tabs("goroutine 1:\n\tmain.go:10"),
            "goroutine 1:\n  main.go:10"
        );
        assert_eq!(without_tabs("a\tb"), "a  b");
    }
}
