//! Publishing events.

use carillon_tests::{App, discord, slack};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn an_event_arrives_in_slack_and_in_discord() {
    let app = App::start().await;
    app.register(&slack("slack", &["deploy"])).await;
    app.register(&discord("discord", &["*"])).await;
    app.publish(&json!({
        "type": "deploy", "status": "succeeded", "environment": "production", "region": "eu-west-1",
        "resource": {"type": "aws_rds_cluster", "id": "db-1", "name": "billing-db"},
        "provider": "aws", "actor": "alice",
        "estimated_cost": {"amount": "41.20", "currency": "USD", "period": "month"}
    }))
    .await;
    for message in app.messages(2).await {
        let text = message.payload.to_string();
        for part in [
            "billing-db",
            "production",
            "eu-west-1",
            "alice",
            "41.20",
            "USD",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}

#[tokio::test]
async fn webhooks_get_only_what_they_want() {
    let app = App::start().await;
    let mut filtered = slack("filtered", &["deploy", "scale"]);
    filtered["filters"] = json!({"environment": ["production", "prod-*"], "status": ["failed"]});
    app.register(&filtered).await;
    for (environment, status) in [
        ("staging", "failed"),
        ("production", "succeeded"),
        ("prod-eu", "failed"),
    ] {
        app.publish(&json!({"type": "deploy", "environment": environment, "status": status}))
            .await;
    }
    app.publish(&json!({"type": "destroy", "environment": "production", "status": "failed"}))
        .await;
    // The last one: whatever came before it has arrived when it does.
    app.publish(&json!({"type": "scale", "environment": "production", "status": "failed"}))
        .await;
    let messages = app.messages(2).await;
    assert_eq!(messages.len(), 2);
    assert!(messages[0].payload.to_string().contains("prod-eu"));
}

#[tokio::test]
async fn an_id_that_was_seen_before_changes_nothing() {
    let app = App::start().await;
    app.register(&slack("slack", &["*"])).await;
    let event = json!({"type": "deploy", "id": "deploy-7f3a"});
    let first = app.post("/events/", &event).await;
    assert_eq!(first.body, json!({"id": "deploy-7f3a", "duplicate": false}));
    let second = app.post("/events/", &event).await;
    assert_eq!(second.status, StatusCode::ACCEPTED);
    assert_eq!(second.body, json!({"id": "deploy-7f3a", "duplicate": true}));
    app.publish(&json!({"type": "scale"})).await;
    assert_eq!(app.messages(2).await.len(), 2);
}

#[tokio::test]
async fn a_batch_is_stored_in_order_and_answered_in_order() {
    let app = App::start().await;
    app.register(&slack("slack", &["*"])).await;
    let events: Vec<Value> = (0..20)
        .map(|n| json!({"type": "deploy", "id": format!("e-{n:02}"), "actor": format!("actor-{n:02}")}))
        .collect();
    let answer = app.post("/events/", &json!({"events": events})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(
        answer.body["results"][19],
        json!({"id": "e-19", "duplicate": false})
    );
    for (n, message) in app.messages(20).await.iter().enumerate() {
        let text = message.payload.to_string();
        assert!(text.contains(&format!("actor-{n:02}")), "{n}: {text}");
    }
}

#[tokio::test]
async fn a_partly_bad_batch_stores_nothing_and_lists_every_fault() {
    let app = App::start().await;
    let answer = app
        .post(
            "/events/",
            &json!({"events": [
                {"type": "deploy", "id": "good"}, {"type": "depoly"}, 7, {"type": "deploy", "regoin": "x"}
            ]}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let pointers: Vec<_> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        ["/events/1/type", "/events/2", "/events/3/regoin"]
    );
    assert_eq!(app.get("/events/good/").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_stored_event_can_be_read() {
    let app = App::start().await;
    app.publish(&json!({"type": "deploy", "id": "deploy-1", "dry_run": true}))
        .await;
    let event = app.get("/events/deploy-1").await;
    assert_eq!(event.body["type"], "deploy");
    assert_eq!(event.body["dry_run"], true);
    assert_eq!(
        app.get("/events/no-such/").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn hostile_texts_in_every_field_arrive_harmless() {
    let app = App::start().await;
    app.register(&slack("slack", &["*"])).await;
    app.register(&discord("discord", &["*"])).await;
    let texts = [
        "<!channel> <@U012345> <https://example.org|click> @everyone @here <#C1>",
        "``` ` * _ ~ | > # - [x](https://example.org) \\ **bold** __u__ ||s||",
        "\u{202e}gnp.exe\u{202c} \u{0} \u{7} \r\n\r\n# heading",
        "x\u{ffff}y\u{fffe}z\u{fffd}\u{10ffff}",
        "🏳️‍🌈👩‍👩‍👧‍👦 e\u{301}\u{301}\u{301} ﷽ ﷽ ﷽",
    ];
    for text in texts {
        app.publish(&json!({
            "type": "error", "status": "failed", "environment": text, "project": text,
            "resource": {"type": text, "id": text, "name": text}, "provider": text, "region": text,
            "actor": text, "message": text.repeat(60), "correlation_id": text,
            "changes": [text, text], "details": {text: text}
        }))
        .await;
    }
    for message in app.messages(2 * texts.len()).await {
        let payload = message.payload.to_string();
        assert!(message.open_mentions.is_empty(), "{payload}");
        if message.platform == "discord" {
            assert!(!payload.contains("@everyone"), "{payload}");
            continue;
        }
        let read = without_rich_text(&message.payload).to_string();
        for live in ["<!channel", "<@U0", "<https://example.org|click", "<#C1"] {
            assert!(!read.contains(live), "{live} in {payload}");
        }
    }
}

/// What is left of a Slack message without rich text, in which no markup is read.
fn without_rich_text(payload: &Value) -> Value {
    match payload {
        Value::Array(list) => list
            .iter()
            .filter(|value| value["type"] != "rich_text")
            .map(without_rich_text)
            .collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (name.clone(), without_rich_text(value)))
                .collect()
        }
        other => other.clone(),
    }
}

#[tokio::test]
async fn an_event_for_another_organization_is_forbidden() {
    let app = App::start().await;
    let answer = app
        .post(
            "/events/",
            &json!({"type": "deploy", "organization": "org_other"}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_empty_body_is_a_fault_of_the_caller() {
    let app = App::start().await;
    let answer = app.send(app.request(Method::POST, "/events/")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
