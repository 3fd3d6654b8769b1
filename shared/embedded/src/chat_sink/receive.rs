//! A post to a receiver of which no more is asked than that it takes what is well-formed.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ChatSink;
use super::destination::Place;
use super::failures::{self, Failure};
use super::store::{Ids, Message};

/// Why a message is not well-formed.
pub(super) type Fault = (StatusCode, &'static str);

/// Keeps what was posted and answers, unless something is to go wrong.
pub(super) fn receive(
    sink: &ChatSink,
    place: &Place,
    read: impl FnOnce() -> Result<Message, Fault>,
    taken: impl FnOnce() -> Response,
) -> Response {
    let receive = || -> Result<Response, Failure> {
        let always_afterwards = Failure::instead((place.kind.fails)(sink.called(place), &[]))?;
        let message = match read() {
            Ok(message) => message,
            Err((status, reason)) => {
                return Ok((status, axum::Json(json!({"error": reason}))).into_response());
            }
        };
        let afterwards = Failure::instead(sink.planned(place))?;
        // What comes again is known by the id that its sender gave it, as receivers should.
        let known = sink.find(place.kind.platform, &place.channel_id, &message.id);
        if known.is_none() {
            sink.add(place, message, Ids::snowflake);
        }
        Failure::afterwards(afterwards.or(always_afterwards))?;
        Ok(taken())
    };
    receive().unwrap_or_else(failures::answer)
}
