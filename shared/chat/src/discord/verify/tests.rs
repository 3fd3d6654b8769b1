use super::*;
use crate::testing::{DISCORD, answer, credential, read};
use crate::verification::tests::ending;
use serde_json::json;

fn configuration(extra: Value) -> Configuration {
    let mut value = json!({"webhook_url": credential(DISCORD)});
    for (name, more) in extra.as_object().unwrap() {
        value[name] = more.clone();
    }
    read("discord", &value).unwrap().0
}

fn answered(status: u16, body: &Value) -> Vec<(String, String)> {
    let answer = answer(status, &[], &body.to_string());
    ending(&webhook(&configuration(json!({})), &answer))
}

fn alive() -> Value {
    json!({
        "id": "123456789012345678", "type": 1, "name": "deploys", "avatar": null,
        "channel_id": "223456789012345678", "guild_id": "323456789012345678",
        "application_id": null, "token": "fake"
    })
}

#[test]
fn a_webhook_that_shows_itself_is_verified_and_says_where_it_leads() {
    let answer = answer(200, &[], &alive().to_string());
    let Verification::Verified(verified) = webhook(&configuration(json!({})), &answer) else {
        panic!("it is alive");
    };
    let facts: Vec<_> = verified
        .facts
        .iter()
        .map(|(name, fact)| (*name, fact.as_str()))
        .collect();
    assert_eq!(
        facts,
        [
            ("channel_id", "223456789012345678"),
            ("guild_id", "323456789012345678"),
            ("name", "deploys")
        ]
    );
    assert_eq!(verified.warnings, [""; 0]);
}

#[test]
fn what_discord_does_not_tell_is_a_warning() {
    let answer = answer(200, &[], &alive().to_string());
    for (extra, count, what) in [
        (json!({"grouping": "thread"}), 1, "forum"),
        (json!({"thread_id": "999999999999999999"}), 1, "thread"),
        (json!({"grouping": "update"}), 0, ""),
    ] {
        let Verification::Verified(verified) = webhook(&configuration(extra), &answer) else {
            panic!("it is alive");
        };
        assert_eq!(verified.warnings.len(), count);
        assert!(
            verified
                .warnings
                .iter()
                .all(|warning| warning.contains(what))
        );
    }
}

#[test]
fn only_an_incoming_webhook_can_post() {
    for (kind, what) in [(2, "announcements"), (3, "app"), (4, "none can post")] {
        let mut body = alive();
        body["type"] = json!(kind);
        let found = answered(200, &body);
        assert_eq!(found[0].0, "/webhook_url");
        assert!(found[0].1.contains(what), "{}", found[0].1);
    }
    assert_eq!(answered(200, &json!({"id": "1"}))[0].0, "unreachable");
}

#[test]
fn a_dead_webhook_is_told_from_a_discord_that_is_out_of_order() {
    for (status, code, where_, what) in [
        (404, 10015, "/webhook_url", "deleted"),
        (401, 50027, "/webhook_url", "whole URL"),
        (401, 40001, "/webhook_url", "whole URL"),
        (401, 0, "/webhook_url", "whole URL"),
        (400, 50035, "/webhook_url", "number"),
        (404, 10003, "/webhook_url", "gone"),
        (403, 50013, "/webhook_url", "permissions"),
        (404, 0, "unreachable", "HTTP 404"),
        (403, 40333, "unreachable", "blocks"),
        (429, 0, "unreachable", "slow down"),
        (500, 0, "unreachable", "HTTP 500"),
        (400, 99999, "unreachable", "HTTP 400"),
        (403, 99999, "unreachable", "code 99999"),
    ] {
        let found = answered(status, &json!({"code": code, "message": "…"}));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, where_, "{status} {code}");
        assert!(found[0].1.contains(what), "{code}: {}", found[0].1);
        assert!(!found[0].1.contains("rotate"), "{}", found[0].1);
        // It was Discord itself that answered.
        assert!(!found[0].1.contains("proxy"), "{}", found[0].1);
    }
}
