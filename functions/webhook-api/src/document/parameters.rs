//! The parameters of queries. One without a value counts as absent.

use carillon_domain::pattern;
use serde_json::{Value, json};

/// Completes what the routes say of their parameters.
pub fn complete(operation: &mut Value) {
    // Looked up by `get_mut`: an index would put a null there.
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        if parameter["in"] != "query" {
            continue;
        }
        let schema = parameter["schema"].take();
        parameter["schema"] = match (parameter["name"].as_str(), &schema) {
            (Some("since" | "until"), _) => or_nothing(json!({
                "type": "string", "format": "date-time", "maxLength": 64, "pattern": pattern::time()
            })),
            // Of this form, and one that the list itself has given.
            (Some("cursor"), _) => json!({
                "type": "string", "maxLength": 1_024, "pattern": "^[A-Za-z0-9_-]*$"
            }),
            (_, flag) if flag["type"] == "boolean" => {
                let mut flag = json!({"anyOf": [
                    {"type": "boolean"}, {"type": "integer", "enum": [0, 1]}, nothing(),
                ]});
                flag["default"] = schema["default"].clone();
                flag
            }
            (_, text) if text["type"] == "string" && text["enum"].is_null() => schema,
            _ => or_nothing(schema),
        };
    }
}

fn nothing() -> Value {
    json!({"type": "string", "maxLength": 0})
}

fn or_nothing(mut schema: Value) -> Value {
    let default = schema
        .as_object_mut()
        .and_then(|schema| schema.remove("default"));
    let mut either = json!({"anyOf": [schema, nothing()]});
    if let Some(default) = default {
        either["default"] = default;
    }
    either
}
