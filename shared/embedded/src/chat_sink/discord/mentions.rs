//! Whom a message could ping.

use serde_json::Value;

/// The kinds of mention that a message leaves open.
pub(super) fn open(payload: &Value) -> Vec<String> {
    let Some(Value::Object(allowed)) = payload.get("allowed_mentions") else {
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn users_are_pinged_unless_the_message_says_not_to() {
        let open = |payload| open(&payload);
        assert_eq!(open(json!({})), ["users"]);
        assert!(open(json!({"allowed_mentions": {"parse": []}})).is_empty());
        let listed = json!({"allowed_mentions": {"parse": ["everyone"], "users": ["7"]}});
        assert_eq!(open(listed), ["everyone", "users:7"]);
    }
}
