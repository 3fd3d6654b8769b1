//! What a message for Teams says, and whether Teams can show it.

use serde_json::Value;

use carillon_chat::teams::limits;

use crate::chat_sink::limits::Violation;

/// Why a message that was taken is not shown.
pub(super) fn faults(payload: &Value) -> Vec<String> {
    Violation::of(limits::violations(payload))
        .into_iter()
        .map(|found| format!("{}: {}: {}", found.code, found.pointer, found.rule))
        .collect()
}

/// Whom the card mentions.
pub(super) fn mentions(payload: &Value) -> Vec<String> {
    let attachments = payload["attachments"].as_array().into_iter().flatten();
    attachments
        .flat_map(|it| it["content"]["msteams"]["entities"].as_array())
        .flatten()
        .map(|entity| {
            let who = entity["mentioned"]["id"].as_str();
            format!("user:{}", who.unwrap_or_default())
        })
        .collect()
}
