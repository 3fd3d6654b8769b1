//! The schemas of texts, as the readers take them.

use carillon_domain::pattern;
use serde_json::{Value, json};

pub use carillon_chat::form::schema::{choice, form, listed, object, optional, or_null};

/// A text that only describes: blank says nothing.
pub fn text(max: usize, description: &str) -> Value {
    json!({"type": ["string", "null"], "maxLength": max, "description": description})
}

/// One line, without control or invisible characters and runs of spaces.
pub fn line(max: usize) -> Value {
    form(max, &pattern::line())
}

pub fn time(description: &str) -> Value {
    let time = json!({
        "type": "string", "format": "date-time", "maxLength": 64, "pattern": pattern::time()
    });
    optional(description, &[time])
}

/// A text that says something.
pub fn said(max: usize) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": max, "pattern": pattern::not_blank()})
}

/// The organization may be named where it is the caller's.
pub fn organization() -> Value {
    optional(
        "The caller's own, if named at all; another one is forbidden",
        &[said(1_000)],
    )
}
