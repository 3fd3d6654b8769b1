//! Blocks: sections, contexts and their like (docs.slack.dev, blocks).

use std::collections::HashSet;

use carillon_domain::Pointer;
use carillon_domain::text::length;
use serde_json::Value;

use super::{BLOCKS, limit, rich, string};
use super::{
    MAX_ACTIONS, MAX_BLOCKS, MAX_BUTTON_TEXT, MAX_BUTTON_VALUE, MAX_CONTEXT_ELEMENTS,
    MAX_FIELD_TEXT, MAX_FIELDS, MAX_HEADER_TEXT, MAX_ID, MAX_IMAGE_TEXT, MAX_MARKDOWN,
    MAX_SECTION_TEXT, MAX_URL,
};
use crate::limits::{Gauge, Limit};

/// Checks a list of blocks and says how long all its texts are together.
pub(super) fn blocks(gauge: &mut Gauge, at: &Pointer, value: &Value) -> usize {
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
