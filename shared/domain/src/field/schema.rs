//! JSON Schemas, as those who generate clients from them want them.

use serde_json::{Map, Value, json};

use super::reference;
use crate::pattern;

/// A text that says something.
pub fn said(max: usize) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": max, "pattern": "\\S"})
}

/// A text of this form.
pub fn form(max: usize, pattern: &str) -> Value {
    json!({"type": "string", "maxLength": max, "pattern": pattern})
}

/// What the API's document calls the form of a line.
pub const LINE: &str = "Line";

/// One line, as people name things.
pub fn line(max: usize) -> Value {
    let mut line = reference(LINE);
    line["maxLength"] = max.into();
    line
}

/// The form of a line.
pub fn form_of_line() -> Value {
    json!({
        "type": "string", "minLength": 1, "pattern": pattern::line(),
        "description": "One line, without control or invisible characters, runs of spaces, and \
                        spaces around it",
    })
}

/// An object with these fields and no others.
pub fn object(required: &[&str], properties: Map<String, Value>) -> Value {
    let mut object = json!({
        "type": "object", "additionalProperties": false, "properties": properties,
    });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

/// The same, with what it is for.
pub fn described(mut schema: Value, about: &str) -> Value {
    schema["description"] = about.into();
    schema
}

/// The same, or null.
pub fn or_null(mut schema: Value) -> Value {
    match schema["type"].as_str() {
        Some(name) if schema.get("enum").is_none() => {
            schema["type"] = json!([name, "null"]);
            schema
        }
        _ => {
            let fields = schema.as_object_mut();
            let description = fields.and_then(|fields| fields.remove("description"));
            let mut either = json!({"anyOf": [schema, {"type": "null"}]});
            if let Some(description) = description {
                either["description"] = description;
            }
            either
        }
    }
}

/// The keywords that say what is refused.
const LIMITS: &str = "additionalProperties allOf else if maxItems maxLength maxProperties minItems \
                      minLength not pattern propertyNames then uniqueItems";

/// The schema of an answer: whoever reads it need not judge it.
pub fn unlimited(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let is_limit = |name: &str, value: &Value| {
                LIMITS.split(' ').any(|limit| limit == name)
                    && !(name == "additionalProperties" && value.is_object())
            };
            let kept = fields.iter().filter(|(name, value)| !is_limit(name, value));
            kept.map(|(name, value)| {
                let value = match name.as_str() {
                    // The names in there are those of fields.
                    "properties" => within(value),
                    _ => unlimited(value),
                };
                (name.clone(), value)
            })
            .collect()
        }
        Value::Array(list) => list.iter().map(unlimited).collect(),
        other => other.clone(),
    }
}

fn within(properties: &Value) -> Value {
    let fields = properties.as_object().into_iter().flatten();
    let fields = fields.map(|(name, schema)| (name.clone(), unlimited(schema)));
    fields.collect::<Map<_, _>>().into()
}
