//! Webhooks that cannot work.

use carillon_embedded::chat_sink::{Failure, Plan};
use carillon_tests::{App, discord, slack, until};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn revoke(app: &App) {
    app.sink().plan(Plan {
        failure: Failure::refusal("slack", "token_revoked"),
        count: Some(100),
        channel: Some("infra".into()),
    });
}

async fn webhook(app: &App, id: &str) -> Value {
    app.get(&format!("/webhooks/{id}/")).await.body
}

/// The statuses of a webhook's deliveries, oldest first, once there are this many.
async fn statuses(app: &App, id: &str, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    until("the deliveries", async || {
        let page = app.get(&format!("/webhooks/{id}/deliveries/")).await.body;
        let results = page["results"].as_array().cloned().unwrap_or_default();
        found = results
            .iter()
            .rev()
            .map(|delivery| delivery["status"].as_str().unwrap().to_owned())
            .collect();
        let is_settled = |status: &String| !["pending", "retrying"].contains(&status.as_str());
        found.len() == count && found.iter().all(is_settled)
    })
    .await;
    found
}

#[tokio::test]
async fn a_revoked_token_suspends_at_once_tells_the_others_and_keeps_what_follows() {
    let app = App::start().await;
    let dead = app.register(&slack("prod alerts", &["*"])).await;
    app.register(&discord("others", &["webhook_suspended"]))
        .await;
    revoke(&app);
    for n in 0..3 {
        app.publish(&json!({"type": "deploy", "actor": format!("actor-{n}")}))
            .await;
    }
    let told = app.messages(1).await;
    assert!(
        told[0].payload.to_string().contains("prod alerts"),
        "{told:?}"
    );
    let suspended = webhook(&app, &dead).await;
    assert_eq!(suspended["status"], "suspended", "{suspended}");
    assert!(
        suspended["status_reason"]
            .as_str()
            .unwrap()
            .contains("rotate"),
        "{suspended}"
    );
    // Of its own suspension, it has no delivery at all.
    assert_eq!(
        statuses(&app, &dead, 3).await,
        ["failed", "skipped", "skipped"]
    );
    assert_eq!(
        app.sink().pending_plans()[0].count,
        Some(99),
        "one post, no more"
    );
    assert_eq!(app.messages(1).await.len(), 1, "told once");
}

#[tokio::test]
async fn what_was_skipped_arrives_in_order_once_the_webhook_is_repaired_and_recovered() {
    let app = App::start().await;
    let dead = app.register(&slack("prod alerts", &["deploy"])).await;
    revoke(&app);
    for n in 0..4 {
        app.publish(&json!({"type": "deploy", "actor": format!("actor-{n}")}))
            .await;
    }
    statuses(&app, &dead, 4).await;
    let recover = format!("/webhooks/{dead}/recover/");
    let refused = app.post(&recover, &json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);

    app.sink().clear_plans();
    let resumed = app
        .send(
            app.request(reqwest::Method::PATCH, &format!("/webhooks/{dead}/"))
                .header("content-type", "application/merge-patch+json")
                .body(json!({"enabled": true}).to_string()),
        )
        .await;
    assert_eq!(resumed.body["status"], "active", "{}", resumed.body);
    let recovered = app.post(&recover, &json!({})).await;
    assert_eq!(recovered.status, StatusCode::ACCEPTED);
    assert_eq!(
        recovered.body,
        json!({"accepted": 4, "next_after": null, "reason": null})
    );
    // Asking again sends nothing again.
    app.post(&recover, &json!({})).await;
    let messages = app.messages(4).await;
    for (n, message) in messages.iter().enumerate() {
        assert!(
            message.payload.to_string().contains(&format!("actor-{n}")),
            "{n}"
        );
    }
    assert_eq!(statuses(&app, &dead, 4).await, ["delivered"; 4]);
    let nothing_left = app.post(&recover, &json!({})).await;
    assert_eq!(nothing_left.body["accepted"], 0);
    assert!(nothing_left.body["reason"].is_string());
    assert_eq!(app.messages(4).await.len(), 4);
}

#[tokio::test]
async fn what_was_skipped_goes_to_the_channel_that_took_the_dead_ones_place() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    app.sink().plan(Plan {
        failure: Failure::refusal("slack", "is_archived"),
        count: Some(100),
        channel: Some("infra".into()),
    });
    app.publish(&json!({"type": "deploy"})).await;
    statuses(&app, &id, 1).await;
    let patch = json!({"configuration": {"channel": "alerts"}});
    let resumed = app
        .send(
            app.request(reqwest::Method::PATCH, &format!("/webhooks/{id}/"))
                .header("content-type", "application/merge-patch+json")
                .body(patch.to_string()),
        )
        .await;
    assert_eq!(resumed.body["status"], "active", "{}", resumed.body);
    app.post(&format!("/webhooks/{id}/recover/"), &json!({}))
        .await;
    assert_eq!(app.messages(1).await[0].channel, "alerts");
}

#[tokio::test]
async fn a_delivery_is_made_once_more_for_each_time_it_is_asked_for() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    app.publish(&json!({"type": "deploy"})).await;
    let delivery = app.delivery(&id, "delivered").await;
    let path = format!(
        "/webhooks/{id}/deliveries/{}/redeliver/",
        delivery["id"].as_str().unwrap()
    );
    let answer = app.post(&path, &json!({})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    assert_eq!(
        answer.body,
        json!({"accepted": 1, "next_after": null, "reason": null})
    );
    app.messages(2).await;
    until("both attempts", async || {
        let delivery = app.delivery(&id, "delivered").await;
        delivery["attempts"].as_array().unwrap().len() == 2
    })
    .await;
    assert_eq!(app.messages(2).await.len(), 2);
}

#[tokio::test]
async fn what_a_webhook_that_is_switched_off_misses_is_in_its_ledger() {
    let app = App::start().await;
    let mut disabled = slack("disabled", &["*"]);
    disabled["enabled"] = json!(false);
    let id = app.register(&disabled).await;
    app.publish(&json!({"type": "deploy"})).await;
    let skipped = app.delivery(&id, "skipped").await;
    assert!(
        skipped["reason"].as_str().unwrap().contains("owner"),
        "{skipped}"
    );
    assert_eq!(skipped["attempts"], json!([]));
}
