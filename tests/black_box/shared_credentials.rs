//! One credential of many webhooks.

use carillon_embedded::chat_sink::{Failure, Plan};
use carillon_tests::{App, discord, slack, until};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// More than one transaction takes.
const WEBHOOKS: usize = 100;

fn revoke(app: &App) {
    app.sink().plan(Plan {
        failure: Failure::refusal("slack", "token_revoked"),
        count: Some(10_000),
        channel: Some("infra".into()),
    });
}

/// The events that tell of suspensions.
async fn told(app: &App) -> Vec<Value> {
    let list = app.get("/events/?type=webhook_suspended").await;
    list.results().to_vec()
}

async fn in_state(app: &App, status: &str) -> Vec<Value> {
    let list = format!("/webhooks/?type=slack&limit=100&status={status}");
    app.get(&list).await.results().to_vec()
}

#[tokio::test]
async fn a_revoked_token_of_a_hundred_webhooks_is_told_once_and_rotated_once() {
    let app = App::start().await;
    let mut ids = Vec::new();
    for number in 0..WEBHOOKS {
        let webhook = slack(
            &format!("webhook {number}"),
            &["deploy", "webhook_suspended"],
        );
        ids.push(app.register(&webhook).await);
    }
    app.register(&discord("others", &["webhook_suspended"]))
        .await;
    revoke(&app);
    app.publish(&json!({"type": "deploy"})).await;
    until("all are suspended", async || {
        in_state(&app, "suspended").await.len() == WEBHOOKS
    })
    .await;
    for webhook in in_state(&app, "suspended").await {
        let reason = webhook["status_reason"].as_str().unwrap();
        assert!(reason.contains("rotate"), "{webhook}");
    }
    until("all deliveries are settled", async || {
        let event = app.get("/events/?type=deploy").await.results()[0]["id"].clone();
        let at = format!("/events/{}/", event.as_str().unwrap());
        let deliveries = app.get(&at).await.body["deliveries"].clone();
        let is_settled = |it: &Value| it["status"] == "failed" || it["status"] == "skipped";
        deliveries.as_array().unwrap().iter().all(is_settled)
    })
    .await;
    let events = told(&app).await;
    assert_eq!(events.len(), 1, "{events:#?}");
    let message = events[0]["message"].as_str().unwrap();
    assert!(message.contains("100 webhooks: webhook 0, "), "{message}");
    assert!(message.contains(" and 90 more. "), "{message}");
    assert_eq!(app.messages(1).await.len(), 1);
    // Nobody is told by those who were suspended.
    let at = format!("/events/{}/", events[0]["id"].as_str().unwrap());
    assert_eq!(app.get(&at).await.body["matched"], 1);

    app.sink().clear_plans();
    let rotation = json!({"token": "xoxb-fake-new-token-for-tests-abcd", "everywhere": true});
    let at = format!("/webhooks/{}/rotate/", ids[7]);
    let answer = app.post(&at, &rotation).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let rotated = answer.body["rotated"].as_array().unwrap();
    assert_eq!(rotated.len(), WEBHOOKS);
    assert_eq!(rotated[0], *ids[7]);
    let active = in_state(&app, "active").await;
    assert_eq!(active.len(), WEBHOOKS);
    for webhook in active {
        assert_eq!(webhook["configuration"]["token"], "xoxb-…abcd");
    }
    // Once more, as after an answer that was lost.
    let again = app.post(&at, &rotation).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
}

#[tokio::test]
async fn what_was_switched_on_again_and_dies_again_is_told_again() {
    let app = App::start().await;
    let one = app.register(&slack("one", &["deploy"])).await;
    let two = app.register(&slack("two", &["deploy"])).await;
    revoke(&app);
    // What waited when a webhook is switched on would die with it once more.
    let is_over = async |webhook: &str, published: usize| {
        let list = app.get(&format!("/webhooks/{webhook}/deliveries/")).await;
        let ended = list.results().iter();
        let ended = ended.filter(|row| row["status"] == "failed" || row["status"] == "skipped");
        ended.count() == published
    };
    let suspended = async |count| {
        app.publish(&json!({"type": "deploy"})).await;
        until("the suspensions", async || {
            in_state(&app, "suspended").await.len() == 2
                && told(&app).await.len() == count
                && is_over(&one, count).await
                && is_over(&two, count).await
        })
        .await;
    };
    suspended(1).await;
    app.patch(&format!("/webhooks/{one}/"), &json!({"enabled": true}))
        .await;
    suspended(2).await;
    for id in [&one, &two] {
        app.patch(&format!("/webhooks/{id}/"), &json!({"enabled": true}))
            .await;
    }
    suspended(3).await;
    let messages: Vec<Value> = told(&app).await;
    let messages = messages.iter().map(|event| &event["resource"]["name"]);
    assert_eq!(
        messages.collect::<Vec<_>>(),
        ["\"one\" and 1 other", "one", "\"one\" and 1 other"]
    );
}

#[tokio::test]
async fn a_rotation_everywhere_that_died_half_way_is_finished_by_the_same_call() {
    let app = App::start().await;
    let mut ids = Vec::new();
    for number in 0..70 {
        ids.push(
            app.register(&slack(&format!("webhook {number}"), &["deploy"]))
                .await,
        );
    }
    let new = json!({"token": "xoxb-fake-new-token-for-tests-abcd"});
    // As a call leaves it that died after the first transactions.
    for id in &ids[1..40] {
        app.post(&format!("/webhooks/{id}/rotate/"), &new).await;
    }
    let everywhere = json!({"token": new["token"], "everywhere": true});
    let answer = app
        .post(&format!("/webhooks/{}/rotate/", ids[0]), &everywhere)
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.body["rotated"].as_array().unwrap().len(), 31);
    let list = app.get("/webhooks/?limit=100").await;
    for webhook in list.results() {
        assert_eq!(webhook["configuration"]["token"], "xoxb-…abcd");
    }
}
