//! Making text harmless to Slack.
//!
//! In rich text nothing is interpreted, so that it needs none of this.

use carillon_domain::text::Escaped;
use carillon_domain::text::urls::{Part, parts};

use crate::escape::{self, add, begins_emoji};
use crate::message::Link;

/// Escapes the three characters that begin or end what Slack interprets; it wants no
/// others escaped (docs.slack.dev, formatting). Without `<` there is no link, no mention
/// and no date.
pub(super) fn entities(text: &str) -> Escaped {
    escape(text, |_, _, _| false)
}

/// For the top-level text, where markup is off but emoji codes and names after `@` may
/// still be found: neither can stand behind these two characters any more.
pub(super) fn inert(text: &str) -> Escaped {
    escape(text, |text, c, rest| match c {
        ':' => begins_emoji(text, text.len() - rest.len() - 1),
        '@' => !rest.starts_with(char::is_whitespace),
        _ => false,
    })
}

fn escape(text: &str, is_live: impl Fn(&str, char, &str) -> bool) -> Escaped {
    let mut escaped = Escaped::default();
    for part in parts(text) {
        match part {
            Part::Url(url) => escaped.whole(url, &escaped_url(url)),
            Part::Text(part) => add(&mut escaped, part, |c, rest| match c {
                '&' => Some("&amp;".to_owned()),
                '<' => Some("&lt;".to_owned()),
                '>' => Some("&gt;".to_owned()),
                c => is_live(part, c, rest).then(|| escape::inert(c)),
            }),
        }
    }
    escaped
}

/// A URL has no angle brackets. `|` would begin a link's label, and a backtick code.
pub(super) fn escaped_url(url: &str) -> String {
    url.replace('&', "&amp;")
        .replace('|', "%7C")
        .replace('`', "%60")
}

/// A link of a webhook's owner's in mrkdwn, whose label is shown as it is.
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
    fn what_slack_interprets_is_escaped_and_nothing_else() {
        let shown = |text: &str| entities(text).into_text();
        assert_eq!(
            shown("<!here> & <@U1|x> *b* é 🎉 https://x.example/?a&b"),
            "&lt;!here&gt; &amp; &lt;@U1|x&gt; *b* é 🎉 https://x.example/?a&amp;b"
        );
        assert_eq!(shown("&amp;"), "&amp;amp;");
        assert_eq!(
            shown("https://x.example/a|b`c`d"),
            "https://x.example/a%7Cb%60c%60d"
        );
    }

    #[test]
    fn neither_an_emoji_nor_a_mention_survives_in_plain_text() {
        let shown = |text: &str| inert(text).into_text();
        assert_eq!(shown(":tada: @here"), ":\u{200b}tada: @\u{200b}here");
        assert_eq!(shown("failed: x, 10:15"), "failed: x, 10:15");
        assert_eq!(shown("https://x.example/:a:@b"), "https://x.example/:a:@b");
    }

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
