//! HTTP itself: methods, paths, media types.

use carillon_tests::{Answer, App, slack};
use reqwest::{Method, StatusCode};
use serde_json::json;

/// Whatever is wrong is told in a problem document that names the request.
pub fn check_problem(answer: &Answer, what: &str) {
    assert!(!answer.status.is_server_error(), "{what}: {}", answer.text);
    let id = answer.header("x-request-id");
    assert!(id.starts_with("req_"), "{what}: {:?}", answer.headers);
    if answer.status.is_client_error() && !answer.text.is_empty() {
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{what}"
        );
        assert_eq!(answer.body["request_id"], id, "{what}");
        assert_eq!(answer.body["status"], answer.status.as_u16(), "{what}");
        for field in ["type", "title", "detail"] {
            assert!(answer.body[field].is_string(), "{what}: {field}");
        }
    }
}

/// The paths of the document, with ids of what is there.
pub async fn paths(app: &App) -> Vec<(String, Vec<String>)> {
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    app.publish(&json!({"type": "deploy", "id": "deploy-1"}))
        .await;
    let delivery = app.delivery(&id, "delivered").await;
    let key = app
        .post("/api-keys/", &json!({"name": "x", "role": "viewer"}))
        .await;
    let document = app.get("/openapi.json").await.body;
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .map(|(path, methods)| {
            let path = path
                .replace("/webhooks/{id}", &format!("/webhooks/{id}"))
                .replace(
                    "/api-keys/{id}",
                    &format!("/api-keys/{}", key.body["id"].as_str().unwrap()),
                )
                .replace("/events/{id}", "/events/deploy-1")
                .replace("{delivery_id}", delivery["id"].as_str().unwrap());
            let path = path.strip_prefix("/api/v1").unwrap().to_owned();
            let methods = methods.as_object().unwrap().keys();
            (path, methods.map(|name| name.to_uppercase()).collect())
        })
        .collect()
}

#[tokio::test]
async fn head_answers_as_get_does_without_the_body() {
    let app = App::start().await;
    for (path, methods) in paths(&app).await {
        if !methods.contains(&"GET".to_owned()) {
            continue;
        }
        let get = app.get(&path).await;
        let head = app.send(app.request(Method::HEAD, &path)).await;
        assert_eq!(get.status, StatusCode::OK, "{path} {}", get.text);
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.text, "", "{path}");
        for name in ["content-type", "content-length", "etag"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
    let missing = app
        .send(app.request(Method::HEAD, "/webhooks/nonsense/"))
        .await;
    assert_eq!(
        (missing.status, missing.text.as_str()),
        (StatusCode::NOT_FOUND, "")
    );
    let keyless = app.send(app.keyless(Method::HEAD, "/webhooks/")).await;
    assert_eq!(keyless.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn options_and_refusals_tell_the_methods_of_a_path() {
    let app = App::start().await;
    for (path, mut methods) in paths(&app).await {
        // There the event of this name can be read.
        if path == "/events/match/" {
            methods.push("GET".to_owned());
        }
        if methods.contains(&"GET".to_owned()) {
            methods.push("HEAD".to_owned());
        }
        methods.sort();
        let allowed = |answer: &Answer| {
            let mut allowed: Vec<String> = answer
                .header("allow")
                .split(',')
                .map(|name| name.trim().to_owned())
                .filter(|name| name != "OPTIONS")
                .collect();
            allowed.sort();
            allowed
        };
        for request in [
            app.request(Method::OPTIONS, &path),
            app.keyless(Method::OPTIONS, &path),
        ] {
            let options = app.send(request).await;
            assert_eq!(options.status, StatusCode::NO_CONTENT, "{path}");
            assert_eq!(allowed(&options), methods, "{path}");
            assert_eq!(options.text, "");
        }
        for name in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW",
        ] {
            if methods.iter().any(|allowed| allowed == name) {
                continue;
            }
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            let answer = app.send(app.request(method, &path)).await;
            assert_eq!(
                answer.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{name} {path}"
            );
            assert_eq!(allowed(&answer), methods, "{name} {path}");
            let detail = answer.body["detail"].as_str().unwrap_or_default();
            // There, GET is that of an event which is called so.
            let is_told = |method: &String| {
                detail.contains(method) || method == "HEAD" || path.contains("/match/")
            };
            assert!(name == "HEAD" || methods.iter().all(is_told), "{detail}");
            check_problem(&answer, &format!("{name} {path}"));
        }
    }
    let nowhere = app.send(app.request(Method::OPTIONS, "/no-such/")).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
pub async fn paths_are_the_same_with_the_slash_at_the_end_and_without() {
    let app = App::start().await;
    for (path, methods) in paths(&app).await {
        if !methods.contains(&"GET".to_owned()) {
            continue;
        }
        let bare = path.trim_end_matches('/');
        let (one, other) = (app.get(bare).await, app.get(&format!("{bare}/")).await);
        assert_eq!(
            (one.status, &one.text),
            (other.status, &other.text),
            "{path}"
        );
        assert_eq!(one.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn only_json_is_taken_and_it_is_said_what_is() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    for path in [
        "/webhooks/".to_owned(),
        "/events/".to_owned(),
        "/api-keys/".to_owned(),
        format!("/webhooks/{id}/preview/"),
    ] {
        for (media_type, refused) in [
            ("text/html", true),
            ("application/x-www-form-urlencoded", true),
            ("multipart/form-data; boundary=x", true),
            ("application/jsonp", true),
            ("application", true),
            ("", true),
            ("application/json", false),
            ("APPLICATION/JSON ; Charset=UTF-8", false),
        ] {
            let request = app
                .request(Method::POST, &path)
                .header("content-type", media_type)
                .body("{\"colour\": 1}");
            let answer = app.send(request).await;
            let expected = match refused {
                true => StatusCode::UNSUPPORTED_MEDIA_TYPE,
                false => StatusCode::BAD_REQUEST,
            };
            assert_eq!(
                answer.status, expected,
                "{path} {media_type:?} {}",
                answer.text
            );
            check_problem(&answer, media_type);
        }
    }
}
