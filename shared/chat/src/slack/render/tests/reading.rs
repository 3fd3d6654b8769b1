//! Reading a message as Slack does.

use serde_json::Value;

use crate::facts::is_link;
use crate::wording::DRY_RUN;

/// How Slack reads a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// With markup.
    Mrkdwn,
    /// With entities only.
    Plain,
    /// As it is.
    Rich,
}

/// Every text of the blocks, and how it is read.
pub(super) fn texts(body: &Value) -> Vec<(Reading, String)> {
    let mut found = Vec::new();
    collect(&body["blocks"], &mut found);
    for attachment in body["attachments"].as_array().into_iter().flatten() {
        collect(&attachment["blocks"], &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<(Reading, String)>) {
    let kind = value["type"].as_str();
    match (kind, value["text"].as_str(), value["url"].as_str()) {
        (Some("mrkdwn"), Some(text), _) => {
            assert_eq!(value["verbatim"], true, "{value}");
            found.push((Reading::Mrkdwn, text.to_owned()));
        }
        (Some("plain_text"), Some(text), _) => {
            assert_eq!(value["emoji"], false, "{value}");
            found.push((Reading::Plain, text.to_owned()));
        }
        (Some("text"), Some(text), None) => found.push((Reading::Rich, text.to_owned())),
        (Some("link"), None, Some(url)) => {
            assert!(is_link(url), "{value}");
            found.push((Reading::Rich, url.to_owned()));
        }
        _ => match value {
            Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
            Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
            _ => {}
        },
    }
}

/// Whether everything in rich text is of the few kinds that we use: no mention, emoji or colour.
pub(super) fn is_of_ours(value: &Value) -> bool {
    let known = [
        "section",
        "context",
        "rich_text",
        "rich_text_section",
        "rich_text_preformatted",
        "text",
        "link",
        "mrkdwn",
        "plain_text",
    ];
    match value {
        Value::Array(list) => list.iter().all(is_of_ours),
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str);
            let style = fields.get("style");
            kind.is_none_or(|kind| known.contains(&kind))
                && style.is_none_or(|style| {
                    [r#"{"bold":true}"#, r#"{"italic":true}"#].contains(&&*style.to_string())
                })
                && fields.values().all(is_of_ours)
        }
        _ => true,
    }
}

/// Whether a text has nothing that Slack interprets: no tag but our own date and our own
/// links, and those in markup only; no sign that is not an entity.
pub(super) fn is_inert(text: &str, reading: Reading) -> bool {
    let mut outside = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let Some((tag, after)) = after.split_once('>') else {
            return false;
        };
        let (target, label) = tag.split_once('|').unwrap_or((tag, "Open"));
        let date = target.starts_with("!date^")
            && target.ends_with("^{date_short_pretty} {time}")
            && label.ends_with(" UTC");
        let link = is_link(target) && !target.contains(' ') && label.starts_with("Open");
        let label_ends = !label.contains(['|', '`', '*', '_', '~']);
        if !(reading == Reading::Mrkdwn && (date || link) && label_ends) {
            return false;
        }
        outside.push_str(before);
        rest = after;
    }
    outside.push_str(rest);
    let entities = ["amp;", "lt;", "gt;"];
    let escaped = |after: &str| entities.iter().any(|entity| after.starts_with(entity));
    !outside.contains('>') && outside.split('&').skip(1).all(escaped)
}

/// Whether a text with markup is one of ours: nothing of an event stands in it but URLs, and labels
/// without any sign of markup.
pub(super) fn is_ours(text: &str) -> bool {
    let is_link = |line: &str| {
        let Some((label, link)) = line.split_once('<') else {
            return false;
        };
        let label = label
            .strip_suffix(":_ ")
            .and_then(|label| label.strip_prefix('_'))
            .or_else(|| label.strip_suffix(": "));
        link.find('>') == Some(link.len() - 1)
            && label.is_some_and(|label| {
                label.split('_').all(|word| {
                    word.starts_with(char::is_alphanumeric)
                        && word.ends_with(char::is_alphanumeric)
                        && !word.contains(['*', '~', '`', ':', '@', '#', '&', '>', '|'])
                })
            })
    };
    text == format!("*{DRY_RUN}*") || text.starts_with("<!date^") || text.lines().all(is_link)
}
