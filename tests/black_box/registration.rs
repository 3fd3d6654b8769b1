//! Registering, reading and removing webhooks.

use carillon_tests::{App, KEY, ORGANIZATION, discord, discord_url, slack, slack_url};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn pointers(problem: &Value) -> Vec<&str> {
    problem["errors"]
        .as_array()
        .map(|errors| {
            errors
                .iter()
                .filter_map(|error| error["pointer"].as_str())
                .collect()
        })
        .unwrap_or_default()
}

#[tokio::test]
async fn the_payload_of_a_parameter_store_is_taken_as_it_is() {
    let app = App::start().await;
    let answer = app
        .post(
            "/webhooks/",
            &json!({
                "name": "MyNewWebhook", "event_types": ["parameter_created"], "type": "slack",
                "configuration": {
                    "token": "xoxb-fake-token-for-tests-wxyz", "channel": "infra",
                    "username": "CloudTruth"
                },
                "organization": ORGANIZATION
            }),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let id = answer.body["id"].as_str().unwrap();
    assert_eq!(
        answer.headers["location"],
        format!("/api/v1/webhooks/{id}/")
    );
    assert_eq!(answer.headers["etag"], "\"1\"");
    assert_eq!(answer.body["configuration"]["token"], "xoxb-…wxyz");
    assert_eq!(answer.body["configuration"]["username"], "CloudTruth");
    assert_eq!(answer.body["status"], "active");
}

#[tokio::test]
async fn the_payload_of_a_deployment_tool_is_taken_as_it_is() {
    let app = App::start().await;
    let answer = app
        .post(
            "/webhooks/",
            &json!({
                "name": "gaming", "type": "discord",
                "event_types": ["deploy", "destroy", "error"],
                "configuration": {
                    "webhook_url": discord_url("fake-token-for-tests-"),
                    "channels": ["deploy-logs"]
                }
            }),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let shown = answer.body["configuration"]["webhook_url"]
        .as_str()
        .unwrap();
    assert!(
        shown.starts_with("https://discord.com/api/webhooks/…/…"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_registered_webhook_can_be_listed_read_and_removed() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let read = app.get(&format!("/webhooks/{id}/")).await;
    assert_eq!(read.status, StatusCode::OK);
    assert_eq!(read.body["name"], "prod alerts");
    assert_eq!(read.headers["etag"], "\"1\"");
    let list = app.get("/webhooks").await;
    assert_eq!(list.body["results"], json!([read.body]));
    assert_eq!(list.body["next"], Value::Null);

    let removed = app.delete(&format!("/webhooks/{id}")).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(
        app.get(&format!("/webhooks/{id}/")).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        app.delete(&format!("/webhooks/{id}/")).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(app.get("/webhooks/").await.body["results"], json!([]));
}

#[tokio::test]
async fn a_removal_that_means_another_version_is_refused() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let path = format!("/webhooks/{id}/");
    let delete = |version: &str| {
        app.request(Method::DELETE, &path)
            .header("If-Match", version)
    };
    let refused = app.send(delete("\"99\"")).await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(app.get(&path).await.status, StatusCode::OK);
    assert_eq!(
        app.send(delete("\"98\", \"1\"")).await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_name_belongs_to_one_webhook_and_the_other_is_told_which() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let answer = app
        .post("/webhooks/", &discord("prod alerts", &["deploy"]))
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.body["existing_id"], id);

    app.delete(&format!("/webhooks/{id}/")).await;
    app.register(&discord("prod alerts", &["deploy"])).await;
}

#[tokio::test]
async fn of_many_who_want_a_name_at_once_one_gets_it() {
    let app = App::start().await;
    let webhook = slack("prod alerts", &["deploy"]);
    let answers = tokio::join!(
        app.post("/webhooks/", &webhook),
        app.post("/webhooks/", &webhook),
        app.post("/webhooks/", &webhook),
        app.post("/webhooks/", &webhook),
    );
    let mut statuses = [
        answers.0.status,
        answers.1.status,
        answers.2.status,
        answers.3.status,
    ];
    statuses.sort();
    assert_eq!(
        statuses,
        [
            StatusCode::CREATED,
            StatusCode::CONFLICT,
            StatusCode::CONFLICT,
            StatusCode::CONFLICT
        ]
    );
    assert_eq!(
        app.get("/webhooks/").await.body["results"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn every_fault_of_a_registration_is_answered_at_once_with_a_pointer() {
    let app = App::start().await;
    let answer = app
        .post(
            "/webhooks/",
            &json!({
                "name": "", "type": "slack", "event_types": ["depoly"], "colour": "red",
                "filters": {"enviroment": ["x"]},
                "configuration": {"token": "xoxp-not-a-bot", "channel": "infra", "nmae": 1}
            }),
        )
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let found = pointers(&answer.body);
    for pointer in [
        "/name",
        "/event_types/0",
        "/colour",
        "/filters/enviroment",
        "/configuration/token",
        "/configuration/nmae",
    ] {
        assert!(found.contains(&pointer), "{pointer} in {}", answer.body);
    }
    assert!(answer.body.to_string().contains("did you mean `deploy`?"));
    let request_id = answer.headers["x-request-id"].to_str().unwrap();
    assert_eq!(answer.body["request_id"], request_id);
}

#[tokio::test]
async fn destinations_outside_the_platforms_are_refused() {
    let app = App::start().await;
    for (kind, url) in [
        (
            "slack",
            "https://hooks.slack.com.example.org/services/T0/B0/secret".to_owned(),
        ),
        (
            "slack",
            "http://169.254.169.254/latest/meta-data/".to_owned(),
        ),
        ("slack", slack_url("x").replace("/services/", "/workflows/")),
        (
            "discord",
            discord_url("fake-").replace("discord.com", "discord.com.example.org"),
        ),
        (
            "discord",
            discord_url("fake-").replace("https://", "https://discord.com@example.org/"),
        ),
        ("discord", "https://discord.com/api/webhooks/".to_owned()),
    ] {
        let answer = app
            .post(
                "/webhooks/",
                &json!({
                    "name": "x", "type": kind, "event_types": ["*"],
                    "configuration": {"webhook_url": url}
                }),
            )
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{url}");
        assert_eq!(
            pointers(&answer.body),
            ["/configuration/webhook_url"],
            "{url}"
        );
    }
}

#[tokio::test]
async fn another_organization_in_the_body_is_forbidden() {
    let app = App::start().await;
    let mut webhook = slack("x", &["*"]);
    webhook["organization"] = json!("org_other");
    let answer = app.post("/webhooks/", &webhook).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(pointers(&answer.body), ["/organization"]);
}

#[tokio::test]
async fn without_a_key_only_health_and_the_document_answer() {
    let app = App::start().await;
    for path in ["/health", "/health/", "/openapi.json"] {
        let answer = app.send(app.keyless(Method::GET, path)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    for (method, path) in [
        (Method::GET, "/webhooks/"),
        (Method::POST, "/webhooks/"),
        (Method::DELETE, "/webhooks/wh_01JD0000000000000000000000/"),
        (Method::POST, "/events/"),
        (Method::GET, "/no-such-path/"),
        (Method::GET, "/health/more/"),
    ] {
        let keyless = app.send(app.keyless(method.clone(), path)).await;
        assert_eq!(keyless.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        let wrong = app
            .send(app.keyless(method.clone(), path).bearer_auth("wrong"))
            .await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}

#[tokio::test]
async fn both_ways_to_send_a_key_are_taken() {
    let app = App::start().await;
    for value in [format!("Api-Key {KEY}"), format!("Bearer {KEY}")] {
        let request = app
            .keyless(Method::GET, "/webhooks/")
            .header("Authorization", value);
        assert_eq!(app.send(request).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn what_is_no_json_gets_a_problem_that_says_so() {
    let app = App::start().await;
    let post = || app.request(Method::POST, "/webhooks/");
    let cases = [
        (
            post()
                .header("content-type", "application/json")
                .body("{\"a\": "),
            400,
        ),
        (
            post().header("content-type", "application/json").body("[]"),
            400,
        ),
        (
            post()
                .header("content-type", "application/json")
                .body("\u{0}"),
            400,
        ),
        (post().header("content-type", "text/html").body("{}"), 415),
        (
            post()
                .header("content-type", "application/json")
                .body("[".repeat(100_000)),
            400,
        ),
        (
            post()
                .header("content-type", "application/json")
                .body(" ".repeat(300 * 1_024)),
            413,
        ),
        (app.request(Method::PUT, "/webhooks/"), 405),
        (app.request(Method::GET, "/no-such-path/"), 404),
        (app.request(Method::GET, "/webhooks/nonsense/"), 404),
        (app.request(Method::GET, "/webhooks/%ff/"), 404),
        (app.request(Method::GET, "/events/%ff/"), 404),
    ];
    for (n, (request, status)) in cases.into_iter().enumerate() {
        let answer = app.send(request).await;
        assert_eq!(answer.status, status, "case {n}: {}", answer.body);
        assert_eq!(
            answer.headers["content-type"], "application/problem+json",
            "case {n}"
        );
        assert_eq!(answer.body["status"], status, "case {n}");
    }
}

#[tokio::test]
async fn the_document_describes_every_route_that_answers() {
    let app = App::start().await;
    let document = app.get("/openapi.json").await.body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, method) in [
        ("/api/v1/health", "get"),
        ("/api/v1/webhooks/", "get"),
        ("/api/v1/webhooks/", "post"),
        ("/api/v1/webhooks/{id}/", "get"),
        ("/api/v1/webhooks/{id}/", "delete"),
        ("/api/v1/events/", "post"),
    ] {
        assert!(
            document["paths"][path][method].is_object(),
            "{method} {path}"
        );
    }
}
