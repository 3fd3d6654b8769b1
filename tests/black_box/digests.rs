//! A backlog as one message, and messages that belong together.

use carillon_embedded::chat_sink::{Failure, Plan};
use carillon_tests::{App, slack, until};
use serde_json::{Value, json};

/// As the helper's, taking digests.
fn with_digests() -> Value {
    let mut webhook = slack("slack", &["*"]);
    webhook["configuration"]["digest"] = json!("auto");
    webhook
}

/// All deliveries of a webhook, oldest first, once all are delivered.
async fn delivered(app: &App, webhook: &str, count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    until("the deliveries", async || {
        let path = format!("/webhooks/{webhook}/deliveries/?limit=100");
        let page = app.get(&path).await.body;
        found = page["results"].as_array().cloned().unwrap_or_default();
        found.len() == count && found.iter().all(|found| found["status"] == "delivered")
    })
    .await;
    found.reverse();
    found
}

async fn publish_many(app: &App, count: usize) {
    let events: Vec<Value> = (0..count)
        .map(|n| json!({"type": "deploy", "actor": format!("actor-{n:02}-")}))
        .collect();
    app.post("/events/", &json!({"events": events})).await;
}

#[tokio::test]
async fn a_backlog_leaves_in_few_messages_in_order_and_each_delivery_names_its_message() {
    let app = App::start().await;
    let webhook = app.register(&with_digests()).await;
    publish_many(&app, 25).await;
    let deliveries = delivered(&app, &webhook, 25).await;
    let messages = app.messages(1).await;
    assert!(messages.len() <= 5, "{} messages", messages.len());
    let all: String = messages
        .iter()
        .map(|message| message.payload.to_string())
        .collect();
    let places: Vec<usize> = (0..25)
        .map(|n| all.find(&format!("actor-{n:02}-")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    for (n, delivery) in deliveries.iter().enumerate() {
        let carrier = messages
            .iter()
            .find(|message| delivery["message"]["id"] == message.id.as_str())
            .unwrap_or_else(|| panic!("{delivery}"));
        assert!(
            carrier
                .payload
                .to_string()
                .contains(&format!("actor-{n:02}-"))
        );
        assert_eq!(delivery["possible_duplicate"], false);
    }
}

#[tokio::test]
async fn a_digest_that_the_platform_refuses_leaves_as_single_messages() {
    let app = App::start().await;
    let webhook = app.register(&with_digests()).await;
    // Holds the first one back until the others have come.
    app.sink().fail_next(1, Failure::RateLimited(1.0));
    publish_many(&app, 3).await;
    app.delivery(&webhook, "retrying").await;
    app.sink().plan(Plan {
        failure: Failure::refusal("slack", "invalid_blocks"),
        count: Some(1),
        channel: None,
    });
    let deliveries = delivered(&app, &webhook, 3).await;
    let messages = app.messages(3).await;
    assert_eq!(messages.len(), 3);
    for delivery in deliveries {
        let attempts = delivery["attempts"].as_array().unwrap();
        assert!(
            attempts
                .iter()
                .any(|attempt| attempt["outcome"] == "payload_refused"),
            "{delivery}"
        );
    }
}

fn grouped(grouping: &str) -> Value {
    let mut webhook = slack("slack", &["*"]);
    webhook["configuration"]["grouping"] = json!(grouping);
    webhook
}

fn deploy(status: &str) -> Value {
    json!({"type": "deploy", "status": status, "correlation_id": "release-42"})
}

#[tokio::test]
async fn the_events_of_one_operation_share_a_thread_and_a_deleted_one_begins_anew() {
    let app = App::start().await;
    let webhook = app.register(&grouped("thread")).await;
    app.publish(&deploy("started")).await;
    delivered(&app, &webhook, 1).await;
    app.publish(&deploy("failed")).await;
    app.publish(&json!({"type": "deploy", "correlation_id": "release-43"}))
        .await;
    delivered(&app, &webhook, 3).await;
    let messages = app.messages(3).await;
    assert_eq!(messages[0].thread, None);
    assert_eq!(messages[1].thread.as_deref(), Some(messages[0].id.as_str()));
    assert_eq!(messages[2].thread, None);

    app.sink().plan(Plan {
        failure: Failure::refusal("slack", "thread_not_found"),
        count: Some(1),
        channel: None,
    });
    app.publish(&deploy("started")).await;
    delivered(&app, &webhook, 4).await;
    app.publish(&deploy("succeeded")).await;
    let deliveries = delivered(&app, &webhook, 5).await;
    let messages = app.messages(5).await;
    assert_eq!(messages[3].thread, None, "the parent is gone");
    assert_eq!(messages[4].thread.as_deref(), Some(messages[3].id.as_str()));
    let attempts = deliveries[3]["attempts"].as_array().unwrap();
    assert_eq!(attempts[0]["code"], "thread_not_found", "{attempts:?}");
    assert_eq!(attempts[1]["outcome"], "delivered", "{attempts:?}");
}

#[tokio::test]
async fn a_reply_that_slack_posts_by_itself_because_its_thread_is_gone_begins_anew() {
    let app = App::start().await;
    let webhook = app.register(&grouped("thread")).await;
    app.publish(&deploy("started")).await;
    app.publish(&deploy("started")).await;
    delivered(&app, &webhook, 2).await;
    let messages = app.messages(2).await;
    assert!(messages[1].thread.is_some());
    assert!(app.sink().remove(messages[0].number));

    app.publish(&deploy("failed")).await;
    delivered(&app, &webhook, 3).await;
    app.publish(&deploy("succeeded")).await;
    delivered(&app, &webhook, 4).await;
    let messages = app.messages(3).await;
    assert_eq!(messages[1].thread, None, "the first message is gone");
    assert_eq!(messages[2].thread.as_deref(), Some(messages[1].id.as_str()));
}

#[tokio::test]
async fn a_later_status_edits_the_first_message_and_an_older_one_does_not() {
    let app = App::start().await;
    let webhook = app.register(&grouped("update")).await;
    app.publish(&deploy("started")).await;
    delivered(&app, &webhook, 1).await;
    app.publish(&deploy("succeeded")).await;
    let deliveries = delivered(&app, &webhook, 2).await;
    let messages = app.messages(1).await;
    assert_eq!(messages.len(), 1);
    assert!(messages[0].edited);
    assert!(
        messages[0].payload["text"]
            .as_str()
            .unwrap()
            .contains("Deployed")
    );
    assert_eq!(deliveries[0]["message"], deliveries[1]["message"]);

    let mut late = deploy("started");
    late["occurred_at"] = json!("2020-01-01T00:00:00Z");
    app.publish(&late).await;
    let skipped = app.delivery(&webhook, "skipped").await;
    assert!(skipped["reason"].is_string(), "{skipped}");
    assert!(
        app.messages(1).await[0].payload["text"]
            .as_str()
            .unwrap()
            .contains("Deployed")
    );
}
