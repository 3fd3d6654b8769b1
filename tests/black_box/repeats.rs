//! `Idempotency-Key`: a repeat of a call makes nothing twice, and gets the first answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use carillon_embedded::dynamodb::REGISTRY_TABLE;
use carillon_tests::{Answer, App, slack};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn post(app: &App, path: &str, key: &str, body: &Value) -> Answer {
    let request = app.request(Method::POST, path);
    app.send(request.header("Idempotency-Key", key).json(body))
        .await
}

fn new_key() -> Value {
    json!({"name": "ci", "role": "publisher"})
}

/// A signed webhook, whose secret is made.
fn signed() -> Value {
    json!({
        "name": "receiver", "type": "webhook", "event_types": ["deploy"],
        "configuration": {"url": "https://receiver.example.com/hooks"}
    })
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

fn is_problem(answer: &Answer, status: StatusCode, kind: &str) -> bool {
    answer.status == status && answer.body["type"] == format!("urn:carillon:problem:{kind}")
}

/// The rows that are kept of calls.
async fn rows(app: &App) -> Vec<Value> {
    let scan = json!({
        "TableName": REGISTRY_TABLE, "ConsistentRead": true,
        "FilterExpression": "begins_with(pk, :kind)",
        "ExpressionAttributeValues": {":kind": {"S": "CALL#"}},
    });
    let answer = app.dynamodb("Scan", &scan).await;
    answer["Items"].as_array().unwrap().clone()
}

/// Changes the only row.
async fn change(app: &App, expression: &str, values: Value) {
    let rows = rows(app).await;
    assert_eq!(rows.len(), 1);
    let mut update = json!({
        "TableName": REGISTRY_TABLE, "Key": {"pk": rows[0]["pk"], "sk": rows[0]["sk"]},
        "UpdateExpression": expression,
    });
    if expression.contains("#at") {
        update["ExpressionAttributeNames"] = json!({"#at": "at"});
    }
    update["ExpressionAttributeValues"] = values;
    app.dynamodb("UpdateItem", &update).await;
}

/// The call has died before it could note its answer.
async fn let_it_die(app: &App) {
    let past = json!({":past": {"S": "2026-01-01T00:00:00Z"}});
    change(app, "SET leased_until = :past REMOVE answer", past).await;
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_registers_nothing() {
    let app = App::start().await;
    let body = slack("work", &["deploy"]);
    let first = post(&app, "/webhooks/", "k1", &body).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert!(!is_replayed(&first));
    let id = first.body["id"].as_str().unwrap();
    // Also where the webhook was changed since.
    app.patch(&format!("/webhooks/{id}/"), &json!({"name": "play"}))
        .await;
    let again = post(&app, "/webhooks", "k1", &body).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.text);
    assert!(is_replayed(&again));
    assert_eq!(again.body, first.body);
    for header in ["location", "etag"] {
        assert_eq!(again.header(header), first.header(header));
        assert_ne!(again.header(header), "");
    }
    assert_eq!(app.get("/webhooks/").await.results().len(), 1);
    let audit = app.get("/audit/").await;
    let created = audit.results().iter();
    assert_eq!(created.filter(|it| it["action"] == "created").count(), 1);
}

#[tokio::test]
async fn a_key_stands_for_the_ids_that_events_lack() {
    let app = App::start().await;
    let batch =
        json!({"events": [{"type": "deploy"}, {"type": "deploy"}, {"type": "error", "id": "own"}]});
    let first = post(&app, "/events/", "k1", &batch).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    let ids = |answer: &Answer| -> Vec<Value> {
        let results = answer.results().iter();
        results.map(|result| result["id"].clone()).collect()
    };
    let again = post(&app, "/events/", "k1", &batch).await;
    assert_eq!(ids(&again), ids(&first));
    assert_eq!(ids(&first)[2], "own");
    assert!(again.results().iter().all(|it| it["duplicate"] == true));
    assert_eq!(app.get("/events/").await.results().len(), 3);
    // Another key, another caller.
    let other = post(&app, "/events/", "k2", &json!({"type": "deploy"})).await;
    assert_eq!(other.body["duplicate"], false);
    let publisher = app.key("publisher").await;
    let request = app.request_as(&publisher, Method::POST, "/events/");
    let request = request.header("Idempotency-Key", "k2");
    let answer = app.send(request.json(&json!({"type": "deploy"}))).await;
    assert_eq!(answer.body["duplicate"], false, "{}", answer.text);
    let wrong = post(&app, "/events/", "a b", &json!({"type": "deploy"})).await;
    assert_eq!(wrong.pointers(), ["/headers/Idempotency-Key"]);
}

#[tokio::test]
async fn a_key_belongs_to_its_caller_method_path_and_body() {
    let app = App::start().await;
    let body = slack("work", &["deploy"]);
    post(&app, "/webhooks/", "k1", &body).await;
    let other = slack("other", &["deploy"]);
    let answer = post(&app, "/webhooks/", "k1", &other).await;
    let reused = is_problem(&answer, StatusCode::UNPROCESSABLE_ENTITY, "key-reused");
    assert!(reused, "{}", answer.text);
    let answer = post(&app, "/webhooks/?verify=false", "k1", &body).await;
    assert!(is_problem(
        &answer,
        StatusCode::UNPROCESSABLE_ENTITY,
        "key-reused"
    ));
    // What is written in another order is the same.
    let text = r#"{"configuration": {"digest": "off", "channel": "infra",
        "token": "xoxb-fake-token-for-tests-wxyz"}, "event_types": ["deploy"], "type": "slack",
        "name": "work"}"#;
    let same: Value = serde_json::from_str(text).unwrap();
    assert!(is_replayed(&post(&app, "/webhooks/", "k1", &same).await));
    // Another path, another caller.
    let answer = post(&app, "/api-keys/", "k1", &new_key()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let editor = app.key("editor").await;
    let request = app.request_as(&editor, Method::POST, "/webhooks/");
    let request = request.header("Idempotency-Key", "k1").json(&other);
    let answer = app.send(request).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    for wrong in ["", "a b", &"x".repeat(256)] {
        let answer = post(&app, "/webhooks/", wrong, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert_eq!(answer.pointers(), ["/headers/Idempotency-Key"]);
    }
}

#[tokio::test]
async fn of_many_at_once_one_registers_and_the_others_wait_or_get_its_answer() {
    let app = App::start().await;
    let body = slack("work", &["deploy"]);
    let calls = (0..12).map(|_| post(&app, "/webhooks/", "k1", &body));
    let answers = futures::future::join_all(calls).await;
    let ids = answers.iter().filter(|it| it.status == StatusCode::CREATED);
    let ids: Vec<_> = ids.map(|it| &it.body["id"]).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| *id == ids[0]));
    for answer in &answers {
        let waits = is_problem(answer, StatusCode::CONFLICT, "in-progress");
        assert!(
            answer.status == StatusCode::CREATED || waits,
            "{}",
            answer.text
        );
        assert_eq!(waits, answer.header("retry-after") == "1");
    }
    assert_eq!(app.get("/webhooks/").await.results().len(), 1);
}

#[tokio::test]
async fn a_repeat_that_made_a_key_gets_another_one_until_one_is_used() {
    let app = App::start().await;
    let first = post(&app, "/api-keys/", "k1", &new_key()).await;
    let again = post(&app, "/api-keys/", "k1", &new_key()).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.text);
    assert!(is_replayed(&again));
    assert_eq!(again.body["id"], first.body["id"]);
    let text = |answer: &Answer| answer.body["key"].as_str().unwrap().to_owned();
    assert_ne!(text(&first), text(&again));
    let types = async |key: &str| {
        let request = app.request_as(key, Method::GET, "/event-types/");
        app.send(request).await.status
    };
    assert_eq!(types(&text(&first)).await, StatusCode::UNAUTHORIZED);
    assert_eq!(types(&text(&again)).await, StatusCode::OK);
    let late = post(&app, "/api-keys/", "k1", &new_key()).await;
    assert!(
        is_problem(&late, StatusCode::CONFLICT, "secret-gone"),
        "{}",
        late.text
    );
    assert_eq!(types(&text(&again)).await, StatusCode::OK);
    assert_eq!(app.get("/api-keys/").await.results().len(), 2);
}

#[tokio::test]
async fn a_repeat_that_made_a_signing_secret_gets_another_one_until_one_is_used() {
    let app = App::start().await;
    let first = post(&app, "/webhooks/", "k1", &signed()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = post(&app, "/webhooks/", "k1", &signed()).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.text);
    let third = post(&app, "/webhooks/", "k1", &signed()).await;
    let secret = |answer: &Answer| {
        let secret = answer.body["configuration"]["secret"].as_str().unwrap();
        assert_eq!(secret.len(), 50, "in full");
        secret.to_owned()
    };
    assert_eq!(again.body["id"], first.body["id"]);
    assert!(secret(&first) != secret(&again) && secret(&again) != secret(&third));
    app.sink()
        .trust("receiver.example.com/hooks", &secret(&third));
    app.publish(&json!({"type": "deploy"})).await;
    let id = first.body["id"].as_str().unwrap();
    app.delivery(id, "delivered").await;
    let late = post(&app, "/webhooks/", "k1", &signed()).await;
    assert!(
        is_problem(&late, StatusCode::CONFLICT, "secret-gone"),
        "{}",
        late.text
    );

    let path = format!("/webhooks/{id}/rotate/");
    let rotated = post(&app, &path, "k2", &json!({})).await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text);
    let again = post(&app, &path, "k2", &json!({})).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    assert_ne!(secret(&rotated), secret(&again));
    assert_eq!(again.body["rotated"], json!([id]));
    // Somebody has changed it since.
    app.patch(&format!("/webhooks/{id}/"), &json!({"name": "other"}))
        .await;
    let late = post(&app, &path, "k2", &json!({})).await;
    assert!(
        is_problem(&late, StatusCode::CONFLICT, "secret-gone"),
        "{}",
        late.text
    );
}

#[tokio::test]
async fn a_rotation_to_a_given_credential_is_made_once() {
    let app = App::start().await;
    let id = app.register(&slack("work", &["deploy"])).await;
    let path = format!("/webhooks/{id}/rotate/");
    let body = json!({"token": "xoxb-fake-other-token-for-tests"});
    let first = post(&app, &path, "k1", &body).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let again = post(&app, &path, "k1", &body).await;
    assert!(is_replayed(&again));
    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
}

#[tokio::test]
async fn no_secret_is_kept_of_a_call() {
    let app = App::start().await;
    let mut webhook = signed();
    webhook["configuration"]["headers"] = json!({"Authorization": "Bearer fake-token-of-headers"});
    let registered = post(&app, "/webhooks/", "k1", &webhook).await;
    let key = post(&app, "/api-keys/", "k2", &new_key()).await;
    let bot = post(&app, "/webhooks/", "k3", &slack("bot", &["deploy"])).await;
    assert_eq!(bot.status, StatusCode::CREATED);
    let rows = json!(rows(&app).await).to_string();
    let secret = registered.body["configuration"]["secret"].as_str().unwrap();
    for secret in [
        secret,
        key.body["key"].as_str().unwrap(),
        "fake-token-of-headers",
        "xoxb-fake-token",
    ] {
        assert!(!rows.contains(secret), "{rows}");
    }
}

#[tokio::test]
async fn an_answer_is_remembered_for_a_day_and_its_secret_is_made_anew_for_ten_minutes() {
    let app = App::start().await;
    let first = post(&app, "/api-keys/", "k1", &new_key()).await;
    let past = (jiff::Timestamp::now() - std::time::Duration::from_secs(601)).to_string();
    change(
        &app,
        "SET answer.#at = :past",
        json!({":past": {"S": past}}),
    )
    .await;
    let late = post(&app, "/api-keys/", "k1", &new_key()).await;
    assert!(
        is_problem(&late, StatusCode::CONFLICT, "secret-gone"),
        "{}",
        late.text
    );

    let until = rows(&app).await[0]["kept_until"]["N"].clone();
    let until: i64 = until.as_str().unwrap().parse().unwrap();
    let left = until - jiff::Timestamp::now().as_second();
    assert!((86_300..=86_400).contains(&left), "{left}");
    change(&app, "SET kept_until = :now", json!({":now": {"N": "1"}})).await;
    let new = post(&app, "/api-keys/", "k1", &new_key()).await;
    assert_eq!(new.status, StatusCode::CREATED, "{}", new.text);
    assert_ne!(new.body["id"], first.body["id"]);
}

#[tokio::test]
async fn a_call_that_died_is_gone_on_with_and_makes_nothing_twice() {
    for (path, body) in [
        ("/webhooks/", slack("work", &["deploy"])),
        ("/webhooks/", signed()),
        ("/api-keys/", new_key()),
    ] {
        let app = App::start().await;
        let first = post(&app, path, "k1", &body).await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
        let_it_die(&app).await;
        let again = post(&app, path, "k1", &body).await;
        assert_eq!(again.status, StatusCode::CREATED, "{}", again.text);
        assert_eq!(again.body["id"], first.body["id"]);
        let has_secret = body["type"] == "webhook" || path == "/api-keys/";
        let shown = |answer: &Answer| {
            let inside = answer.body["configuration"]["secret"].clone();
            [inside, answer.body["key"].clone()]
        };
        assert_eq!(shown(&again) != shown(&first), has_secret);
        assert!(is_replayed(&post(&app, path, "k1", &body).await));
        let count = app.get(path).await.results().len();
        assert_eq!(count, if path == "/api-keys/" { 2 } else { 1 });
    }
}

#[tokio::test]
async fn of_a_call_that_did_nothing_nothing_is_kept() {
    let app = App::start().await;
    let id = app.register(&slack("work", &["scale"])).await;
    let body = slack("work", &["deploy"]);
    let refused = post(&app, "/webhooks/", "k1", &body).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    app.delete(&format!("/webhooks/{id}/")).await;
    let made = post(&app, "/webhooks/", "k1", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert!(!is_replayed(&made));
}

#[tokio::test]
async fn a_call_that_an_earlier_version_kept_is_answered_and_new_ones_look_like_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stored/rows");
    let golden: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("call.json")).unwrap()).unwrap();
    let app = App::start().await;
    let item = json!({"TableName": REGISTRY_TABLE, "Item": golden});
    app.dynamodb("PutItem", &item).await;
    let body = slack("work", &["deploy"]);
    let kept = post(&app, "/webhooks/", "golden", &body).await;
    assert!(is_replayed(&kept), "{} {:#?}", kept.text, rows(&app).await);
    assert_eq!(kept.body["id"], "wh_01JD0000000000000000000000");
    assert_eq!(kept.header("etag"), "\"1\"");

    let app = App::start().await;
    post(&app, "/webhooks/", "golden", &body).await;
    let row = rows(&app).await[0].clone();
    assert_eq!(shape(&row), shape(&golden), "{row:#}");
    assert_eq!(shape(&row["answer"]["M"]), shape(&golden["answer"]["M"]));
}

/// The names and types of a row's attributes.
fn shape(row: &Value) -> BTreeMap<String, String> {
    let attributes = row.as_object().unwrap().iter();
    let kind = |value: &Value| value.as_object().unwrap().keys().next().unwrap().clone();
    attributes
        .map(|(name, value)| (name.clone(), kind(value)))
        .collect()
}
