//! A receiver of signed webhooks, at any host: as strict as the rules of Standard Webhooks are,
//! and as the libraries that verify them.

use axum::http::{HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use carillon_chat::signed::sign;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::call::Call;
use super::destination::Place;
use super::failures::Failure;
use super::platform::{DestinationKind, Platform};
use super::receive::{Fault, receive};
use super::store::Message;
use super::{ChatSink, Standing};

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// How far the sender's clock may be off, in seconds.
const TOLERANCE: u64 = 300;

const MEDIA_TYPES: [&str; 3] = [
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
];

const NAME: &str = "webhook";

/// Whatever looks like one, wherever it goes.
pub(super) const RECEIVERS: Platform = Platform {
    takes: |call| call.header(ID).is_some(),
    answer,
    failures: Vec::new,
};

pub(super) static RECEIVER: DestinationKind = DestinationKind {
    id: "signed_webhook",
    platform: NAME,
    name: "signed webhook",
    fails: |standing, _| {
        let status = match standing {
            Standing::Revoked | Standing::Uninstalled => 410,
            Standing::WrongSecret => 401,
            Standing::Restricted => 403,
            Standing::Gone | Standing::Archived => 404,
            other => return other.outage(),
        };
        Some(Failure::Status(status))
    },
    of_credential: &[],
    forums: &[],
    can: |failure| matches!(failure, Failure::RateLimitedWithoutBody(_)),
};

fn answer(sink: &ChatSink, call: &Call) -> Response {
    let at = format!("{}/{}", call.host, call.path().join("/"));
    let place = Place {
        kind: &RECEIVER,
        channel: at.clone(),
        channel_id: at.clone(),
        webhook: None,
        credential: sink.fingerprint(&at),
    };
    let secrets = sink.held().secrets.get(&at).cloned().unwrap_or_default();
    let read = || read(call, sink.now(), &secrets);
    receive(sink, &place, read, || {
        StatusCode::NO_CONTENT.into_response()
    })
}

fn read(call: &Call, now: Timestamp, secrets: &[SecretString]) -> Result<Message, Fault> {
    let bad = |reason| (StatusCode::BAD_REQUEST, reason);
    if call.method != Method::POST {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "only POST is taken"));
    }
    let media_type = call.media_type().map(|it| it.essence);
    if !media_type.is_some_and(|it| MEDIA_TYPES.contains(&it.as_str())) {
        return Err((
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not a media type of JSON",
        ));
    }
    if call.header(header::USER_AGENT).is_none() {
        return Err(bad("no User-Agent"));
    }
    let single = |name| match call.headers(name)[..] {
        [value] => Some(value),
        _ => None,
    };
    let id = single(ID).filter(|id| !id.is_empty() && !id.contains('.'));
    let id = id.ok_or(bad("not one webhook-id without dots"))?;
    let seconds = single(TIMESTAMP).and_then(|text| text.parse::<i64>().ok());
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let time = time.ok_or(bad("not one webhook-timestamp in seconds"))?;
    if now.as_second().abs_diff(time.as_second()) > TOLERANCE {
        return Err(bad("the webhook-timestamp is too far off"));
    }
    let signatures = single(SIGNATURE).filter(|text| text.split(' ').all(is_entry));
    let signatures =
        signatures.ok_or(bad("not one webhook-signature with entries such as v1,…"))?;
    let body = call.body.as_deref().ok_or((
        StatusCode::PAYLOAD_TOO_LARGE,
        "the body is too large or broke off",
    ))?;
    let body = str::from_utf8(body).map_err(|_| bad("the body is no text"))?;
    let payload = serde_json::from_str(body).map_err(|_| bad("the body is no JSON"))?;
    let is_right = |secret: &SecretString| {
        let expected = sign(secret.expose_secret(), id, time, body);
        expected.is_some_and(|expected| signatures.split(' ').any(|it| it == expected))
    };
    let verified = secrets.iter().any(is_right);
    if !verified && !secrets.is_empty() {
        return Err((StatusCode::UNAUTHORIZED, "no signature is the right one"));
    }
    Ok(Message {
        id: id.to_owned(),
        host: call.host.clone(),
        verified: Some(verified),
        payload,
        ..Message::default()
    })
}

/// `v1,` and what follows: a library stops at anything else.
fn is_entry(entry: &str) -> bool {
    entry
        .split_once(',')
        .is_some_and(|(version, signature)| version == "v1" && signature.len() == 44)
}
