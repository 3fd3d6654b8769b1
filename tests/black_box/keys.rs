//! API keys: roles, expiry, revocation, and what is kept of a key.

use carillon_domain::Role;
use carillon_tests::{App, KEY, ORGANIZATION, hash, until};
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Who may make each call: `read`, `write`, `publish`, `keys`, or `anyone`. A call that the
/// document has and this table has not fails the test.
const OPERATIONS: &[(&str, &str, &str)] = &[
    ("get", "/health", "anyone"),
    ("get", "/openapi.json", "anyone"),
    ("get", "/webhooks/", "read"),
    ("post", "/webhooks/", "write"),
    ("get", "/webhooks/{id}/", "read"),
    ("patch", "/webhooks/{id}/", "write"),
    ("put", "/webhooks/{id}/", "write"),
    ("delete", "/webhooks/{id}/", "write"),
    ("post", "/webhooks/{id}/preview/", "read"),
    ("post", "/preview/", "read"),
    ("get", "/quotas/", "read"),
    ("post", "/webhooks/{id}/test/", "write"),
    ("post", "/webhooks/{id}/rotate/", "write"),
    ("post", "/webhooks/{id}/recover/", "write"),
    ("post", "/recover/", "write"),
    ("get", "/webhooks/{id}/deliveries/", "read"),
    ("get", "/webhooks/{id}/deliveries/{delivery_id}/", "read"),
    (
        "post",
        "/webhooks/{id}/deliveries/{delivery_id}/redeliver/",
        "write",
    ),
    ("get", "/events/", "read"),
    ("post", "/events/", "publish"),
    ("get", "/events/{id}/", "read"),
    ("post", "/events/match/", "read"),
    ("get", "/event-types/", "catalogue"),
    ("get", "/me/", "catalogue"),
    ("get", "/audit/", "read"),
    ("patch", "/api-keys/{id}/", "keys"),
    ("get", "/notifications/", "read"),
    ("put", "/notifications/", "write"),
    ("get", "/api-keys/", "keys"),
    ("post", "/api-keys/", "keys"),
    ("delete", "/api-keys/{id}/", "keys"),
];

/// The calls of the document: method, path, and who may make it.
async fn operations(app: &App) -> Vec<(Method, String, &'static str)> {
    let document = app.get("/openapi.json").await.body;
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap();
        for name in methods.as_object().unwrap().keys() {
            let known = OPERATIONS
                .iter()
                .find(|known| (known.0, known.1) == (name, path));
            let (_, _, who) = known.unwrap_or_else(|| panic!("nobody says who may {name} {path}"));
            let method = Method::from_bytes(name.to_uppercase().as_bytes()).unwrap();
            found.push((method, path.to_owned(), *who));
        }
    }
    assert!(found.len() > 15, "{found:?}");
    found
}

/// The keys of the list, without the one that was made at deployment.
async fn made(app: &App) -> Vec<Value> {
    let list = app.get("/api-keys/").await;
    let (first, rest) = list.results().split_first().unwrap();
    assert_eq!(first["id"], "deployment");
    rest.to_vec()
}

fn may(role: &str, needed: &str) -> bool {
    match role {
        "admin" => true,
        "editor" => needed != "keys",
        "publisher" => matches!(needed, "publish" | "catalogue" | "anyone"),
        _ => matches!(needed, "read" | "catalogue" | "anyone"),
    }
}

/// The path with ids of nothing.
fn filled(path: &str) -> String {
    path.replace("/webhooks/{id}", "/webhooks/wh_01JD0000000000000000000000")
        .replace("/api-keys/{id}", "/api-keys/key_01JD0000000000000000000000")
        .replace("{delivery_id}", "dl_01JD0000000000000000000000")
        .replace("{id}", "no-such")
}

#[tokio::test]
async fn each_role_may_make_its_own_calls_and_no_others() {
    let app = App::start().await;
    let operations = operations(&app).await;
    for role in ["admin", "editor", "publisher", "viewer"] {
        let key = app.key(role).await;
        for (method, path, needed) in &operations {
            // A body that is wrong: whoever may not is told so before it is looked at.
            let request = app.request_as(&key, method.clone(), &filled(path));
            let answer = app.send(request.json(&json!({"x": 1}))).await;
            assert!(
                !answer.status.is_server_error(),
                "{role} {method} {path} {}",
                answer.body
            );
            let refused = matches!(
                answer.status,
                StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED
            );
            assert_eq!(
                !refused,
                may(role, needed),
                "{role} {method} {path}: {}",
                answer.status
            );
            if refused {
                assert_eq!(answer.status, StatusCode::FORBIDDEN);
                assert_eq!(answer.header("content-type"), "application/problem+json");
                assert!(
                    answer.body["detail"].as_str().unwrap().contains(role),
                    "{}",
                    answer.body
                );
            }
        }
    }
}

#[tokio::test]
async fn without_a_key_that_works_every_call_but_the_public_ones_is_refused_alike() {
    let app = App::start().await;
    let past = Timestamp::now() - std::time::Duration::from_secs(1);
    let expired = app.key_of(ORGANIZATION, Role::Admin, Some(past)).await;
    let revoked = app.key("admin").await;
    for key in made(&app).await {
        if key["expires_at"].is_null() {
            app.delete(&format!("/api-keys/{}/", key["id"].as_str().unwrap()))
                .await;
        }
    }
    let mut details = std::collections::BTreeSet::new();
    for (method, path, needed) in operations(&app).await {
        let keyless = app.keyless(method.clone(), &filled(&path));
        let with = |value: &str| {
            app.keyless(method.clone(), &filled(&path))
                .header("authorization", value)
        };
        let mut requests = vec![
            keyless,
            with(""),
            with("Bearer"),
            with("Bearer "),
            with(KEY),
            with(&format!("Basic {KEY}")),
            with(&format!("Bearer {KEY}x")),
            with("Bearer crl_"),
            with(&format!("Bearer {expired}")),
            with(&format!("Api-Key {revoked}")),
            with(&format!("Bearer {KEY} {KEY}")),
        ];
        requests.push(app.keyless(
            method.clone(),
            &format!("{}?key={KEY}&api_key={KEY}", filled(&path)),
        ));
        for (n, request) in requests.into_iter().enumerate() {
            let answer = app.send(request).await;
            if needed == "anyone" {
                assert_ne!(
                    answer.status,
                    StatusCode::UNAUTHORIZED,
                    "{n} {method} {path}"
                );
                continue;
            }
            assert_eq!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{n} {method} {path}"
            );
            assert!(answer.header("www-authenticate").contains("Bearer"), "{n}");
            let detail = answer.body["detail"].as_str().unwrap().to_owned();
            let told = match n {
                0 | 11 => "send the header",
                1..=5 => "no key can be read",
                _ => "unknown, expired or revoked",
            };
            assert!(detail.contains(told), "{n}: {detail}");
            details.insert(detail);
        }
    }
    // Nobody learns whether a key has ever worked.
    assert_eq!(details.len(), 3, "{details:?}");
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_as_a_hash_only() {
    let app = App::start().await;
    let made = app
        .post("/api-keys/", &json!({"name": "ci", "role": "publisher"}))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let key = made.body["key"].as_str().unwrap();
    let id = made.body["id"].as_str().unwrap();
    assert!(id.starts_with("key_"), "{id}");
    assert_eq!(
        made.header("location"),
        "",
        "there is nothing to read there"
    );
    assert!(key.len() >= 64, "256 bits, and what it begins with");
    // Use it, so that everything that is written about it is written.
    let used = app
        .request_as(key, Method::POST, "/events/")
        .json(&json!({"type": "deploy"}));
    assert_eq!(app.send(used).await.status, StatusCode::ACCEPTED);
    let list = app.get("/api-keys/").await;
    assert_eq!(list.results().len(), 2, "this and the deployment's");
    assert!(list.results().iter().all(|it| it.get("key").is_none()));
    assert!(!list.text.contains(key));
    assert!(!list.text.contains(KEY));
    for table in ["registry", "events", "deliveries", "entities"] {
        let rows = app
            .dynamodb("Scan", &json!({"TableName": table}))
            .await
            .to_string();
        assert!(!rows.contains(key), "{table}");
        assert!(!rows.contains(&key[4..20]), "{table}");
        assert!(!rows.contains(KEY), "{table}");
        if table == "registry" {
            assert!(rows.contains(&hash(key)));
        }
    }
}

#[tokio::test]
async fn a_key_tells_when_it_was_last_used() {
    let app = App::start().await;
    let key = app.key("viewer").await;
    let listed = async || made(&app).await[0].clone();
    assert_eq!(listed().await["last_used_at"], Value::Null);
    let begun = Timestamp::now();
    let read = app.request_as(&key, Method::GET, "/webhooks/");
    assert_eq!(app.send(read).await.status, StatusCode::OK);
    let used: Timestamp = listed().await["last_used_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(used >= begun && used <= Timestamp::now(), "{used}");
}

#[tokio::test]
async fn a_revoked_key_stops_working_within_seconds_also_in_another_process() {
    let app = App::start().await;
    let works = async |key: &str| {
        let request = app.request_as(key, Method::GET, "/webhooks/");
        app.send(request).await.status == StatusCode::OK
    };
    let here = app.key("viewer").await;
    assert!(works(&here).await);
    let list = made(&app).await;
    let at = format!("/api-keys/{}/", list[0]["id"].as_str().unwrap());
    assert_eq!(app.delete(&at).await.status, StatusCode::NO_CONTENT);
    assert!(!works(&here).await, "at once where it was revoked");
    assert_eq!(app.delete(&at).await.status, StatusCode::NOT_FOUND);
    assert_eq!(made(&app).await, [] as [Value; 0]);

    let there = app.key("viewer").await;
    assert!(works(&there).await);
    let list = made(&app).await;
    let id = list[0]["id"].as_str().unwrap();
    let organization = carillon_domain::OrganizationId::parse(ORGANIZATION).unwrap();
    let id = carillon_domain::ApiKeyId::parse(id).unwrap();
    app.registry()
        .delete_key(&organization, &id)
        .await
        .unwrap()
        .unwrap();
    let begun = std::time::Instant::now();
    until("the key stops working", async || !works(&there).await).await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
}

#[tokio::test]
async fn a_key_works_until_it_expires() {
    let app = App::start().await;
    let soon = Timestamp::now() + std::time::Duration::from_secs(3);
    let made = app
        .post(
            "/api-keys/",
            &json!({"name": "ci", "role": "viewer", "expires_at": soon.to_string()}),
        )
        .await;
    assert_eq!(made.body["expires_at"], soon.to_string());
    let key = made.body["key"].as_str().unwrap();
    let status = async || {
        let request = app.request_as(key, Method::GET, "/webhooks/");
        app.send(request).await.status
    };
    assert_eq!(status().await, StatusCode::OK);
    until("the key has expired", async || {
        status().await == StatusCode::UNAUTHORIZED
    })
    .await;
    assert!(Timestamp::now() >= soon);
}

#[tokio::test]
async fn what_a_key_cannot_be_is_a_fault() {
    let app = App::start().await;
    for (body, pointers) in [
        (json!({}), vec!["/name", "/role"]),
        (json!({"name": "ci", "role": "owner"}), vec!["/role"]),
        (
            json!({"name": "ci", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}),
            vec!["/expires_at"],
        ),
        (
            json!({"name": "ci", "role": "viewer", "expires_at": "tomorrow"}),
            vec!["/expires_at"],
        ),
        (
            json!({"name": "ci", "role": "viewer", "key": "mine"}),
            vec!["/key"],
        ),
        (
            json!({"name": "x".repeat(101), "role": "viewer"}),
            vec!["/name"],
        ),
        (json!({"name": "a\nb", "role": "viewer"}), vec!["/name"]),
    ] {
        let answer = app.post("/api-keys/", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    assert_eq!(made(&app).await, [] as [Value; 0]);
}

#[tokio::test]
async fn the_deployments_key_is_listed_first_to_its_own_organization_on_pages_of_any_size() {
    let app = App::start().await;
    for _ in 0..2 {
        app.key("viewer").await;
    }
    for limit in 1..=3 {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.get(&format!("/api-keys/?limit={limit}{cursor}")).await;
            assert!(page.results().len() <= limit, "{}", page.body);
            let found = page.results().iter().map(|key| key["name"].clone());
            names.extend(found);
            match page.body["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(names, ["admin key", "viewer", "viewer"], "{limit}");
    }
    let other = app.key_of("org_other", Role::Admin, None).await;
    let list = app.request_as(&other, Method::GET, "/api-keys/");
    let list = app.send(list).await;
    assert_eq!(list.results().len(), 1, "{}", list.body);
    let at = "/api-keys/deployment/";
    let refused = app.delete(at).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert_eq!(refused.body["type"], "urn:carillon:problem:deployment-key");
    let refused = app.patch(at, &json!({"name": "mine"})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
}

#[tokio::test]
async fn a_key_can_be_renamed_and_given_another_end() {
    let app = App::start().await;
    let key = app.key("viewer").await;
    let works = async || {
        let request = app.request_as(&key, Method::GET, "/webhooks/");
        app.send(request).await.status == StatusCode::OK
    };
    assert!(works().await);
    let id = made(&app).await[0]["id"].as_str().unwrap().to_owned();
    let at = format!("/api-keys/{id}/");
    let soon = Timestamp::now() + std::time::Duration::from_secs(3);
    let answer = app
        .patch(
            &at,
            &json!({"name": "ci of billing", "expires_at": soon.to_string()}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.body["name"], "ci of billing");
    assert_eq!(answer.body["expires_at"], soon.to_string());
    assert_eq!(answer.body.get("key"), None);
    assert_eq!(made(&app).await[0]["name"], "ci of billing");
    until("the key has expired", async || !works().await).await;
    let answer = app.patch(&at, &json!({"expires_at": null})).await;
    assert_eq!(answer.body["expires_at"], Value::Null);
    until("the key works again", works).await;
    for (body, pointer) in [
        (json!({"name": ""}), "/name"),
        (json!({"expires_at": ""}), "/expires_at"),
        (json!({"expires_at": "2020-01-01T00:00:00Z"}), "/expires_at"),
        (json!({"role": "admin"}), "/role"),
        (json!({"key": "mine"}), "/key"),
    ] {
        let answer = app.patch(&at, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.pointers(), [pointer], "{body}");
    }
    let unknown = "/api-keys/key_01JD0000000000000000000000/";
    let answer = app.patch(unknown, &json!({"name": "x"})).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
