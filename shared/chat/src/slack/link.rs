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
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let ends = rest.peek().is_none_or(|next| next.is_whitespace());
        label.push(match c {
            '*' => '\u{2217}',
            '_' => '\u{2d7}',
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
        let hostile = written("*b* _i_ ~s~ `c` a|b> <@U1> :tada:");
        let (_, label) = hostile.split_once('|').unwrap();
        let label = label.strip_suffix('>').unwrap();
        assert!(
            !label.contains(['*', '_', '~', '`', '|', '<', '>']) && !label.contains(":tada:"),
            "{label}"
        );
    }
}
