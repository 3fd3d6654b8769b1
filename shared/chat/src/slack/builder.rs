//! Slack's own editor of messages.

use serde_json::{Value, json};

/// A link to Slack's Block Kit Builder with the blocks and attachments of a message in it.
pub(super) fn builder_url(body: &Value) -> String {
    let content = json!({ "attachments": body["attachments"], "blocks": body["blocks"] });
    let content = content.to_string();
    let mut url = "https://app.slack.com/block-kit-builder/#".to_owned();
    for byte in content.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}
