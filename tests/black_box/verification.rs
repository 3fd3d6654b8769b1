//! What the platforms say of a credential, before it is kept.

use std::time::{Duration, Instant};

use carillon_chat::ChatOrigin;
use carillon_tests::{App, discord, slack, slack_url};
use reqwest::StatusCode;
use serde_json::{Value, json};
use wiremock::matchers::{any, header, method, path, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

pub const AUTH_TEST: &str = "/slack.com/api/auth.test";
const HOOK: &str = "^/hooks.slack.com/services/";
const DISCORD: &str = "^/discord.com/api/v10/webhooks/";

/// Carillon in front of platforms that answer as each test says.
pub async fn start() -> (App, MockServer) {
    let platforms = MockServer::start().await;
    let origin = ChatOrigin::parse(&platforms.uri()).unwrap();
    (App::start_with(Some(origin)).await, platforms)
}

pub fn auth_test(scopes: &str) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .insert_header("x-oauth-scopes", scopes)
        .set_body_json(json!({
            "ok": true, "team": "Acme", "team_id": "T1", "user": "carillon", "bot_id": "B1",
            "url": "https://acme.example/"
        }))
}

fn incoming() -> Value {
    json!({
        "name": "prod alerts", "type": "slack", "event_types": ["deploy"],
        "configuration": {"webhook_url": slack_url("fakefakefakefakefakefake")}
    })
}

pub async fn mount(platforms: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(path_regex(at))
        .respond_with(answer)
        .mount(platforms)
        .await;
}

/// A registration that is refused leaves no trace.
async fn refused(app: &App, webhook: &Value) -> Vec<(String, String)> {
    let answer = app.post("/webhooks/", webhook).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert_eq!(app.registry_rows("CREDENTIAL#").await, Vec::<Value>::new());
    assert_eq!(app.registry_rows("NAME#").await, Vec::<Value>::new());
    assert_eq!(app.get("/webhooks/").await.results(), [] as [Value; 0]);
    let text = |error: &Value, field: &str| error[field].as_str().unwrap().to_owned();
    let errors = answer.body["errors"].as_array().unwrap().iter();
    errors
        .map(|error| (text(error, "pointer"), text(error, "detail")))
        .collect()
}

#[tokio::test]
async fn a_dead_token_is_a_fault_that_says_what_to_do() {
    for (code, advice) in [
        ("token_revoked", "reinstall the Slack app"),
        ("invalid_auth", "Bot User OAuth Token"),
        ("account_inactive", "install the app again"),
    ] {
        let (app, platforms) = start().await;
        let answer = ResponseTemplate::new(200).set_body_json(json!({"ok": false, "error": code}));
        mount(&platforms, AUTH_TEST, answer).await;
        let faults = refused(&app, &slack("prod alerts", &["deploy"])).await;
        assert_eq!(faults[0].0, "/configuration/token");
        assert!(
            faults[0].1.contains(advice) && faults[0].1.contains(code),
            "{faults:?}"
        );
    }
}

#[tokio::test]
async fn a_token_that_may_not_post_is_refused() {
    let (app, platforms) = start().await;
    mount(&platforms, AUTH_TEST, auth_test("channels:read")).await;
    let faults = refused(&app, &slack("prod alerts", &["deploy"])).await;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].0, "/configuration/token");
    assert!(faults[0].1.contains("chat:write"), "{faults:?}");
}

#[tokio::test]
async fn a_name_that_slack_ignores_without_its_scope_is_noted_at_registration() {
    let (app, platforms) = start().await;
    let scopes = auth_test("chat:write,chat:write.public");
    mount(&platforms, AUTH_TEST, scopes).await;
    let mut webhook = slack("prod alerts", &["deploy"]);
    webhook["configuration"]["username"] = json!("Carillon");
    let answer = app.post("/webhooks/", &webhook).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let verification = &answer.body["verification"];
    assert_eq!(verification["status"], "verified");
    let noted = verification["warnings"].to_string();
    assert!(noted.contains("chat:write.customize"), "{verification}");
}

#[tokio::test]
async fn a_token_that_can_post_is_verified_and_its_facts_are_told() {
    let (app, platforms) = start().await;
    let answer = auth_test("chat:write,chat:write.public");
    Mock::given(path(AUTH_TEST))
        .and(method("POST"))
        .and(header(
            "authorization",
            "Bearer xoxb-fake-token-for-tests-wxyz",
        ))
        .respond_with(answer)
        .expect(1)
        .mount(&platforms)
        .await;
    let answer = app
        .post("/webhooks/", &slack("prod alerts", &["deploy"]))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.body["verification"]["status"], "verified");
    assert_eq!(answer.body["verification"]["facts"]["team"], "Acme");
    assert!(!answer.text.contains("for-tests-wxyz"), "{}", answer.text);
    // Nothing was posted by that.
    assert_eq!(platforms.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_archived_channel_is_found_where_the_token_may_look() {
    let (app, platforms) = start().await;
    mount(
        &platforms,
        AUTH_TEST,
        auth_test("chat:write,chat:write.public,channels:read"),
    )
    .await;
    let info = |request: &Request| {
        let archived = request
            .url
            .query()
            .unwrap_or_default()
            .contains("C0ARCHIVED");
        ResponseTemplate::new(200).set_body_json(json!({
            "ok": true, "channel": {"id": "C0", "is_archived": archived, "is_member": true}
        }))
    };
    Mock::given(path("/slack.com/api/conversations.info"))
        .respond_with(info)
        .mount(&platforms)
        .await;
    let mut webhook = slack("prod alerts", &["deploy"]);
    webhook["configuration"] = json!({
        "token": "xoxb-fake-token-for-tests-wxyz", "channels": ["C0123ABCD", "C0ARCHIVED1"]
    });
    let faults = refused(&app, &webhook).await;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].0, "/configuration/channels/1");
    assert!(faults[0].1.contains("archived"), "{faults:?}");
}

#[tokio::test]
async fn an_incoming_webhook_is_asked_without_a_message() {
    let (app, platforms) = start().await;
    mount(
        &platforms,
        HOOK,
        ResponseTemplate::new(400).set_body_string("invalid_payload"),
    )
    .await;
    let answer = app.post("/webhooks/", &incoming()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.body["verification"]["status"], "verified");
    for request in platforms.received_requests().await.unwrap() {
        let parsed = serde_json::from_slice::<Value>(&request.body);
        assert!(parsed.is_err(), "this could have been posted");
    }
}

#[tokio::test]
async fn a_dead_incoming_webhook_is_refused() {
    for (status, code) in [
        (404, "no_service"),
        (403, "invalid_token"),
        (404, "no_active_hooks"),
    ] {
        let (app, platforms) = start().await;
        mount(
            &platforms,
            HOOK,
            ResponseTemplate::new(status).set_body_string(code),
        )
        .await;
        let faults = refused(&app, &incoming()).await;
        assert_eq!(faults[0].0, "/configuration/webhook_url", "{code}");
        assert!(faults[0].1.contains("create a new one"), "{faults:?}");
    }
}

#[tokio::test]
async fn only_discords_webhooks_that_can_post_are_taken() {
    for (kind, taken) in [(1, true), (2, false), (3, false), (9, false)] {
        let (app, platforms) = start().await;
        let shown =
            json!({"type": kind, "id": "1", "name": "bell", "guild_id": "2", "channel_id": "3"});
        mount(
            &platforms,
            DISCORD,
            ResponseTemplate::new(200).set_body_json(shown),
        )
        .await;
        let webhook = discord("prod alerts", &["deploy"]);
        match taken {
            true => {
                let answer = app.post("/webhooks/", &webhook).await;
                assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
                assert_eq!(answer.body["verification"]["facts"]["channel_id"], "3");
                let asked = platforms.received_requests().await.unwrap();
                assert!(asked.iter().all(|request| request.method.as_str() == "GET"));
            }
            false => {
                let faults = refused(&app, &webhook).await;
                assert_eq!(faults[0].0, "/configuration/webhook_url", "{kind}");
            }
        }
    }
}

#[tokio::test]
async fn a_webhook_that_discord_does_not_know_is_refused() {
    for (status, code) in [(404, 10_015), (401, 50_027)] {
        let (app, platforms) = start().await;
        let body = json!({"message": "x", "code": code});
        mount(
            &platforms,
            DISCORD,
            ResponseTemplate::new(status).set_body_json(body),
        )
        .await;
        let faults = refused(&app, &discord("prod alerts", &["deploy"])).await;
        assert_eq!(faults[0].0, "/configuration/webhook_url");
        assert!(faults[0].1.contains(&code.to_string()), "{faults:?}");
    }
}

#[tokio::test]
async fn a_platform_that_is_in_trouble_leaves_the_webhook_registered_as_unverified() {
    let (app, platforms) = start().await;
    let answers = [
        ResponseTemplate::new(500),
        ResponseTemplate::new(503).set_body_string("<html>"),
        ResponseTemplate::new(429).insert_header("retry-after", "30"),
        ResponseTemplate::new(200).set_body_string("<html>Sign in to the Wi-Fi</html>"),
        ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/"),
    ];
    for (n, answer) in answers.into_iter().enumerate() {
        platforms.reset().await;
        Mock::given(any())
            .respond_with(answer)
            .mount(&platforms)
            .await;
        for webhook in [slack("s", &["*"]), discord("d", &["*"]), incoming()] {
            let name = format!("{} {n}", webhook["name"].as_str().unwrap());
            let mut webhook = webhook;
            webhook["name"] = json!(name);
            let answer = app.post("/webhooks/", &webhook).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{n}: {}", answer.body);
            let verification = &answer.body["verification"];
            assert_eq!(verification["status"], "unverified", "{n}: {verification}");
            assert!(
                verification["hint"]
                    .as_str()
                    .unwrap()
                    .contains("could not be verified")
            );
        }
    }
}

#[tokio::test]
async fn a_platform_that_is_not_there_leaves_the_webhook_registered_as_unverified() {
    let nowhere = ChatOrigin::parse("http://127.0.0.1:1").unwrap();
    let app = App::start_with(Some(nowhere)).await;
    let answer = app
        .post("/webhooks/", &discord("prod alerts", &["deploy"]))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.body["verification"]["status"], "unverified");
}

#[tokio::test]
async fn a_platform_that_hangs_holds_a_registration_up_for_a_few_seconds_only() {
    let (app, platforms) = start().await;
    let never = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(any())
        .respond_with(never)
        .mount(&platforms)
        .await;
    let begun = Instant::now();
    let (one, other) = (
        slack("prod alerts", &["deploy"]),
        discord("discord", &["*"]),
    );
    let (one, other) = tokio::join!(app.post("/webhooks/", &one), app.post("/webhooks/", &other));
    for answer in [one, other] {
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        assert_eq!(answer.body["verification"]["status"], "unverified");
    }
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn whoever_does_not_want_it_gets_no_verification() {
    let (app, platforms) = start().await;
    let answer = app
        .post(
            "/webhooks/?verify=false",
            &slack("prod alerts", &["deploy"]),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.body["verification"]["status"], "skipped");
    let at = format!("/webhooks/{}/", answer.body["id"].as_str().unwrap());
    let new = json!({"configuration": {"token": "xoxb-fake-new-token-for-tests-abcd"}});
    let changed = app.patch(&format!("{at}?verify=false"), &new).await;
    assert_eq!(changed.body["verification"]["status"], "skipped");
    let rotated = app
        .post(
            &format!("{at}rotate/?verify=false"),
            &json!({"token": "xoxb-fake-token-three-efgh"}),
        )
        .await;
    assert_eq!(rotated.body["verification"]["status"], "skipped");
    assert_eq!(platforms.received_requests().await.unwrap().len(), 0);
    let nonsense = app
        .post("/webhooks/?verify=perhaps", &slack("x", &["deploy"]))
        .await;
    assert_eq!(nonsense.pointers(), ["/query/verify"]);
}

#[tokio::test]
async fn nobody_is_asked_about_a_registration_that_has_faults_or_whose_name_is_taken() {
    let (app, platforms) = start().await;
    let mut faulty = slack("x", &["depoly"]);
    faulty["colour"] = json!("red");
    assert_eq!(
        app.post("/webhooks/", &faulty).await.status,
        StatusCode::BAD_REQUEST
    );
    app.post("/webhooks/?verify=false", &slack("taken", &["deploy"]))
        .await;
    let taken = app.post("/webhooks/", &slack("taken", &["deploy"])).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert_eq!(platforms.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_change_is_verified_only_where_it_brings_a_credential_and_a_refusal_changes_nothing() {
    let (app, platforms) = start().await;
    let answer = app
        .post(
            "/webhooks/?verify=false",
            &slack("prod alerts", &["deploy"]),
        )
        .await;
    let at = format!("/webhooks/{}/", answer.body["id"].as_str().unwrap());
    let answer = app.patch(&at, &json!({"event_types": ["*"]})).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body.get("verification"), None);
    assert_eq!(platforms.received_requests().await.unwrap().len(), 0);

    let dead = json!({"ok": false, "error": "token_revoked"});
    mount(
        &platforms,
        AUTH_TEST,
        ResponseTemplate::new(200).set_body_json(dead),
    )
    .await;
    let before = app.get(&at).await;
    let credentials = app.registry_rows("CREDENTIAL#").await;
    let token = "xoxb-fake-new-token-for-tests-abcd";
    let patched = app
        .patch(
            &at,
            &json!({"name": "y", "configuration": {"token": token}}),
        )
        .await;
    assert_eq!(
        patched.pointers(),
        ["/configuration/token"],
        "{}",
        patched.body
    );
    let mut whole = before.body.clone();
    whole["configuration"]["token"] = json!(token);
    let replaced = app.put(&at, &whole).await;
    assert_eq!(
        replaced.pointers(),
        ["/configuration/token"],
        "{}",
        replaced.body
    );
    let rotated = app
        .post(&format!("{at}rotate/"), &json!({"token": token}))
        .await;
    assert_eq!(rotated.status, StatusCode::BAD_REQUEST, "{}", rotated.body);
    assert_eq!(rotated.pointers(), ["/token"], "{}", rotated.body);
    let after = app.get(&at).await;
    assert_eq!(
        (&after.body, after.header("etag")),
        (&before.body, before.header("etag"))
    );
    assert_eq!(app.registry_rows("CREDENTIAL#").await, credentials);
}
