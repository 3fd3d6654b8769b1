use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Call};
use crate::chat_sink::{ChatSink, Failure, Standing};

const HOST: &str = "prod-00.westeurope.logic.azure.com";
const PATH: &str = "workflows/0fa1/triggers/manual/paths/invoke";
const QUERY: &str = "api-version=1&sp=%2Frun&sv=1.0&sig=not-a-real-signature";

pub(super) fn url() -> String {
    format!("/{HOST}/{PATH}?{QUERY}")
}

fn message(body: Value) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null,
            "content": {"type": "AdaptiveCard", "version": "1.4", "body": body},
        }],
    })
}

pub(super) fn hello() -> Value {
    message(json!([{"type": "TextBlock", "text": "hello", "wrap": true}]))
}

async fn post(sink: &ChatSink) -> Answer {
    Call::post(&url(), &hello()).send(sink).await
}

fn code(answer: &Answer) -> (u16, String) {
    let code = answer.json()["error"]["code"].as_str().unwrap().to_owned();
    (answer.status.as_u16(), code)
}

#[tokio::test]
async fn a_message_is_taken_with_nothing_but_the_id_of_its_run() {
    let sink = ChatSink::new();
    sink.name_webhook("0fa1", "Alerts");
    let new = format!(
        "/x.b2.environment.api.powerplatform.com/powerautomate/automations/direct/cu/04/{PATH}/?{QUERY}"
    );
    for path in [url(), new] {
        let answer = Call::post(&path, &hello()).send(&sink).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::ACCEPTED, "")
        );
        let message = sink.messages().pop().unwrap();
        assert_eq!(answer.header("x-ms-workflow-run-id"), message.id);
        assert_eq!(
            (message.platform, message.channel.as_str()),
            ("teams", "Alerts")
        );
        assert!(message.not_shown.is_empty());
        assert_eq!(message.payload, hello());
    }
}

#[tokio::test]
async fn who_calls_wrongly_is_told_so_in_microsofts_codes() {
    let sink = ChatSink::new();
    for (path, status, said) in [
        (format!("/{HOST}/other?{QUERY}"), 404, "NotFound"),
        (
            format!("/x.environment.api.powerplatform.com/{PATH}?{QUERY}"),
            404,
            "NotFound",
        ),
        (
            format!("/{HOST}/{PATH}?sig=x"),
            400,
            "MissingApiVersionParameter",
        ),
        (
            format!("/{HOST}/{PATH}?api-version=1&sp=a&sv=1"),
            401,
            "DirectApiAuthorizationRequired",
        ),
        (
            format!("/{HOST}/{PATH}?api-version=1&amp;sig=x"),
            401,
            "DirectApiAuthorizationRequired",
        ),
        (
            format!("/{HOST}/{PATH}?api-version=1&sig=x"),
            401,
            "DirectApiInvalidAuthorizationScheme",
        ),
    ] {
        let answer = Call::post(&path, &hello()).send(&sink).await;
        assert_eq!(code(&answer), (status, said.to_owned()), "{path}");
    }
    let path = url();
    let twice = Call::post(&path, &hello()).header("authorization", "Bearer not-a-real-token");
    let twice = twice.send(&sink).await;
    assert_eq!(code(&twice), (401, "DirectApiAuthorizationRequired".into()));
    let get = Call::get(&url()).send(&sink).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(sink.messages().is_empty());
}

#[tokio::test]
async fn the_trigger_refuses_another_envelope_and_the_run_another_card() {
    let sink = ChatSink::new();
    let mut without = hello();
    without["attachments"][0]
        .as_object_mut()
        .unwrap()
        .remove("contentUrl");
    for body in [
        without,
        json!("hello"),
        json!({"type": "message", "attachments": [{}]}),
    ] {
        let answer = Call::post(&url(), &body).send(&sink).await;
        assert_eq!(
            code(&answer),
            (400, "TriggerInputSchemaMismatch".into()),
            "{body}"
        );
    }
    assert!(sink.messages().is_empty());
    for (body, fault) in [
        (
            message(json!([{"type": "Table"}])),
            "InvalidBotAdaptiveCard",
        ),
        (
            json!({"type": "message", "attachments": []}),
            "InvalidBotAdaptiveCard",
        ),
        (
            message(json!([{"type": "TextBlock", "text": "x".repeat(30_000), "wrap": true}])),
            "MessageSizeExceeded",
        ),
    ] {
        let answer = Call::post(&url(), &body).send(&sink).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        let message = sink.messages().pop().unwrap();
        assert!(
            message.not_shown[0].contains(fault),
            "{:?}",
            message.not_shown
        );
    }
}

#[tokio::test]
async fn a_workflow_that_does_not_stand_well_says_so_and_of_its_channel_it_says_nothing() {
    for (standing, status, said) in [
        (Standing::Revoked, 404, "WorkflowNotFound"),
        (Standing::Uninstalled, 400, "WorkflowTriggerIsNotEnabled"),
        (
            Standing::WrongSecret,
            401,
            "DirectApiInvalidAuthorizationSignature",
        ),
    ] {
        let sink = ChatSink::new();
        sink.stand("0fa1", standing);
        assert_eq!(code(&post(&sink).await), (status, said.to_owned()));
    }
    let sink = ChatSink::new();
    sink.stand("0fa1", Standing::Archived);
    let answer = post(&sink).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert!(!answer.header("x-ms-workflow-run-id").is_empty());
    assert!(sink.messages().is_empty());
}

#[tokio::test]
async fn failures_on_order_come_in_the_way_of_a_workflow() {
    let sink = ChatSink::new();
    sink.fail_next(1, Failure::refusal("slack", "is_archived"));
    sink.fail_next(1, Failure::refusal("teams", "WorkflowNotFound"));
    sink.fail_next(1, Failure::RateLimited(7.0));
    sink.fail_next(1, Failure::Status(502));
    sink.fail_next(1, Failure::after_taking(Failure::Status(500)));
    assert_eq!(post(&sink).await.status, StatusCode::NOT_FOUND);
    let limited = post(&sink).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        (limited.header("retry-after"), limited.body.as_str()),
        ("7", "")
    );
    assert!(post(&sink).await.body.contains("<html>"));
    assert!(sink.messages().is_empty());
    post(&sink).await;
    assert_eq!(sink.messages().len(), 1);
}

#[tokio::test]
async fn what_is_too_much_for_the_channel_is_taken_and_lost() {
    let sink = ChatSink::new();
    for _ in 0..61 {
        assert_eq!(post(&sink).await.status, StatusCode::ACCEPTED);
    }
    assert_eq!(sink.messages().len(), 60);
    assert_eq!(sink.destinations()[0].tally.rate_limited, 1);
}

#[tokio::test]
async fn whom_a_card_mentions_is_told() {
    let sink = ChatSink::new();
    let mut body = message(json!([{"type": "TextBlock", "text": "<at>Ann</at>", "wrap": true}]));
    body["attachments"][0]["content"]["msteams"] = json!({"entities": [
        {"type": "mention", "text": "<at>Ann</at>", "mentioned": {"id": "ann@x.example", "name": "Ann"}},
    ]});
    Call::post(&url(), &body).send(&sink).await;
    assert_eq!(sink.messages()[0].open_mentions, ["user:ann@x.example"]);
}
