//! Every request has an id: in the answer's header, in problems and in the log.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use lambda_http::request::RequestContext;
use tracing::Instrument;

/// The longest id of a client's that is kept, in characters.
const MAX_ID: usize = 128;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request being answered.
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Gives the request the id that the client gave it, API Gateway's, or one of our own, and logs
/// how it ended.
pub async fn attach(request: Request, next: Next) -> Response {
    let id = given_id(request.headers())
        .or_else(|| gateway_id(&request))
        .unwrap_or_else(|| format!("req_{}", ulid::Ulid::generate()));
    let span = tracing::info_span!("request", request_id = id.as_str());
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
