//! The schemas of declarative setup.

use carillon_chat::{Kind, Kinds};
use carillon_domain::webhook::MAX_WEBHOOK_NAME;
use serde_json::{Map, Value, json};

use super::texts::{line, organization};
use super::webhooks;

pub fn add(kinds: &Kinds, schemas: &mut Map<String, Value>) {
    let entries = entries(kinds);
    let in_yaml = entries.iter().cloned().map(with_numbers).collect();
    schemas.insert("Notifications".into(), file(entries));
    schemas.insert("NotificationsInYaml".into(), file(in_yaml));
}

/// The forms that an entry can have. An exported file has masked credentials, which mean
/// 'unchanged' to a webhook that is there.
fn entries(kinds: &Kinds) -> Vec<Value> {
    let entry = |kind: &dyn Kind| {
        let mut entry = kind.schema(true);
        let common = webhooks::entry_fields();
        if let (Some(properties), Some(common)) =
            (entry["properties"].as_object_mut(), common.as_object())
        {
            properties.extend(common.clone());
            let provider = json!({"type": "string", "const": kind.id().api_type()});
            properties.insert("provider".into(), provider);
            let filters = json!({"$ref": "#/components/schemas/Filters"});
            let message = webhooks::message(std::iter::once(kind), &filters);
            properties.insert("message".into(), message);
            properties.insert("organization".into(), organization());
        }
        if let Some(required) = entry["required"].as_array_mut() {
            required.push("provider".into());
        }
        entry
    };
    kinds.iter().map(entry).collect()
}

/// YAML takes what looks like a number for one; it is read as the text that it is meant as.
fn with_numbers(mut entry: Value) -> Value {
    let number = |least: u64| json!({"type": "integer", "minimum": least, "maximum": u64::MAX});
    let or_number = |schema: &mut Value, least| {
        *schema = json!({"anyOf": [schema.take(), number(least)]});
    };
    let Some(properties) = entry["properties"].as_object_mut() else {
        return entry;
    };
    for (name, least) in [
        ("channel", 0),
        ("username", 0),
        ("thread_id", 10_u64.pow(14)),
    ] {
        // What must be absent in this form of an entry is not described.
        if let Some(schema) = properties.get_mut(name)
            && schema.get("description").is_some()
        {
            or_number(schema, least);
        }
    }
    properties.insert("filters".into(), webhooks::filters());
    for name in ["channels", "environments", "filters"] {
        items(properties.get_mut(name), &|item| {
            // Of statuses and severities, none is a number.
            let named = item.to_string();
            if !named.contains("succeeded") && !named.contains("critical") {
                or_number(item, 0);
            }
        });
    }
    entry
}

/// Changes the items of all lists in a schema.
fn items(schema: Option<&mut Value>, change: &impl Fn(&mut Value)) {
    match schema {
        Some(Value::Object(fields)) => {
            for (name, value) in fields {
                match name.as_str() {
                    "items" => change(value),
                    _ => items(Some(value), change),
                }
            }
        }
        Some(Value::Array(list)) => {
            for value in list {
                items(Some(value), change);
            }
        }
        _ => {}
    }
}

/// A file with the block; everything beside it is somebody else's.
fn file(entries: Vec<Value>) -> Value {
    json!({
        "type": "object", "required": ["notifications"],
        "description": "The webhooks by their names; other keys of the file are ignored",
        "properties": {"notifications": {
            "type": "object",
            "propertyNames": line(MAX_WEBHOOK_NAME),
            "additionalProperties": {"anyOf": entries},
        }},
    })
}
