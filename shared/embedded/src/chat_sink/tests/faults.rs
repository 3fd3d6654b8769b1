use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Answer, Call, discord, slack_api};
use crate::chat_sink::{ChatSink, Failure, Plan};

async fn slack(sink: &ChatSink) -> Answer {
    slack_api::post(sink, &json!({"channel": "infra", "text": "hello"})).await
}

async fn hook(sink: &ChatSink) -> Answer {
    let path = "/hooks.slack.com/services/T0EXAMPLE/B0EXAMPLE/not-a-real-secret";
    Call::post(path, &json!({"text": "hello"})).send(sink).await
}

async fn discord(sink: &ChatSink) -> Answer {
    discord::message(&json!({"content": "hello"}))
        .send(sink)
        .await
}

#[tokio::test]
async fn planned_failures_hit_the_next_posts_and_then_end() {
    let sink = ChatSink::new();
    sink.fail_next(2, Failure::Status(503));
    for status in [503, 503, 200] {
        assert_eq!(slack(&sink).await.status.as_u16(), status);
    }
    assert_eq!(sink.messages().len(), 1);
}

#[tokio::test]
async fn what_is_no_post_uses_no_failure_up() {
    let sink = ChatSink::new();
    sink.fail_next(1, Failure::Status(500));
    let test = Call::post("/slack.com/api/auth.test", &json!({}));
    let test = test
        .header("authorization", slack_api::TOKEN)
        .send(&sink)
        .await;
    assert_eq!(test.json()["ok"], true);
    assert_eq!(sink.pending_plans().len(), 1);
}

#[tokio::test]
async fn a_code_comes_in_the_way_of_its_platform() {
    let sink = ChatSink::new();
    sink.fail_next(1, Failure::SlackError("token_revoked".into()));
    sink.fail_next(1, Failure::DiscordError(10_015));
    let answer = discord(&sink).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["message"]),
        (404, &json!("Unknown Webhook"))
    );
    let answer = slack(&sink).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error"]),
        (200, &json!("token_revoked"))
    );
    sink.fail_next(1, Failure::SlackError("channel_is_archived".into()));
    let answer = hook(&sink).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::GONE, "channel_is_archived")
    );
}

#[tokio::test]
async fn each_platform_says_in_its_own_way_how_long_to_wait() {
    let sink = ChatSink::new();
    sink.fail_next(3, Failure::RateLimited(1.2));
    let (api, hook, discord) = (slack(&sink).await, hook(&sink).await, discord(&sink).await);
    for answer in [&api, &hook, &discord] {
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.header("retry-after"), "2");
    }
    assert_eq!(api.json(), json!({"ok": false, "error": "ratelimited"}));
    assert_eq!(hook.json()["error"], "rate_limited");
    assert_eq!(discord.json()["retry_after"], 1.2);
    assert_eq!(discord.header("x-ratelimit-scope"), "user");
    assert_eq!(discord.header("x-ratelimit-reset-after"), "1.200");
    assert_eq!(discord.header("x-ratelimit-remaining"), "0");
}

#[tokio::test]
async fn one_channel_can_fail_while_the_others_work() {
    let sink = ChatSink::new();
    sink.plan(Plan {
        failure: Failure::Status(500),
        count: 10,
        channel: Some("broken".into()),
    });
    let broken = json!({"channel": "#broken", "text": "x"});
    assert_eq!(slack_api::post(&sink, &broken).await.status.as_u16(), 500);
    assert_eq!(slack(&sink).await.status.as_u16(), 200);
    assert_eq!(sink.pending_plans()[0].count, 9);
}

#[tokio::test(start_paused = true)]
async fn a_post_that_hangs_is_neither_answered_nor_kept() {
    let sink = ChatSink::new();
    sink.fail_next(1, Failure::Hang);
    let patience = std::time::Duration::from_secs(120);
    assert!(tokio::time::timeout(patience, slack(&sink)).await.is_err());
    assert!(sink.messages().is_empty() && sink.pending_plans().is_empty());
    let mut waiting = pin!(sink.wait_until(|messages| !messages.is_empty()));
    let poll = std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context)));
    assert!(poll.await.is_pending());
}

async fn control(sink: &ChatSink, method: &str, body: &Value) -> (StatusCode, String) {
    let request = Request::builder()
        .method(method)
        .uri("/_local/chat-plan")
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let router = sink.plan_router("/_local/chat-plan");
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn failures_can_be_planned_shown_and_cancelled_over_http() {
    let sink = ChatSink::new();
    let plan = json!({"count": 2, "failure": {"rate_limited": 3.0}, "channel": "infra"});
    assert_eq!(control(&sink, "POST", &plan).await.0, StatusCode::ACCEPTED);
    let (_, shown) = control(&sink, "GET", &json!(null)).await;
    assert_eq!(
        serde_json::from_str::<Value>(&shown).unwrap(),
        json!({"results": [plan]})
    );
    assert_eq!(slack(&sink).await.status.as_u16(), 429);
    assert_eq!(
        control(&sink, "DELETE", &json!(null)).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(slack(&sink).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_plan_that_is_none_is_refused() {
    for bad in [
        json!({}),
        json!({"failure": "explode"}),
        json!({"failure": "hang", "times": 2}),
    ] {
        let (status, body) = control(&ChatSink::new(), "POST", &bad).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(body.contains("bad_plan"));
    }
}
