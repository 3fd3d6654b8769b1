//! `traceparent` (W3C Trace Context): from a request through the event to its deliveries and on.

use carillon_tests::{App, slack};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const OTHER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

async fn publish(app: &App, traces: &[&str], media_type: &str, body: &Value) -> Vec<Value> {
    let mut request = app.request(Method::POST, "/events/");
    for trace in traces {
        request = request.header("traceparent", *trace);
    }
    let request = request.header("Content-Type", media_type);
    let answer = app.send(request.body(body.to_string())).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let published = match answer.results() {
        [] => vec![answer.body],
        results => results.to_vec(),
    };
    let mut traces = Vec::new();
    for event in published {
        let path = format!("/events/{}/", event["id"].as_str().unwrap());
        traces.push(app.get(&path).await.body["traceparent"].clone());
    }
    traces
}

#[tokio::test]
async fn a_requests_trace_is_kept_with_its_events_and_shown_with_their_deliveries() {
    let app = App::start().await;
    let id = app.register(&slack("work", &["deploy"])).await;
    let event = json!({"type": "deploy", "id": "d1"});
    assert_eq!(
        publish(&app, &[TRACE], "application/json", &event).await,
        [TRACE]
    );
    let delivery = app.delivery(&id, "delivered").await;
    assert_eq!(delivery["traceparent"], TRACE);
    let one = delivery["id"].as_str().unwrap();
    let one = app.get(&format!("/webhooks/{id}/deliveries/{one}/")).await;
    assert_eq!(one.body["traceparent"], TRACE);
    let event = app.get("/events/d1/").await;
    assert_eq!(event.body["deliveries"][0]["traceparent"], TRACE);
    let list = app.get("/events/").await;
    assert_eq!(list.results()[0]["traceparent"], TRACE);
}

#[tokio::test]
async fn each_event_of_a_batch_has_the_requests_trace_or_its_own() {
    let app = App::start().await;
    let batch = json!({"events": [{"type": "deploy"}, {"type": "scale", "traceparent": OTHER}]});
    let traces = publish(&app, &[TRACE], "application/json", &batch).await;
    assert_eq!(traces, [TRACE, OTHER]);
    let cloud_event = |id: &str, trace: Value| {
        json!({
            "specversion": "1.0", "id": id, "source": "/ci", "type": "deploy", "traceparent": trace
        })
    };
    let media_type = "application/cloudevents-batch+json";
    let batch = json!([
        cloud_event("1", OTHER.into()),
        // Neither is valid: what carries it goes on without.
        cloud_event("2", "00-0af7-b7ad-01".into()),
    ]);
    assert_eq!(
        publish(&app, &[TRACE], media_type, &batch).await,
        [OTHER, TRACE]
    );
    let wrong = json!({"type": "deploy", "traceparent": "x"});
    let answer = app.post("/events/", &wrong).await;
    assert_eq!(answer.pointers(), ["/traceparent"]);
}

#[tokio::test]
async fn a_trace_that_is_not_valid_counts_as_none() {
    let app = App::start().await;
    let upper = TRACE.to_uppercase();
    for traces in [&["nonsense"][..], &[&upper], &[TRACE, OTHER], &[]] {
        let event = json!({"type": "deploy"});
        let kept = publish(&app, traces, "application/json", &event).await;
        assert_eq!(kept, [Value::Null], "{traces:?}");
    }
}

#[tokio::test]
async fn a_repeat_with_another_trace_changes_nothing() {
    let app = App::start().await;
    let event = json!({"type": "deploy", "id": "d1"});
    publish(&app, &[TRACE], "application/json", &event).await;
    let kept = publish(&app, &[OTHER], "application/json", &event).await;
    assert_eq!(kept, [TRACE]);
}

#[tokio::test]
async fn a_signed_webhook_passes_the_trace_on() {
    let app = App::start().await;
    for format in ["standard", "cloudevents"] {
        let webhook = json!({
            "name": format, "type": "webhook", "event_types": ["deploy"],
            "configuration": {
                "url": format!("https://receiver.example.com/{format}"), "format": format
            }
        });
        let id = app.register(&webhook).await;
        let at = format!("/webhooks/{id}/preview/");
        let event = json!({"type": "deploy", "id": "d1"});
        publish(&app, &[TRACE], "application/json", &event).await;
        let preview = app.post(&at, &json!({"event_id": "d1"})).await;
        let request = &preview.body["request"];
        assert_eq!(request["headers"]["traceparent"], TRACE, "{}", preview.text);
        let body = &request["body"];
        assert_eq!(body["data"]["traceparent"], TRACE, "{body}");
        let attribute = (format == "cloudevents").then_some(TRACE);
        assert_eq!(body["traceparent"].as_str(), attribute);
        let preview = app.post(&at, &json!({"sample": "deploy"})).await;
        assert!(!preview.text.contains("traceparent"), "{}", preview.text);
    }
    app.publish(&json!({"type": "deploy", "id": "d2", "traceparent": OTHER}))
        .await;
    app.messages_until(|messages| {
        let sent = messages.iter().map(|it| it.payload.to_string());
        sent.filter(|payload| payload.contains(OTHER)).count() == 2
    })
    .await;
}
