//! The `notifications:` block of a configuration file: applied, planned, exported.

use carillon_tests::{Answer, App, discord, discord_url, slack, slack_url};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// The file that the documentation of a deployment tool shows, placeholders included.
fn documented() -> String {
    let placeholder = [
        "https://discord.com/api/webhooks",
        &"X".repeat(18),
        &"x".repeat(20),
    ]
    .join("/");
    format!(
        r##"# The settings of a deployment tool; most of them are none of Carillon's business.
version: 1
providers:
  aws: {{regions: [eu-west-1], profile: ~}}
notifications:
  work:
    enabled: true
    provider: slack
    webhook_url: {}
    channels: ["#infra-alerts"]
  gaming:
    enabled: true
    provider: discord
    webhook_url: {placeholder}
    channels: ["deploy-logs"]
"##,
        slack_url(&"X".repeat(24)),
    )
}

async fn put(app: &App, query: &str, yaml: &str) -> Answer {
    let path = format!("/notifications/{query}");
    let request = app.request(Method::PUT, &path);
    let request = request.header("Content-Type", "application/yaml");
    app.send(request.body(yaml.to_owned())).await
}

/// Applies a file that must be taken; gives what became of each name.
async fn apply(app: &App, query: &str, yaml: &str) -> Vec<(String, String)> {
    let answer = put(app, query, yaml).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    results(&answer.body)
}

fn results(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| (text(&result["name"]), text(&result["result"])))
        .collect()
}

fn expected(results: &[(&str, &str)]) -> Vec<(String, String)> {
    results
        .iter()
        .map(|(name, result)| ((*name).to_owned(), (*result).to_owned()))
        .collect()
}

async fn webhooks(app: &App) -> Vec<Value> {
    let list = app.get("/webhooks/").await;
    list.body["results"].as_array().unwrap().clone()
}

fn pointers(answer: &Answer) -> Vec<&str> {
    answer.body["errors"]
        .as_array()
        .unwrap_or_else(|| panic!("{}", answer.body))
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_documented_file_works_as_it_is_and_again() {
    let app = App::start().await;
    let created = expected(&[("work", "created"), ("gaming", "created")]);
    let answer = put(&app, "", &documented()).await;
    assert_eq!(results(&answer.body), created, "{}", answer.body);
    let listed = webhooks(&app).await;
    assert_eq!(answer.body["results"][1]["id"], listed[1]["id"]);
    assert_eq!(
        listed[0]["event_types"],
        json!(["deploy", "destroy", "error"])
    );
    assert_eq!(
        listed[0]["configuration"]["channels"],
        json!(["#infra-alerts"])
    );

    let again = put(&app, "", &documented()).await;
    let unchanged = expected(&[("work", "unchanged"), ("gaming", "unchanged")]);
    assert_eq!(results(&again.body), unchanged);
    assert_eq!(again.body["results"][0]["changed"], json!([]));
    assert_eq!(webhooks(&app).await, listed);

    app.publish(&json!({"type": "deploy", "status": "succeeded"}))
        .await;
    assert_eq!(app.messages(2).await.len(), 2);
}

#[tokio::test]
async fn a_plan_says_what_would_be_done_and_does_nothing() {
    let app = App::start().await;
    let answer = put(&app, "?dry_run=true&prune=true", &documented()).await;
    let created = expected(&[("work", "created"), ("gaming", "created")]);
    assert_eq!(results(&answer.body), created);
    assert_eq!(answer.body["results"][0]["id"], Value::Null);
    assert_eq!(webhooks(&app).await, [] as [Value; 0]);

    let id = app.register(&slack("old", &["*"])).await;
    let answer = put(&app, "?dry_run=true&prune=true", &documented()).await;
    assert_eq!(
        answer.body["results"][2],
        json!({
            "name": "old", "result": "removed", "changed": [], "id": id
        })
    );
    assert_eq!(webhooks(&app).await.len(), 1);
}

#[tokio::test]
async fn what_is_changed_is_named_and_what_is_not_named_stays() {
    let app = App::start().await;
    app.register(&discord("by hand", &["*"])).await;
    apply(&app, "", &documented()).await;
    let changed = documented().replace(
        "enabled: true\n    provider: slack",
        "enabled: false\n    events: [scale]\n    provider: slack",
    );
    let answer = put(&app, "", &changed).await;
    let updated = expected(&[("work", "updated"), ("gaming", "unchanged")]);
    assert_eq!(results(&answer.body), updated);
    assert_eq!(
        answer.body["results"][0]["changed"],
        json!(["enabled", "events"])
    );
    let listed = webhooks(&app).await;
    assert_eq!(listed.len(), 3);
    assert_eq!(
        (&listed[1]["status"], &listed[1]["event_types"]),
        (&json!("disabled"), &json!(["scale"]))
    );
}

#[tokio::test]
async fn only_pruning_removes_and_it_removes_secrets_too() {
    let app = App::start().await;
    app.register(&discord("by hand", &["*"])).await;
    let pruned = apply(&app, "?prune=true", &documented()).await;
    let removed = [
        ("work", "created"),
        ("gaming", "created"),
        ("by hand", "removed"),
    ];
    assert_eq!(pruned, expected(&removed));
    let empty = apply(&app, "?prune=true", "notifications: {}").await;
    assert_eq!(
        empty,
        expected(&[("work", "removed"), ("gaming", "removed")])
    );
    assert_eq!(webhooks(&app).await, [] as [Value; 0]);
}

#[tokio::test]
async fn one_bad_entry_changes_nothing_at_all() {
    let app = App::start().await;
    app.register(&slack("old", &["*"])).await;
    let before = webhooks(&app).await;
    let file = documented().replace("provider: discord", "provider: pigeon") + "    colour: red\n";
    let answer = put(&app, "?prune=true", &file).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        pointers(&answer),
        [
            "/notifications/gaming/provider",
            "/notifications/gaming/colour"
        ]
    );
    let detail = answer.body["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("line 13, column 5: "), "{detail}");
    assert_eq!(webhooks(&app).await, before);
}

#[tokio::test]
async fn a_credential_that_the_platform_refuses_changes_nothing_either() {
    let app = App::start().await;
    app.sink().grant_scopes(&["channels:read"]);
    let bot = "  bot: {provider: slack, token: xoxb-fake-token-for-tests-wxyz, channel: infra}\n";
    let file = documented() + bot;
    let answer = put(&app, "", &file).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(pointers(&answer), ["/notifications/bot/token"]);
    let detail = answer.body["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("add the scope chat:write"), "{detail}");
    assert_eq!(webhooks(&app).await, [] as [Value; 0]);
    let unverified = apply(&app, "?verify=false", &file).await;
    assert_eq!(unverified.len(), 3);
}

#[tokio::test]
async fn an_export_can_be_applied_again_as_yaml_and_as_json() {
    let app = App::start().await;
    app.register(&slack("prod: \"alerts\"", &["deploy", "*_deleted"]))
        .await;
    apply(&app, "", &documented()).await;
    let before = webhooks(&app).await;

    let json = app.get("/notifications/").await;
    assert_eq!(json.status, StatusCode::OK);
    assert_eq!(
        json.body["notifications"]["work"]["webhook_url"],
        "https://hooks.slack.com/services/T…/B…/…XXXX"
    );
    assert!(!json.body.to_string().contains("XXXXXX"), "{}", json.body);
    let request = app
        .request(Method::PUT, "/notifications/?prune=true")
        .json(&json.body);
    let kept = app.send(request).await;
    assert_eq!(
        kept.body["results"].as_array().map(Vec::len),
        Some(3),
        "{}",
        kept.body
    );
    assert!(
        results(&kept.body)
            .iter()
            .all(|(_, result)| result == "unchanged"),
        "{}",
        kept.body
    );

    let request = app
        .request(Method::GET, "/notifications")
        .header("Accept", "application/yaml");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/yaml");
    let yaml = answer.text().await.unwrap();
    let kept = apply(&app, "?prune=true", &yaml).await;
    assert!(
        kept.iter().all(|(_, result)| result == "unchanged"),
        "{kept:?}\n{yaml}"
    );
    assert_eq!(webhooks(&app).await, before);
}

#[tokio::test]
async fn what_is_no_yaml_is_told_with_its_place_and_what_is_nothing_is_refused() {
    let app = App::start().await;
    for (body, what) in [
        ("notifications:\n  a: [1\n  b: 2\n", "line 3, column 4"),
        (
            "notifications:\n  a: {}\n  a: {}\n",
            "line 3, column 3: the key is there twice",
        ),
        ("", "must be an object"),
        ("other: 1", "`notifications` is required"),
    ] {
        let answer = put(&app, "", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        let text = answer.body["errors"].to_string();
        assert!(text.contains(what), "{body}: {text}");
    }
    let request = app
        .request(Method::PUT, "/notifications/")
        .header("Content-Type", "text/csv");
    let answer = app.send(request.body("a,b")).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = format!("notifications: {{}}\n# {}", "x".repeat(1_024 * 1_024));
    assert_eq!(
        put(&app, "", &large).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let answer = put(&app, "?dryrun=true", "notifications: {}").await;
    assert_eq!(pointers(&answer), ["/query/dryrun"]);
}

#[tokio::test]
async fn two_who_apply_the_same_file_at_once_make_each_webhook_once() {
    let app = App::start().await;
    let entries: String = (0..6)
        .map(|n| {
            let url = discord_url(&format!("fake-token-{n}-for-tests-"));
            format!("  n{n}: {{provider: discord, webhook_url: {url}}}\n")
        })
        .collect();
    let file = format!("notifications:\n{entries}");
    let (one, other) = tokio::join!(put(&app, "", &file), put(&app, "", &file));
    for answer in [&one, &other] {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.body["results"].as_array().map(Vec::len), Some(6));
    }
    let made = |answer: &Answer| {
        let results = results(&answer.body);
        results
            .iter()
            .filter(|(_, result)| result == "created")
            .count()
    };
    assert_eq!(made(&one) + made(&other), 6);
    assert_eq!(webhooks(&app).await.len(), 6);
}
