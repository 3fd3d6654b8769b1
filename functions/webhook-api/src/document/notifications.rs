//! The schemas of declarative setup.

use carillon_domain::Platform;
use carillon_domain::webhook::MAX_WEBHOOK_NAME;
use serde_json::{Map, Value, json};

use super::texts::{line, organization};
use super::webhooks;

/// An exported file has masked credentials, which mean 'unchanged' to a webhook that is there.
const MASKS: &[&str] = &[webhooks::MASK];

pub fn add(schemas: &mut Map<String, Value>) {
    schemas.insert("Notifications".into(), notifications());
}

/// A file with the block; everything beside it is somebody else's.
fn notifications() -> Value {
    let mut entries = Vec::new();
    for (platform, kinds) in [
        (
            Platform::Slack,
            [webhooks::slack_bot(MASKS), webhooks::slack_webhook(MASKS)].to_vec(),
        ),
        (Platform::Discord, [webhooks::discord(MASKS)].to_vec()),
    ] {
        for kind in kinds {
            let not = kind.get("not").cloned();
            for form in kind["anyOf"].as_array().into_iter().flatten() {
                let mut entry = form.clone();
                let common = webhooks::entry_fields();
                if let (Some(properties), Some(common)) =
                    (entry["properties"].as_object_mut(), common.as_object())
                {
                    properties.extend(common.clone());
                    let provider = json!({"type": "string", "const": platform.as_str()});
                    properties.insert("provider".into(), provider);
                    properties.insert("organization".into(), organization());
                }
                if let Some(required) = entry["required"].as_array_mut() {
                    required.push("provider".into());
                }
                if let Some(not) = &not {
                    entry["not"] = not.clone();
                }
                entries.push(entry);
            }
        }
    }
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
