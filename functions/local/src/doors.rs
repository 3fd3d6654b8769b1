//! What stands before everything that this process answers over HTTP: who may call, and what a
//! browser may make of the answers.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use carillon_embedded::guard::Guard;
use carillon_webhook_api::console::POLICY;

use crate::problem::refused;

/// Calls that there are on one machine only, without a key.
const KEYLESS: &str = "/_local/";
/// The built-in platforms take what the real ones do.
const PLATFORMS: &str = "/_local/chat/";
/// What no answer lacks, unless it says otherwise.
const HEADERS: [(&str, &str); 4] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Answers whoever may call.
pub async fn keep(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let checked = guard.check(request.method(), request.uri(), request.headers());
    let path = request.uri().path();
    let must_be_json = path.starts_with(KEYLESS)
        && !path.starts_with(PLATFORMS)
        && [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
    let mut answer = match checked {
        Err(why) => refused(StatusCode::FORBIDDEN, &why.to_string(), None),
        Ok(()) if must_be_json && !is_json(request.headers()) => refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send JSON, and say so: Content-Type: application/json",
            None,
        ),
        Ok(()) => next.run(request).await,
    };
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        answer.headers_mut().entry(name).or_insert(value);
    }
    answer
}

/// Such as `application/json`, `application/x-amz-json-1.1` or `application/cloudevents+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|it| it.to_str().ok()).unwrap_or("");
    let media_type = content_type.split(';').next().unwrap_or("").trim();
    let media_type = media_type.to_ascii_lowercase();
    media_type.strip_prefix("application/").is_some_and(|kind| {
        kind == "json" || kind.ends_with("+json") || kind.starts_with("x-amz-json-")
    })
}
