//! Slack's limits. The numbers come from the method reference of `chat.postMessage`, from
//! the Block Kit reference as Slack's own Node and Python SDKs state it, and, where Slack
//! publishes none, from reports of its users.

mod rich;

use std::collections::HashSet;

use carillon_domain::Pointer;
use carillon_domain::text::length;
use serde_json::Value;

use crate::limits::{Gauge, Limit, Usage, Violation};

/// Top-level text: what Slack asks to keep to. Beyond 40,000 it cuts silently
/// (docs.slack.dev, chat.postMessage).
pub const MAX_TEXT: usize = 4_000;
/// Blocks of a message (docs.slack.dev, blocks).
pub const MAX_BLOCKS: usize = 50;
/// The text of a section, and of any text object without a limit of its own (node-slack-sdk, blocks).
pub const MAX_SECTION_TEXT: usize = 3_000;
/// Fields of a section (node-slack-sdk, blocks).
pub const MAX_FIELDS: usize = 10;
/// The text of one field (node-slack-sdk, blocks).
pub const MAX_FIELD_TEXT: usize = 2_000;
/// The text of a header (node-slack-sdk, blocks).
pub const MAX_HEADER_TEXT: usize = 150;
/// Elements of a context block (node-slack-sdk, blocks).
pub const MAX_CONTEXT_ELEMENTS: usize = 10;
/// Elements of an actions block (node-slack-sdk, blocks).
pub const MAX_ACTIONS: usize = 25;
/// The text of a button (node-slack-sdk, composition objects).
pub const MAX_BUTTON_TEXT: usize = 75;
/// The value of a button (node-slack-sdk, composition objects).
pub const MAX_BUTTON_VALUE: usize = 2_000;
/// The URL of a button or an image (node-slack-sdk, python-slack-sdk).
pub const MAX_URL: usize = 3_000;
/// A link in a text: what every browser takes. Slack publishes no number.
pub const MAX_LINK: usize = 2_000;
/// The text of one element of rich text. Slack publishes no number: that of a section.
pub const MAX_RICH_TEXT: usize = MAX_SECTION_TEXT;
/// The alternative text and the title of an image (node-slack-sdk, blocks).
pub const MAX_IMAGE_TEXT: usize = 2_000;
/// A markdown block (node-slack-sdk, blocks).
pub const MAX_MARKDOWN: usize = 12_000;
/// A block's or an action's id (node-slack-sdk, blocks).
pub const MAX_ID: usize = 255;
/// Attachments of a message (docs.slack.dev, chat.postMessage).
pub const MAX_ATTACHMENTS: usize = 100;
/// The footer of an attachment (node-slack-sdk, message attachments).
pub const MAX_FOOTER: usize = 300;
/// All texts of all blocks together. Slack does not document it; messages near 13,200
/// characters are refused with `msg_blocks_too_long` (slackapi/bolt-js#2509).
pub const MAX_BLOCKS_TEXT: usize = 13_200;

const BLOCKS: &str = "invalid_blocks";
const ATTACHMENTS: &str = "invalid_attachments";

/// Every rule that a message's body breaks.
pub fn violations(body: &Value) -> Vec<Violation> {
    check(body).violations
}

/// How full each limit is that a message's body comes near to.
pub fn usage(body: &Value) -> Vec<Usage> {
    check(body).usage
}

fn check(body: &Value) -> Gauge {
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
        let limit = limit("text", MAX_TEXT, "msg_too_long");
        gauge.measure(&root.field("text"), &limit, length(text));
    }
    let mut total = blocks(&mut gauge, &root.field("blocks"), &body["blocks"]);
    total += attachments(&mut gauge, &root.field("attachments"), &body["attachments"]);
    let all = limit("all blocks", MAX_BLOCKS_TEXT, "msg_blocks_too_long");
    gauge.measure(&root, &all, total);
    gauge
}

fn limit(what: &'static str, limit: usize, code: &'static str) -> Limit {
    Limit { what, limit, code }
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
    let count = limit("attachments", MAX_ATTACHMENTS, "too_many_attachments");
    gauge.measure(at, &count, list.len());
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
            let limit = limit("attachment footer", MAX_FOOTER, ATTACHMENTS);
            gauge.measure(&at.field("footer"), &limit, length(footer));
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

/// Checks a list of blocks and says how long all its texts are together.
fn blocks(gauge: &mut Gauge, at: &Pointer, value: &Value) -> usize {
    let Some(list) = value.as_array() else {
        if !value.is_null() {
            gauge.broken(at, "invalid_blocks_format", "blocks are a list");
        }
        return 0;
    };
    gauge.measure(at, &limit("blocks", MAX_BLOCKS, BLOCKS), list.len());
    let mut ids = HashSet::new();
    let mut total = 0;
    for (n, block) in list.iter().enumerate() {
        let at = at.index(n);
        if let Some(id) = block["block_id"].as_str() {
            let at = at.field("block_id");
            gauge.measure(&at, &limit("block_id", MAX_ID, BLOCKS), length(id));
            if !ids.insert(id) {
                gauge.broken(&at, BLOCKS, "a block_id stands once in a message");
            }
        }
        total += self::block(gauge, &at, block);
    }
    total
}

fn block(gauge: &mut Gauge, at: &Pointer, block: &Value) -> usize {
    match block["type"].as_str() {
        Some("section") => section(gauge, at, block),
        Some("header") => {
            let limit = limit("header", MAX_HEADER_TEXT, BLOCKS);
            text(gauge, &at.field("text"), &block["text"], &limit, &[PLAIN])
        }
        Some("context") => {
            let count = limit("context elements", MAX_CONTEXT_ELEMENTS, BLOCKS);
            elements(gauge, at, block, &count, |gauge, at, element| {
                if element["type"] == "image" {
                    return image(gauge, at, element);
                }
                let limit = limit("context element", MAX_SECTION_TEXT, BLOCKS);
                text(gauge, at, element, &limit, &[PLAIN, MRKDWN])
            })
        }
        Some("actions") => {
            let count = limit("actions", MAX_ACTIONS, BLOCKS);
            elements(gauge, at, block, &count, button)
        }
        Some("image") => image(gauge, at, block),
        Some("rich_text") => rich::rich_text(gauge, at, block),
        Some("markdown") => {
            let limit = limit("markdown", MAX_MARKDOWN, BLOCKS);
            string(gauge, &at.field("text"), &block["text"], &limit)
        }
        Some("divider") => 0,
        _ => {
            gauge.broken(
                &at.field("type"),
                BLOCKS,
                "no block of a message has this type",
            );
            0
        }
    }
}

const PLAIN: &str = "plain_text";
const MRKDWN: &str = "mrkdwn";

fn section(gauge: &mut Gauge, at: &Pointer, block: &Value) -> usize {
    let (body, fields) = (&block["text"], &block["fields"]);
    if body.is_null() && fields.is_null() {
        gauge.broken(at, BLOCKS, "a section needs text or fields");
    }
    let mut total = 0;
    if !body.is_null() {
        let limit = limit("section text", MAX_SECTION_TEXT, BLOCKS);
        total += text(gauge, &at.field("text"), body, &limit, &[PLAIN, MRKDWN]);
    }
    if !fields.is_null() {
        let at = at.field("fields");
        let list = fields.as_array().map(Vec::as_slice).unwrap_or_default();
        if list.is_empty() {
            gauge.broken(&at, BLOCKS, "fields are a list of 1 to 10 texts");
        }
        gauge.measure(
            &at,
            &limit("section fields", MAX_FIELDS, BLOCKS),
            list.len(),
        );
        for (n, field) in list.iter().enumerate() {
            let limit = limit("field", MAX_FIELD_TEXT, BLOCKS);
            total += text(gauge, &at.index(n), field, &limit, &[PLAIN, MRKDWN]);
        }
    }
    total
}

fn elements(
    gauge: &mut Gauge,
    at: &Pointer,
    block: &Value,
    count: &Limit,
    element: impl Fn(&mut Gauge, &Pointer, &Value) -> usize,
) -> usize {
    let at = at.field("elements");
    let list = block["elements"].as_array();
    let list = list.map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() {
        gauge.broken(&at, BLOCKS, "elements are a list with at least one entry");
    }
    gauge.measure(&at, count, list.len());
    list.iter()
        .enumerate()
        .map(|(n, value)| element(gauge, &at.index(n), value))
        .sum()
}

fn button(gauge: &mut Gauge, at: &Pointer, element: &Value) -> usize {
    if element["type"] != "button" {
        return 0;
    }
    for (name, limit) in [
        ("value", limit("button value", MAX_BUTTON_VALUE, BLOCKS)),
        ("url", limit("button url", MAX_URL, BLOCKS)),
        ("action_id", limit("action_id", MAX_ID, BLOCKS)),
    ] {
        if !element[name].is_null() {
            string(gauge, &at.field(name), &element[name], &limit);
        }
    }
    let limit = limit("button text", MAX_BUTTON_TEXT, BLOCKS);
    text(gauge, &at.field("text"), &element["text"], &limit, &[PLAIN])
}

fn image(gauge: &mut Gauge, at: &Pointer, image: &Value) -> usize {
    let url = limit("image url", MAX_URL, BLOCKS);
    string(gauge, &at.field("image_url"), &image["image_url"], &url);
    let alt = limit("image alt_text", MAX_IMAGE_TEXT, BLOCKS);
    string(gauge, &at.field("alt_text"), &image["alt_text"], &alt)
}

/// A text object: `plain_text` or `mrkdwn`, never empty.
fn text(gauge: &mut Gauge, at: &Pointer, value: &Value, limit: &Limit, types: &[&str]) -> usize {
    let kind = value["type"].as_str().unwrap_or_default();
    if !types.contains(&kind) {
        gauge.broken(at, BLOCKS, format!("must be {}", types.join(" or ")));
    }
    let foreign = match kind {
        PLAIN => "verbatim",
        _ => "emoji",
    };
    if !value[foreign].is_null() {
        gauge.broken(
            &at.field(foreign),
            BLOCKS,
            "belongs to the other type of text",
        );
    }
    string(gauge, &at.field("text"), &value["text"], limit)
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
