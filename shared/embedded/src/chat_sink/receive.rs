//! A post to a receiver of which no more is asked than that it takes what is well-formed.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ChatSink;
use super::destination::Place;
use super::failures::{self, Failure};
use super::store::Incoming;

/// A message that is well-formed.
pub(super) struct Received {
    pub incoming: Incoming,
    /// Where the sender gives it one: what comes again is known by it, as receivers should.
    pub id: Option<String>,
}

/// Why a message is not well-formed.
pub(super) type Fault = (StatusCode, &'static str);

/// Keeps what was posted and answers, unless something is to go wrong.
pub(super) fn receive(
    sink: &ChatSink,
    place: &Place,
    read: impl FnOnce() -> Result<Received, Fault>,
    taken: impl FnOnce() -> Response,
) -> Response {
    let receive = || -> Result<Response, Failure> {
        let always_afterwards = Failure::instead((place.kind.fails)(sink.called(place), &[]))?;
        let Received { incoming, id } = match read() {
            Ok(received) => received,
            Err((status, reason)) => {
                return Ok((status, axum::Json(json!({"error": reason}))).into_response());
            }
        };
        let afterwards = Failure::instead(sink.planned(place))?;
        let known = |id: &String| sink.find(place.kind.platform, &place.channel_id, id);
        if id.as_ref().and_then(known).is_none() {
            sink.add(place, incoming, |ids| id.unwrap_or_else(|| ids.snowflake()));
        }
        Failure::afterwards(afterwards.or(always_afterwards))?;
        Ok(taken())
    };
    receive().unwrap_or_else(failures::answer)
}
