use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

use super::{Answer, Call, discord, slack_api};
use crate::chat_sink::{Answer as Exact, Ban, ChatSink, Failure, Plan, Standing};

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
    sink.fail_next(1, Failure::refusal("slack", "token_revoked"));
    sink.fail_next(1, Failure::refusal("discord", 10_015));
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
    sink.fail_next(1, Failure::refusal("slack", "channel_is_archived"));
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
        count: Some(10),
        channel: Some("broken".into()),
    });
    let broken = json!({"channel": "#broken", "text": "x"});
    assert_eq!(slack_api::post(&sink, &broken).await.status.as_u16(), 500);
    assert_eq!(slack(&sink).await.status.as_u16(), 200);
    assert_eq!(sink.pending_plans()[0].count, Some(9));
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

#[tokio::test]
async fn a_message_can_be_taken_before_the_failure() {
    let sink = ChatSink::new();
    let code = Failure::refusal("slack", "internal_error");
    sink.fail_next(1, Failure::after_taking(code));
    assert_eq!(slack(&sink).await.json()["error"], "internal_error");
    sink.fail_next(1, Failure::after_taking(Failure::Status(502)));
    assert_eq!(discord(&sink).await.status.as_u16(), 502);
    sink.fail_next(1, Failure::after_taking(Failure::Status(500)));
    assert_eq!(hook(&sink).await.status.as_u16(), 500);
    assert_eq!(sink.messages().len(), 3);
}

#[tokio::test]
async fn a_connection_breaks_off_without_an_answer() {
    let sink = ChatSink::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = sink.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let post = async || {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let body = r#"{"text":"hello"}"#;
        let head = "POST /hooks.slack.com/services/T0/B0/not-a-real-secret HTTP/1.1\r\nhost: x";
        let request = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Where the other side is gone for good, that is as good as its end.
        let _ = stream.read_to_end(&mut answer).await;
        answer
    };
    sink.fail_next(1, Failure::Reset);
    assert_eq!(post().await, b"");
    assert!(sink.messages().is_empty());
    sink.fail_next(1, Failure::after_taking(Failure::Reset));
    assert_eq!(post().await, b"");
    assert_eq!(sink.messages().len(), 1);
}

#[tokio::test]
async fn a_ban_says_nothing_of_limits_and_comes_from_the_proxy() {
    let sink = ChatSink::new();
    for (ban, start) in [
        (Ban::Json, r#"{"code":0,"message":"You are being blocked"#),
        (Ban::Text, "error code: 1015"),
        (Ban::Html, "<html>"),
    ] {
        sink.fail_next(1, Failure::Banned(ban));
        assert_eq!(slack(&sink).await.status, StatusCode::OK, "not of Slack's");
        let answer = discord(&sink).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.body.starts_with(start), "{}", answer.body);
        for name in [
            "via",
            "retry-after",
            "x-ratelimit-limit",
            "x-ratelimit-bucket",
        ] {
            assert_eq!(answer.header(name), "", "{name}");
        }
    }
}

#[tokio::test]
async fn discord_limits_by_others_and_everywhere() {
    let sink = ChatSink::new();
    sink.fail_next(1, Failure::RateLimitedByOthers(1.5));
    let shared = discord(&sink).await;
    assert_eq!(shared.header("x-ratelimit-scope"), "shared");
    assert_ne!(shared.header("x-ratelimit-remaining"), "0");
    assert_eq!(
        shared.json()["message"],
        "The resource is being rate limited."
    );
    sink.fail_next(1, Failure::RateLimitedEverywhere(0.25));
    let global = discord(&sink).await;
    assert_eq!(
        (
            global.header("x-ratelimit-global"),
            global.header("retry-after")
        ),
        ("true", "1")
    );
    assert_eq!(global.json()["retry_after"], 0.25);
    assert_ne!(global.header("via"), "");
}

#[tokio::test]
async fn slack_limits_without_a_body_and_with_an_ordinary_status() {
    let sink = ChatSink::new();
    sink.fail_next(1, Failure::RateLimitedWithoutBody(3.0));
    let answer = slack(&sink).await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.header("retry-after"),
            answer.body.as_str()
        ),
        (429, "3", "")
    );
    sink.fail_next(1, Failure::refusal("slack", "rate_limited"));
    assert_eq!(slack(&sink).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_answer_can_be_given_exactly() {
    let sink = ChatSink::new();
    sink.fail_next(
        1,
        Failure::Answer(Exact {
            status: 400,
            headers: vec![("content-type".into(), "text/html".into())],
            body: "invalid_token".into(),
        }),
    );
    let answer = hook(&sink).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (400, "invalid_token")
    );
    assert_eq!(answer.header("content-type"), "text/html");
}

#[tokio::test]
async fn a_post_that_does_not_wait_can_be_lost_without_a_word() {
    let sink = ChatSink::new();
    sink.fail_next(2, Failure::Lost);
    assert_eq!(discord(&sink).await.status, StatusCode::NO_CONTENT);
    assert!(sink.messages().is_empty());
    let path = "/discord.com/api/v10/webhooks/1/not-a-real-token?wait=true";
    let call = Call::post(path, &json!({"content": "x"})).header("user-agent", discord::AGENT);
    assert_eq!(call.send(&sink).await.status, StatusCode::OK);
    assert_eq!(sink.messages().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn answers_can_be_slow() {
    let sink = ChatSink::new();
    sink.behave(|behaviour| behaviour.latency_ms = 150);
    let begun = tokio::time::Instant::now();
    slack(&sink).await;
    assert_eq!(begun.elapsed().as_millis(), 150);
}

async fn control(sink: &ChatSink, method: &str, body: &Value) -> (StatusCode, String) {
    control_at(sink, method, "", body).await
}

async fn control_at(
    sink: &ChatSink,
    method: &str,
    path: &str,
    body: &Value,
) -> (StatusCode, String) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/_local/chat-plan{path}"))
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

#[tokio::test]
async fn a_destination_can_be_looked_at_and_changed_over_http() {
    let sink = ChatSink::new();
    slack(&sink).await;
    let order = json!({"channel": "infra", "standing": "archived"});
    let (status, _) = control_at(&sink, "POST", "/destinations", &order).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(slack(&sink).await.json()["error"], "is_archived");
    let (_, shown) = control_at(&sink, "GET", "/destinations", &json!(null)).await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["results"][0]["standing"], "archived");
    assert_eq!(shown["results"][0]["kind"], "slack_bot");
    assert_eq!(shown["results"][0]["tally"]["calls"], 2);
    let bad = json!({"channel": "infra", "standing": "upside down"});
    let (status, _) = control_at(&sink, "POST", "/destinations", &bad).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sink.destinations()[0].standing, Standing::Archived);
}

#[tokio::test]
async fn the_behaviour_can_be_changed_and_a_message_removed_over_http() {
    let sink = ChatSink::new();
    let wanted = json!({"rate_limits": false});
    let (status, _) = control_at(&sink, "PUT", "/behaviour", &wanted).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert!(!sink.behaviour().rate_limits);
    let (_, shown) = control_at(&sink, "GET", "/behaviour", &json!(null)).await;
    assert!(shown.contains("\"latency_ms\":0"), "{shown}");
    slack(&sink).await;
    for status in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        let answer = control_at(&sink, "DELETE", "/messages/1", &json!(null)).await;
        assert_eq!(answer.0, status);
    }
}
