//! Two organizations in one deployment: neither learns anything of the other.

use carillon_domain::Role;
use carillon_tests::{Answer, App, discord, slack, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::inside::Inside;

/// A deployment in which the first organization has something of everything.
struct Two {
    app: App,
    /// The other organization's key.
    other: String,
    webhook: String,
    delivery: String,
    key: String,
}

impl Two {
    async fn start() -> Self {
        let app = App::start().await;
        let other = app.key_of("org_other", Role::Admin, None).await;
        let webhook = app.register(&slack("prod alerts", &["deploy"])).await;
        app.publish(&json!({"type": "deploy", "id": "deploy-1"}))
            .await;
        let delivery = app.delivery(&webhook, "delivered").await;
        app.key("viewer").await;
        let keys = app.get("/api-keys/").await;
        Self {
            other,
            webhook,
            delivery: delivery["id"].as_str().unwrap().to_owned(),
            // The first one is the deployment's.
            key: keys.results()[1]["id"].as_str().unwrap().to_owned(),
            app,
        }
    }

    async fn as_other(&self, method: &Method, path: &str, body: &Value) -> Answer {
        let request = self.app.request_as(&self.other, method.clone(), path);
        self.app.send(request.json(body)).await
    }
}

/// A body that each call would take.
fn body(method: &Method, path: &str) -> Value {
    match (method.as_str(), path) {
        ("PUT", "/webhooks/{id}/") => slack("prod alerts", &["deploy"]),
        ("PATCH", _) => json!({"name": "renamed"}),
        (_, "/webhooks/{id}/preview/") => json!({"sample": "deploy"}),
        (_, "/webhooks/{id}/rotate/") => json!({"token": "xoxb-fake-new-token-for-tests-abcd"}),
        (_, "/webhooks/{id}/recover/") => json!({"since": "2026-01-01T00:00:00Z"}),
        _ => json!({}),
    }
}

#[tokio::test]
async fn what_belongs_to_another_organization_looks_like_what_is_not_there() {
    let two = Two::start().await;
    let document = two.app.get("/openapi.json").await.body;
    let mut tried = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap();
        if !path.contains('{') {
            continue;
        }
        let with = |webhook: &str, delivery: &str, key: &str, event: &str| {
            path.replace("/webhooks/{id}", &format!("/webhooks/{webhook}"))
                .replace("/api-keys/{id}", &format!("/api-keys/{key}"))
                .replace("/events/{id}", &format!("/events/{event}"))
                .replace("{delivery_id}", delivery)
        };
        let theirs = with(&two.webhook, &two.delivery, &two.key, "deploy-1");
        let unknown = with(
            "wh_01JD0000000000000000000000",
            "dl_01JD0000000000000000000000",
            "key_01JD0000000000000000000000",
            "no-such",
        );
        for name in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(name.to_uppercase().as_bytes()).unwrap();
            let body = body(&method, path);
            let theirs = two.as_other(&method, &theirs, &body).await;
            let unknown = two.as_other(&method, &unknown, &body).await;
            assert_eq!(
                theirs.status,
                StatusCode::NOT_FOUND,
                "{method} {path} {}",
                theirs.body
            );
            assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{method} {path}");
            let text = |answer: &Answer| {
                let id = answer.body["request_id"].as_str().unwrap();
                answer.text.replace(id, "")
            };
            assert_eq!(text(&theirs), text(&unknown), "{method} {path}");
            let names = |answer: &Answer| answer.headers.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&theirs), names(&unknown), "{method} {path}");
            tried += 1;
        }
    }
    assert!(tried > 8, "{tried}");
    // And nothing happened to it.
    let webhook = two.app.get(&format!("/webhooks/{}/", two.webhook)).await;
    assert_eq!(
        (&webhook.body["name"], webhook.header("etag")),
        (&json!("prod alerts"), "\"1\"")
    );
    assert_eq!(two.app.get("/api-keys/").await.results().len(), 2);
}

#[tokio::test]
async fn lists_show_only_ones_own() {
    let two = Two::start().await;
    for path in ["/webhooks/", "/events/"] {
        let list = two.as_other(&Method::GET, path, &Value::Null).await;
        assert_eq!(list.status, StatusCode::OK, "{path} {}", list.body);
        assert_eq!(list.results(), [] as [Value; 0], "{path}");
    }
    let keys = two.as_other(&Method::GET, "/api-keys/", &Value::Null).await;
    assert_eq!(keys.results().len(), 1);
    assert_ne!(keys.results()[0]["id"], two.key);
}

#[tokio::test]
async fn names_ids_and_credentials_are_each_organizations_own() {
    let two = Two::start().await;
    let same = slack("prod alerts", &["deploy"]);
    let registered = two.as_other(&Method::POST, "/webhooks/", &same).await;
    assert_eq!(
        registered.status,
        StatusCode::CREATED,
        "{}",
        registered.body
    );
    assert_eq!(registered.body["organization"], "org_other");
    // The same token, and yet not the same secret: nobody can tell that others have it.
    let credentials = two.app.registry_rows("CREDENTIAL#").await;
    assert_eq!(credentials.len(), 2);
    assert_ne!(credentials[0]["sk"], credentials[1]["sk"]);
    assert_ne!(
        credentials[0]["credential_id"],
        credentials[1]["credential_id"]
    );

    let event = json!({"type": "deploy", "id": "deploy-1", "actor": "mallory"});
    let published = two.as_other(&Method::POST, "/events/", &event).await;
    assert_eq!(
        published.body,
        json!({"id": "deploy-1", "duplicate": false})
    );
    let ours = two.app.get("/events/deploy-1/").await;
    assert_eq!(ours.body.get("actor"), None);

    let at = format!("/webhooks/{}/", registered.body["id"].as_str().unwrap());
    until("their event is theirs alone", async || {
        let list = two
            .as_other(&Method::GET, &format!("{at}deliveries/"), &Value::Null)
            .await;
        list.results().len() == 1
    })
    .await;
    let ours = two
        .app
        .get(&format!("/webhooks/{}/deliveries/", two.webhook))
        .await;
    assert_eq!(ours.results().len(), 1);
    // Removing theirs leaves ours.
    two.as_other(&Method::DELETE, &at, &Value::Null).await;
    two.app.publish(&json!({"type": "deploy"})).await;
    two.app.messages(3).await;
}

#[tokio::test]
async fn another_organization_in_a_body_is_forbidden_whatever_else_is_wrong_with_it() {
    let two = Two::start().await;
    let at = format!("/webhooks/{}/", two.webhook);
    let foreign = |mut value: Value| {
        value["organization"] = json!("org_other");
        value
    };
    let read = two.app.get(&at).await.body;
    for (method, path, body) in [
        (Method::POST, "/webhooks/", foreign(discord("x", &["*"]))),
        (
            Method::POST,
            "/webhooks/",
            json!({"organization": "org_other", "colour": 1}),
        ),
        (Method::PATCH, &at, json!({"organization": "org_other"})),
        (Method::PUT, &at, foreign(read.clone())),
        (
            Method::POST,
            "/events/",
            json!({"type": "deploy", "organization": "org_other"}),
        ),
        (
            Method::POST,
            "/events/",
            json!({"events": [{"type": "deploy"}, {"type": "deploy", "organization": "org_other"}]}),
        ),
        (
            Method::POST,
            "/events/",
            json!({"events": [{"type": "deploy"}], "organization": "org_other"}),
        ),
        (
            Method::POST,
            "/api-keys/",
            json!({"name": "x", "role": "admin", "organization": "org_other"}),
        ),
        (
            Method::POST,
            &format!("{at}preview/"),
            json!({"type": "deploy", "organization": "org_other"}),
        ),
    ] {
        let request = two.app.request(method.clone(), path).json(&body);
        let answer = two.app.send(request).await;
        assert_eq!(
            answer.status,
            StatusCode::FORBIDDEN,
            "{method} {path} {}",
            answer.body
        );
        assert!(
            answer
                .pointers()
                .iter()
                .any(|at| at.ends_with("/organization")),
            "{}",
            answer.body
        );
    }
    assert_eq!(two.app.get(&at).await.body, read);
    assert_eq!(two.app.get("/events/").await.results().len(), 1);
    // One's own is fine.
    let own = json!({"type": "deploy", "organization": carillon_tests::ORGANIZATION});
    assert_eq!(
        two.app.post("/events/", &own).await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn what_is_anothers_is_looked_for_in_the_same_way_as_what_is_not_there() {
    let inside = Inside::start().await;
    let claims = |organization| json!({"organization": organization, "role": "admin"});
    let (ours, theirs) = (claims("org_acme"), claims("org_other"));
    let webhook = slack("prod alerts", &["deploy"]);
    let webhook = inside
        .call(&ours, "POST", "/webhooks/?verify=false", &webhook)
        .await;
    let event = json!({"type": "deploy", "id": "deploy-1"});
    inside.call(&ours, "POST", "/events/", &event).await;
    let key = json!({"name": "ci", "role": "viewer"});
    let key = inside.call(&ours, "POST", "/api-keys/", &key).await;
    let document = inside
        .call(&ours, "GET", "/openapi.json", &Value::Null)
        .await
        .body;
    let mut tried = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap();
        if !path.contains('{') {
            continue;
        }
        let with = |webhook: &str, key: &str, event: &str| {
            path.replace("/webhooks/{id}", &format!("/webhooks/{webhook}"))
                .replace("/api-keys/{id}", &format!("/api-keys/{key}"))
                .replace("/events/{id}", &format!("/events/{event}"))
                .replace("{delivery_id}", "dl_01JD0000000000000000000000")
        };
        let foreign = with(
            webhook.body["id"].as_str().unwrap(),
            key.body["id"].as_str().unwrap(),
            "deploy-1",
        );
        let unknown = with(
            "wh_01JD0000000000000000000000",
            "key_01JD0000000000000000000000",
            "no-such",
        );
        for name in methods.as_object().unwrap().keys() {
            let name = name.to_uppercase();
            let body = body(&Method::from_bytes(name.as_bytes()).unwrap(), path);
            inside.calls();
            let foreign = inside.call(&theirs, &name, &foreign, &body).await;
            let of_foreign = inside.calls();
            let unknown = inside.call(&theirs, &name, &unknown, &body).await;
            assert_eq!(of_foreign, inside.calls(), "{name} {path}");
            assert_eq!(
                (foreign.status, unknown.status),
                (404, 404),
                "{name} {path}"
            );
            tried += 1;
        }
    }
    assert!(tried > 8, "{tried}");
}
