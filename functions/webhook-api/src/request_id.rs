//! Every request has an id: in the answer's header, in problems and in the log.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use carillon_domain::TraceParent;
use lambda_http::request::RequestContext;
use tracing::Instrument;

/// The longest id of a client's that is kept, in characters.
const MAX_ID: usize = 128;

/// The longest trace of X-Ray's that is logged, in characters.
const MAX_TRACE_ID: usize = 256;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// Of the request being answered.
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Gives the request the id that the client gave it, API Gateway's, or one of our own, and logs
/// how it ended.
pub async fn attach(request: Request, next: Next) -> Response {
    let id = given_id(request.headers())
        .or_else(|| gateway_id(&request))
        .unwrap_or_else(|| format!("req_{}", ulid::Ulid::generate()));
    let trace = traceparent(request.headers());
    let span = tracing::info_span!(
        "request",
        request_id = id.as_str(),
        traceparent = trace.as_ref().map(TraceParent::as_str),
        amzn_trace_id = amzn_trace_id(request.headers()),
    );
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let answered = CURRENT.scope(id.clone(), async move {
        let response = next.run(request).await;
        let status = response.status().as_u16();
        tracing::info!(%method, path, status, "answered");
        response
    });
    let mut response = answered.instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// The trace that the request belongs to. One that is not valid, or not the only one, counts as
/// none (W3C Trace Context).
pub fn traceparent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut given = headers.get_all(TRACEPARENT).iter();
    let only = given.next().filter(|_| given.next().is_none());
    TraceParent::parse(only?.to_str().ok()?)
}

/// AWS X-Ray's trace, as API Gateway passes it on.
fn amzn_trace_id(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(AMZN_TRACE_ID)?.to_str().ok()?;
    (given.len() <= MAX_TRACE_ID).then_some(given)
}

/// The client's own, where it is one that can stand in logs as it is.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(HEADER)?.to_str().ok()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_taken = (1..=MAX_ID).contains(&id.len()) && id.chars().all(is_plain);
    is_taken.then(|| id.to_owned())
}

fn gateway_id(request: &Request) -> Option<String> {
    match request.extensions().get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => context.request_id.clone(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_id_is_kept_where_it_is_plain() {
        let longest = "x".repeat(128);
        let too_long = "x".repeat(129);
        for (id, is_kept) in [
            ("4f2.a_B-9", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("a b", false),
            ("a\"b", false),
        ] {
            let headers = HeaderMap::from_iter([(HEADER, id.parse().unwrap())]);
            let expected = is_kept.then(|| id.to_owned());
            assert_eq!(given_id(&headers), expected, "{id}");
        }
        assert_eq!(given_id(&HeaderMap::new()), None);
    }
}
