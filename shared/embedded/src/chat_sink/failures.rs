//! Failures that look the same on every platform.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use futures::TryStreamExt;

use super::{Answer, Failure};

/// How long a post that is to hang waits: longer than any client, yet not for ever.
const HANG: Duration = Duration::from_secs(600);

/// The answer of a failure.
pub(super) async fn answer(failure: Failure) -> Response {
    match failure {
        Failure::Hang => hang().await,
        Failure::Reset => reset(),
        Failure::Answer(answer) => exact(&answer),
        Failure::Status(status) => broken(status),
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

/// The answer that never comes.
async fn hang() -> Response {
    tokio::time::sleep(HANG).await;
    StatusCode::GATEWAY_TIMEOUT.into_response()
}

/// What a broken platform's front sends: a page, whatever the client asked for.
pub(super) fn broken(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let page =
        format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
    (status, Html(page)).into_response()
}
