//! Slack's limits. The numbers come from the method reference of `chat.postMessage`, from
//! the Block Kit reference as Slack's own Node and Python SDKs state it, and, where Slack
//! publishes none, from reports of its users.

mod blocks;
mod rich;

use carillon_domain::Pointer;
use carillon_domain::text::length;
use serde_json::Value;

use self::blocks::blocks;
use crate::limits::{Gauge, Limit, Violation};

const BLOCKS: &str = "invalid_blocks";
const ATTACHMENTS: &str = "invalid_attachments";

/// Blocks of a message (docs.slack.dev, blocks).
pub const MAX_BLOCKS: usize = 50;
/// The text of a section, and of any text object without a limit of its own (node-slack-sdk, blocks).
pub const MAX_SECTION_TEXT: usize = 3_000;
/// A link in a text: what every browser takes. Slack publishes no number.
pub const MAX_LINK: usize = 2_000;
/// The text of one element of rich text. Slack publishes no number: that of a section.
pub const MAX_RICH_TEXT: usize = MAX_SECTION_TEXT;
/// All texts of all blocks together. Slack does not document it; messages near 13,200
/// characters are refused with `msg_blocks_too_long` (slackapi/bolt-js#2509).
pub const MAX_BLOCKS_TEXT: usize = 13_200;

/// What Slack asks to keep to. Beyond 40,000 it cuts silently (docs.slack.dev,
/// chat.postMessage).
const TOP_LEVEL_TEXT: Limit = Limit::new("text", 4_000, "msg_too_long");
const ALL_BLOCKS: Limit = Limit::new("all blocks", MAX_BLOCKS_TEXT, "msg_blocks_too_long");
/// docs.slack.dev, chat.postMessage.
const OF_MESSAGE: Limit = Limit::new("attachments", 100, "too_many_attachments");
/// node-slack-sdk, message attachments.
const FOOTER: Limit = Limit::new("attachment footer", 300, ATTACHMENTS);

/// Every rule that a message's body breaks.
pub fn violations(body: &Value) -> Vec<Violation> {
    check(body).violations
}

/// Every rule that a message's body breaks, and how full each limit is that it comes near to.
pub(crate) fn check(body: &Value) -> Gauge {
    let mut gauge = Gauge::default();
    let root = Pointer::root();
    if !body.is_object() {
        gauge.broken(&root, "json_not_object", "a message is a JSON object");
        return gauge;
    }
    let has_content = ["text", "blocks", "attachments", "markdown_text"]
        .iter()
        .any(|name| !is_empty(&body[*name]));
    if !has_content {
        gauge.broken(
            &root,
            "no_text",
            "a message needs text, blocks or attachments",
        );
    }
    if let Some(text) = body["text"].as_str() {
        gauge.measure(&root.field("text"), &TOP_LEVEL_TEXT, length(text));
    }
    let mut total = blocks(&mut gauge, &root.field("blocks"), &body["blocks"]);
    total += attachments(&mut gauge, &root.field("attachments"), &body["attachments"]);
    gauge.measure(&root, &ALL_BLOCKS, total);
    gauge
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

fn attachments(gauge: &mut Gauge, at: &Pointer, value: &Value) -> usize {
    let Some(list) = value.as_array() else {
        if !value.is_null() {
            gauge.broken(at, ATTACHMENTS, "attachments are a list");
        }
        return 0;
    };
    gauge.measure(at, &OF_MESSAGE, list.len());
    let mut total = 0;
    for (n, attachment) in list.iter().enumerate() {
        let at = at.index(n);
        if ["fallback", "text", "blocks"]
            .iter()
            .all(|name| is_empty(&attachment[*name]))
        {
            gauge.broken(
                &at,
                "no_text",
                "an attachment needs fallback, text or blocks",
            );
        }
        if let Some(color) = attachment["color"].as_str()
            && !is_color(color)
        {
            gauge.broken(
                &at.field("color"),
                ATTACHMENTS,
                "a colour is good, warning, danger or #rrggbb",
            );
        }
        if let Some(footer) = attachment["footer"].as_str() {
            gauge.measure(&at.field("footer"), &FOOTER, length(footer));
        }
        total += blocks(gauge, &at.field("blocks"), &attachment["blocks"]);
    }
    total
}

fn is_color(color: &str) -> bool {
    matches!(color, "good" | "warning" | "danger")
        || color.strip_prefix('#').is_some_and(|digits| {
            digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit())
        })
}

fn string(gauge: &mut Gauge, at: &Pointer, value: &Value, limit: &Limit) -> usize {
    let used = value.as_str().map(length).unwrap_or_default();
    if used == 0 {
        gauge.broken(at, BLOCKS, "must be more than 0 characters");
    }
    gauge.measure(at, limit, used);
    used
}

#[cfg(test)]
mod tests;
