//! Blocks: sections, contexts and their like (docs.slack.dev, blocks).

use std::collections::HashSet;

use carillon_domain::Pointer;
use carillon_domain::text::length;
use serde_json::Value;

use super::{BLOCKS, MAX_BLOCKS, MAX_SECTION_TEXT, rich, string};
use crate::limits::{Gauge, Limit, entries};

const COUNT: Limit = limit("blocks", MAX_BLOCKS);

// By node-slack-sdk (blocks, composition objects).
const BLOCK_ID: Limit = limit("block_id", 255);
const ACTION_ID: Limit = limit("action_id", 255);
const SECTION_TEXT: Limit = limit("section text", MAX_SECTION_TEXT);
const SECTION_FIELDS: Limit = limit("section fields", 10);
const FIELD: Limit = limit("field", 2_000);
const HEADER: Limit = limit("header", 150);
const CONTEXT_ELEMENTS: Limit = limit("context elements", 10);
const CONTEXT_ELEMENT: Limit = limit("context element", MAX_SECTION_TEXT);
const ACTIONS: Limit = limit("actions", 25);
const BUTTON_TEXT: Limit = limit("button text", 75);
const BUTTON_VALUE: Limit = limit("button value", 2_000);
const IMAGE_TEXT: Limit = limit("image alt_text", 2_000);
const MARKDOWN: Limit = limit("markdown", 12_000);

// By node-slack-sdk and python-slack-sdk.
const BUTTON_URL: Limit = limit("button url", 3_000);
const IMAGE_URL: Limit = limit("image url", 3_000);

const fn limit(what: &'static str, limit: usize) -> Limit {
    Limit::new(what, limit, BLOCKS)
}

/// Checks a list of blocks and says how long all its texts are together.
pub(super) fn blocks(gauge: &mut Gauge, at: &Pointer, value: &Value) -> usize {
    let Some(list) = value.as_array() else {
        if !value.is_null() {
            gauge.broken(at, "invalid_blocks_format", "blocks are a list");
        }
        return 0;
    };
    gauge.measure(at, &COUNT, list.len());
    let mut ids = HashSet::new();
    let mut total = 0;
    for (n, block) in list.iter().enumerate() {
        let at = at.index(n);
        if let Some(id) = block["block_id"].as_str() {
            let at = at.field("block_id");
            gauge.measure(&at, &BLOCK_ID, length(id));
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
        Some("header") => text(gauge, &at.field("text"), &block["text"], &HEADER, &[PLAIN]),
        Some("context") => elements(gauge, at, block, &CONTEXT_ELEMENTS, of_context),
        Some("actions") => elements(gauge, at, block, &ACTIONS, button),
        Some("image") => image(gauge, at, block),
        Some("rich_text") => rich::rich_text(gauge, at, block),
        Some("markdown") => string(gauge, &at.field("text"), &block["text"], &MARKDOWN),
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
        let at = at.field("text");
        total += text(gauge, &at, body, &SECTION_TEXT, &[PLAIN, MRKDWN]);
    }
    if !fields.is_null() {
        let at = at.field("fields");
        let list = entries(fields);
        if list.is_empty() {
            gauge.broken(&at, BLOCKS, "fields are a list of 1 to 10 texts");
        }
        gauge.measure(&at, &SECTION_FIELDS, list.len());
        for (n, field) in list.iter().enumerate() {
            total += text(gauge, &at.index(n), field, &FIELD, &[PLAIN, MRKDWN]);
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
    let used = block["elements"].as_array().map_or(0, Vec::len);
    gauge.measure(&at.field("elements"), count, used);
    rich::each(gauge, at, block, element)
}

fn of_context(gauge: &mut Gauge, at: &Pointer, element: &Value) -> usize {
    match element["type"] == "image" {
        true => image(gauge, at, element),
        false => text(gauge, at, element, &CONTEXT_ELEMENT, &[PLAIN, MRKDWN]),
    }
}

fn button(gauge: &mut Gauge, at: &Pointer, element: &Value) -> usize {
    if element["type"] != "button" {
        return 0;
    }
    for (name, limit) in [
        ("value", BUTTON_VALUE),
        ("url", BUTTON_URL),
        ("action_id", ACTION_ID),
    ] {
        if !element[name].is_null() {
            string(gauge, &at.field(name), &element[name], &limit);
        }
    }
    let at = at.field("text");
    text(gauge, &at, &element["text"], &BUTTON_TEXT, &[PLAIN])
}

fn image(gauge: &mut Gauge, at: &Pointer, image: &Value) -> usize {
    let url = &image["image_url"];
    string(gauge, &at.field("image_url"), url, &IMAGE_URL);
    let alt = &image["alt_text"];
    string(gauge, &at.field("alt_text"), alt, &IMAGE_TEXT)
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
