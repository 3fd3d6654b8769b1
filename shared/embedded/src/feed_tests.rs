use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::response::Response;
use futures::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::router;
use crate::chat_sink::ChatSink;

async fn get(sink: &ChatSink, path: &str) -> Response {
    let request = Request::get(path).body(Body::empty()).unwrap();
    router(sink.clone()).oneshot(request).await.unwrap()
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
async fn messages_are_listed_newest_first() {
    let sink = ChatSink::new();
    for said in ["one", "two", "three"] {
        post(&sink, said).await;
    }
    let list = async |query: &str| -> (Vec<String>, bool) {
        let path = format!("/_local/messages{query}");
        let body: Value = serde_json::from_str(&text(get(&sink, &path).await).await).unwrap();
        let results = body["results"].as_array().unwrap().iter();
        let said = results.map(|m| m["payload"]["text"].as_str().unwrap().to_owned());
        (said.collect(), body["more"].as_bool().unwrap())
    };
    let expected =
        |said: &[&str], more: bool| (said.iter().map(|&said| said.to_owned()).collect(), more);
    assert_eq!(list("").await, expected(&["three", "two", "one"], false));
    assert_eq!(list("?after=2").await, expected(&["three"], false));
    assert_eq!(list("?limit=2").await, expected(&["three", "two"], true));
    assert_eq!(list("?limit=2&before=2").await, expected(&["one"], false));
}

#[tokio::test]
async fn a_reader_without_a_stream_learns_what_changed_since_it_last_asked() {
    let sink = ChatSink::new();
    let posted = post(&sink, "one").await;
    post(&sink, "two").await;
    let read = async |since: u64| -> Value {
        let path = format!("/_local/messages?since={since}");
        serde_json::from_str(&text(get(&sink, &path).await).await).unwrap()
    };
    let known = read(0).await["revision"].as_u64().unwrap();
    let edit = json!({"channel": posted["channel"], "ts": posted["ts"], "text": "edited"});
    call(&sink, "chat.update", &edit).await;
    sink.remove(2);
    let changes = read(known).await;
    assert_eq!(changes["results"].as_array().unwrap().len(), 1);
    assert_eq!(changes["results"][0]["payload"]["text"], "edited");
    assert_eq!(changes["removed"], json!([2]));
    assert_eq!(changes["cleared"], false);
    assert_eq!(read(1).await["cleared"], true);
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
    let stream = router(sink.clone()).oneshot(request).await.unwrap();
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
