//! A post to a receiver of which no more is asked than that it takes what is well-formed.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ChatSink;
use super::destination::Place;
use super::failures::{self, Failure};
use super::store::{Ids, Incoming};

/// A message that is well-formed.
pub(super) struct Received {
    pub incoming: Incoming,
    /// Where the sender gives it one: what comes again is known by it, as receivers should.
    pub id: Option<String>,
}

/// Why a message is not well-formed.
pub(super) type Fault = (StatusCode, &'static str);

/// Keeps what was posted and answers, unless something is to go wrong.
pub(super) async fn receive(
    sink: &ChatSink,
    place: &Place,
    read: impl FnOnce() -> Result<Received, Fault>,
    taken: impl FnOnce() -> Response,
) -> Response {
    let standing = (place.kind.fails)(sink.called(place), &[]);
    let (instead, always_afterwards) = Failure::split(standing);
    if let Some(failure) = instead {
        return failures::answer(failure).await;
    }
    let Received { incoming, id } = match read() {
        Ok(received) => received,
        Err((status, reason)) => {
            return (status, axum::Json(json!({"error": reason}))).into_response();
        }
    };
    let (instead, afterwards) = Failure::split(sink.planned(place));
    if let Some(failure) = instead {
        return failures::answer(failure).await;
    }
    let known = |id: &String| sink.find(place.kind.platform, &place.channel_id, id);
    if id.as_ref().and_then(known).is_none() {
        sink.add(place, incoming, |ids| {
            id.unwrap_or_else(|| Ids::snowflake(ids))
        });
    }
    match afterwards.or(always_afterwards) {
        Some(failure) => failures::answer(failure).await,
        None => taken(),
    }
}
