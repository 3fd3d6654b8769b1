//! The parameters of queries. A flag without a value is true; anything else needs one.

use carillon_domain::{EventType, pattern};
use serde_json::{Value, json};

/// Completes what the routes say of their parameters.
pub fn complete(path: &str, operation: &mut Value) {
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
            (Some("since" | "until"), _) => json!({
                "type": "string", "format": "date-time", "maxLength": 64, "pattern": pattern::time()
            }),
            // Of this form, and one that the list itself has given.
            (Some("cursor"), _) => json!({
                "type": "string", "maxLength": 1_024, "pattern": "^[A-Za-z0-9_-]+$"
            }),
            (_, flag) if flag["type"] == "boolean" => {
                let mut flag = json!({"anyOf": [
                    {"type": "boolean"}, {"type": "integer", "enum": [0, 1]},
                    {"type": "string", "maxLength": 0},
                ]});
                flag["default"] = schema["default"].clone();
                flag
            }
            // A name, or a pattern that matches at least one.
            (Some("event_type"), _) => event_types(),
            (Some("type"), _) if path.ends_with("/events/") => event_types(),
            (_, text) if text["type"] == "string" && text["enum"].is_null() => {
                let mut text = schema;
                text["pattern"] = pattern::not_blank().into();
                text
            }
            _ => schema,
        };
    }
}

fn event_types() -> Value {
    let names: Vec<&str> = EventType::ALL.iter().map(|known| known.as_str()).collect();
    json!({"anyOf": [
        {"type": "string", "enum": names},
        {"type": "string", "maxLength": 100, "pattern": pattern::event_types()},
    ]})
}
