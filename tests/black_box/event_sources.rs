//! Events that nobody publishes: from the application's tables and from AWS itself.

use carillon_tests::{App, slack};
use reqwest::StatusCode;
use serde_json::{Value, json};

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/billing/6c1b2d30-c4f1-11ef-a1b2-0a1b2c3d4e5f";

fn parameter(value: &str) -> Value {
    json!({
        "entity": {"S": "parameter"}, "organization": {"S": "org_acme"}, "id": {"S": "p-1"},
        "name": {"S": "DATABASE_URL"}, "project": {"S": "billing"}, "actor": {"S": "alice"},
        "value": {"S": value}
    })
}

#[tokio::test]
async fn an_item_written_changed_and_removed_tells_three_times_and_never_its_values() {
    let app = App::start().await;
    app.register(&slack("slack", &["parameter_*"])).await;
    app.put_item(&parameter("canary-one")).await;
    app.put_item(&parameter("canary-two")).await;
    // No change: no event.
    app.put_item(&parameter("canary-two")).await;
    app.dynamodb(
        "DeleteItem",
        &json!({"TableName": "entities",
                "Key": {"organization": {"S": "org_acme"}, "id": {"S": "p-1"}}}),
    )
    .await;
    let messages = app.messages(3).await;
    assert_eq!(messages.len(), 3);
    for (message, word) in messages.iter().zip(["created", "updated", "deleted"]) {
        let text = message.payload.to_string();
        assert!(
            text.contains(word) && text.contains("DATABASE_URL"),
            "{text}"
        );
        assert!(!text.contains("canary"), "{text}");
    }
    assert!(messages[1].payload.to_string().contains("value"));
}

#[tokio::test]
async fn an_item_that_is_no_entity_stops_nobody() {
    let app = App::start().await;
    app.register(&slack("slack", &["*"])).await;
    app.put_item(
        &json!({"organization": {"S": "org_acme"}, "id": {"S": "x"}, "n": {"NULL": true}}),
    )
    .await;
    app.put_item(&parameter("v")).await;
    assert!(
        app.messages(1).await[0]
            .payload
            .to_string()
            .contains("DATABASE_URL")
    );
}

fn stack_status(status: &str) -> Value {
    json!({
        "version": "0", "id": "8847e5b9-2fd5-4a4e-9f0e-6b1a2f6f1c55",
        "detail-type": "CloudFormation Stack Status Change", "source": "aws.cloudformation",
        "account": "111122223333", "time": "2026-11-21T10:15:00Z", "region": "eu-west-1",
        "resources": [STACK],
        "detail": {
            "stack-id": STACK, "client-request-token": "release-42",
            "status-details": {"status": status, "status-reason": ""}
        }
    })
}

#[tokio::test]
async fn a_stack_status_change_arrives_once_however_often_it_is_sent() {
    let app = App::start().await;
    app.register(&slack("slack", &["deploy", "scale"])).await;
    for _ in 0..2 {
        let answer = app.eventbridge(&stack_status("CREATE_COMPLETE")).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    }
    app.publish(&json!({"type": "scale"})).await;
    let messages = app.messages(2).await;
    assert_eq!(messages.len(), 2);
    let text = messages[0].payload.to_string();
    assert!(
        text.contains("billing") && text.contains("eu-west-1"),
        "{text}"
    );
}

#[tokio::test]
async fn an_intermediate_state_is_no_news_and_an_unknown_event_is_refused() {
    let app = App::start().await;
    let skipped = app
        .eventbridge(&stack_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
        .await;
    assert_eq!(skipped.body, json!({"skipped": true}));
    let unknown = app
        .eventbridge(
            &json!({"id": "1", "source": "aws.ec2", "detail-type": "EC2 Weather", "detail": {}}),
        )
        .await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        app.eventbridge(&json!([])).await.status,
        StatusCode::BAD_REQUEST
    );
}
