//! A link of a webhook's owner's in mrkdwn.

use super::escape::{entities, escaped_url};
use crate::message::Link;

/// The link, whose label is shown as it is.
pub(super) fn link(link: &Link) -> String {
    format!("<{}|{}>", escaped_url(&link.url), label(&link.label))
}

/// There is no escape for what Slack reads in a label: look-alikes take its place.
fn label(text: &str) -> String {
    let mut label = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let ends = rest.chars().next().is_none_or(char::is_whitespace);
        let is_word = |c: char| c.is_alphanumeric();
        // Within a word it means nothing.
        let is_within = text[..at].ends_with(is_word) && rest.starts_with(is_word);
        label.push(match c {
            '*' => '\u{2217}',
            '_' if !is_within => '\u{2cd}',
            '~' => '\u{223c}',
            '`' => '\u{2cb}',
            '|' => '\u{2223}',
            ':' if !ends => '\u{2236}',
            c => c,
        });
    }
    entities(&label).into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_shown_as_it_is_and_ends_where_it_ends() {
        let url = "https://wiki.example.com/?a=b&c=d".to_owned();
        let written = |label: &str| {
            let label = label.to_owned();
            link(&Link {
                label,
                url: url.clone(),
            })
        };
        assert_eq!(
            written("Runbook: db"),
            "<https://wiki.example.com/?a=b&amp;c=d|Runbook: db>"
        );
        assert!(written("aws_rds_cluster").ends_with("|aws_rds_cluster>"));
        let hostile = written("*b* _i_ ~s~ `c` a|b> <@U1> :tada:");
        let (_, label) = hostile.split_once('|').unwrap();
        let label = label.strip_suffix('>').unwrap();
        assert!(
            !label.contains(['*', '_', '~', '`', '|', '<', '>']) && !label.contains(":tada:"),
            "{label}"
        );
    }
}
