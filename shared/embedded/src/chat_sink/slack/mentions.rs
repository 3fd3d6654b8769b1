//! Whom a message could ping.

use serde_json::Value;

/// Slack's markup for a mention begins with this, and pings these.
const MENTIONS: [(&str, &str); 5] = [
    ("<!here", "here"),
    ("<!channel", "channel"),
    ("<!everyone", "everyone"),
    ("<!subteam^", "groups"),
    ("<@", "users"),
];

/// The mentions in a message.
pub(super) fn open(payload: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(payload, "", &mut found);
    found
}

/// Goes through all that Slack reads markup in, which leaves out `plain_text` objects and the texts
/// of rich text. That has elements of its own for mentions.
fn collect(value: &Value, key: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if !matches!(key, "type" | "url" | "metadata") => {
            for (start, who) in MENTIONS {
                if text.contains(start) && !found.iter().any(|found| found == who) {
                    found.push(who.to_owned());
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, key, found)),
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
                .for_each(|(key, value)| collect(value, key, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn markup_pings_but_neither_plain_nor_rich_text() {
        let open = |payload| open(&payload);
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
