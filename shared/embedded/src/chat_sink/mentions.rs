//! Whom a message could ping, by the platforms' rules.

use crate::chat_sink::platform::Platform;
use serde_json::Value;

/// Slack's markup for a mention begins with this, and pings these.
const SLACK_MENTIONS: [(&str, &str); 5] = [
    ("<!here", "here"),
    ("<!channel", "channel"),
    ("<!everyone", "everyone"),
    ("<!subteam^", "groups"),
    ("<@", "users"),
];

/// For Discord the kinds of mention that the message leaves open, for Slack and Teams the
/// mentions in it.
pub(super) fn open(platform: Platform, payload: &Value) -> Vec<String> {
    match platform {
        Platform::Slack => {
            let mut found = Vec::new();
            slack(payload, "", &mut found);
            found
        }
        Platform::Discord => discord(payload.get("allowed_mentions")),
        Platform::Teams => super::teams_card::mentions(payload),
        // Nobody is pinged there.
        Platform::Webhook => Vec::new(),
    }
}

fn discord(allowed: Option<&Value>) -> Vec<String> {
    let Some(Value::Object(allowed)) = allowed else {
        // What webhooks may ping when the message says nothing.
        return vec!["users".to_owned()];
    };
    let parse = allowed.get("parse").and_then(Value::as_array);
    let mut open: Vec<String> = parse
        .into_iter()
        .flatten()
        .filter_map(|kind| kind.as_str().map(str::to_owned))
        .collect();
    for kind in ["roles", "users"] {
        let ids = allowed.get(kind).and_then(Value::as_array);
        let ids = ids.into_iter().flatten().filter_map(Value::as_str);
        open.extend(ids.map(|id| format!("{kind}:{id}")));
    }
    open
}

/// Goes through all that Slack reads markup in, which leaves out `plain_text` objects and the texts
/// of rich text. That has elements of its own for mentions.
fn slack(value: &Value, key: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if !matches!(key, "type" | "url" | "metadata") => {
            for (start, who) in SLACK_MENTIONS {
                if text.contains(start) && !found.iter().any(|found| found == who) {
                    found.push(who.to_owned());
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| slack(item, key, found)),
        Value::Object(fields) => {
            let who = match fields.get("type").and_then(Value::as_str) {
                Some("plain_text" | "text" | "link") => return,
                Some("user") => Some("users"),
                Some("usergroup") => Some("groups"),
                Some("broadcast") => fields.get("range").and_then(Value::as_str),
                _ => None,
            };
            found.extend(who.map(str::to_owned));
            fields
                .iter()
                .for_each(|(key, value)| slack(value, key, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn discord_pings_users_unless_told_not_to() {
        let open = |payload| open(Platform::Discord, &payload);
        assert_eq!(open(json!({})), ["users"]);
        assert!(open(json!({"allowed_mentions": {"parse": []}})).is_empty());
        let listed = json!({"allowed_mentions": {"parse": ["everyone"], "users": ["7"]}});
        assert_eq!(open(listed), ["everyone", "users:7"]);
    }

    #[test]
    fn slack_pings_from_markup_but_not_from_plain_or_rich_text() {
        let open = |payload| open(Platform::Slack, &payload);
        assert_eq!(open(json!({"text": "hi <!here>"})), ["here"]);
        assert!(open(json!({"text": "hi &lt;!here&gt; @here"})).is_empty());
        let object = |kind| json!({"blocks": [{"text": {"type": kind, "text": "<@U1>"}}]});
        assert_eq!(open(object("mrkdwn")), ["users"]);
        assert!(open(object("plain_text")).is_empty());
        let rich = |run| {
            let section = json!({"type": "rich_text_section", "elements": [run]});
            open(json!({"blocks": [{"type": "rich_text", "elements": [section]}]}))
        };
        assert!(rich(json!({"type": "text", "text": "<@U1>"})).is_empty());
        assert_eq!(rich(json!({"type": "user", "user_id": "U1"})), ["users"]);
        assert_eq!(
            rich(json!({"type": "broadcast", "range": "here"})),
            ["here"]
        );
    }
}
