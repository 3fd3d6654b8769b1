//! What people are told who have sent something else than they meant.

use carillon_tests::{App, discord_url, slack};
use reqwest::{Method, StatusCode};
use serde_json::json;

fn detail(answer: &carillon_tests::Answer) -> &str {
    answer.body["detail"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn the_only_fault_is_told_in_the_detail() {
    let app = App::start().await;
    let one = app.post("/events/", &json!({"type": "depoly"})).await;
    assert!(detail(&one).starts_with("/type: "), "{}", one.body);
    assert!(
        detail(&one).contains("did you mean `deploy`?"),
        "{}",
        one.body
    );
    let two = json!({"type": "depoly", "status": "done"});
    let two = app.post("/events/", &two).await;
    assert_eq!(detail(&two), "2 faults; see `errors`");
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_told_from_an_id_that_does_not() {
    let app = App::start().await;
    let path = app.get("/webhook/").await;
    assert_eq!(path.status, StatusCode::NOT_FOUND);
    let told = "there is no path `/api/v1/webhook/`; did you mean `/api/v1/webhooks/`?";
    assert_eq!(detail(&path), told);
    let foreign = app.get("/api/webhooks/1/fake-token-for-tests").await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert!(!foreign.text.contains("fake-token"), "{}", foreign.text);
    let id = app.get("/webhooks/wh_01JD0000000000000000000000/").await;
    assert_eq!(id.status, StatusCode::NOT_FOUND);
    assert!(detail(&id).contains("the path is right"), "{}", id.body);
}

#[tokio::test]
async fn another_media_type_is_named_with_those_that_are_taken() {
    let app = App::start().await;
    for (method, path) in [
        (Method::POST, "/webhooks/"),
        (Method::POST, "/events/"),
        (Method::PUT, "/notifications/"),
    ] {
        let request = app
            .request(method, path)
            .header("content-type", "text/csv; charset=utf-8")
            .body("a,b");
        let answer = app.send(request).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let told = detail(&answer);
        assert!(told.contains("`text/csv; charset=utf-8`"), "{told}");
        assert!(told.contains("application/json"), "{told}");
    }
}

#[tokio::test]
async fn the_form_of_a_body_that_was_meant_is_told() {
    let app = App::start().await;
    let cloud_event = json!({
        "specversion": "1.0", "id": "1", "source": "/ci", "type": "com.acme.deploy"
    });
    for (body, told) in [
        (cloud_event.clone(), "application/cloudevents+json"),
        (json!([cloud_event]), "application/cloudevents-batch+json"),
        (json!([{"type": "deploy"}]), "{\"events\": [...]}"),
    ] {
        let answer = app.post("/events/", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.pointers(), [""], "{body}");
        assert!(detail(&answer).contains(told), "{}", answer.body);
    }
    let id = app.register(&slack("all", &["*"])).await;
    let answer = app
        .post(&format!("/webhooks/{id}/preview/"), &json!({}))
        .await;
    assert!(detail(&answer).contains("sample"), "{}", answer.body);
    let marked = app
        .request(Method::POST, "/events/")
        .header("content-type", "application/json")
        .body("\u{feff}{\"type\": \"deploy\"}");
    assert_eq!(app.send(marked).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn white_space_around_a_name_is_told() {
    let app = App::start().await;
    let answer = app
        .post("/events/", &json!({"type": "deploy", "actor ": "x"}))
        .await;
    assert!(detail(&answer).contains("white space"), "{}", answer.body);
    assert!(!detail(&answer).contains("did you mean"), "{}", answer.body);
}

#[tokio::test]
async fn a_credential_of_another_type_is_recognized() {
    let app = App::start().await;
    let url = discord_url("fake-token-for-tests-");
    let webhook = json!({
        "name": "x", "type": "slack", "event_types": ["*"], "configuration": {"webhook_url": url}
    });
    let answer = app.post("/webhooks/", &webhook).await;
    assert_eq!(answer.pointers(), ["/configuration/webhook_url"]);
    assert!(detail(&answer).contains("`discord`"), "{}", answer.body);
    assert!(!answer.text.contains("fake-token"), "{}", answer.text);
}

#[tokio::test]
async fn a_rotation_takes_the_credential_inside_a_configuration_too() {
    let app = App::start().await;
    let id = app.register(&slack("all", &["*"])).await;
    let at = format!("/webhooks/{id}/rotate/");
    let token = "xoxb-fake-other-token-for-tests";
    let answer = app
        .post(&at, &json!({"configuration": {"token": token}}))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let shown = answer.body["configuration"]["token"].as_str().unwrap();
    assert!(shown.ends_with("ests"), "{shown}");
    for (body, pointers) in [
        (
            json!({"configuration": {"token": ""}}),
            vec!["/configuration/token"],
        ),
        (
            json!({"configuration": {"token": token, "channel": "x"}}),
            vec!["/configuration/channel"],
        ),
        (
            json!({"configuration": {"token": token}, "token": token}),
            vec!["/token"],
        ),
    ] {
        let answer = app.post(&at, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.pointers(), pointers, "{}", answer.body);
    }
}
