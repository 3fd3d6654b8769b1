//! The sink as its clients see it.

mod discord;
mod faults;
mod limits;
mod signed_webhook;
mod slack_api;
mod slack_webhook;
mod standings;
mod teams;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::ChatSink;

/// Stands for every secret that goes in; it must never come out.
const CANARY: &str = "canary-not-a-real-secret";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

/// A request made up of its parts, with a JSON body unless told otherwise.
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    headers: Vec<(&'a str, String)>,
    body: String,
}

impl<'a> Call<'a> {
    fn post(path: &'a str, body: &Value) -> Self {
        Self {
            method: "POST",
            path,
            headers: vec![("content-type", "application/json; charset=utf-8".into())],
            body: body.to_string(),
        }
    }

    fn get(path: &'a str) -> Self {
        Self {
            method: "GET",
            path,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    fn method(mut self, method: &'a str) -> Self {
        self.method = method;
        self
    }

    /// Sets a header; an empty value takes it away.
    fn header(mut self, name: &'a str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            self.headers.push((name, value.to_owned()));
        }
        self
    }

    fn body(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self
    }

    async fn send(self, sink: &ChatSink) -> Answer {
        let mut request = Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(self.body)).unwrap();
        let response = sink.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

#[tokio::test]
async fn an_unknown_host_is_not_found() {
    let answer = Call::post("/example.com/api/x", &json!({}))
        .send(&ChatSink::new())
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["error"], "unknown_host");
}

#[tokio::test]
async fn no_credential_comes_out_again() {
    let sink = ChatSink::new();
    let discord = format!("/discord.com/api/v10/webhooks/1122334455/{CANARY}");
    let waiting = format!("{discord}?wait=true");
    let slack = format!("/hooks.slack.com/services/T0EXAMPLE/B0EXAMPLE/{CANARY}");
    let teams = teams::url().replace("not-a-real-signature", CANARY);
    let token = format!("Bearer xoxb-{CANARY}");
    let text = json!({"channel": "infra", "text": "hello", "token": format!("xoxb-{CANARY}")});
    let content = json!({"content": "hello"});
    let calls = [
        Call::post("/slack.com/api/chat.postMessage", &text).header("authorization", &token),
        Call::post("/slack.com/api/auth.test", &json!({})).header("authorization", &token),
        Call::post(&slack, &json!({"text": "hello"})),
        Call::post(&slack, &json!({})),
        Call::post(&waiting, &content).header("user-agent", discord::AGENT),
        Call::post(&discord, &json!({})).header("user-agent", discord::AGENT),
        Call::get(&discord).header("user-agent", discord::AGENT),
        Call::post(&teams, &teams::hello()),
        Call::post(&teams, &json!({})),
        Call::get(&teams),
    ];
    for call in calls {
        let answer = call.send(&sink).await;
        assert!(!answer.body.contains(CANARY), "{}", answer.body);
        assert!(!format!("{:?}", answer.headers).contains(CANARY));
    }
    assert_eq!(sink.messages().len(), 4);
    assert!(!format!("{sink:?}").contains(CANARY));
}

#[tokio::test]
async fn only_the_latest_messages_are_kept() {
    let sink = ChatSink::new();
    sink.behave(|behaviour| behaviour.rate_limits = false);
    sink.keep(5);
    for n in 0..6 {
        slack_api::post(&sink, &json!({"channel": "infra", "text": format!("{n}")})).await;
    }
    let messages = sink.messages();
    assert_eq!(messages.len(), 5);
    assert_eq!(
        (messages[0].number, &messages[0].payload["text"]),
        (2, &json!("1"))
    );
}

#[tokio::test]
async fn a_reader_waits_until_the_messages_are_there() {
    let sink = ChatSink::new();
    let waiting = sink.wait_until(|messages| messages.len() == 2);
    let posting = async {
        for text in ["one", "two"] {
            slack_api::post(&sink, &json!({"channel": "infra", "text": text})).await;
        }
    };
    let (messages, ()) = tokio::join!(waiting, posting);
    assert_eq!(messages[1].payload["text"], "two");
    sink.clear();
    assert!(sink.messages().is_empty());
}
