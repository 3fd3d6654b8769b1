//! The chat sink's messages as JSON and as a stream of events, for the console.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Sse};
use axum::routing::get;
use axum::{Json, Router};
use futures::{StreamExt, stream};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;

use crate::chat_sink::{ChatSink, Message};

/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);

/// The messages and their stream, under `/_local/messages`.
pub fn router(sink: ChatSink) -> Router {
    Router::new()
        .route("/_local/messages", get(messages))
        .route("/_local/messages/stream", get(follow))
        .with_state(sink)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    /// Only messages with a greater number.
    after: u64,
    /// Only messages with a smaller number.
    before: Option<u64>,
    /// Only what was posted or edited after this revision, and what was removed since.
    since: u64,
    /// So many messages at most.
    limit: Option<usize>,
}

/// `GET /_local/messages`: newest first; `more` says whether the limit left any out. `revision` is
/// where a stream may go on from; `removed` and `cleared` say what is gone since the revision that
/// was given.
async fn messages(
    State(sink): State<ChatSink>,
    Query(query): Query<ListQuery>,
) -> impl IntoResponse {
    let changes = sink.changes_since(query.since);
    let mut messages = changes.messages;
    let numbers = query.after.saturating_add(1)..query.before.unwrap_or(u64::MAX);
    messages.retain(|message| numbers.contains(&message.number));
    messages.sort_by_key(|message| std::cmp::Reverse(message.number));
    let limit = query.limit.unwrap_or(usize::MAX);
    let more = messages.len() > limit;
    messages.truncate(limit);
    let messages: Vec<&Message> = messages.iter().map(Arc::as_ref).collect();
    let body = json!({
        "results": messages, "more": more, "revision": changes.revision,
        "removed": changes.removed, "cleared": changes.cleared,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StreamQuery {
    /// Only changes after this revision; without it, from now on.
    since: Option<u64>,
}

/// `GET /_local/messages/stream`: each message as it comes or is edited (`message`), and
/// `cleared` when all before it is gone. The event's id is the revision.
async fn follow(
    State(sink): State<ChatSink>,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let last_seen = headers.get("last-event-id");
    let last_seen = last_seen.and_then(|id| id.to_str().ok()?.parse().ok());
    let changed = sink.subscribe();
    let now = *changed.borrow();
    let reader = Reader {
        // What the browser has seen counts for more than where it began.
        since: last_seen.or(query.since).unwrap_or(now),
        sink,
        changed,
    };
    let first = stream::iter([Event::default().retry(RETRY)]);
    let events = stream::unfold(reader, async |mut reader| {
        Some((reader.next().await?, reader))
    });
    let events = first.chain(events.flat_map(stream::iter));
    Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::new())
}

/// Follows the sink's changes, however fast they come.
struct Reader {
    sink: ChatSink,
    changed: watch::Receiver<u64>,
    since: u64,
}

impl Reader {
    /// The next events, as soon as there are any.
    async fn next(&mut self) -> Option<Vec<Event>> {
        loop {
            self.changed.mark_unchanged();
            let events = self.read();
            if !events.is_empty() {
                return Some(events);
            }
            self.changed.changed().await.ok()?;
        }
    }

    fn read(&mut self) -> Vec<Event> {
        let changes = self.sink.changes_since(self.since);
        self.since = changes.revision;
        let mut events = Vec::new();
        if changes.cleared {
            // Browsers pass no event on that has no data.
            events.push(Event::default().event("cleared").data("everything"));
        }
        let removed = |number: u64| Event::default().event("removed").data(number.to_string());
        events.extend(changes.removed.into_iter().map(removed));
        for message in changes.messages {
            let event = Event::default()
                .event("message")
                .id(message.revision.to_string());
            // A message is always JSON; if it were not, the others still come.
            events.extend(event.json_data(message.as_ref()));
        }
        events
    }
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
