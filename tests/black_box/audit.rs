//! The audit log: who changed what.

use carillon_domain::Role;
use carillon_tests::{App, discord_url, slack};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Action, type of the object, its name and what changed, oldest first.
async fn changes(app: &App) -> Vec<(String, String, String, Value)> {
    let list = app.get("/audit/?limit=100").await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.body);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entries = list.results().iter().rev().map(|entry| {
        let object = &entry["object"];
        (
            text(&entry["action"]),
            text(&object["type"]),
            text(&object["name"]),
            entry["changed"].clone(),
        )
    });
    entries.collect()
}

fn change(action: &str, of: &str, name: &str, changed: &[&str]) -> (String, String, String, Value) {
    (action.into(), of.into(), name.into(), json!(changed))
}

#[tokio::test]
async fn every_change_is_told_once_and_nothing_else_is() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let at = format!("/webhooks/{id}/");
    app.patch(&at, &json!({"filters": {"environment": ["production"]}}))
        .await;
    // Nothing changes.
    app.patch(&at, &json!({"filters": {"environment": ["production"]}}))
        .await;
    app.patch(&at, &json!({"name": "", "enabled": false})).await;
    app.patch(&at, &json!({"name": "alerts", "enabled": false}))
        .await;
    let token = json!({"token": "xoxb-fake-other-token-for-tests"});
    app.post(&format!("{at}rotate/"), &token).await;
    app.post(&format!("{at}test/"), &json!({})).await;
    let file = json!({"notifications": {
        "alerts": {"provider": "slack", "token": "xoxb-fake-other-token-for-tests",
                   "channel": "infra", "events": ["deploy"], "digest": "off"},
        "gaming": {"provider": "discord", "webhook_url": discord_url("fake-token-for-tests-")},
    }});
    app.put("/notifications/?dry_run", &file).await;
    let applied = app.put("/notifications/", &file).await;
    assert_eq!(applied.status, StatusCode::OK, "{}", applied.body);
    app.delete(&at).await;
    app.key("viewer").await;
    let keys = app.get("/api-keys/").await;
    let key = format!("/api-keys/{}/", keys.results()[1]["id"].as_str().unwrap());
    app.patch(&key, &json!({"name": "renamed"})).await;
    app.delete(&key).await;
    app.publish(&json!({"type": "deploy"})).await;
    let credential = ["credential", "configuration.token"];
    assert_eq!(
        changes(&app).await,
        [
            change("created", "webhook", "prod alerts", &[]),
            change("updated", "webhook", "prod alerts", &["filters"]),
            change("updated", "webhook", "alerts", &["name", "enabled"]),
            change("updated", "webhook", "alerts", &credential),
            change("updated", "webhook", "alerts", &["filters", "enabled"]),
            change("created", "webhook", "gaming", &[]),
            change("removed", "webhook", "alerts", &[]),
            change("created", "api_key", "viewer", &[]),
            change("updated", "api_key", "renamed", &["name"]),
            change("removed", "api_key", "renamed", &[]),
        ]
    );
    let text = app.get("/audit/").await.text;
    for value in ["production", "xoxb", "fake", "infra"] {
        assert!(!text.contains(value), "{value} in {text}");
    }
}

#[tokio::test]
async fn an_entry_names_the_key_and_the_request_and_is_kept_for_a_time() {
    let app = App::start().await;
    let key = app.key("editor").await;
    let request = app
        .request_as(&key, Method::POST, "/webhooks/")
        .header("x-request-id", "pipeline-42.a")
        .json(&slack("prod alerts", &["*"]));
    let made = app.send(request).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.header("x-request-id"), "pipeline-42.a");
    let keys = app.get("/api-keys/").await;
    let list = app.get("/audit/").await;
    let [webhook, api_key] = list.results() else {
        panic!("{}", list.body);
    };
    assert_eq!(
        webhook["actor"],
        json!({"type": "api_key", "id": keys.results()[1]["id"], "name": "editor"})
    );
    assert_eq!(webhook["request_id"], "pipeline-42.a");
    assert_eq!(webhook["object"]["id"], made.body["id"]);
    assert_eq!(
        api_key["actor"],
        json!({"type": "deployment_key", "id": "deployment", "name": "admin key"})
    );
    assert!(webhook["at"].as_str().unwrap() > api_key["at"].as_str().unwrap());
    let rows = app.registry_rows("aud_").await;
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row["kept_until"]["N"].is_string()));
}

#[tokio::test]
async fn the_log_is_listed_page_by_page_to_its_own_organization() {
    let app = App::start().await;
    for name in ["one", "two", "three", "four", "five"] {
        app.register(&slack(name, &["*"])).await;
    }
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/audit/?limit=2{cursor}")).await;
        assert!(page.results().len() <= 2);
        let found = page.results().iter().map(|it| it["object"]["name"].clone());
        names.extend(found);
        match page.body["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(names, ["five", "four", "three", "two", "one"]);
    let other = app.key_of("org_other", Role::Viewer, None).await;
    let list = app
        .send(app.request_as(&other, Method::GET, "/audit/"))
        .await;
    assert_eq!(list.results(), [] as [Value; 0]);
}
