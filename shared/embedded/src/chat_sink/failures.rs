//! How a post can fail, and what looks the same on every platform.

use std::io;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

/// How a post fails. As JSON, such as `{"status": 503}`, `"hang"`,
/// `{"refusal": {"platform": "slack", "code": "token_revoked"}}` or `{"after_taking": "reset"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Failure {
    /// This HTTP status, with a body such as a broken platform sends.
    Status(u16),
    /// Exactly this answer.
    Answer(Answer),
    /// The platform's own code, with the status that goes with it. Skips the posts to others.
    Refusal(Refusal),
    /// Status 429 and how many seconds to wait.
    RateLimited(f64),
    /// The same with `Retry-After` alone and no body. Not on Discord.
    RateLimitedWithoutBody(f64),
    /// Status 429 because others use the same thing: no limit of the caller's is used up. Discord
    /// only, as the next two.
    RateLimitedByOthers(f64),
    /// Status 429 for everything that the caller sends, whatever the webhook.
    RateLimitedEverywhere(f64),
    /// The proxy before Discord keeps the caller's address out.
    Banned(Ban),
    /// Discord's answer to a post that does not wait (204), with the message lost, and what waits
    /// is taken as ever; or a Teams workflow that takes a message and cannot show it.
    Lost,
    /// The connection breaks off when the request has been read.
    Reset,
    /// No answer until the client gives up.
    Hang,
    /// The message is taken, and then this comes instead of the answer.
    AfterTaking(Box<Failure>),
}

/// What a platform says itself when it takes no message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The `type` of its webhooks.
    pub platform: String,
    /// Slack's `token_revoked`, Discord's `10015`, `WorkflowNotFound` of a workflow of Teams.
    pub code: String,
}

/// An answer in all its parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub status: u16,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub body: String,
}

/// What a ban looks like: none of its answers tells a limit or has a `Via` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ban {
    Json,
    Text,
    Html,
}

impl Failure {
    /// A failure of a post whose message is kept all the same.
    pub fn after_taking(failure: Failure) -> Self {
        Self::AfterTaking(Box::new(failure))
    }

    /// A platform's own code.
    pub fn refusal(platform: &str, code: impl ToString) -> Self {
        Self::Refusal(Refusal {
            platform: platform.to_owned(),
            code: code.to_string(),
        })
    }

    /// The platform whose own code it is, if it is one.
    pub(super) fn platform(&self) -> Option<&str> {
        match self {
            Self::Refusal(refusal) => Some(&refusal.platform),
            Self::AfterTaking(failure) => failure.platform(),
            _ => None,
        }
    }

    /// What happens after the message is taken; an error where it happens instead.
    pub(super) fn instead(failure: Option<Self>) -> Result<Option<Self>, Self> {
        match failure {
            Some(Self::AfterTaking(failure)) => Ok(Some(*failure)),
            Some(failure) => Err(failure),
            None => Ok(None),
        }
    }

    /// What comes instead of the answer when the message was taken.
    pub(super) fn afterwards(failure: Option<Self>) -> Result<(), Self> {
        failure.map_or(Ok(()), Err)
    }
}

/// How long a post that is to hang waits: longer than any client, yet not for ever.
const HANG: Duration = Duration::from_secs(600);

/// Marks an answer that comes so late.
#[derive(Debug, Clone, Copy)]
pub(super) struct Late(pub Duration);

/// The answer of a failure.
pub(super) fn answer(failure: Failure) -> Response {
    match failure {
        // The answer that never comes.
        Failure::Hang => (StatusCode::GATEWAY_TIMEOUT, Extension(Late(HANG))).into_response(),
        Failure::Reset => reset(),
        Failure::Answer(answer) => exact(&answer),
        Failure::Status(status) => broken(status),
        Failure::RateLimited(seconds) | Failure::RateLimitedWithoutBody(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, retry_after(seconds)).into_response()
        }
        // Of another platform.
        _ => broken(500),
    }
}

/// No answer: the connection breaks off.
fn reset() -> Response {
    let cut = futures::stream::once(async { Err::<Bytes, _>(io::ErrorKind::ConnectionReset) });
    // The head goes out with the body's beginning, of which there is none.
    Response::new(Body::from_stream(cut.map_err(io::Error::from)))
}

/// How long to wait, in whole seconds.
pub(super) fn retry_after(seconds: f64) -> [(HeaderName, String); 1] {
    [(header::RETRY_AFTER, seconds.ceil().max(1.0).to_string())]
}

/// The answer as it was ordered.
fn exact(answer: &Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body.clone()));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (
            name.parse::<HeaderName>(),
            HeaderValue::try_from(value.as_str()),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// What a broken platform's front sends: a page, whatever the client asked for.
pub(super) fn broken(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let page =
        format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
    (status, Html(page)).into_response()
}
