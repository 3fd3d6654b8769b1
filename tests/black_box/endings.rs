//! The end of a story: a thread's first message tells it, and a failure can show in the channel.

use carillon_embedded::chat_sink::{Failure, Standing};
use carillon_tests::{App, discord, slack};
use reqwest::StatusCode;
use serde_json::{Value, json};

const WEBHOOK: &str = "123456789012345678";

fn event(id: &str, status: &str, second: u32) -> Value {
    json!({
        "id": id, "type": "deploy", "status": status, "correlation_id": "release-42",
        "occurred_at": format!("2026-11-21T10:15:{second:02}Z"), "environment": "production",
        "resource": {"name": "billing-db"}, "message": format!("said by {id}"),
    })
}

fn threads() -> Value {
    let mut webhook = slack("threads", &["deploy"]);
    webhook["configuration"]["grouping"] = json!("thread");
    webhook["configuration"]["thread_broadcast"] = json!("failed");
    webhook
}

async fn told(app: &App, events: &[Value]) {
    for event in events {
        app.publish(event).await;
    }
    app.messages(events.len()).await;
}

#[tokio::test]
async fn the_first_message_of_a_thread_takes_the_end_of_its_story_and_a_failure_shows_in_the_channel()
 {
    let app = App::start().await;
    app.register(&threads()).await;
    told(&app, &[event("a", "started", 0), event("b", "failed", 1)]).await;
    let messages = app.sink().messages();
    let (first, reply) = (&messages[0].payload, &messages[1].payload);
    assert!(messages[0].edited, "{first}");
    assert!(
        first["text"].as_str().unwrap().contains("Deploy failed"),
        "{first}"
    );
    assert_eq!(
        first["attachments"][0]["color"],
        reply["attachments"][0]["color"]
    );
    // It is the end of what it told itself.
    assert!(first.to_string().contains("said by a"), "{first}");
    assert!(reply.to_string().contains("said by b"), "{reply}");
    assert_eq!(reply["reply_broadcast"], true, "{reply}");

    // The next try goes well; only failures show in the channel.
    told(
        &app,
        &[event("c", "started", 2), event("d", "succeeded", 3)],
    )
    .await;
    let messages = app.messages(4).await;
    let first = &messages[0].payload;
    assert!(
        first["text"].as_str().unwrap().contains("Deployed"),
        "{first}"
    );
    assert!(messages[3].payload["reply_broadcast"].is_null());
    assert!(messages[1..].iter().all(|message| !message.edited));
}

#[tokio::test]
async fn an_old_end_that_is_sent_again_does_not_undo_a_later_one() {
    let app = App::start().await;
    let id = app.register(&threads()).await;
    told(&app, &[event("a", "started", 0), event("b", "failed", 1)]).await;
    told(&app, &[event("c", "succeeded", 2)]).await;
    app.messages(3).await;
    let listed = app.get(&format!("/webhooks/{id}/deliveries/")).await;
    let of = |event: &str| {
        let mut all = listed.results().iter();
        let found = all.find(|delivery| delivery["event_id"] == event).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let again = format!("/webhooks/{id}/deliveries/{}/redeliver/", of("b"));
    let answer = app.post(&again, &json!({})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    let messages = app.messages(4).await;
    let first = &messages[0].payload;
    assert!(
        first["text"].as_str().unwrap().contains("Deployed"),
        "{first}"
    );
}

#[tokio::test]
async fn a_forums_thread_gets_the_tag_and_the_colour_of_its_outcome() {
    let app = App::start().await;
    let mut webhook = discord("forum", &["deploy"]);
    webhook["configuration"]["grouping"] = json!("thread");
    webhook["configuration"]["applied_tags"] =
        json!({"started": "323456789012345678", "failed": "423456789012345678"});
    app.register(&webhook).await;
    app.sink().stand(WEBHOOK, Standing::Forum);
    told(&app, &[event("a", "started", 0), event("b", "failed", 1)]).await;
    let messages = app.sink().messages();
    let (first, reply) = (&messages[0].payload, &messages[1].payload);
    assert_eq!(
        first["applied_tags"],
        json!(["323456789012345678"]),
        "{first}"
    );
    assert!(
        reply["applied_tags"].is_null(),
        "only who opens a thread tags it: {reply}"
    );
    assert!(messages[0].edited);
    assert_eq!(first["embeds"][0]["color"], reply["embeds"][0]["color"]);
    assert!(
        first["embeds"][0]["title"]
            .as_str()
            .unwrap()
            .contains("Deploy failed")
    );
}

#[tokio::test]
async fn an_edit_that_fails_for_a_while_holds_its_reply_back_and_doubles_nothing() {
    let app = App::start().await;
    app.register(&threads()).await;
    told(&app, &[event("a", "started", 0)]).await;
    app.sink().fail_next(1, Failure::Status(503));
    app.publish(&event("b", "failed", 1)).await;
    let messages = app.messages(2).await;
    assert_eq!(messages.len(), 2);
    assert!(
        messages[0].payload["text"]
            .as_str()
            .unwrap()
            .contains("Deploy failed")
    );
}

#[tokio::test]
async fn what_is_of_threads_needs_threads() {
    let app = App::start().await;
    let mut webhook = threads();
    webhook["configuration"]["grouping"] = json!("none");
    let answer = app.post("/webhooks/", &webhook).await;
    assert_eq!(answer.pointers(), ["/configuration/thread_broadcast"]);
    let mut webhook = discord("forum", &["deploy"]);
    webhook["configuration"]["applied_tags"] = json!({"failed": "x", "broken": "1"});
    let answer = app.post("/webhooks/", &webhook).await;
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/configuration/applied_tags/broken",
            "/configuration/applied_tags/failed",
        ]
    );
    webhook["configuration"]["applied_tags"] = json!({"failed": "423456789012345678"});
    let answer = app.post("/webhooks/", &webhook).await;
    assert_eq!(answer.pointers(), ["/configuration/applied_tags"]);
}
