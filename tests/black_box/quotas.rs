//! How much an organization can have.

use carillon_tests::{Answer, App, slack};
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

fn numbered(number: usize) -> Value {
    let mut webhook = slack(&format!("webhook {number}"), &["deploy"]);
    webhook["configuration"]["token"] = json!(format!("xoxb-fake-token-for-tests-{number:04}"));
    webhook
}

fn assert_is_over(answer: &Answer, what: &str) {
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    let body = &answer.body;
    assert_eq!(
        body["type"], "urn:carillon:problem:quota-exceeded",
        "{body}"
    );
    assert!(body["detail"].as_str().unwrap().contains(what), "{body}");
}

async fn names(app: &App) -> Vec<String> {
    let list = app.get("/webhooks/").await;
    let names = list.results().iter();
    let names = names.map(|webhook| webhook["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[tokio::test]
async fn registrations_at_once_fill_the_quota_and_no_more() {
    let app = App::with_quotas(5, 100).await;
    let bodies: Vec<Value> = (0..12).map(numbered).collect();
    let answers = join_all(bodies.iter().map(|body| app.post("/webhooks/", body))).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!(made.len(), 5);
    for answer in refused {
        assert_is_over(answer, "5 webhooks");
    }
    assert_eq!(names(&app).await.len(), 5);
    assert_eq!(app.registry_rows("CREDENTIAL#").await.len(), 5);
    assert_is_over(&app.post("/webhooks/", &numbered(20)).await, "5 webhooks");
    let quotas = app.get("/quotas/").await;
    let expected = json!([
        {"quota": "webhooks", "used": 5, "limit": 5},
        {"quota": "api_keys", "used": 0, "limit": 100},
    ]);
    assert_eq!(quotas.body["results"], expected);

    // What is there can be changed, and makes room when it goes.
    let id = made[0].body["id"].as_str().unwrap();
    let at = format!("/webhooks/{id}/");
    let renamed = app.patch(&at, &json!({"name": "renamed"})).await;
    assert_eq!(renamed.status, StatusCode::OK);
    let removals = join_all((0..3).map(|_| app.delete(&at))).await;
    let removed = removals
        .iter()
        .filter(|it| it.status == StatusCode::NO_CONTENT);
    assert_eq!(removed.count(), 1);
    app.register(&numbered(20)).await;
    assert_is_over(&app.post("/webhooks/", &numbered(21)).await, "5 webhooks");
}

#[tokio::test]
async fn api_keys_at_once_fill_the_quota_and_no_more() {
    let app = App::with_quotas(100, 3).await;
    let body = json!({"name": "ci", "role": "publisher"});
    let answers = join_all((0..8).map(|_| app.post("/api-keys/", &body))).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!(made.len(), 3);
    for answer in refused {
        assert_is_over(answer, "3 API keys");
    }
    let id = made[0].body["id"].as_str().unwrap();
    let at = format!("/api-keys/{id}/");
    let revocations = join_all((0..3).map(|_| app.delete(&at))).await;
    let revoked = revocations
        .iter()
        .filter(|it| it.status == StatusCode::NO_CONTENT);
    assert_eq!(revoked.count(), 1);
    app.key("viewer").await;
    assert_is_over(&app.post("/api-keys/", &body).await, "3 API keys");
}

/// A file with these webhooks.
fn file(numbers: std::ops::Range<usize>) -> Value {
    let entries = numbers.map(|number| {
        let entry = json!({
            "provider": "slack", "channels": ["infra"],
            "token": format!("xoxb-fake-token-for-tests-{number:04}")
        });
        (format!("webhook {number}"), entry)
    });
    json!({"notifications": entries.collect::<serde_json::Map<_, _>>()})
}

#[tokio::test]
async fn a_file_with_too_much_changes_nothing_and_one_that_makes_room_is_applied() {
    let app = App::with_quotas(5, 100).await;
    let apply = async |query: &str, numbers| {
        let path = format!("/notifications/?verify=false{query}");
        app.put(&path, &file(numbers)).await
    };
    assert_eq!(apply("", 0..3).await.status, StatusCode::OK);
    for query in ["", "&dry_run=true"] {
        assert_is_over(&apply(query, 1..6).await, "5 webhooks, and would have 6");
        assert_eq!(names(&app).await.len(), 3);
    }
    assert_eq!(apply("", 0..5).await.status, StatusCode::OK);
    assert_is_over(&apply("&prune=true", 0..6).await, "5 webhooks");
    let replaced = apply("&prune=true", 3..8).await;
    assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.body);
    let expected: Vec<String> = (3..8).map(|number| format!("webhook {number}")).collect();
    let mut found = names(&app).await;
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(app.registry_rows("CREDENTIAL#").await.len(), 5);
}
