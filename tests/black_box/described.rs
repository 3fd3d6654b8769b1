//! What the API's document says, where that is more than what each answer is held to.

use carillon_chat::Kinds;
use carillon_tests::document::Document;
use carillon_tests::{Answer, App, discord, slack, teams};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[test]
fn an_answer_that_is_another_than_in_the_document_fails_its_test() {
    let document = Document::of(&Kinds::default());
    let check = |path: &str, status: u16, body: Value| {
        let media_type = match status {
            200 => "application/json",
            _ => "application/problem+json",
        };
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, media_type.parse().unwrap())]),
            text: body.to_string(),
            body,
        };
        let check = || document.check(&Method::GET, path, &answer);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).is_ok()
    };
    let problem = json!({
        "type": "urn:carillon:problem:not-found", "title": "x", "status": 404, "detail": "x",
        "request_id": "x"
    });
    assert!(check(
        "/api/v1/webhooks/",
        200,
        json!({"results": [], "next": null})
    ));
    assert!(check("/api/v1/nowhere/", 404, problem.clone()));
    for (path, status, body) in [
        ("/api/v1/webhooks/", 200, json!({"results": []})),
        (
            "/api/v1/webhooks/",
            200,
            json!({"results": [{"id": "x"}], "next": null}),
        ),
        ("/api/v1/webhooks/", 412, problem),
        ("/api/v1/nowhere/", 404, json!({"title": "x"})),
    ] {
        assert!(!check(path, status, body.clone()), "{path} {status} {body}");
    }
}

#[tokio::test]
async fn a_webhook_fits_what_replaces_it_and_changes_nothing() {
    let app = App::start().await;
    let document = Document::of(&Kinds::default());
    let incoming = json!({
        "name": "incoming", "type": "slack", "event_types": ["*_deleted", "error"],
        "filters": {"status": ["failed"], "environment": ["prod-*"]},
        "configuration": {
            "webhook_url": carillon_tests::slack_url("fake-secret-for-tests-wxyz"),
            "channels": ["#infra"]
        }
    });
    let signed = json!({
        "name": "signed", "type": "webhook", "event_types": ["*"],
        "configuration": {"url": "https://hooks.example.com/in?token=fake", "headers": {"X-Token": "fake"}}
    });
    for webhook in [
        slack("bot", &["deploy", "parameter_*"]),
        incoming,
        discord("discord", &["deploy"]),
        teams("teams", &["deploy"]),
        signed,
    ] {
        let faults = document.faults("/components/schemas/NewWebhook", &webhook);
        assert_eq!(faults, [""; 0], "{webhook}");
        let id = app.register(&webhook).await;
        let path = format!("/webhooks/{id}/");
        let read = app.get(&path).await.body;
        let faults = document.faults("/components/schemas/WebhookReplacement", &read);
        assert_eq!(faults, [""; 0], "{read}");
        let replaced = app.put(&path, &read).await;
        assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.text);
        assert_eq!(replaced.body["modified_at"], read["modified_at"]);
    }
    let exported = app.get("/notifications/").await.body;
    let faults = document.faults("/components/schemas/Notifications", &exported);
    assert_eq!(faults, [""; 0], "{exported}");
}

#[tokio::test]
async fn every_parameter_of_the_document_is_known_to_its_call() {
    let app = App::start().await;
    let document = app.get("/openapi.json").await.body;
    let mut tried = 0;
    for (path, methods) in crate::protocol::paths(&app).await {
        for name in methods {
            let query: Vec<String> = named(&document, &path, &name)
                .iter()
                .map(|parameter| format!("{parameter}=%00"))
                .collect();
            tried += query.len();
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            let path = format!("{path}?{}&unknown=x", query.join("&"));
            let answer = app.send(app.request(method, &path).json(&json!({}))).await;
            let errors = answer.body["errors"].as_array().unwrap().iter();
            let unknown = errors.filter(|error| error["code"] == "unknown_field");
            let unknown = unknown.map(|error| error["pointer"].as_str().unwrap());
            let unknown: Vec<&str> = unknown.filter(|at| at.starts_with("/query/")).collect();
            assert_eq!(
                unknown,
                ["/query/unknown"],
                "{name} {path}: {}",
                answer.text
            );
        }
    }
    assert!(tried > 20, "{tried}");
}

/// The query parameters that the document has for a call.
fn named(document: &Value, path: &str, method: &str) -> Vec<String> {
    let is_like = |template: &str| {
        let template = template.trim_start_matches("/api/v1").split('/');
        let mut parts = template.zip(path.split('/'));
        parts.all(|(part, given)| part == given || part.starts_with('{'))
    };
    let count = path.split('/').count();
    let paths = document["paths"].as_object().unwrap().iter();
    let mut fitting =
        paths.filter(|(template, _)| template.split('/').count() == count + 2 && is_like(template));
    let (_, item) = fitting.next().unwrap();
    let parameters = item[method.to_lowercase()]["parameters"].as_array();
    let parameters = parameters.into_iter().flatten();
    let resolved = parameters.map(|parameter| match parameter["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => parameter,
    });
    let of_query = resolved.filter(|parameter| parameter["in"] == "query");
    of_query
        .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
        .collect()
}
