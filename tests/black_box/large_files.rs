//! Declarative setup of a thousand webhooks: all of them or none, and again after it broke off.

use carillon_tests::{Answer, App, discord_url};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::inside::Inside;

/// A file with so many webhooks, of which the first so many have a credential of their own each.
fn file(webhooks: usize, credentials: usize) -> Value {
    let entries = (0..webhooks).map(|n| {
        let entry = match n < credentials {
            true => json!({
                "provider": "discord", "webhook_url": discord_url(&format!("fake-{n}-for-tests-"))
            }),
            false => json!({
                "provider": "slack", "token": "xoxb-fake-token-for-tests-wxyz",
                "channel": format!("channel-{n}")
            }),
        };
        (format!("n{n}"), entry)
    });
    let entries: serde_json::Map<_, _> = entries.collect();
    json!({"notifications": entries})
}

async fn put(app: &App, query: &str, file: &Value) -> Answer {
    app.put(&format!("/notifications/{query}"), file).await
}

/// How often each result is there.
fn counted(answer: &Value, result: &str) -> usize {
    let results = answer["results"].as_array();
    let results = results.unwrap_or_else(|| panic!("{answer}")).iter();
    results.filter(|it| it["result"] == result).count()
}

async fn webhooks(app: &App) -> usize {
    let export = app.get("/notifications/").await;
    export.body["notifications"].as_object().unwrap().len()
}

#[tokio::test]
async fn a_thousand_webhooks_are_applied_with_one_call_and_pruned_with_another() {
    let app = App::start().await;
    // The first 199 share no credential; the others have one together.
    let all = file(1_000, 199);
    let made = put(&app, "", &all).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    assert_eq!(counted(&made.body, "created"), 1_000);
    assert_eq!(made.body["results"][999]["name"], "n999");
    assert_eq!(app.registry_rows("CREDENTIAL#").await.len(), 200);

    let again = put(&app, "", &all).await;
    assert_eq!(counted(&again.body, "unchanged"), 1_000);

    let few = file(400, 199);
    let pruned = put(&app, "?prune=true", &few).await;
    assert_eq!(pruned.status, StatusCode::OK, "{}", pruned.text);
    assert_eq!(counted(&pruned.body, "unchanged"), 400);
    assert_eq!(counted(&pruned.body, "removed"), 600);
    assert_eq!(webhooks(&app).await, 400);
}

#[tokio::test]
async fn a_file_replaces_all_webhooks_of_an_organization_that_has_as_many_as_it_can_have() {
    let app = App::with_quotas(100, 10).await;
    assert_eq!(put(&app, "", &file(100, 0)).await.status, StatusCode::OK);
    let mut others = json!({"notifications": {}});
    for (name, entry) in file(100, 100)["notifications"].as_object().unwrap() {
        others["notifications"][format!("other {name}")] = entry.clone();
    }
    let answer = put(&app, "", &others).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    let answer = put(&app, "?prune=true", &others).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(counted(&answer.body, "removed"), 100);
    assert_eq!(webhooks(&app).await, 100);
}

#[tokio::test]
async fn more_than_a_call_can_apply_is_refused_and_planned_all_the_same() {
    let app = App::start().await;
    let many = file(250, 201);
    let answer = put(&app, "", &many).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("202 new credentials"), "{detail}");
    assert!(detail.contains("one call takes 200"), "{detail}");
    assert_eq!(webhooks(&app).await, 0);

    let plan = put(&app, "?dry_run=true", &many).await;
    assert_eq!(counted(&plan.body, "created"), 250);
    let warned = plan.results().iter();
    let warned = warned.filter(|it| it.to_string().contains("one call takes 200"));
    assert_eq!(warned.count(), 2);

    let answer = put(&app, "?dry_run=true", &file(1_001, 0)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("1001 webhooks"), "{detail}");
}

#[tokio::test]
async fn one_bad_entry_of_a_thousand_changes_nothing() {
    let app = App::start().await;
    let mut all = file(1_000, 0);
    all["notifications"]["n998"]["channel"] = json!("No Channel");
    let answer = put(&app, "", &all).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.pointers(), ["/notifications/n998/channel"]);
    // A platform that refuses one of many is asked before anything is written.
    let mut all = file(60, 60);
    all["notifications"]["n59"] = json!({
        "provider": "slack", "token": "xoxb-fake-token-for-tests-dead", "channel": "infra"
    });
    app.sink().grant_scopes(&["channels:read"]);
    let answer = put(&app, "", &all).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
    assert_eq!(answer.pointers(), ["/notifications/n59/token"]);
    assert_eq!(webhooks(&app).await, 0);
}

#[tokio::test]
async fn a_file_of_a_megabyte_is_taken() {
    let app = App::start().await;
    let put = async |bytes: usize| {
        let file = format!("notifications: {{}}\n# {}", "x".repeat(bytes - 20));
        assert_eq!(file.len(), bytes);
        let request = app.request(Method::PUT, "/notifications/");
        let request = request.header("Content-Type", "application/yaml");
        app.send(request.body(file)).await.status
    };
    assert_eq!(put(1_024 * 1_024).await, StatusCode::OK);
    assert_eq!(put(1_024 * 1_024 + 1).await, StatusCode::PAYLOAD_TOO_LARGE);
    // Thousands of the smallest entries are found to be too many at once.
    let entries: String = (0..40_000).map(|n| format!("{n}: a\n ")).collect();
    let request = app.request(Method::PUT, "/notifications/");
    let request = request.header("Content-Type", "application/yaml");
    let answer = app
        .send(request.body(format!("notifications:\n {entries}")))
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn of_thousands_of_faults_the_first_thousand_are_listed() {
    let app = App::start().await;
    let entry: serde_json::Map<_, _> = (0..5_000).map(|n| (format!("x{n}"), json!(1))).collect();
    let answer = put(&app, "", &json!({"notifications": {"work": entry}})).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 1_000);
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("the first 1000"), "{detail}");
}

#[tokio::test]
async fn an_apply_that_broke_off_goes_on_with_the_same_call() {
    let inside = Inside::start().await;
    let claims = json!({"organization": "org_acme", "role": "admin"});
    let all = file(120, 0);
    inside.refuse_after(2, "DynamoDb TransactWriteItems");
    let path = "/notifications/?verify=false";
    let broken = inside.call(&claims, "PUT", path, &all).await;
    assert_eq!(broken.status, 500, "{}", broken.body);
    inside.refuse(None);
    let again = inside.call(&claims, "PUT", path, &all).await;
    assert_eq!(again.status, 200, "{}", again.body);
    let (kept, created) = (
        counted(&again.body, "unchanged"),
        counted(&again.body, "created"),
    );
    assert!((1..120).contains(&kept), "{kept}");
    assert_eq!(kept + created, 120);
    let again = inside.call(&claims, "PUT", path, &all).await;
    assert_eq!(counted(&again.body, "unchanged"), 120);
}
