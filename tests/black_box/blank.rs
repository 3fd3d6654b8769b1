//! What is blank is never taken as left out.

use carillon_tests::{App, slack, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const FILE: &str = "\
notifications:
  work:
    provider: slack
    token: xoxb-fake-token-for-tests-wxyz
    channels: [\"#infra\"]
";

async fn apply(app: &App, query: &str, text: &str) -> carillon_tests::Answer {
    let request = app
        .request(Method::PUT, &format!("/notifications/{query}"))
        .header("content-type", "application/yaml");
    app.send(request.body(text.to_owned())).await
}

#[tokio::test]
async fn a_dry_run_is_one_however_its_flag_is_written_and_says_so() {
    let app = App::start().await;
    for query in ["?dry_run", "?dry_run=", "?dry_run=true", "?dry_run=1"] {
        let answer = apply(&app, query, FILE).await;
        assert_eq!(answer.status, StatusCode::OK, "{query} {}", answer.body);
        assert_eq!(answer.body["dry_run"], true, "{query}");
        assert_eq!(app.get("/webhooks/").await.results(), [] as [Value; 0]);
    }
    let answer = apply(&app, "?dry_run=false", FILE).await;
    assert_eq!(answer.body["dry_run"], false);
    assert_eq!(app.get("/webhooks/").await.results().len(), 1);
}

#[tokio::test]
async fn a_blank_end_makes_no_key_that_never_ends() {
    let app = App::start().await;
    for blank in ["", " "] {
        let body = json!({"name": "ci", "role": "admin", "expires_at": blank});
        let answer = app.post("/api-keys/", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        assert_eq!(answer.pointers(), ["/expires_at"]);
        assert!(answer.text.contains("RFC 3339"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_blank_time_sends_nothing_again() {
    let app = App::start().await;
    let mut webhook = slack("prod alerts", &["deploy"]);
    webhook["enabled"] = json!(false);
    let id = app.register(&webhook).await;
    app.publish(&json!({"type": "deploy"})).await;
    app.delivery(&id, "skipped").await;
    app.patch(&format!("/webhooks/{id}/"), &json!({"enabled": true}))
        .await;
    for field in ["since", "after"] {
        let at = format!("/webhooks/{id}/recover/");
        let answer = app.post(&at, &json!({field: ""})).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        assert_eq!(answer.pointers(), [format!("/{field}")]);
    }
    app.delivery(&id, "skipped").await;
    assert_eq!(app.sink().messages().len(), 0);
}

#[tokio::test]
async fn a_blank_field_of_a_webhook_is_told_and_no_way_to_widen_it_is_proposed() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    for (patch, pointer) in [
        (json!({"name": ""}), "/name"),
        (json!({"organization": ""}), "/organization"),
        (json!({"event_types": [""]}), "/event_types/0"),
        (json!({"event_types": []}), "/event_types"),
        (
            json!({"filters": {"environment": [""]}}),
            "/filters/environment/0",
        ),
        (
            json!({"filters": {"environment": []}}),
            "/filters/environment",
        ),
        (
            json!({"configuration": {"token": " "}}),
            "/configuration/token",
        ),
        (
            json!({"configuration": {"channel": ""}}),
            "/configuration/channel",
        ),
        (
            json!({"configuration": {"username": ""}}),
            "/configuration/username",
        ),
        (
            json!({"configuration": {"digest": ""}}),
            "/configuration/digest",
        ),
    ] {
        let answer = app.patch(&format!("/webhooks/{id}/"), &patch).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{patch}");
        assert_eq!(answer.pointers(), [pointer], "{patch} {}", answer.body);
        assert!(!answer.text.contains("leave"), "{patch} {}", answer.text);
    }
    let at = format!("/webhooks/{id}/rotate/");
    assert_eq!(
        app.post(&at, &json!({"token": ""})).await.pointers(),
        ["/token"]
    );
}

#[tokio::test]
async fn a_forgotten_value_of_a_file_is_a_fault_with_its_line() {
    let app = App::start().await;
    for (line, pointer) in [
        ("environments:", "/notifications/work/environments"),
        ("enabled:", "/notifications/work/enabled"),
        (
            "filters: {project: }",
            "/notifications/work/filters/project",
        ),
    ] {
        let answer = apply(&app, "", &format!("{FILE}    {line}\n")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{line}");
        assert_eq!(answer.pointers(), [pointer], "{}", answer.body);
        assert!(answer.text.contains("line 6"), "{}", answer.text);
    }
    assert_eq!(app.get("/webhooks/").await.results(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_blank_remark_of_an_event_says_nothing_and_what_decides_who_gets_it_must_say_something() {
    let app = App::start().await;
    let texts = json!({"type": "deploy", "resource": {"name": ""}, "actor": " ", "message": ""});
    let id = app.publish(&texts).await;
    until("the event is listed", async || {
        app.get("/events/").await.results().len() == 1
    })
    .await;
    let event = app.get(&format!("/events/{id}/")).await.body;
    assert!(event.get("message").is_none() && event.get("actor").is_none());
    for field in [
        "status",
        "severity",
        "occurred_at",
        "organization",
        "id",
        "type",
        "environment",
        "project",
        "provider",
        "account",
        "region",
        "correlation_id",
    ] {
        let mut event = json!({"type": "deploy"});
        event[field] = json!("");
        let answer = app.post("/events/", &event).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}");
        assert_eq!(answer.pointers(), [format!("/{field}")]);
    }
}
