//! Requests that are not quite right are told what is not, and in which way.

use carillon_tests::{App, slack};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::protocol::check_problem;

#[tokio::test]
async fn a_compressed_body_is_refused_with_what_is_taken() {
    let app = App::start().await;
    for (path, method) in [
        ("/webhooks/", Method::POST),
        ("/events/", Method::POST),
        ("/notifications/", Method::PUT),
        ("/recover/", Method::POST),
    ] {
        let request = app.request(method, path);
        let request = request.header("Content-Encoding", "gzip");
        let request = request.header("Content-Type", "application/json");
        let answer = app.send(request.body(vec![0x1f, 0x8b, 8, 0])).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");
        assert_eq!(answer.header("accept-encoding"), "identity");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains("Content-Encoding: gzip"), "{detail}");
        check_problem(&answer, path);
    }
    let request = app.request(Method::POST, "/events/");
    let request = request.header("Content-Encoding", "identity");
    let answer = app.send(request.json(&json!({"type": "deploy"}))).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
}

#[tokio::test]
async fn json_and_yaml_are_utf_8() {
    let app = App::start().await;
    for (method, path, media_type) in [
        (
            Method::POST,
            "/webhooks/",
            "application/json; charset=iso-8859-1",
        ),
        (
            Method::POST,
            "/events/",
            "application/cloudevents+json; charset=utf-16",
        ),
        (
            Method::PUT,
            "/notifications/",
            "application/yaml; Charset=\"latin1\"",
        ),
        (Method::POST, "/recover/", "application/json;charset=cp1252"),
    ] {
        let request = app.request(method, path);
        let request = request.header("Content-Type", media_type);
        let answer = app.send(request.body("{}")).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains("UTF-8, and no other charset"), "{detail}");
    }
    // The data of a binary CloudEvent is whatever it is.
    let request = app.request(Method::POST, "/events/");
    let request = request.header("Content-Type", "text/plain; charset=iso-8859-1");
    let request = request.header("ce-specversion", "1.0");
    let request = request.header("ce-id", "..").header("ce-source", "/ci");
    let answer = app
        .send(request.header("ce-type", "deploy").body("x"))
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    assert_eq!(answer.body["id"], "ce:..");
}

#[tokio::test]
async fn a_path_that_can_be_patched_says_with_what() {
    const PATCHES: &str = "application/merge-patch+json, application/json";
    let app = App::start().await;
    let id = app.register(&slack("work", &["deploy"])).await;
    let path = format!("/webhooks/{id}/");
    let options = app.send(app.request(Method::OPTIONS, &path)).await;
    assert_eq!(options.header("accept-patch"), PATCHES);
    let request = app.request(Method::PATCH, &path);
    let request = request.header("Content-Type", "application/json-patch+json");
    let answer = app.send(request.body("[]")).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(answer.header("accept-patch"), PATCHES);
    let options = app.send(app.request(Method::OPTIONS, "/webhooks/")).await;
    assert_eq!(options.header("accept-patch"), "");
}

#[tokio::test]
async fn an_event_can_be_asked_for_by_whatever_id_it_has() {
    let app = App::start().await;
    for id in [".", ".."] {
        let event = json!({"type": "deploy", "id": id});
        let answer = app.post("/events/", &event).await;
        assert_eq!(answer.pointers(), ["/id"], "{}", answer.text);
    }
    let id = app.publish(&json!({"type": "deploy", "id": "..a"})).await;
    let event = app.get(&format!("/events/{id}/")).await;
    assert_eq!(event.body["id"], "..a", "{}", event.text);
}

#[tokio::test]
async fn a_ping_is_nothing_to_subscribe_to() {
    let app = App::start().await;
    let answer = app.post("/webhooks/", &slack("work", &["ping"])).await;
    assert_eq!(answer.pointers(), ["/event_types/0"], "{}", answer.text);
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("only sent by a test call"), "{detail}");
    // What is for all types is not for it alone.
    app.register(&slack("all", &["*"])).await;
}

#[tokio::test]
async fn a_token_that_is_too_short_is_told_so() {
    let app = App::start().await;
    let mut webhook = slack("work", &["deploy"]);
    webhook["configuration"]["token"] = json!("xoxb-1234567");
    let answer = app.post("/webhooks/", &webhook).await;
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("too short"), "{detail}");
}

#[tokio::test]
async fn each_fault_of_a_rotation_is_told_once() {
    let app = App::start().await;
    let id = app.register(&slack("work", &["deploy"])).await;
    let path = format!("/webhooks/{id}/rotate/");
    let url = "https://hooks.slack.com/services/T0/B0/fake-fake";
    for (body, pointers) in [
        (json!({}), &["/token"][..]),
        (json!({"token": " "}), &["/token"]),
        (json!({"webhook_url": url}), &["/webhook_url"]),
        (
            json!({"token": "hunter2", "webhook_url": url}),
            &["/webhook_url", "/token"],
        ),
        (json!({"configuration": {}}), &["/configuration/token"]),
        (
            json!({"configuration": {"token": "hunter2"}}),
            &["/configuration/token"],
        ),
    ] {
        let answer = app.post(&path, &body).await;
        assert_eq!(answer.pointers(), pointers, "{body} {}", answer.text);
    }
    let given = json!({"configuration": {"token": "xoxb-fake-other-token-for-tests"}});
    let answer = app.post(&path, &given).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn outside_of_the_api_there_is_nothing_and_no_key_is_asked_for() {
    let app = App::start().await;
    for path in ["/favicon.ico", "/api/v2/webhooks/", "/wp-login.php"] {
        let url = format!("{}{path}", app.url());
        let answer = app.send(reqwest::Client::new().get(url)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        check_problem(&answer, path);
    }
    let answer = app.send(app.keyless(Method::GET, "/no-such/")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
