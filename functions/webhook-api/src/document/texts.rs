//! The schemas of texts, as the readers take them.

use carillon_domain::pattern;
use serde_json::{Value, json};

/// How many characters a text may have that is only looked at to say that it is wrong.
const MAX_CHOICE: usize = 256;

/// Nothing but white space, which counts as absent.
pub fn blank(max: usize) -> Value {
    json!({"type": "string", "pattern": pattern::blank(), "maxLength": max})
}

/// Null and blank count as absent.
pub fn optional(max: usize, description: &str, schemas: &[Value]) -> Value {
    let mut any = schemas.to_vec();
    any.push(blank(max));
    any.push(json!({"type": "null"}));
    json!({"description": description, "anyOf": any})
}

/// A text that counts as absent where it is blank.
pub fn text(max: usize, description: &str) -> Value {
    json!({"type": ["string", "null"], "maxLength": max, "description": description})
}

/// A text of this form.
pub fn form(max: usize, pattern: &str) -> Value {
    json!({"type": "string", "maxLength": max, "pattern": pattern})
}

/// One line, without control or invisible characters and runs of spaces.
pub fn line(max: usize) -> Value {
    form(max, &pattern::line())
}

pub fn time(description: &str) -> Value {
    let time = json!({
        "type": "string", "format": "date-time", "maxLength": 64, "pattern": pattern::time()
    });
    optional(64, description, &[time])
}

/// One of some names; null and blank count as absent.
pub fn choice(names: &[&str], description: &str) -> Value {
    let names = json!({"type": "string", "enum": names});
    optional(MAX_CHOICE, description, &[names])
}

/// A list of texts that say something.
pub fn listed(least: usize, most: usize, item: Value, description: &str) -> Value {
    json!({
        "type": "array", "minItems": least, "maxItems": most, "items": item,
        "description": description,
    })
}

/// A text that says something.
pub fn said(max: usize) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": max, "pattern": pattern::not_blank()})
}

/// The same schema, or null.
pub fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// The organization may be named where it is the caller's.
pub fn organization() -> Value {
    text(
        1_000,
        "The caller's own, if named at all; another one is forbidden",
    )
}
