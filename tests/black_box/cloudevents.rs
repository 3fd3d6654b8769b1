//! CloudEvents 1.0, in the three modes of their HTTP binding.

use carillon_tests::{Answer, App, slack};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

const STRUCTURED: &str = "application/cloudevents+json; charset=utf-8";
const BATCH: &str = "application/cloudevents-batch+json";

fn cloud_event(id: &str, event_type: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/acme/ci", "type": event_type,
        "subject": "billing-db", "time": "2026-11-21T10:15:00Z",
        "data": {"environment": "production", "commit": "9fceb02"}
    })
}

async fn post(app: &App, content_type: &str, body: &Value) -> Answer {
    let request = app.request(Method::POST, "/events/");
    let request = request.header("Content-Type", content_type);
    app.send(request.body(body.to_string())).await
}

fn binary(app: &App, headers: &[(&str, &str)]) -> RequestBuilder {
    let required = [
        ("ce-specversion", "1.0"),
        ("ce-id", "b1"),
        ("ce-source", "/acme/ci"),
    ];
    let request = app.request(Method::POST, "/events/");
    required
        .iter()
        .chain(headers)
        .fold(request, |request, (name, value)| {
            request.header(*name, *value)
        })
}

fn pointers(answer: &Answer) -> Vec<&str> {
    let errors = answer.body["errors"].as_array();
    let errors = errors.unwrap_or_else(|| panic!("{}", answer.body));
    errors
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_structured_event_is_stored_under_its_id_and_delivered() {
    let app = App::start().await;
    app.register(&slack("all", &["*"])).await;
    let event = cloud_event("a1", "com.acme.parameter.updated.v1");
    let answer = post(&app, STRUCTURED, &event).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    assert_eq!(answer.body, json!({"id": "a1", "duplicate": false}));
    let again = post(&app, STRUCTURED, &event).await;
    assert_eq!(again.body, json!({"id": "a1", "duplicate": true}));

    let stored = app.get("/events/a1/").await.body;
    assert_eq!(stored["type"], "parameter_updated");
    assert_eq!(stored["occurred_at"], "2026-11-21T10:15:00Z");
    assert_eq!(stored["environment"], "production");
    assert_eq!(stored["resource"], json!({"name": "billing-db"}));
    assert_eq!(
        stored["details"],
        json!({"commit": "9fceb02", "source": "/acme/ci"})
    );
    let messages = app.messages(1).await;
    assert!(messages[0].payload.to_string().contains("billing-db"));
}

#[tokio::test]
async fn headers_and_a_body_make_an_event() {
    let app = App::start().await;
    let headers = [
        ("Ce-Type", "com.acme.deploy.failed"),
        ("ce-subject", "bil%C3%BCng"),
    ];
    let request = binary(&app, &headers).json(&json!({"project": "billing"}));
    let answer = app.send(request).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    let stored = app.get("/events/b1/").await.body;
    assert_eq!(
        (&stored["type"], &stored["status"]),
        (&json!("deploy"), &json!("failed"))
    );
    assert_eq!(stored["resource"]["name"], "bilüng");
    assert_eq!(stored["project"], "billing");

    let request = binary(&app, &[("ce-type", "com.acme.error"), ("ce-id", "b2")]);
    let answer = app.send(request.body("no id is there twice")).await;
    assert_eq!(pointers(&answer), ["/headers/ce-id"]);
    let request = app
        .request(Method::POST, "/events/")
        .header("ce-id", "b3")
        .header("Content-Type", "text/plain");
    let answer = app.send(request.body("the disk is full")).await;
    assert_eq!(
        pointers(&answer),
        [
            "/headers/ce-specversion",
            "/headers/ce-source",
            "/headers/ce-type"
        ]
    );
}

#[tokio::test]
async fn a_batch_is_stored_in_order_or_not_at_all() {
    let app = App::start().await;
    let batch = json!([
        cloud_event("a1", "com.acme.deploy"),
        cloud_event("a2", "com.acme.scale")
    ]);
    let answer = post(&app, BATCH, &batch).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    assert_eq!(
        answer.body["results"],
        json!([{"id": "a1", "duplicate": false}, {"id": "a2", "duplicate": false}])
    );

    let mut bad = cloud_event("a4", "com.acme.order.placed");
    bad["specversion"] = json!("0.3");
    let answer = post(
        &app,
        BATCH,
        &json!([cloud_event("a3", "com.acme.deploy"), bad]),
    )
    .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(pointers(&answer), ["/1/specversion", "/1/type"]);
    let detail = answer.body["errors"][1]["detail"].as_str().unwrap();
    assert!(detail.contains("Known are parameter_created,"), "{detail}");
    assert_eq!(app.get("/events/a3/").await.status, StatusCode::NOT_FOUND);
    let empty = post(&app, BATCH, &json!([])).await;
    assert_eq!(empty.status, StatusCode::ACCEPTED, "{}", empty.body);
    assert_eq!(empty.body, json!({"results": []}));
}

#[tokio::test]
async fn equal_ids_of_different_sources_are_different_events() {
    let app = App::start().await;
    let one = cloud_event("a1", "com.acme.deploy");
    let mut other = one.clone();
    other["source"] = json!("/acme/other");
    post(&app, STRUCTURED, &one).await;
    let answer = post(&app, STRUCTURED, &other).await;
    assert_eq!(answer.body["duplicate"], false);
    let id = answer.body["id"].as_str().unwrap().to_owned();
    assert_ne!(id, "a1");
    let again = post(&app, STRUCTURED, &other).await;
    assert_eq!(again.body, json!({"id": id, "duplicate": true}));
    let stored = app.get(&format!("/events/{id}/")).await.body;
    assert_eq!(stored["details"]["source"], "/acme/other");
}

#[tokio::test]
async fn what_is_no_cloudevent_in_json_is_refused() {
    let app = App::start().await;
    for content_type in [
        "application/cloudevents+avro",
        "application/cloudevents",
        "text/plain",
    ] {
        let answer = post(&app, content_type, &cloud_event("a1", "com.acme.deploy")).await;
        assert_eq!(
            answer.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{content_type}"
        );
    }
    let request = app
        .request(Method::POST, "/events/")
        .header("Content-Type", STRUCTURED);
    assert_eq!(
        app.send(request.body("{")).await.status,
        StatusCode::BAD_REQUEST
    );
    let mut foreign = cloud_event("a1", "com.acme.deploy");
    foreign["organization"] = json!("org_other");
    assert_eq!(
        post(&app, STRUCTURED, &foreign).await.status,
        StatusCode::FORBIDDEN
    );
}
