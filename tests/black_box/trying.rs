//! Trying a webhook out: preview and test.

use std::time::{Duration, Instant};

use carillon_chat::ChatOrigin;
use carillon_embedded::chat_sink::Failure;
use carillon_tests::{App, discord, slack, slack_url, teams, until};
use reqwest::StatusCode;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const TOKEN: &str = "xoxb-fake-token-for-tests-wxyz";

fn incoming() -> Value {
    json!({
        "name": "incoming", "type": "slack", "event_types": ["*"],
        "configuration": {"webhook_url": slack_url("fakefakefakefakefakefake")}
    })
}

fn event() -> Value {
    json!({
        "id": "deploy-7f3a", "type": "deploy", "status": "succeeded",
        "occurred_at": "2026-11-21T10:15:00Z", "environment": "production", "project": "billing",
        "resource": {"type": "aws_rds_cluster", "id": "db-1", "name": "billing <db>",
                     "url": "https://example.com/db-1"},
        "provider": "aws", "region": "eu-west-1",
        "estimated_cost": {"amount": "41.20", "currency": "USD", "period": "month"},
        "actor": "alice", "message": "*done* <!channel> @everyone", "correlation_id": "release-42",
        "changes": ["description"], "details": {"commit": "9fceb02"}
    })
}

#[tokio::test]
async fn what_is_no_single_event_is_told_what_to_give() {
    let app = App::start().await;
    let id = app.register(&slack("work", &["*"])).await;
    for path in [
        format!("/webhooks/{id}/preview/"),
        "/events/match/".to_owned(),
    ] {
        for (body, pointer, said) in [
            (json!({"events": [event()]}), "/events", "one event"),
            (json!({"event": event()}), "/event", "its fields directly"),
            (
                json!({"sample": "deploy", "type": "deploy"}),
                "/type",
                "leave out `sample`",
            ),
        ] {
            let answer = app.post(&path, &body).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {body}");
            assert_eq!(answer.pointers(), [pointer], "{path} {body}");
            assert!(answer.text.contains(said), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_webhook_is_previewed_before_it_is_stored() {
    let app = App::start().await;
    let path = "/preview/";
    app.publish(&json!({"type": "deploy", "id": "d1", "project": "billing"}))
        .await;
    let mut webhook = slack("work", &["deploy"]);
    webhook["message"] = json!({"title": "Look at {{ project }}"});
    for event in [
        json!({"sample": "deploy"}),
        json!({"event_id": "d1"}),
        event(),
    ] {
        let body = json!({"webhook": webhook, "event": event});
        let preview = app.post(path, &body).await;
        assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
        assert_eq!(preview.body["would_send"], true);
        assert_eq!(preview.body["type"], "slack");
        let text = preview.body["request"]["body"]["text"].to_string();
        assert!(text.contains("Look at billing"), "{text}");
        assert!(!preview.text.contains(TOKEN), "{}", preview.text);
    }
    let error = json!({"webhook": webhook, "event": {"type": "error"}});
    let error = app.post(path, &error).await;
    assert!(error.body["why_not"].is_string(), "{}", error.text);
    assert!(app.get("/webhooks/").await.results().is_empty());
    // Every fault at once, where it stands.
    webhook["message"]["title"] = json!("{{ projct }}");
    let wrong = json!({"webhook": webhook, "event": {"type": "depoly"}, "more": 1});
    let wrong = app.post(path, &wrong).await;
    let mut pointers = wrong.pointers();
    pointers.sort();
    assert_eq!(pointers, ["/event/type", "/more", "/webhook/message/title"]);
    let nothing = app.post(path, &json!({})).await;
    assert_eq!(nothing.pointers(), ["/webhook", "/event"]);
}

#[tokio::test]
async fn a_preview_is_the_request_that_is_then_sent_byte_for_byte() {
    for webhook in [
        slack("slack", &["*"]),
        incoming(),
        discord("discord", &["*"]),
    ] {
        let platform = MockServer::start().await;
        let taken =
            ResponseTemplate::new(200).set_body_json(json!({"ok": true, "id": "1", "ts": "1.1"}));
        Mock::given(any())
            .respond_with(taken)
            .mount(&platform)
            .await;
        let origin = ChatOrigin::parse(&platform.uri()).unwrap();
        let app = App::start_with(Some(origin)).await;
        let answer = app.post("/webhooks/?verify=false", &webhook).await;
        let at = format!("/webhooks/{}/preview/", answer.body["id"].as_str().unwrap());
        let before = app.post(&at, &event()).await;
        assert_eq!(before.status, StatusCode::OK, "{}", before.body);
        assert_eq!(platform.received_requests().await.unwrap().len(), 0);

        app.publish(&event()).await;
        until("posted", async || {
            !platform.received_requests().await.unwrap().is_empty()
        })
        .await;
        let after = app.post(&at, &json!({"event_id": "deploy-7f3a"})).await;
        let sent = platform.received_requests().await.unwrap().remove(0);
        let sent_body = String::from_utf8(sent.body.clone()).unwrap();
        for preview in [&before.body, &after.body] {
            let request = &preview["request"];
            assert_eq!(request["body"].to_string(), sent_body);
            assert_eq!(request["method"], sent.method.as_str());
            for (name, value) in request["headers"].as_object().unwrap() {
                let value = value.as_str().unwrap();
                let real = sent.headers[name.as_str()].to_str().unwrap();
                match name.as_str() {
                    "Authorization" => {
                        assert_eq!(
                            (value, real),
                            ("Bearer xoxb-…wxyz", &*format!("Bearer {TOKEN}"))
                        );
                    }
                    _ => assert_eq!(value, real, "{name}"),
                }
            }
            // The same place, but for the parts that are masked.
            let url = request["url"].as_str().unwrap();
            let host = sent.url.path().split('/').nth(1).unwrap();
            assert!(url.starts_with(&format!("https://{host}/")), "{url}");
            assert_eq!(url.split('?').nth(1), sent.url.query(), "{url}");
        }
        let text = &before.text;
        assert!(
            !text.contains("for-tests") && !text.contains("fakefake"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_preview_tells_how_full_the_limits_are_and_sends_nothing() {
    let app = App::start().await;
    for (webhook, has_builder) in [
        (slack("s", &["*"]), true),
        (incoming(), true),
        (discord("d", &["*"]), false),
        (teams("t", &["*"]), false),
    ] {
        let at = format!("/webhooks/{}/preview/", app.register(&webhook).await);
        let mut long = event();
        long["message"] = json!("x".repeat(10_000));
        for body in [long, json!({"sample": "deploy"})] {
            let answer = app.post(&at, &body).await;
            let limits = answer.body["limits"].as_array().unwrap();
            assert!(!limits.is_empty());
            for limit in limits {
                let (used, most) = (
                    limit["used"].as_u64().unwrap(),
                    limit["limit"].as_u64().unwrap(),
                );
                assert!(used > 0 && used <= most, "{limit}");
                assert!(limit["what"].is_string(), "{limit}");
            }
            let builder = answer.body["builder_url"].as_str();
            assert_eq!(builder.is_some(), has_builder);
            if let Some(url) = builder {
                assert!(
                    url.starts_with("https://app.slack.com/block-kit-builder/"),
                    "{url}"
                );
            }
        }
    }
    assert!(app.sink().messages().is_empty());
    assert_eq!(app.get("/events/").await.results(), [] as [Value; 0]);
}

#[tokio::test]
async fn every_type_of_the_catalogue_has_a_sample_that_every_kind_of_webhook_can_show() {
    let app = App::start().await;
    let catalogue = app.get("/event-types/").await;
    assert_eq!(catalogue.results().len(), 19);
    for webhook in [
        slack("s", &["*"]),
        incoming(),
        discord("d", &["*"]),
        teams("t", &["*"]),
    ] {
        let at = format!("/webhooks/{}/preview/", app.register(&webhook).await);
        for listed in catalogue.results() {
            let answer = app.post(&at, &json!({"sample": listed["type"]})).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_preview_of_what_is_not_there_is_a_fault() {
    let app = App::start().await;
    let at = format!(
        "/webhooks/{}/preview/",
        app.register(&slack("s", &["*"])).await
    );
    for (body, pointers) in [
        (json!({"sample": "depoly"}), vec!["/sample"]),
        (json!({"sample": "deploy", "x": 1}), vec!["/x"]),
        (json!({"sample": 7}), vec!["/sample"]),
        (json!({"event_id": "no-such"}), vec!["/event_id"]),
        (json!({"event_id": "a b"}), vec!["/event_id"]),
        (json!({}), vec!["/type"]),
        (json!([]), vec![""]),
        (json!({"type": "deploy", "regoin": "x"}), vec!["/regoin"]),
    ] {
        let answer = app.post(&at, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    let elsewhere = app
        .post(
            &format!("{at}?channel=elsewhere"),
            &json!({"sample": "deploy"}),
        )
        .await;
    assert_eq!(elsewhere.pointers(), ["/query/channel"]);
}

#[tokio::test]
async fn a_preview_shows_the_channel_that_is_asked_for() {
    let app = App::start().await;
    let mut webhook = slack("s", &["*"]);
    webhook["configuration"] = json!({"token": TOKEN, "channels": ["infra", "alerts"]});
    let at = format!("/webhooks/{}/preview/", app.register(&webhook).await);
    for (query, channel) in [("", "infra"), ("?channel=alerts", "alerts")] {
        let answer = app
            .post(&format!("{at}{query}"), &json!({"sample": "deploy"}))
            .await;
        assert_eq!(answer.body["request"]["body"]["channel"], channel);
    }
}

#[tokio::test]
async fn a_test_does_nothing_where_its_body_asks_for_what_the_query_says() {
    let app = App::start().await;
    let id = app.register(&slack("s", &["scale"])).await;
    let at = format!("/webhooks/{id}/test/");
    let refused = app
        .post(&at, &json!({"channel": "infra", "sample": "deploy"}))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
    assert_eq!(refused.pointers(), ["/channel", "/sample"]);
    assert_eq!(app.sink().messages().len(), 0);
}

#[tokio::test]
async fn a_test_sends_one_message_and_tells_that_it_arrived() {
    let app = App::start().await;
    for webhook in [slack("s", &["scale"]), incoming(), discord("d", &["scale"])] {
        app.sink().clear();
        let id = app.register(&webhook).await;
        // Whether it is switched off does not matter.
        app.patch(&format!("/webhooks/{id}/"), &json!({"enabled": false}))
            .await;
        let request = app.request(reqwest::Method::POST, &format!("/webhooks/{id}/test/"));
        let answer = app.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.body["outcome"], "delivered", "{}", answer.body);
        assert_eq!(answer.body["http_status"], 200);
        let hint = answer.body["hint"].as_str().unwrap();
        assert!(hint.contains("still disabled"), "{hint}");
        assert!(answer.body["duration_ms"].is_u64());
        assert_eq!(app.sink().messages().len(), 1);
    }
    assert_eq!(app.get("/events/").await.results(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_test_answers_with_what_the_platform_said() {
    let app = App::start().await;
    let id = app.register(&slack("s", &["*"])).await;
    let at = format!("/webhooks/{id}/test/");
    for (failure, outcome, status, code) in [
        (
            Failure::refusal("slack", "token_revoked"),
            "credential_dead",
            200,
            "token_revoked",
        ),
        (
            Failure::refusal("slack", "is_archived"),
            "destination_dead",
            200,
            "is_archived",
        ),
        (
            Failure::refusal("slack", "invalid_blocks"),
            "payload_refused",
            200,
            "invalid_blocks",
        ),
        (
            Failure::RateLimited(3.0),
            "rate_limited",
            429,
            "ratelimited",
        ),
        (Failure::Status(503), "unknown", 503, "http_503"),
    ] {
        app.sink().clear_plans();
        app.sink().fail_next(1, failure.clone());
        let answer = app.send(app.request(reqwest::Method::POST, &at)).await;
        assert_eq!(answer.status, StatusCode::OK, "{failure:?} {}", answer.body);
        assert_eq!(
            answer.body["outcome"], outcome,
            "{failure:?} {}",
            answer.body
        );
        assert_eq!(
            answer.body["http_status"], status,
            "{failure:?} {}",
            answer.body
        );
        assert!(
            answer.body["hint"].is_string(),
            "{failure:?} {}",
            answer.body
        );
        if !code.is_empty() {
            assert_eq!(answer.body["code"], code, "{failure:?}");
        }
    }
    // Trying it out is no delivery: nothing was suspended.
    assert_eq!(
        app.get(&format!("/webhooks/{id}/")).await.body["status"],
        "active"
    );
}

#[tokio::test]
async fn a_test_of_a_platform_that_hangs_or_is_gone_answers_in_time() {
    let app = App::start().await;
    let at = format!(
        "/webhooks/{}/test/",
        app.register(&slack("s", &["*"])).await
    );
    app.sink().fail_next(1, Failure::Hang);
    let begun = Instant::now();
    let answer = app.send(app.request(reqwest::Method::POST, &at)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["outcome"], "unknown", "{}", answer.body);
    assert_eq!(answer.body["code"], "timeout", "{}", answer.body);
    assert_eq!(answer.body["http_status"], Value::Null);
    assert!(
        begun.elapsed() < Duration::from_secs(25),
        "{:?}",
        begun.elapsed()
    );

    let nowhere = ChatOrigin::parse("http://127.0.0.1:1").unwrap();
    let app = App::start_with(Some(nowhere)).await;
    let answer = app
        .post("/webhooks/?verify=false", &discord("d", &["*"]))
        .await;
    let at = format!("/webhooks/{}/test/", answer.body["id"].as_str().unwrap());
    let answer = app.send(app.request(reqwest::Method::POST, &at)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["outcome"], "unavailable", "{}", answer.body);
}

#[tokio::test]
async fn a_webhook_that_is_not_there_cannot_be_tried() {
    let app = App::start().await;
    let at = "/webhooks/wh_01JD0000000000000000000000";
    let preview = app
        .post(&format!("{at}/preview/"), &json!({"sample": "deploy"}))
        .await;
    assert_eq!(preview.status, StatusCode::NOT_FOUND);
    let test = app
        .send(app.request(reqwest::Method::POST, &format!("{at}/test/")))
        .await;
    assert_eq!(test.status, StatusCode::NOT_FOUND);
}
