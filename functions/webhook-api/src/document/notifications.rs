//! The schemas of declarative setup.

use carillon_chat::{Kind, Kinds};
use carillon_domain::field::{Line, Rule, reference};
use carillon_domain::webhook::MAX_WEBHOOK_NAME;
use serde_json::{Value, json};

use super::Schemas;
use super::webhooks::undescribed;
use crate::declarative::ENTRY;

pub fn add(kinds: &Kinds, schemas: &mut Schemas) {
    let names = kinds
        .iter()
        .map(|kind| format!("{}Entry", kind.about().schema_name));
    let names: Vec<String> = names.collect();
    for (kind, name) in kinds.iter().zip(&names) {
        schemas.insert(name.clone(), entry(kind));
    }
    let any: Vec<Value> = names.iter().map(|name| reference(name)).collect();
    // The provider tells them apart, and where it has several kinds, the credential.
    schemas.insert(
        "Entry".into(),
        json!({"anyOf": any, "description": ENTRY.about}),
    );
    schemas.insert("Notifications".into(), file());
}

/// An entry whose destination is of this kind. An exported file has masked credentials, which
/// mean 'unchanged' to a webhook that is there.
fn entry(kind: &dyn Kind) -> Value {
    let mut entry = kind.schema(true);
    undescribed(&mut entry);
    if let Some(properties) = entry["properties"].as_object_mut() {
        properties.extend(ENTRY.properties());
        let provider = json!({"type": "string", "const": kind.id().api_type()});
        properties.insert("provider".into(), provider);
        if !kind.is_for_people() {
            properties.remove("message");
        }
    }
    match entry["required"].as_array_mut() {
        Some(required) => required.push("provider".into()),
        None => entry["required"] = json!(["provider"]),
    }
    entry
}

/// A file with the block; everything beside it is somebody else's.
fn file() -> Value {
    json!({
        "type": "object", "required": ["notifications"], "additionalProperties": true,
        "description": "A file; what is beside `notifications` is ignored",
        "properties": {"notifications": {
            "type": "object", "description": "The webhooks by their names",
            "propertyNames": Line(MAX_WEBHOOK_NAME).schema(),
            "additionalProperties": reference("Entry"),
        }},
    })
}
