//! A platform that the sink knows from its kind alone: it takes every well-formed message, and
//! answers with an empty object.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use carillon_chat::Kind;
use serde_json::Value;
use url::Url;

use super::ChatSink;
use super::call::Call;
use super::destination::Place;
use super::failures;
use super::ids::hash;
use super::platform::DestinationKind;
use super::receive::{Fault, receive};
use super::signed::RECEIVER;
use super::store::Message;
use carillon_runtime::guard::lock;

/// What a call to no known host gets.
const UNKNOWN: &str = "no kind of destination has this host, and it is not a signed webhook";

pub(super) fn answer(sink: &ChatSink, call: &Call) -> Response {
    let Some(kind) = kind_of(sink, call) else {
        let body = serde_json::json!({"error": "unknown_host", "detail": UNKNOWN});
        return (StatusCode::NOT_FOUND, axum::Json(body)).into_response();
    };
    // The path may be the credential.
    let path = call.path().join("/");
    let channel = format!("{}-{:08x}", call.host, hash(&path) >> 32);
    let place = Place {
        kind: known(kind),
        channel_id: channel.clone(),
        channel,
        webhook: None,
        credential: sink.fingerprint(&path),
    };
    if call.method == Method::GET {
        // Nothing is posted by a question: it only shows whether the destination is well.
        let failure = (place.kind.fails)(sink.held().destinations.standing(&place), &[]);
        return failure.map_or_else(taken, failures::answer);
    }
    receive(sink, &place, || read(call), taken)
}

/// The kind that may call there, of those that go to hosts of their own.
fn kind_of<'s>(sink: &'s ChatSink, call: &Call) -> Option<&'s dyn Kind> {
    let url = format!("https://{}/{}", call.host, call.path().join("/"));
    let url = Url::parse(&url).ok()?;
    let mut kinds = sink.kinds().iter();
    kinds.find(|kind| kind.resolver().is_none() && kind.may_call(&url))
}

/// What takes posts for a kind: the same one for all sinks of this process.
fn known(kind: &dyn Kind) -> &'static DestinationKind {
    static KNOWN: Mutex<BTreeMap<String, &'static DestinationKind>> = Mutex::new(BTreeMap::new());
    let mut known = lock(&KNOWN);
    let id = kind.id();
    known.entry(id.as_str().to_owned()).or_insert_with(|| {
        // Kinds are few, and each is made once.
        Box::leak(Box::new(DestinationKind {
            id: id.as_str().to_owned().leak(),
            platform: id.api_type().to_owned().leak(),
            name: kind.about().title,
            ..RECEIVER
        }))
    })
}

/// What was posted: JSON, or else a text.
fn read(call: &Call) -> Result<Message, Fault> {
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
    let body = call.body.as_deref().ok_or(too_large)?;
    let as_text = || Value::String(String::from_utf8_lossy(body).into_owned());
    Ok(Message {
        host: call.host.clone(),
        payload: serde_json::from_slice(body).unwrap_or_else(|_| as_text()),
        ..Message::default()
    })
}

fn taken() -> Response {
    "{}".into_response()
}
