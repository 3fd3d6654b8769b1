//! Slack and Discord, with what happens to requests on the way, and a record of what was
//! really posted.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use carillon_chat::{ChatOrigin, Client};
use carillon_embedded::SimulatedClock;
use carillon_embedded::chat_sink::ChatSink;
use carillon_runtime::clock::Clock;
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt;

use crate::fate::{ChatCourse, Fate, Refusal};
use crate::scenario::MARK;

/// What was posted, or what a message was changed to.
#[derive(Debug, Clone)]
pub struct Posted {
    /// Where: the same text for the same channel.
    pub destination: String,
    /// Which events it tells, in its order. Where a message is changed, those that it has not
    /// told before: what it says once more comes to nobody again.
    pub events: Vec<String>,
}

type Shown = HashMap<(String, String), Vec<String>>;

/// What is behind the server for one run.
#[derive(Clone)]
pub struct Stage {
    pub sink: ChatSink,
    pub fate: Arc<Fate>,
    pub posted: Arc<Mutex<Vec<Posted>>>,
    /// What each message says now, by its destination and id.
    pub shown: Arc<Mutex<Shown>>,
    /// An event that no message can be posted with, and until when.
    pub poison: Arc<Mutex<Option<(String, Timestamp)>>>,
    /// A platform that takes no credential, and until when.
    pub revoked: Arc<Mutex<Option<(&'static str, Timestamp)>>>,
    pub clock: SimulatedClock,
}

impl Stage {
    /// What a message tells that was posted or changed.
    fn told(&self, destination: &str, id: String, events: Vec<String>) -> Vec<String> {
        let mut shown = self.shown.lock().unwrap();
        let at = (destination.to_owned(), id);
        let before = shown.insert(at, events.clone()).unwrap_or_default();
        let new = events.into_iter().filter(|event| !before.contains(event));
        new.collect()
    }

    fn is_poison(&self, events: &[String]) -> bool {
        let poison = self.poison.lock().unwrap();
        let poison = poison.as_ref();
        poison.is_some_and(|(mark, until)| events.contains(mark) && self.clock.now() < *until)
    }

    fn is_revoked(&self, platform: &str) -> bool {
        let revoked = *self.revoked.lock().unwrap();
        revoked.is_some_and(|(of, until)| of == platform && self.clock.now() < until)
    }

    /// Edits name a channel by its id.
    fn name(&self, channel: String) -> String {
        let known = self.sink.destinations().into_iter();
        let mut found = known.map(|known| known.place);
        let found = found.find(|place| place.channel_id == channel);
        found.map_or(channel, |place| place.channel)
    }
}

/// A server that is there for one run after the other.
pub struct Platforms {
    address: SocketAddr,
    current: Current,
}

/// The run that is on, by its seed.
type Current = Arc<Mutex<Option<(u64, Stage)>>>;

impl Platforms {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let current = Current::default();
        let router = Router::new()
            .fallback(any(answer))
            .with_state(Arc::clone(&current));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, current }
    }

    /// A client for the run of a seed. What a process that was killed in the run before has still
    /// on its way goes to an address of its own, and is not counted in this one.
    pub fn client(&self, seed: u64, stage: Stage) -> Client {
        *self.current.lock().unwrap() = Some((seed, stage));
        let origin = ChatOrigin::parse(&format!("http://{}/{seed}", self.address)).unwrap();
        Client::new(Some(origin)).unwrap()
    }
}

async fn answer(State(current): State<Current>, request: Request) -> Response {
    let (seed, stage) = current.lock().unwrap().clone().unwrap();
    let (mut parts, body) = request.into_parts();
    let uri = parts.uri.to_string();
    let Some(uri) = uri.strip_prefix(&format!("/{seed}/")) else {
        return StatusCode::GONE.into_response();
    };
    parts.uri = format!("/{uri}").parse().unwrap();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path().to_owned();
    let destination = stage.name(destination(&path, &body));
    let course = stage.fate.of_post(&destination);
    if let ChatCourse::Refused(refusal) = course {
        return instead(refusal).await;
    }
    let platform = path.split('/').nth(1).unwrap_or_default();
    if stage.is_revoked(platform) {
        return revoked(platform);
    }
    if stage.is_poison(&events(&body)) {
        return instead(Refusal::Status503).await;
    }
    let request = Request::from_parts(parts, Body::from(body.clone()));
    let response = stage.sink.router().oneshot(request).await.unwrap();
    let (parts, answer) = response.into_parts();
    let answer = to_bytes(answer, usize::MAX).await.unwrap();
    if was_taken(parts.status, &answer) {
        let events = events(&body);
        let events = match message_id(&answer) {
            Some(id) => stage.told(&destination, id, events),
            None => events,
        };
        let posted = Posted {
            destination,
            events,
        };
        stage.fate.tell(|| format!("  {posted:?}"));
        stage.posted.lock().unwrap().push(posted);
    } else {
        let answer = String::from_utf8_lossy(&answer);
        stage
            .fate
            .tell(|| format!("  {destination}: {} {answer}", parts.status));
    }
    match course {
        ChatCourse::AnswerLost(refusal) => instead(refusal).await,
        _ => Response::from_parts(parts, Body::from(answer)),
    }
}

async fn instead(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Silence => std::future::pending().await,
        Refusal::Status503 => {
            let page = axum::response::Html("<h1>503 Service Unavailable</h1>");
            (StatusCode::SERVICE_UNAVAILABLE, page).into_response()
        }
        Refusal::Limited(seconds) => {
            let body = format!(r#"{{"ok":false,"error":"ratelimited","retry_after":{seconds}.0}}"#);
            let headers = [
                ("retry-after", seconds.to_string()),
                ("via", "1.1 test".into()),
            ];
            (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
        }
        Refusal::Reset => {
            let cut = async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset)) };
            Response::new(Body::from_stream(futures::stream::once(cut)))
        }
    }
}

/// The platforms whose credentials may be revoked.
pub const PLATFORMS: [&str; 3] = ["slack.com", "hooks.slack.com", "discord.com"];

/// What a platform says of a credential that it does not take any more.
fn revoked(platform: &str) -> Response {
    let (status, body) = match platform {
        "slack.com" => (StatusCode::OK, r#"{"ok":false,"error":"token_revoked"}"#),
        "hooks.slack.com" => (StatusCode::NOT_FOUND, "no_service"),
        _ => {
            let body = r#"{"message":"Unknown Webhook","code":10015}"#;
            (StatusCode::NOT_FOUND, body)
        }
    };
    (status, [("via", "1.1 test")], body).into_response()
}

/// The channel, or the webhook.
fn destination(path: &str, body: &[u8]) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts[0] {
        "slack.com" => {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            body["channel"].as_str().unwrap_or_default().to_owned()
        }
        "hooks.slack.com" => parts[3].to_owned(),
        _ => {
            let webhook = parts.iter().position(|part| *part == "webhooks").unwrap();
            parts[webhook + 1].to_owned()
        }
    }
}

/// Slack's answers say it in the body, those of the others in the status.
fn was_taken(status: StatusCode, answer: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(answer).unwrap_or_default();
    status.is_success() && body["ok"] != false
}

/// By what Slack's bots and Discord tell one message of a destination from another.
fn message_id(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let id = answer["ts"].as_str().or(answer["id"].as_str())?;
    Some(id.to_owned())
}

/// The marks of events in a message, each once, in their order.
fn events(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let mut found: Vec<String> = Vec::new();
    for (at, _) in text.match_indices(MARK) {
        let mark: String = text[at..].chars().take(MARK.len() + 4).collect();
        if !found.contains(&mark) {
            found.push(mark);
        }
    }
    // A summary has them by their types.
    if text.contains(" × ") {
        found.sort_unstable();
    }
    found
}
