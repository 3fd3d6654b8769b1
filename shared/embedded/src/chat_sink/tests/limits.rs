//! How much the sink takes at once, on a clock of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::{Answer, Call, discord, slack_api};
use crate::chat_sink::ChatSink;

/// A sink, and how its time goes on, in milliseconds.
fn sink() -> (ChatSink, impl Fn(i64)) {
    let now = Arc::new(AtomicI64::new(1_795_262_400_000));
    let read = Arc::clone(&now);
    let sink = ChatSink::with_clock(move || {
        Timestamp::from_millisecond(read.load(Ordering::Relaxed)).unwrap()
    });
    (sink, move |by| _ = now.fetch_add(by, Ordering::Relaxed))
}

async fn to(webhook: &str, sink: &ChatSink) -> Answer {
    let path = format!("/discord.com/api/v10/webhooks/{webhook}/not-a-real-token");
    let call = Call::post(&path, &json!({"content": "x"}));
    call.header("user-agent", discord::AGENT).send(sink).await
}

#[tokio::test]
async fn discord_takes_five_posts_in_two_seconds_and_says_so() {
    let (sink, pass) = sink();
    for remaining in ["4", "3", "2", "1", "0"] {
        let answer = to("1", &sink).await;
        assert_eq!(answer.header("x-ratelimit-remaining"), remaining);
    }
    pass(587);
    let limited = to("1", &sink).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.header("retry-after"), "2");
    assert_eq!(limited.header("x-ratelimit-scope"), "user");
    assert_eq!(limited.header("x-ratelimit-reset-after"), "1.413");
    let body =
        json!({"message": "You are being rate limited.", "retry_after": 1.413, "global": false});
    assert_eq!(limited.json(), body);
    let other = to("2", &sink).await;
    assert_eq!(
        other.status,
        StatusCode::NO_CONTENT,
        "each webhook is counted for itself"
    );
    let bucket = other.header("x-ratelimit-bucket");
    assert_eq!(bucket, limited.header("x-ratelimit-bucket"));
    pass(1_413);
    assert_eq!(to("1", &sink).await.status, StatusCode::NO_CONTENT);
    let tally = sink.destinations()[0].tally;
    assert_eq!((tally.calls, tally.taken, tally.rate_limited), (7, 6, 1));
}

#[tokio::test]
async fn an_old_path_counts_its_waits_in_milliseconds() {
    let (sink, _) = sink();
    let path = "/discord.com/api/webhooks/1/not-a-real-token";
    let post = async || {
        let call = Call::post(path, &json!({"content": "x"}));
        call.header("user-agent", discord::AGENT).send(&sink).await
    };
    for _ in 0..5 {
        post().await;
    }
    assert_eq!(post().await.header("retry-after"), "2000");
}

#[tokio::test]
async fn refused_posts_count_as_well() {
    let (sink, _) = sink();
    for _ in 0..5 {
        discord::message(&json!({})).send(&sink).await;
    }
    let answer = discord::message(&json!({})).send(&sink).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_channel_of_discord_takes_thirty_posts_a_minute_and_does_not_say_so() {
    let (sink, pass) = sink();
    for n in 1..=30 {
        assert_eq!(to("1", &sink).await.status, StatusCode::NO_CONTENT, "{n}");
        if n % 3 == 0 {
            pass(2_000);
        }
    }
    let limited = to("1", &sink).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.header("retry-after"), "40");
    assert_eq!(limited.header("x-ratelimit-remaining"), "4");
    assert_eq!(limited.json()["retry_after"], 40.0);
}

#[tokio::test]
async fn discord_takes_fifty_calls_a_second_from_one_caller() {
    let (sink, pass) = sink();
    for webhook in 0..50 {
        let answer = to(&webhook.to_string(), &sink).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
    let limited = to("999", &sink).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.header("x-ratelimit-global"), "true");
    assert_eq!(limited.header("x-ratelimit-scope"), "global");
    assert_eq!(limited.header("x-ratelimit-bucket"), "");
    assert_eq!(limited.json()["global"], true);
    pass(1_000);
    assert_eq!(to("999", &sink).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_channel_of_slack_takes_a_burst_and_then_a_message_a_second() {
    let (sink, pass) = sink();
    let post = async || slack_api::post(&sink, &json!({"channel": "infra", "text": "x"})).await;
    for _ in 0..10 {
        assert_eq!(post().await.status, StatusCode::OK);
    }
    let limited = post().await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.header("retry-after"), "1");
    assert_eq!(limited.json(), json!({"ok": false, "error": "ratelimited"}));
    let other = slack_api::post(&sink, &json!({"channel": "alerts", "text": "x"})).await;
    assert_eq!(other.status, StatusCode::OK);
    pass(1_000);
    assert_eq!(post().await.status, StatusCode::OK);
    assert_eq!(post().await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_limits_can_be_switched_off() {
    let (sink, _) = sink();
    sink.behave(|behaviour| behaviour.rate_limits = false);
    for _ in 0..100 {
        assert_eq!(to("1", &sink).await.status, StatusCode::NO_CONTENT);
    }
}
