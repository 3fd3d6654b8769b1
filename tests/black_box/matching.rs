//! Who would get an event, and why the others would not.

use carillon_tests::{App, discord, slack};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// One webhook of each answer, and what each says to a deployment to production.
async fn webhooks(app: &App) -> Vec<(String, Option<&'static str>)> {
    let mut filtered = slack("filtered", &["*"]);
    filtered["filters"] = json!({"environment": ["staging", "test-*"]});
    let mut unknown = slack("unknown", &["deploy"]);
    unknown["filters"] = json!({"region": ["*"]});
    let mut disabled = slack("disabled", &["deploy"]);
    disabled["enabled"] = json!(false);
    let suspended = slack("suspended", &["deploy"]);
    let all = [
        (slack("wants it", &["dep*"]), None),
        (
            discord("other type", &["scale"]),
            Some("it is not registered for `deploy`"),
        ),
        (
            filtered,
            Some("its filter `environment` does not match `production`"),
        ),
        (
            unknown,
            Some("its filter `region` needs a value, and the event has none"),
        ),
        (disabled, Some("it is disabled")),
        (suspended, Some("it is suspended: the token was revoked")),
    ];
    let mut ids = Vec::new();
    for (webhook, why_not) in all {
        let id = app.register(&webhook).await;
        if webhook["name"] == "suspended" {
            app.suspend(&id, "the token was revoked").await;
        }
        ids.push((id, why_not));
    }
    ids
}

#[tokio::test]
async fn each_webhook_says_whether_it_would_get_an_event_and_why_not() {
    let app = App::start().await;
    let webhooks = webhooks(&app).await;
    let event = json!({"type": "deploy", "environment": "production"});
    let answer = app.post("/events/match/", &event).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.results().len(), webhooks.len());
    for (id, why_not) in &webhooks {
        let of = |result: &&Value| result["webhook_id"] == **id;
        let result = answer.results().iter().find(of).unwrap();
        assert_eq!(result["would_send"], why_not.is_none(), "{result}");
        assert_eq!(result["why_not"], json!(why_not), "{result}");
        assert!(result["name"].is_string(), "{result}");
        // A preview says the same of its own webhook.
        let preview = app.post(&format!("/webhooks/{id}/preview/"), &event).await;
        assert_eq!(preview.status, StatusCode::OK, "{}", preview.body);
        for field in ["would_send", "why_not"] {
            assert_eq!(preview.body[field], result[field], "{}", preview.body);
        }
    }
    assert_eq!(app.get("/events/").await.results(), [] as [Value; 0]);
    assert_eq!(app.sink().messages().len(), 0);
}

#[tokio::test]
async fn a_sample_and_a_published_event_can_be_matched_and_faults_are_told() {
    let app = App::start().await;
    app.register(&slack("all", &["*"])).await;
    // An event of this name can still be read.
    app.publish(&json!({"type": "scale", "id": "match"})).await;
    assert_eq!(app.get("/events/match/").await.body["type"], "scale");
    for body in [json!({"sample": "deploy"}), json!({"event_id": "match"})] {
        let answer = app.post("/events/match/", &body).await;
        assert_eq!(answer.results()[0]["would_send"], true, "{}", answer.body);
    }
    for (body, pointer) in [
        (json!({}), "/type"),
        (json!({"type": "depoly"}), "/type"),
        (json!({"type": "deploy", "enviroment": "x"}), "/enviroment"),
        (json!({"event_id": "unknown"}), "/event_id"),
    ] {
        let answer = app.post("/events/match/", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.pointers(), [pointer], "{body}");
    }
}
