//! What is true of every call: faults of all parts at once, and a document that has every answer.

use carillon_domain::OrganizationId;
use carillon_tests::{App, ORGANIZATION, discord, slack};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::protocol::paths;

#[tokio::test]
async fn faults_of_the_query_and_of_the_body_are_told_together() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let at = format!("/webhooks/{id}/");
    for (method, path, body, expected) in [
        (
            Method::POST,
            "/webhooks/?verify=maybe".to_owned(),
            json!({}),
            vec![
                "/query/verify",
                "/name",
                "/type",
                "/event_types",
                "/configuration",
            ],
        ),
        (
            Method::PATCH,
            format!("{at}?verify=maybe"),
            json!({"name": "", "colour": 1}),
            vec!["/query/verify", "/name", "/colour"],
        ),
        (
            Method::PUT,
            format!("{at}?vrfy=1"),
            json!({"name": "x"}),
            vec!["/query/vrfy", "/type", "/event_types", "/configuration"],
        ),
        (
            Method::POST,
            format!("{at}rotate/?verify=maybe"),
            json!({}),
            vec!["/query/verify", "/token"],
        ),
        (
            Method::POST,
            format!("{at}preview/?channel=other"),
            json!({"type": "depoly"}),
            vec!["/query/channel", "/type"],
        ),
        (
            Method::POST,
            format!("{at}recover/?x=1"),
            json!({"since": "yesterday"}),
            vec!["/query/x", "/since"],
        ),
        (
            Method::POST,
            "/events/?x=1".to_owned(),
            json!({"type": "depoly", "status": "done"}),
            vec!["/query/x", "/type", "/status"],
        ),
        (
            Method::POST,
            "/api-keys/?x=1".to_owned(),
            json!({"role": "owner"}),
            vec!["/query/x", "/name", "/role"],
        ),
        (
            Method::PUT,
            "/notifications/?prune=perhaps".to_owned(),
            json!({"notifications": {"work": {"provider": "pigeon"}}}),
            vec![
                "/query/prune",
                "/notifications/work/provider",
                "/notifications/work/token",
                "/notifications/work/channel",
            ],
        ),
    ] {
        let answer = app
            .send(app.request(method.clone(), &path).json(&body))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {path}");
        assert_eq!(
            answer.pointers(),
            expected,
            "{method} {path} {}",
            answer.body
        );
    }
    // A right body under a wrong query changes nothing.
    for (method, path, body) in [
        (
            Method::PATCH,
            format!("{at}?x=1"),
            json!({"name": "renamed"}),
        ),
        (
            Method::PUT,
            "/notifications/?x=1".to_owned(),
            json!({"notifications": {}}),
        ),
        (
            Method::POST,
            "/webhooks/?x=1".to_owned(),
            discord("other", &["*"]),
        ),
    ] {
        let answer = app.send(app.request(method, &path).json(&body)).await;
        assert_eq!(answer.pointers(), ["/query/x"], "{path} {}", answer.body);
    }
    let list = app.get("/webhooks/").await;
    assert_eq!(list.results().len(), 1);
    assert_eq!(list.results()[0]["name"], "prod alerts");
}

#[tokio::test]
async fn no_call_takes_a_parameter_that_it_does_not_know() {
    let app = App::start().await;
    let mut tried = 0;
    for (path, methods) in paths(&app).await {
        for name in methods {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            let request = app.request(method, &format!("{path}?x=1")).json(&json!({}));
            let answer = app.send(request).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name} {path}");
            assert!(
                answer.pointers().contains(&"/query/x"),
                "{name} {path} {}",
                answer.body
            );
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

/// What a reference leads to.
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

#[tokio::test]
async fn every_form_of_a_publication_is_answered_as_the_document_says() {
    let app = App::start().await;
    let cloud_event = json!({
        "specversion": "1.0", "id": "a1", "source": "/ci", "type": "com.acme.deploy"
    });
    for (media_type, body) in [
        ("application/json", json!({"type": "deploy"})),
        ("application/json", json!({"events": [{"type": "deploy"}]})),
        ("application/cloudevents+json", cloud_event.clone()),
        (
            "application/cloudevents-batch+json",
            json!([cloud_event, cloud_event]),
        ),
        ("application/cloudevents-batch+json", json!([])),
    ] {
        let request = app
            .request(Method::POST, "/events/")
            .header("content-type", media_type)
            .body(body.to_string());
        // The answer is held to the document as all are.
        let answer = app.send(request).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_webhook_that_is_switched_off_cannot_be_recovered_as_the_document_says() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    app.patch(&format!("/webhooks/{id}/"), &json!({"enabled": false}))
        .await;
    let answer = app
        .post(&format!("/webhooks/{id}/recover/"), &json!({}))
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    let document = app.get("/openapi.json").await.body;
    for path in ["recover/", "deliveries/{delivery_id}/redeliver/"] {
        let operation = &document["paths"][format!("/api/v1/webhooks/{{id}}/{path}")]["post"];
        let conflict = resolved(&document, &operation["responses"]["409"]);
        let examples = &conflict["content"]["application/problem+json"]["examples"];
        let found = examples.as_object().unwrap().values();
        let mut types = found.map(|example| &example["value"]["type"]);
        assert!(types.any(|name| *name == answer.body["type"]), "{path}");
        assert_eq!(operation["requestBody"]["required"], false, "{path}");
        for status in ["413", "415"] {
            assert!(
                operation["responses"][status].is_object(),
                "{path} {status}"
            );
        }
    }
}

#[tokio::test]
async fn the_document_describes_itself_and_what_is_not_modified() {
    let app = App::start().await;
    let document = app.get("/openapi.json").await.body;
    let paths = &document["paths"];
    assert!(paths["/api/v1/openapi.json"]["get"]["responses"]["200"].is_object());
    let read = &paths["/api/v1/webhooks/{id}/"]["get"];
    let known = read["responses"]["304"]["headers"].as_object().unwrap();
    assert!(known.contains_key("ETag"));
    let parameters = read["parameters"].as_array().unwrap();
    assert!(parameters.iter().any(|one| one["name"] == "If-None-Match"));
}

#[tokio::test]
async fn only_a_flag_can_do_without_a_value_as_the_document_says() {
    let app = App::start().await;
    for (path, names) in [
        (
            "/webhooks/?limit=&cursor=&type=&event_type=&status=&name=%20",
            &["type", "event_type", "status", "name", "limit", "cursor"][..],
        ),
        (
            "/events/?since=&until&type=&environment=&correlation_id=",
            &["since", "until", "type", "environment", "correlation_id"],
        ),
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let expected: Vec<String> = names.iter().map(|name| format!("/query/{name}")).collect();
        assert_eq!(answer.pointers(), expected, "{path}");
    }
    let document = app.get("/openapi.json").await.body;
    let parameters = &document["paths"]["/api/v1/webhooks/"]["post"]["parameters"];
    let parameters = parameters.as_array().unwrap().iter();
    let verify = parameters
        .map(|parameter| resolved(&document, parameter))
        .find(|parameter| parameter["name"] == "verify");
    assert_eq!(verify.unwrap()["schema"]["type"], "boolean");
    for flag in ["", "=", "=1", "=0", "=true", "=false"] {
        let answer = app
            .post(&format!("/webhooks/?verify{flag}"), &json!({}))
            .await;
        let is_refused = answer.pointers().contains(&"/query/verify");
        assert!(!is_refused, "{flag}: {}", answer.text);
    }
}

#[tokio::test]
async fn another_organization_is_forbidden_wherever_it_is_named() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let own = OrganizationId::parse(ORGANIZATION).unwrap();
    let at = |call: &str| format!("/webhooks/{id}/{call}/");
    let entry = |organization: &str| {
        json!({"notifications": {"prod alerts": {
            "provider": "slack", "token": "xoxb-fake-token-for-tests-wxyz", "channel": "infra",
            "organization": organization
        }}})
    };
    for (method, path, body) in [
        (
            Method::POST,
            at("rotate"),
            (|organization| json!({"token": "xoxb-fake-new-token-for-tests", "organization": organization}))
                as fn(&str) -> Value,
        ),
        (
            Method::POST,
            at("recover"),
            |organization| json!({ "organization": organization }),
        ),
    ] {
        for (organization, status) in [("org_other", 403), (own.as_str(), 0)] {
            let request = app.request(method.clone(), &path);
            let answer = app.send(request.json(&body(organization))).await;
            match status {
                0 => assert!(answer.status.is_success(), "{path} {}", answer.body),
                status => {
                    assert_eq!(answer.status.as_u16(), status, "{path} {}", answer.body);
                    assert_eq!(answer.pointers(), ["/organization"], "{path}");
                }
            }
        }
    }
    let foreign = app.put("/notifications/", &entry("org_other")).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN, "{}", foreign.body);
    assert_eq!(
        foreign.pointers(),
        ["/notifications/prod alerts/organization"],
        "{}",
        foreign.body
    );
    let named = app.put("/notifications/", &entry(own.as_str())).await;
    assert_eq!(named.status, StatusCode::OK, "{}", named.body);
}

#[tokio::test]
async fn a_token_in_the_place_of_a_name_is_refused_and_told_nowhere() {
    let app = App::start().await;
    let secret = "xoxb-fake-secret-for-tests";
    let mut webhook = slack("prod alerts", &[secret]);
    webhook["name"] = json!(secret);
    webhook["configuration"]["channel"] = json!(secret);
    let answer = app.post("/webhooks/", &webhook).await;
    assert_eq!(
        answer.pointers(),
        ["/name", "/event_types/0", "/configuration/channel"],
        "{}",
        answer.body
    );
    assert!(!answer.text.contains("fake-secret"), "{}", answer.body);
    for path in [
        format!("/webhooks/?event_type={secret}"),
        format!("/webhooks/?{secret}=1"),
    ] {
        let answer = app.get(&path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(!answer.text.contains("fake-secret"), "{}", answer.body);
    }
}
