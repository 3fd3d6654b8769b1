use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Call};
use crate::chat_sink::ChatSink;

const HOOK: &str = "/hooks.slack.com/services/T0EXAMPLE/B0EXAMPLE/not-a-real-secret";

async fn post(sink: &ChatSink, body: &Value) -> Answer {
    Call::post(HOOK, body).send(sink).await
}

#[tokio::test]
async fn a_message_is_answered_with_two_letters() {
    let sink = ChatSink::new();
    sink.name_webhook("B0EXAMPLE", "#infra");
    let body = json!({"text": "hello", "channel": "elsewhere", "username": "someone else"});
    let answer = post(&sink, &body).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::OK, "ok")
    );
    assert!(answer.header("content-type").starts_with("text/html"));
    let message = &sink.messages()[0];
    assert_eq!(
        (message.channel.as_str(), &message.sender),
        ("infra", &None)
    );
    assert_eq!(message.payload, body);
}

#[tokio::test]
async fn the_government_host_and_forms_work_as_well() {
    let sink = ChatSink::new();
    let path = "/hooks.slack-gov.com/services/T0EXAMPLE/B0EXAMPLE/not-a-real-secret";
    let form = Call::post(path, &json!({}))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("payload={\"text\":\"hello\"}");
    assert_eq!(form.send(&sink).await.body, "ok");
    assert_eq!(sink.messages()[0].payload, json!({"text": "hello"}));
    assert_eq!(sink.messages()[0].host, "hooks.slack-gov.com");
}

#[tokio::test]
async fn refusals_are_a_bare_code() {
    let sink = ChatSink::new();
    let long = json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(3_001)}});
    let mut answers = Vec::new();
    for body in [
        json!({}),
        json!({"text": " "}),
        json!("hello"),
        json!({"blocks": [long]}),
    ] {
        let answer = post(&sink, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        answers.push(answer.body);
    }
    let expected = [
        "missing_text_or_fallback_or_attachments",
        "no_text",
        "invalid_payload",
        "invalid_blocks",
    ];
    assert_eq!(answers, expected);
    let broken = Call::post(HOOK, &json!({})).body("{").send(&sink).await;
    assert_eq!(broken.body, "invalid_payload");
    assert!(sink.messages().is_empty());
}

#[tokio::test]
async fn what_is_no_incoming_webhook_is_not_found() {
    for path in [
        "/hooks.slack.com/services/T0EXAMPLE/B0EXAMPLE",
        "/hooks.slack.com/services/T0EXAMPLE/B0EXAMPLE/",
        "/hooks.slack.com/services/X/Y/not-a-real-secret",
        "/hooks.slack.com/workflows/T0EXAMPLE/A0EXAMPLE/1/not-a-real-secret",
    ] {
        let answer = Call::post(path, &json!({"text": "x"}))
            .send(&ChatSink::new())
            .await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::NOT_FOUND, "no_service")
        );
    }
}
