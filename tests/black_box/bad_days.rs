//! What one of many cannot do must not stop the others.

use carillon_embedded::chat_sink::{Ban, Failure, Plan};
use carillon_tests::{App, discord, discord_url, slack, until};
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_registration_that_nobody_can_read_stops_nobody_else() {
    let app = App::start().await;
    let broken = app.register(&slack("broken", &["*"])).await;
    let other = app.register(&discord("other", &["*"])).await;
    app.sink().plan(Plan {
        failure: Failure::RateLimited(1.0),
        count: Some(1),
        channel: Some("infra".into()),
    });
    app.publish(&json!({"type": "deploy"})).await;
    app.delivery(&broken, "retrying").await;
    let update = json!({
        "TableName": "registry",
        "Key": {"pk": {"S": "ORG#org_acme"}, "sk": {"S": format!("WEBHOOK#{broken}")}},
        // As every change does, it counts: a process that knows the webhook reads it again.
        "UpdateExpression": "SET event_types = :nonsense ADD version :one",
        "ExpressionAttributeValues": {":nonsense": {"N": "7"}, ":one": {"N": "1"}},
    });
    app.dynamodb("UpdateItem", &update).await;
    let missed = app.publish(&json!({"type": "scale"})).await;
    app.messages(2).await;
    until("the report of what it misses", async || {
        let kept = reqwest::get(format!("{}/_local/failures", app.url())).await;
        let kept = kept.unwrap().text().await.unwrap();
        [&missed, &broken]
            .iter()
            .all(|id| kept.contains(id.as_str()))
    })
    .await;

    let query = json!({
        "TableName": "deliveries",
        "KeyConditionExpression": "webhook_id = :webhook",
        "ExpressionAttributeValues": {":webhook": {"S": broken}},
    });
    let mut row = Value::Null;
    until("what came of the other delivery", async || {
        row = app.dynamodb("Query", &query).await["Items"][0].clone();
        row["status"]["S"] == "skipped"
    })
    .await;
    let reason = row["reason"]["S"].as_str().unwrap();
    assert!(reason.contains("cannot be read"), "{reason}");

    let list = app.get("/webhooks/").await;
    assert_eq!(list.results().len(), 1, "{}", list.body);
    assert_eq!(list.results()[0]["id"], other.as_str());
}

#[tokio::test]
async fn nothing_that_a_person_tries_out_prolongs_a_ban() {
    let app = App::start().await;
    let id = app.register(&discord("banned", &["deploy"])).await;
    app.sink().fail_next(100, Failure::Banned(Ban::Json));
    let test = format!("/webhooks/{id}/test/");
    let first = app.post(&test, &json!({})).await;
    assert_eq!(first.body["outcome"], "blocked", "{}", first.body);
    let left = app.sink().pending_plans()[0].count;

    let second = app.post(&test, &json!({})).await;
    assert_eq!(second.status, StatusCode::OK);
    assert_eq!(second.body["outcome"], "blocked", "{}", second.body);
    assert_eq!(second.body["code"], "paused", "{}", second.body);
    let hint = second.body["hint"].as_str().unwrap();
    assert!(hint.contains("until"), "{hint}");
    assert_eq!(
        app.sink().pending_plans()[0].count,
        left,
        "nothing was sent"
    );

    let mut webhook = discord("another", &["deploy"]);
    webhook["configuration"]["webhook_url"] = json!(discord_url("another-fake-token-"));
    let registered = app.post("/webhooks/", &webhook).await;
    assert_eq!(registered.status, StatusCode::CREATED);
    let verification = &registered.body["verification"];
    assert_eq!(verification["status"], "unverified", "{verification}");
    assert!(
        verification["hint"].as_str().unwrap().contains("until"),
        "{verification}"
    );
    // Neither do events.
    app.publish(&json!({"type": "deploy"})).await;
    let slack = app.register(&slack("marker", &["deploy"])).await;
    app.publish(&json!({"type": "deploy"})).await;
    app.delivery(&slack, "delivered").await;
    assert_eq!(app.sink().pending_plans()[0].count, left);
    let recover = format!("/webhooks/{id}/recover/");
    let answer = app.post(&recover, &json!({})).await.body;
    let reason = answer["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("asks to wait until"), "{answer}");
    app.publish(&json!({"type": "deploy"})).await;
    app.messages(2).await;
    assert_eq!(app.sink().pending_plans()[0].count, left);
}
