//! Asking once more for what did not arrive.

use std::time::Duration;

use carillon_embedded::chat_sink::Failure;
use carillon_tests::{App, discord, slack, until};
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};

/// All deliveries of a webhook, newest first, page by page.
async fn deliveries(app: &App, webhook: &str, filter: &str) -> Vec<Value> {
    let path = format!("/webhooks/{webhook}/deliveries/?limit=3{filter}");
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let page = app.get(&format!("{path}{next}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.results().len() <= 3);
        found.extend(page.results().to_vec());
        match page.body["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

async fn settled(app: &App, webhook: &str, count: usize) {
    until("the deliveries", async || {
        let path = format!("/webhooks/{webhook}/deliveries/?limit=100");
        let page = app.get(&path).await;
        let is_settled = |found: &Value| {
            let status = found["status"].as_str().unwrap_or_default();
            ["delivered", "failed", "skipped"].contains(&status)
        };
        page.results().len() == count && page.results().iter().all(is_settled)
    })
    .await;
}

async fn recover(app: &App, webhook: &str, body: &Value) -> Value {
    let path = format!("/webhooks/{webhook}/recover/");
    let answer = app.post(&path, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    answer.body
}

#[tokio::test]
async fn the_ledger_is_listed_by_status_and_page_by_page() {
    let app = App::start().await;
    let mut webhook = slack("prod alerts", &["deploy"]);
    webhook["enabled"] = json!(false);
    let id = app.register(&webhook).await;
    for _ in 0..7 {
        app.publish(&json!({"type": "deploy"})).await;
    }
    settled(&app, &id, 7).await;
    app.patch(&format!("/webhooks/{id}/"), &json!({"enabled": true}))
        .await;
    for _ in 0..2 {
        app.publish(&json!({"type": "deploy"})).await;
    }
    settled(&app, &id, 9).await;
    let all = deliveries(&app, &id, "").await;
    assert_eq!(all.len(), 9);
    let times: Vec<&str> = all.iter().map(|d| d["id"].as_str().unwrap()).collect();
    assert!(times.iter().rev().is_sorted(), "newest first");
    for (status, count) in [("skipped", 7), ("delivered", 2), ("failed", 0)] {
        let found = deliveries(&app, &id, &format!("&status={status}")).await;
        assert_eq!(found.len(), count, "{status}");
        assert!(found.iter().all(|delivery| delivery["status"] == status));
    }
    // A cursor belongs to its filter.
    let skipped = app
        .get(&format!(
            "/webhooks/{id}/deliveries/?limit=3&status=skipped"
        ))
        .await;
    let cursor = skipped.body["next"].as_str().unwrap();
    let other = app
        .get(&format!(
            "/webhooks/{id}/deliveries/?limit=3&status=delivered&cursor={cursor}"
        ))
        .await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST, "{}", other.body);
}

#[tokio::test]
async fn a_recovery_says_what_it_is_asked_and_all_of_its_answer() {
    let app = App::start().await;
    let id = app.register(&slack("work", &["*"])).await;
    let path = format!("/webhooks/{id}/recover/");
    let wrong = app.post(&path, &json!({"dry_run": true})).await;
    assert_eq!(wrong.pointers(), ["/dry_run"]);
    assert!(wrong.text.contains("?dry_run=true"), "{}", wrong.text);
    let answer = app.post(&path, &json!({})).await;
    assert_eq!(answer.body["accepted"], 0);
    assert_eq!(answer.body["next_after"], Value::Null);
    assert!(answer.body.as_object().unwrap().contains_key("next_after"));
    assert!(answer.body["reason"].is_string(), "{}", answer.text);
}

#[tokio::test]
async fn recover_since_takes_what_failed_since_however_old_its_event_is() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    app.sink().fail_next(1, Failure::RateLimited(1.0));
    app.publish(&json!({"type": "deploy"})).await;
    app.delivery(&id, "retrying").await;
    // It fails later than this, and its event came before.
    let since = Timestamp::now().to_string();
    app.sink()
        .fail_next(1, Failure::refusal("slack", "invalid_blocks"));
    app.delivery(&id, "failed").await;
    let later = (Timestamp::now() + Duration::from_secs(1)).to_string();
    let nothing = recover(&app, &id, &json!({"since": later})).await;
    assert_eq!(nothing["accepted"], 0);
    assert!(nothing["reason"].is_string(), "{nothing}");
    let recovered = recover(&app, &id, &json!({"since": since})).await;
    assert_eq!(
        recovered,
        json!({"accepted": 1, "next_after": null, "reason": null})
    );
    app.messages(1).await;
    app.delivery(&id, "delivered").await;
}

#[tokio::test]
async fn hundreds_of_skipped_deliveries_arrive_once_each_and_in_order() {
    const COUNT: usize = 200;
    let app = App::start().await;
    let mut webhook = discord("prod alerts", &["deploy"]);
    webhook["configuration"]["digest"] = json!("auto");
    webhook["enabled"] = json!(false);
    let id = app.register(&webhook).await;
    for batch in 0..COUNT / 50 {
        let events: Vec<Value> = (0..50)
            .map(|n| json!({"type": "deploy", "actor": format!("mkq{:04}", batch * 50 + n)}))
            .collect();
        app.post("/events/", &json!({"events": events})).await;
    }
    until("the skipped deliveries", async || {
        deliveries(&app, &id, "&status=skipped").await.len() == COUNT
    })
    .await;
    app.patch(&format!("/webhooks/{id}/"), &json!({"enabled": true}))
        .await;
    let recovered = recover(&app, &id, &json!({"since": "2020-01-01T00:00:00Z"})).await;
    assert_eq!(
        recovered,
        json!({"accepted": COUNT, "next_after": null, "reason": null})
    );
    let told = |text: &str| {
        let places = text.match_indices("mkq");
        let mut numbers: Vec<usize> = places
            .filter_map(|(at, _)| text[at + 3..at + 7].parse().ok())
            .collect();
        numbers.dedup();
        numbers
    };
    let all = |messages: &[carillon_embedded::chat_sink::Message]| -> Vec<usize> {
        let texts = messages.iter().map(|message| message.payload.to_string());
        texts.flat_map(|text| told(&text)).collect()
    };
    let messages = app.messages_until(|messages| all(messages).len() >= COUNT);
    assert_eq!(all(&messages.await), (0..COUNT).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_a_later_message_has_told_is_never_recovered() {
    let app = App::start().await;
    let mut webhook = slack("prod alerts", &["deploy"]);
    webhook["configuration"]["grouping"] = json!("update");
    let id = app.register(&webhook).await;
    let deploy = |status: &str, at: &str| {
        json!({
            "type": "deploy", "status": status, "occurred_at": at, "correlation_id": "release-42",
        })
    };
    app.publish(&deploy("succeeded", "2026-01-01T00:00:10Z"))
        .await;
    app.delivery(&id, "delivered").await;
    app.publish(&deploy("started", "2026-01-01T00:00:00Z"))
        .await;
    app.delivery(&id, "skipped").await;
    assert_eq!(recover(&app, &id, &json!({})).await["accepted"], 0);
}

#[tokio::test]
async fn what_waits_is_tried_at_once_when_somebody_asks_for_it() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let down = Failure::refusal("slack", "service_unavailable");
    app.sink().fail_next(2, down);
    app.publish(&json!({"type": "deploy"})).await;
    let delivery = until_attempts(&app, &id, 2).await;
    // The schedule would wait for half a minute.
    let path = format!(
        "/webhooks/{id}/deliveries/{}/redeliver/",
        delivery["id"].as_str().unwrap()
    );
    let accepted = app.post(&path, &json!({})).await;
    assert_eq!(
        accepted.body,
        json!({"accepted": 1, "next_after": null, "reason": null})
    );
    app.delivery(&id, "delivered").await;
    let webhook = app.get(&format!("/webhooks/{id}/")).await.body;
    assert_eq!(webhook["failing_since"], Value::Null);
}

async fn until_attempts(app: &App, webhook: &str, count: usize) -> Value {
    let path = format!("/webhooks/{webhook}/deliveries/");
    until("the attempts", async || {
        let page = app.get(&path).await;
        let attempts = page
            .results()
            .first()
            .map(|row| row["attempts"].as_array().unwrap().len());
        attempts == Some(count)
    })
    .await;
    app.get(&path).await.results()[0].clone()
}

#[tokio::test]
async fn a_platforms_own_wait_is_kept_and_everybody_is_told_until_when() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    app.sink().fail_next(1, Failure::RateLimited(600.0));
    app.publish(&json!({"type": "deploy"})).await;
    let delivery = app.delivery(&id, "retrying").await;
    let webhook = app.get(&format!("/webhooks/{id}/")).await;
    assert_eq!(webhook.body["next_attempt_at"], delivery["next_attempt_at"]);
    assert!(
        webhook.body["failing_since"].is_string(),
        "{}",
        webhook.body
    );
    let path = format!(
        "/webhooks/{id}/deliveries/{}/redeliver/",
        delivery["id"].as_str().unwrap()
    );
    let refused = app.post(&path, &json!({})).await;
    assert_eq!(refused.body["accepted"], 0);
    let reason = refused.body["reason"].as_str().unwrap();
    assert!(reason.contains("until"), "{reason}");
    let tested = app.post(&format!("/webhooks/{id}/test/"), &json!({})).await;
    assert_eq!(tested.body["outcome"], "rate_limited", "{}", tested.body);
    let recovered = recover(&app, &id, &json!({})).await;
    let reason = recovered["reason"].as_str().unwrap();
    assert!(reason.contains("until"), "{reason}");
    // An answer that shows a webhook shows how it stands, also when it was changed.
    let (path, patch) = (format!("/webhooks/{id}/"), json!({"name": "prod"}));
    let changed = app.patch(&path, &patch).await.body;
    assert_eq!(changed["failing_since"], webhook.body["failing_since"]);
    assert!(changed["next_attempt_at"].is_string(), "{changed}");
    assert!(app.sink().messages().is_empty());
    // What comes in waits behind it, and is there to see.
    app.publish(&json!({"type": "deploy"})).await;
    let pending = app.delivery(&id, "pending").await;
    let path = format!(
        "/webhooks/{id}/deliveries/{}/",
        pending["id"].as_str().unwrap()
    );
    assert_eq!(app.get(&path).await.body, pending);
    // Page by page, also one by one.
    let mut listed = Vec::new();
    let mut next = String::new();
    for _ in 0..5 {
        let page = app
            .get(&format!("/webhooks/{id}/deliveries/?limit=1{next}"))
            .await;
        listed.extend(page.results().iter().map(|row| row["id"].clone()));
        match page.body["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(listed, [pending["id"].clone(), delivery["id"].clone()]);
}

#[tokio::test]
async fn what_is_asked_for_again_right_after_it_was_recovered_is_sent_again() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    app.sink()
        .fail_next(2, Failure::refusal("slack", "invalid_blocks"));
    for _ in 0..2 {
        app.publish(&json!({"type": "deploy"})).await;
    }
    settled(&app, &id, 2).await;
    recover(&app, &id, &json!({})).await;
    until("the deliveries", async || {
        let all = deliveries(&app, &id, "&status=delivered").await;
        all.len() == 2
    })
    .await;
    let sent = app.sink().messages().len();
    for (n, delivery) in deliveries(&app, &id, "").await.iter().enumerate() {
        let delivery_id = delivery["id"].as_str().unwrap();
        let path = format!("/webhooks/{id}/deliveries/{delivery_id}/redeliver/");
        let accepted = app.post(&path, &json!({})).await;
        assert_eq!(
            accepted.body,
            json!({"accepted": 1, "next_after": null, "reason": null})
        );
        app.messages(sent + n + 1).await;
    }
}

#[tokio::test]
async fn what_waited_for_a_webhook_that_was_removed_can_be_read_with_its_event() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    app.register(&slack("others", &["scale"])).await;
    app.sink().fail_next(1, Failure::RateLimited(600.0));
    app.publish(&json!({"id": "e1", "type": "deploy"})).await;
    app.delivery(&id, "retrying").await;
    app.delete(&format!("/webhooks/{id}/")).await;
    let mut event = Value::Null;
    until("the end of the delivery", async || {
        event = app.get("/events/e1/").await.body;
        event["deliveries"][0]["status"] == "skipped"
    })
    .await;
    assert_eq!(event["matched"], 1);
    assert_eq!(event["deliveries"][0]["reason"], "the webhook was removed");
    assert_eq!(event["unmatched"][0]["name"], "others", "{event}");
    let why_not = event["unmatched"][0]["why_not"].as_str().unwrap();
    assert!(why_not.contains("deploy"), "{why_not}");
}

#[tokio::test]
async fn what_is_asked_for_again_while_the_platform_asks_to_wait_is_taken_and_told_until_when() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let refused = Failure::refusal("slack", "invalid_blocks");
    app.sink().fail_next(1, refused);
    app.publish(&json!({"type": "deploy"})).await;
    let failed = app.delivery(&id, "failed").await;
    app.sink().fail_next(1, Failure::RateLimited(600.0));
    app.publish(&json!({"type": "deploy"})).await;
    app.delivery(&id, "retrying").await;
    let path = format!(
        "/webhooks/{id}/deliveries/{}/",
        failed["id"].as_str().unwrap()
    );
    let answer = app.post(&format!("{path}redeliver/"), &json!({})).await;
    assert_eq!(answer.body["accepted"], 1, "{}", answer.body);
    let reason = answer.body["reason"].as_str().unwrap();
    assert!(reason.contains("until"), "{reason}");
    assert_eq!(app.get(&path).await.body["status"], "pending");
}

#[tokio::test]
async fn who_enables_a_webhook_that_fails_has_it_tried_at_once() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let down = Failure::refusal("slack", "service_unavailable");
    app.sink().fail_next(1, down);
    app.publish(&json!({"type": "deploy"})).await;
    app.delivery(&id, "retrying").await;
    let path = format!("/webhooks/{id}/");
    let enabled = app.patch(&path, &json!({"enabled": true})).await;
    assert_eq!(enabled.status, StatusCode::OK, "{}", enabled.body);
    let delivered = app.delivery(&id, "delivered").await;
    let at = |n: usize| -> Timestamp {
        let at = delivered["attempts"][n]["at"].as_str();
        at.unwrap().parse().unwrap()
    };
    let waited = at(1).duration_since(at(0)).as_secs_f64();
    assert!(waited < 4.0, "the schedule has five seconds: {waited}");
}

#[tokio::test]
async fn who_recovers_what_has_nowhere_to_go_is_told_why_nothing_is_sent() {
    let app = App::start().await;
    let mut webhook = slack("prod alerts", &["deploy"]);
    webhook["configuration"]["channels"] = json!(["infra", "alerts"]);
    webhook["configuration"]
        .as_object_mut()
        .unwrap()
        .remove("channel");
    let id = app.register(&webhook).await;
    let refused = Failure::refusal("slack", "invalid_blocks");
    app.sink().fail_next(2, refused);
    app.publish(&json!({"type": "deploy"})).await;
    settled(&app, &id, 2).await;
    let path = format!("/webhooks/{id}/");
    let gone = json!({"configuration": {"channels": ["infra"]}});
    let patched = app.patch(&path, &gone).await;
    assert_eq!(patched.status, StatusCode::OK, "{}", patched.body);
    assert_eq!(recover(&app, &id, &json!({})).await["accepted"], 1);
    app.messages(1).await;
    let again = recover(&app, &id, &json!({})).await;
    assert_eq!(again["accepted"], 0, "{again}");
    let reason = again["reason"].as_str().unwrap();
    assert!(reason.contains("of 1 that failed"), "{reason}");
}
