//! What becomes of a message that the platforms do not take at once.

use carillon_chat::ChatOrigin;
use carillon_embedded::chat_sink::{Failure, Plan};
use carillon_tests::{App, discord, slack, slack_url};
use serde_json::json;

#[tokio::test]
async fn a_rate_limited_message_arrives_later_in_order_and_once() {
    let app = App::start().await;
    let webhook = app.register(&slack("slack", &["*"])).await;
    app.sink().fail_next(1, Failure::RateLimited(1.0));
    for n in 0..3 {
        app.publish(&json!({"type": "deploy", "actor": format!("actor-{n}")}))
            .await;
    }
    let messages = app.messages(3).await;
    for (n, message) in messages.iter().enumerate() {
        assert!(
            message.payload.to_string().contains(&format!("actor-{n}")),
            "{n}"
        );
    }
    assert_eq!(messages.len(), 3);
    let deliveries = app
        .get(&format!("/webhooks/{webhook}/deliveries/"))
        .await
        .body;
    let first = &deliveries["results"][2];
    assert_eq!(
        first["attempts"][0]["outcome"], "rate_limited",
        "{deliveries}"
    );
    assert_eq!(first["attempts"][0]["http_status"], 429, "{deliveries}");
    assert_eq!(first["possible_duplicate"], false);
}

#[tokio::test]
async fn a_message_refused_for_the_moment_is_retried_and_the_ledger_tells_how() {
    let app = App::start().await;
    let webhook = app.register(&slack("slack", &["*"])).await;
    app.sink()
        .fail_next(1, Failure::refusal("slack", "service_unavailable"));
    app.publish(&json!({"type": "deploy", "actor": "alice"}))
        .await;
    let waiting = app.delivery(&webhook, "retrying").await;
    assert_eq!(
        waiting["attempts"][0]["code"], "service_unavailable",
        "{waiting}"
    );
    assert!(waiting["attempts"][0]["hint"].is_string(), "{waiting}");
    assert!(waiting["next_attempt_at"].is_string(), "{waiting}");
    app.messages(1).await;
    let delivered = app.delivery(&webhook, "delivered").await;
    assert_eq!(delivered["attempts"].as_array().unwrap().len(), 2);
    assert!(delivered["message"]["id"].is_string(), "{delivered}");
}

#[tokio::test]
async fn a_destination_that_hangs_delays_no_other() {
    let app = App::start().await;
    let hanging = app.register(&slack("slack", &["*"])).await;
    app.register(&discord("discord", &["*"])).await;
    app.sink().plan(Plan {
        failure: Failure::Hang,
        count: Some(1),
        channel: Some("infra".into()),
    });
    let events = json!({"events": [{"type": "deploy"}, {"type": "scale"}, {"type": "destroy"}]});
    app.post("/events/", &events).await;
    let messages = app.messages(3).await;
    assert!(messages.iter().all(|message| message.host == "discord.com"));
    // All of Discord's are there while Slack has not even given up on the first.
    let slack = app.delivery(&hanging, "pending").await;
    assert_eq!(slack["attempts"], json!([]));
}

#[tokio::test]
async fn messages_go_where_the_chat_origin_says() {
    let other = App::start().await;
    let origin = ChatOrigin::parse(&format!("{}/_local/chat", other.url())).unwrap();
    let app = App::start_with(Some(origin)).await;
    app.register(&slack("slack", &["*"])).await;
    app.register(&discord("discord", &["*"])).await;
    app.publish(&json!({"type": "deploy"})).await;
    let mut hosts: Vec<_> = other
        .messages(2)
        .await
        .into_iter()
        .map(|message| message.host)
        .collect();
    hosts.sort();
    assert_eq!(hosts, ["discord.com", "slack.com"]);
    assert!(app.sink().messages().is_empty());
}

#[tokio::test]
async fn each_channel_of_a_webhook_gets_the_message() {
    let app = App::start().await;
    app.register(&json!({
        "name": "two", "type": "slack", "event_types": ["*"],
        "configuration": {
            "token": "xoxb-fake-token-for-tests-wxyz", "channels": ["infra", "#alerts"]
        }
    }))
    .await;
    app.publish(&json!({"type": "deploy"})).await;
    let mut channels: Vec<_> = app
        .messages(2)
        .await
        .into_iter()
        .map(|message| message.channel)
        .collect();
    channels.sort();
    assert_eq!(channels, ["alerts", "infra"]);
}

#[tokio::test]
async fn an_incoming_webhook_of_slack_gets_its_messages() {
    let app = App::start().await;
    app.register(&json!({
        "name": "work", "type": "slack", "event_types": ["*"],
        "configuration": {
            "webhook_url": slack_url("fakefakefakefakefakefake"), "channels": ["#infra-alerts"]
        }
    }))
    .await;
    app.publish(&json!({"type": "deploy"})).await;
    assert_eq!(app.messages(1).await[0].host, "hooks.slack.com");
}

#[tokio::test]
async fn a_disabled_webhook_gets_nothing() {
    let app = App::start().await;
    let mut disabled = slack("disabled", &["*"]);
    disabled["enabled"] = json!(false);
    app.register(&disabled).await;
    // Of the same destination, so that whatever came before has arrived when its message does.
    app.register(&slack("marker", &["scale"])).await;
    app.publish(&json!({"type": "deploy"})).await;
    app.publish(&json!({"type": "scale"})).await;
    assert_eq!(app.messages(1).await.len(), 1);
}

#[tokio::test]
async fn a_removed_webhook_gets_nothing_more() {
    let app = App::start().await;
    let id = app.register(&slack("removed", &["*"])).await;
    app.register(&slack("marker", &["scale"])).await;
    app.publish(&json!({"type": "deploy"})).await;
    app.messages(1).await;
    app.delete(&format!("/webhooks/{id}/")).await;
    app.publish(&json!({"type": "deploy"})).await;
    app.publish(&json!({"type": "scale"})).await;
    assert_eq!(app.messages(2).await.len(), 2);
}
