//! From how many waiting events on one message sums them up, as owners say it.

use carillon_tests::{App, discord, slack};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn with_limit(mut webhook: Value, limit: Value) -> Value {
    webhook["configuration"]["summary_after"] = limit;
    webhook
}

#[tokio::test]
async fn a_limit_is_kept_shown_changed_and_taken_away() {
    let app = App::start().await;
    let id = app
        .register(&with_limit(slack("work", &["*"]), json!(10)))
        .await;
    let at = format!("/webhooks/{id}/");
    let shown = async || app.get(&at).await.body["configuration"]["summary_after"].clone();
    assert_eq!(shown().await, 10);
    let exported = app.get("/notifications/").await.body;
    assert_eq!(exported["notifications"]["work"]["summary_after"], 10);
    for limit in [json!(500), Value::Null] {
        let patch = json!({"configuration": {"summary_after": limit}});
        let patched = app.patch(&at, &patch).await;
        assert_eq!(patched.status, StatusCode::OK, "{}", patched.text);
        assert_eq!(shown().await, limit);
    }
    let entry = json!({"provider": "slack", "token": "xoxb-fake-token-for-tests-wxyz",
        "channel": "infra", "events": ["*"], "digest": "off", "summary_after": 20});
    let applied = app
        .put(
            "/notifications/",
            &json!({"notifications": {"work": entry}}),
        )
        .await;
    assert_eq!(
        applied.body["results"][0]["changed"],
        json!(["summary_after"])
    );
    assert_eq!(shown().await, 20);
}

#[tokio::test]
async fn a_limit_that_is_none_is_refused_and_a_program_has_none() {
    let app = App::start().await;
    for limit in [json!(9), json!(501), json!(-1), json!(20.5), json!("20")] {
        let refused = app
            .post("/webhooks/", &with_limit(discord("a", &["*"]), limit))
            .await;
        assert_eq!(refused.pointers(), ["/configuration/summary_after"]);
        assert!(refused.text.contains("from 10 to 500"), "{}", refused.text);
    }
    let signed = json!({"name": "b", "type": "webhook", "event_types": ["*"],
        "configuration": {"url": "https://hooks.example.com/in", "summary_after": 20}});
    let refused = app.post("/webhooks/", &signed).await;
    assert_eq!(refused.pointers(), ["/configuration/summary_after"]);
}
