//! Slack's own editor of messages.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// A link to Slack's Block Kit Builder with the blocks and attachments of a message in it.
pub(super) fn builder_url(body: &Value) -> String {
    let content = json!({ "attachments": body["attachments"], "blocks": body["blocks"] });
    let content = content.to_string();
    let content = utf8_percent_encode(&content, NON_ALPHANUMERIC);
    format!("https://app.slack.com/block-kit-builder/#{content}")
}
