use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use carillon_chat::Kinds;
use carillon_domain::{Faults, Pointer};
use futures::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{FILES, PageInfo, router};
use crate::chat_sink::ChatSink;

fn page(sink: &ChatSink) -> axum::Router {
    router(
        sink.clone(),
        PageInfo::new("http://127.0.0.1:8787/api/v1", "local", None),
    )
}

async fn get(sink: &ChatSink, path: &str) -> Response {
    let request = Request::get(path).body(Body::empty()).unwrap();
    page(sink).oneshot(request).await.unwrap()
}

async fn text(response: Response) -> String {
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

async fn post(sink: &ChatSink, said: &str) -> Value {
    call(
        sink,
        "chat.postMessage",
        &json!({"channel": "infra", "text": said}),
    )
    .await
}

async fn call(sink: &ChatSink, method: &str, body: &Value) -> Value {
    let request = Request::post(format!("/slack.com/api/{method}"))
        .header("authorization", "Bearer xoxb-not-a-real-token")
        .header("content-type", "application/json; charset=utf-8")
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = sink.router().oneshot(request).await.unwrap();
    serde_json::from_str(&text(response).await).unwrap()
}

#[tokio::test]
async fn every_file_is_there_and_may_load_nothing_from_elsewhere() {
    let sink = ChatSink::new();
    for (path, content_type, _) in FILES {
        let response = get(&sink, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-type"], content_type);
        let policy = response.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    }
}

#[tokio::test]
async fn the_page_asks_only_for_files_that_are_there() {
    let known: Vec<&str> = FILES.iter().map(|(path, ..)| *path).collect();
    let html = text(get(&ChatSink::new(), "/").await).await;
    for address in html
        .split('"')
        .filter(|part| part.starts_with("/_local/page/"))
    {
        assert!(known.contains(&address), "{address}");
    }
    for (path, _, content) in FILES {
        let imports = content.split("from './").skip(1);
        for name in imports.filter_map(|rest| rest.split('\'').next()) {
            let address = format!("/_local/page/{name}");
            assert!(known.contains(&address.as_str()), "{path} imports {name}");
        }
    }
}

#[test]
fn no_text_can_become_markup() {
    let makers = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ];
    for (path, _, content) in FILES {
        for maker in makers {
            assert!(!content.contains(maker), "{path}: {maker}");
        }
    }
}

#[tokio::test]
async fn the_first_steps_name_the_api_and_hold_no_key() {
    let shown = text(get(&ChatSink::new(), "/_local/page/info").await).await;
    let info: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(info["organization"], "local");
    let steps = info["steps"].to_string();
    assert!(steps.contains("http://127.0.0.1:8787/api/v1/events/"));
    assert!(steps.contains("$CARILLON_KEY"));
}

#[test]
fn the_webhook_of_the_first_steps_would_be_registered() {
    let steps = PageInfo::new("http://127.0.0.1:8787/api/v1", "local", None).steps;
    let body = |step: usize| -> Value {
        let body = steps[step].command.split('\'').nth(3).unwrap();
        serde_json::from_str(body).unwrap()
    };
    let (webhook, event) = (body(1), body(2));
    assert_eq!(event["type"], "deploy");

    let mut faults = Faults::default();
    let at = Pointer::root().field("configuration");
    let configuration = &webhook["configuration"];
    let kinds = Kinds::default();
    kinds.configuration("slack", configuration, &at, None, &|| [7; 32], &mut faults);
    let faults: Vec<_> = faults.iter().collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[tokio::test]
async fn messages_are_listed_newest_first() {
    let sink = ChatSink::new();
    for said in ["one", "two", "three"] {
        post(&sink, said).await;
    }
    let list = async |path: &str| -> Vec<String> {
        let body: Value = serde_json::from_str(&text(get(&sink, path).await).await).unwrap();
        let results = body["results"].as_array().unwrap().iter();
        results
            .map(|m| m["payload"]["text"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(list("/_local/messages").await, ["three", "two", "one"]);
    assert_eq!(list("/_local/messages?after=2").await, ["three"]);
}

/// Reads the stream's events until there are `count`.
async fn events(response: Response, count: usize) -> Vec<String> {
    let mut chunks = response.into_body().into_data_stream();
    let mut read = String::new();
    let reading = async {
        while read.matches("event: ").count() < count || !read.ends_with("\n\n") {
            let chunk = chunks.next().await.unwrap().unwrap();
            read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reading)
        .await
        .unwrap();
    let events = read.split("\n\n").filter(|event| event.contains("event: "));
    events.map(str::to_owned).collect()
}

#[tokio::test]
async fn each_message_and_each_edit_comes_over_the_stream() {
    let sink = ChatSink::new();
    post(&sink, "before").await;
    let stream = get(&sink, "/_local/messages/stream").await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let posted = post(&sink, "now").await;
    let first = events(stream, 1).await;
    assert!(
        first[0].contains("event: message") && first[0].contains("\"now\""),
        "{first:?}"
    );

    let stream = get(&sink, "/_local/messages/stream").await;
    let edit = json!({"channel": posted["channel"], "ts": posted["ts"], "text": "edited"});
    call(&sink, "chat.update", &edit).await;
    assert!(events(stream, 1).await[0].contains("\"edited\":true"));
}

#[tokio::test]
async fn a_browser_that_comes_back_gets_what_it_missed() {
    let sink = ChatSink::new();
    post(&sink, "seen").await;
    let seen = *sink.subscribe().borrow();
    post(&sink, "missed").await;
    let request = Request::get("/_local/messages/stream?since=0")
        .header("last-event-id", seen.to_string())
        .body(Body::empty())
        .unwrap();
    let stream = page(&sink).oneshot(request).await.unwrap();
    assert!(events(stream, 1).await[0].contains("\"missed\""));
}

#[tokio::test]
async fn a_browser_learns_that_everything_is_gone() {
    let sink = ChatSink::new();
    post(&sink, "old").await;
    let stream = get(&sink, "/_local/messages/stream").await;
    sink.clear();
    post(&sink, "new").await;
    let events = events(stream, 2).await;
    assert!(events[0].contains("event: cleared") && events[0].contains("data: "));
    assert!(events[1].contains("\"new\""));

    let restarted = get(&sink, "/_local/messages/stream?since=1").await;
    assert!(self::events(restarted, 1).await[0].contains("event: cleared"));
}
