use axum::http::StatusCode;
use carillon_chat::signed::sign;
use jiff::Timestamp;
use serde_json::json;

use super::{Answer, Call};
use crate::chat_sink::{ChatSink, Failure, Standing};

const PATH: &str = "/receiver.example.com/hooks?token=fake";
const AT: &str = "receiver.example.com/hooks";
const NOW: i64 = 1_795_256_100;

fn sink() -> ChatSink {
    ChatSink::with_clock(|| Timestamp::from_second(NOW).unwrap())
}

/// A secret that nobody could take for a real one.
fn secret(letter: &str) -> String {
    format!("whsec_{}", letter.repeat(32))
}

fn body() -> String {
    json!({"type": "deploy", "timestamp": "2026-11-21T12:00:00Z", "data": {"id": "1"}}).to_string()
}

fn call(id: &str, seconds: i64, secret: &str) -> Call<'static> {
    let time = Timestamp::from_second(seconds).unwrap();
    let signature = sign(secret, id, time, &body()).unwrap();
    Call::post(PATH, &json!({}))
        .header("content-type", "application/json")
        .header("user-agent", "Carillon/1")
        .header("webhook-id", id)
        .header("webhook-timestamp", &seconds.to_string())
        .header("webhook-signature", &signature)
        .body(&body())
}

async fn post(sink: &ChatSink, id: &str) -> Answer {
    call(id, NOW, &secret("a")).send(sink).await
}

#[tokio::test]
async fn a_message_with_the_right_signature_is_kept_once() {
    let sink = sink();
    sink.trust(AT, &secret("a"));
    for _ in 0..2 {
        assert_eq!(post(&sink, "msg_1").await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(post(&sink, "msg_2").await.status, StatusCode::NO_CONTENT);
    let messages = sink.messages();
    assert_eq!(messages.len(), 2);
    let first = &messages[0];
    assert_eq!((first.platform, first.channel.as_str()), ("webhook", AT));
    assert_eq!((first.id.as_str(), first.verified), ("msg_1", Some(true)));
    assert_eq!(first.payload["type"], "deploy");
    assert!(!format!("{sink:?}").contains(&"a".repeat(32)));
}

#[tokio::test]
async fn a_wrong_signature_is_refused_where_the_secret_is_known_and_noted_where_it_is_not() {
    let sink = sink();
    post(&sink, "msg_1").await;
    assert_eq!(sink.messages()[0].verified, Some(false));
    sink.trust(AT, &secret("b"));
    assert_eq!(post(&sink, "msg_2").await.status, StatusCode::UNAUTHORIZED);
    // After a rotation either will do.
    sink.trust(AT, &secret("a"));
    assert_eq!(post(&sink, "msg_2").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_a_library_would_stumble_over_is_refused() {
    let sink = sink();
    let good = || call("msg_1", NOW, &secret("a"));
    let cases = [
        call("msg.1", NOW, &secret("a")),
        call("msg_1", NOW - 301, &secret("a")),
        call("msg_1", NOW + 301, &secret("a")),
        good().header("webhook-timestamp", "1795256100000"),
        good().header("webhook-timestamp", ""),
        good().header("webhook-signature", ""),
        good().header("webhook-signature", "v1,short"),
        good().header(
            "webhook-signature",
            &format!("v1,{0}  v1,{0}", "a".repeat(44)),
        ),
        good().header("user-agent", ""),
        good().body("no JSON"),
    ];
    for (n, call) in cases.into_iter().enumerate() {
        assert_eq!(
            call.send(&sink).await.status,
            StatusCode::BAD_REQUEST,
            "{n}"
        );
    }
    let form = good()
        .header("content-type", "text/plain")
        .send(&sink)
        .await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let get = good().method("GET").send(&sink).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(sink.messages().is_empty());
    assert_eq!(post(&sink, "msg_1").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn it_stands_and_fails_as_it_is_told() {
    let sink = sink();
    sink.stand(AT, Standing::Revoked);
    assert_eq!(post(&sink, "msg_1").await.status, StatusCode::GONE);
    sink.stand(AT, Standing::Gone);
    assert_eq!(post(&sink, "msg_1").await.status, StatusCode::NOT_FOUND);
    sink.stand(AT, Standing::Open);
    sink.fail_next(1, Failure::RateLimited(7.0));
    let limited = post(&sink, "msg_1").await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.header("retry-after"), "7");
    assert_eq!(post(&sink, "msg_1").await.status, StatusCode::NO_CONTENT);
}
