//! Rotating credentials.

use carillon_chat::ChatOrigin;
use carillon_tests::{Answer, App, discord_url, slack, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const OLD: &str = "xoxb-fake-token-for-tests-wxyz";
const NEW: &str = "xoxb-fake-new-token-for-tests-abcd";
const POST_MESSAGE: &str = "/slack.com/api/chat.postMessage";

/// Carillon in front of a Slack that knows these tokens.
struct Rotated {
    app: App,
    slack: MockServer,
}

impl Rotated {
    async fn start() -> Self {
        let slack = MockServer::start().await;
        let origin = ChatOrigin::parse(&slack.uri()).unwrap();
        let app = App::start_with(Some(origin)).await;
        let good = ResponseTemplate::new(200)
            .insert_header("x-oauth-scopes", "chat:write,chat:write.public")
            .set_body_json(json!({"ok": true, "team": "Acme", "user": "bell", "bot_id": "B1"}));
        Mock::given(path("/slack.com/api/auth.test"))
            .respond_with(good)
            .mount(&slack)
            .await;
        let started = Self { app, slack };
        started.works(OLD).await;
        started
    }

    /// From now on, this token can post.
    async fn works(&self, token: &str) {
        let taken = json!({"ok": true, "ts": "1.1", "channel": "C1"});
        self.posting_answers(token, taken, 1).await;
    }

    /// Posting with this token is refused, although `auth.test` knows it.
    async fn is_dead(&self, token: &str) {
        let dead = json!({"ok": false, "error": "token_revoked"});
        self.posting_answers(token, dead, 5).await;
    }

    async fn posting_answers(&self, token: &str, answer: Value, priority: u8) {
        Mock::given(path(POST_MESSAGE))
            .and(header("authorization", format!("Bearer {token}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .with_priority(priority)
            .mount(&self.slack)
            .await;
    }

    async fn test(&self, id: &str) -> Value {
        let at = format!("/webhooks/{id}/test/");
        self.app
            .send(self.app.request(Method::POST, &at))
            .await
            .body
    }

    async fn rotate(&self, id: &str, body: &Value) -> Answer {
        self.app
            .post(&format!("/webhooks/{id}/rotate/"), body)
            .await
    }

    async fn shown(&self, id: &str) -> Value {
        let read = self.app.get(&format!("/webhooks/{id}/")).await;
        read.body["configuration"]["token"].clone()
    }

    /// The tokens that messages were posted with, in order.
    async fn used(&self) -> Vec<String> {
        let requests = self.slack.received_requests().await.unwrap();
        requests
            .iter()
            .filter(|request| request.url.path() == POST_MESSAGE)
            .map(|request| request.headers["authorization"].to_str().unwrap())
            .map(|value| value["Bearer ".len()..].to_owned())
            .collect()
    }

    async fn credentials(&self) -> usize {
        self.app.registry_rows("CREDENTIAL#").await.len()
    }
}

#[tokio::test]
async fn a_new_credential_is_used_at_once_and_the_old_one_goes_when_it_has_delivered() {
    let rotated = Rotated::start().await;
    rotated.works(NEW).await;
    let id = rotated
        .app
        .register(&slack("prod alerts", &["deploy"]))
        .await;
    let answer = rotated.rotate(&id, &json!({"token": NEW})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.body["verification"]["status"], "verified");
    assert_eq!(answer.body["rotated"], json!([id]));
    assert_eq!(answer.header("etag"), "\"2\"");
    assert_eq!(rotated.shown(&id).await, "xoxb-…abcd");
    assert_eq!(
        rotated.credentials().await,
        2,
        "the old one is the fallback"
    );

    assert_eq!(rotated.test(&id).await["outcome"], "delivered");
    assert_eq!(rotated.used().await, [NEW]);
    assert_eq!(rotated.credentials().await, 1);
    let read = rotated.app.get(&format!("/webhooks/{id}/")).await;
    assert_eq!(read.header("etag"), "\"2\"", "nobody sees a difference");
}

#[tokio::test]
async fn the_old_credential_delivers_while_the_new_one_does_not() {
    let rotated = Rotated::start().await;
    rotated.is_dead(NEW).await;
    let id = rotated
        .app
        .register(&slack("prod alerts", &["deploy"]))
        .await;
    rotated.rotate(&id, &json!({"token": NEW})).await;
    assert_eq!(rotated.test(&id).await["outcome"], "delivered");
    assert_eq!(rotated.used().await.last().unwrap(), OLD);
    assert_eq!(
        rotated.credentials().await,
        2,
        "the new one has proved nothing"
    );

    rotated.works(NEW).await;
    assert_eq!(rotated.test(&id).await["outcome"], "delivered");
    assert_eq!(rotated.used().await.last().unwrap(), NEW);
    assert_eq!(rotated.credentials().await, 1);
}

#[tokio::test]
async fn a_delivery_ends_a_rotation_and_the_janitor_removes_the_old_secret() {
    let rotated = Rotated::start().await;
    rotated.works(NEW).await;
    let app = &rotated.app;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    rotated.rotate(&id, &json!({"token": NEW})).await;
    app.publish(&json!({"type": "deploy"})).await;
    app.delivery(&id, "delivered").await;
    until("the end of the rotation", async || {
        rotated.credentials().await == 1 && app.registry_rows("CONDEMNED#").await.len() == 1
    })
    .await;
    app.delete(&format!("/webhooks/{id}/")).await;
    assert_eq!(rotated.credentials().await, 0);
    assert_eq!(app.registry_rows("CONDEMNED#").await.len(), 2);
    // It forgets a credential when its secret is surely gone.
    app.clean_up().await;
    assert_eq!(app.registry_rows("CONDEMNED#").await.len(), 0);
}

#[tokio::test]
async fn the_old_credential_delivers_while_the_new_bot_is_not_in_the_channel() {
    let rotated = Rotated::start().await;
    let absent = json!({"ok": false, "error": "not_in_channel"});
    rotated.posting_answers(NEW, absent, 5).await;
    let app = &rotated.app;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    rotated.rotate(&id, &json!({"token": NEW})).await;
    app.publish(&json!({"type": "deploy"})).await;
    let delivery = app.delivery(&id, "delivered").await;
    assert_eq!(rotated.used().await, [NEW, OLD]);
    assert_eq!(
        delivery["attempts"][0]["code"], "not_in_channel",
        "{delivery}"
    );
    assert_eq!(
        delivery["attempts"][1]["outcome"], "delivered",
        "{delivery}"
    );
    let read = app.get(&format!("/webhooks/{id}/")).await;
    assert_eq!(read.body["status"], "active");
}

#[tokio::test]
async fn a_rotation_everywhere_that_broke_off_is_finished_by_the_next_call() {
    let rotated = Rotated::start().await;
    rotated.works(NEW).await;
    let app = &rotated.app;
    let one = app.register(&slack("one", &["deploy"])).await;
    let two = app.register(&slack("two", &["deploy"])).await;
    // As a call leaves it that died after the first of them.
    rotated.rotate(&one, &json!({"token": NEW})).await;
    let again = json!({"token": NEW, "everywhere": true});
    let answer = rotated.rotate(&one, &again).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(rotated.shown(&two).await, "xoxb-…abcd");
}

#[tokio::test]
async fn a_rotation_everywhere_leaves_alone_who_was_left_with_an_earlier_credential() {
    let rotated = Rotated::start().await;
    let third = "xoxb-fake-third-token-for-tests-ijkl";
    rotated.works(NEW).await;
    rotated.works(third).await;
    let app = &rotated.app;
    let one = app.register(&slack("one", &["deploy"])).await;
    let two = app.register(&slack("two", &["deploy"])).await;
    rotated.rotate(&one, &json!({"token": NEW})).await;
    let everywhere = json!({"token": third, "everywhere": true});
    let answer = rotated.rotate(&one, &everywhere).await;
    assert_eq!(answer.body["rotated"], json!([one]));
    assert_eq!(rotated.shown(&two).await, "xoxb-…wxyz");
}

#[tokio::test]
async fn those_who_share_a_credential_are_rotated_together_where_that_is_wanted() {
    let rotated = Rotated::start().await;
    rotated.works(NEW).await;
    let app = &rotated.app;
    let one = app.register(&slack("one", &["deploy"])).await;
    let two = app.register(&slack("two", &["deploy"])).await;
    let mut other = slack("other", &["deploy"]);
    other["configuration"]["token"] = json!("xoxb-fake-other-token-for-tests-efgh");
    let other = app.register(&other).await;

    let alone = rotated
        .rotate(&one, &json!({"token": NEW, "everywhere": false}))
        .await;
    assert_eq!(alone.body["rotated"], json!([one]));
    assert_eq!(rotated.shown(&two).await, "xoxb-…wxyz");
    rotated.test(&one).await;
    assert_eq!(
        rotated.credentials().await,
        3,
        "the others still use theirs"
    );
    assert_eq!(rotated.test(&two).await["outcome"], "delivered");

    let third = "xoxb-fake-third-token-for-tests-ijkl";
    rotated.works(third).await;
    app.register(&slack("three", &["deploy"])).await;
    let everywhere = rotated
        .rotate(&two, &json!({"token": third, "everywhere": true}))
        .await;
    assert_eq!(everywhere.body["rotated"].as_array().unwrap().len(), 2);
    assert_eq!(everywhere.body["rotated"][0], two);
    assert_eq!(rotated.shown(&two).await, "xoxb-…ijkl");
    assert_eq!(rotated.shown(&one).await, "xoxb-…abcd");
    assert_eq!(rotated.shown(&other).await, "xoxb-…efgh");
    for id in everywhere.body["rotated"].as_array().unwrap() {
        assert_eq!(rotated.credentials().await, 4);
        assert_eq!(
            rotated.test(id.as_str().unwrap()).await["outcome"],
            "delivered"
        );
    }
    assert_eq!(
        rotated.credentials().await,
        3,
        "the last one has let go of it"
    );
}

#[tokio::test]
async fn a_webhook_removed_in_the_middle_of_a_rotation_leaves_nothing() {
    let rotated = Rotated::start().await;
    let id = rotated
        .app
        .register(&slack("prod alerts", &["deploy"]))
        .await;
    rotated.rotate(&id, &json!({"token": NEW})).await;
    assert_eq!(rotated.credentials().await, 2);
    rotated.app.delete(&format!("/webhooks/{id}/")).await;
    assert_eq!(rotated.credentials().await, 0);
    assert_eq!(rotated.app.registry_rows("CONDEMNED#").await.len(), 2);
}

#[tokio::test]
async fn rotating_twice_keeps_the_credential_that_has_delivered() {
    let rotated = Rotated::start().await;
    rotated.is_dead(NEW).await;
    let third = "xoxb-fake-third-token-for-tests-ijkl";
    rotated.is_dead(third).await;
    let id = rotated
        .app
        .register(&slack("prod alerts", &["deploy"]))
        .await;
    rotated.rotate(&id, &json!({"token": NEW})).await;
    rotated.rotate(&id, &json!({"token": third})).await;
    assert_eq!(rotated.credentials().await, 2, "the one in between is gone");
    assert_eq!(rotated.test(&id).await["outcome"], "delivered");
    assert_eq!(rotated.used().await.last().unwrap(), OLD);
    // Back to the one that works.
    let back = rotated.rotate(&id, &json!({"token": OLD})).await;
    assert_eq!(back.status, StatusCode::OK);
    assert_eq!(rotated.credentials().await, 1);
}

#[tokio::test]
async fn rotating_to_the_same_credential_changes_nothing() {
    let rotated = Rotated::start().await;
    let id = rotated
        .app
        .register(&slack("prod alerts", &["deploy"]))
        .await;
    let answer = rotated.rotate(&id, &json!({"token": OLD})).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(rotated.credentials().await, 1);
}

#[tokio::test]
async fn other_changes_leave_a_rotation_as_it_is_and_another_credential_ends_it() {
    let rotated = Rotated::start().await;
    let id = rotated
        .app
        .register(&slack("prod alerts", &["deploy"]))
        .await;
    let at = format!("/webhooks/{id}/");
    rotated.rotate(&id, &json!({"token": NEW})).await;
    rotated.app.patch(&at, &json!({"name": "renamed"})).await;
    assert_eq!(rotated.credentials().await, 2);
    let third = json!({"configuration": {"token": "xoxb-fake-third-token-for-tests-ijkl"}});
    let patched = rotated.app.patch(&at, &third).await;
    assert_eq!(patched.status, StatusCode::OK, "{}", patched.body);
    assert_eq!(rotated.credentials().await, 1);
}

#[tokio::test]
async fn a_rotation_resumes_what_was_suspended_and_leaves_off_what_was_switched_off() {
    let rotated = Rotated::start().await;
    let id = rotated
        .app
        .register(&slack("prod alerts", &["deploy"]))
        .await;
    rotated.app.suspend(&id, "the token was revoked").await;
    let answer = rotated.rotate(&id, &json!({"token": NEW})).await;
    assert_eq!(answer.body["status"], "active");
    assert_eq!(answer.body["status_reason"], Value::Null);
    let at = format!("/webhooks/{id}/");
    rotated.app.patch(&at, &json!({"enabled": false})).await;
    let answer = rotated.rotate(&id, &json!({"token": OLD})).await;
    assert_eq!(answer.body["status"], "disabled");
}

#[tokio::test]
async fn a_rotation_that_makes_no_sense_is_refused_and_changes_nothing() {
    let rotated = Rotated::start().await;
    let id = rotated
        .app
        .register(&slack("prod alerts", &["deploy"]))
        .await;
    let before = rotated.app.get(&format!("/webhooks/{id}/")).await.body;
    for (body, pointers) in [
        (json!({}), vec!["/token"]),
        (json!({"token": "xoxb-…wxyz"}), vec!["/token"]),
        (json!({"token": "hunter2"}), vec!["/token"]),
        (
            json!({"webhook_url": discord_url("fake-")}),
            vec!["/webhook_url"],
        ),
        (
            json!({"token": NEW, "everywhere": 1, "channel": "x"}),
            vec!["/everywhere", "/channel"],
        ),
        (json!([NEW]), vec![""]),
    ] {
        let answer = rotated.rotate(&id, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.pointers(), pointers, "{body} {}", answer.body);
        assert!(!answer.text.contains("hunter2"), "{}", answer.text);
    }
    let other_version = rotated
        .app
        .request(Method::POST, &format!("/webhooks/{id}/rotate/"))
        .header("If-Match", "\"9\"")
        .json(&json!({"token": NEW}));
    let answer = rotated.app.send(other_version).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(
        rotated.app.get(&format!("/webhooks/{id}/")).await.body,
        before
    );
    assert_eq!(rotated.credentials().await, 1);
}

#[tokio::test]
async fn rotations_at_once_leave_one_credential_and_its_fallback() {
    let rotated = Rotated::start().await;
    let id = rotated
        .app
        .register(&slack("prod alerts", &["deploy"]))
        .await;
    let bodies: Vec<Value> = (0..8)
        .map(|n| json!({"token": format!("xoxb-fake-token-for-tests-{n:04}")}))
        .collect();
    let rotations = bodies.iter().map(|body| rotated.rotate(&id, body));
    for answer in futures::future::join_all(rotations).await {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    assert_eq!(rotated.credentials().await, 2);
}
