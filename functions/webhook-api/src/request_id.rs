//! Every request has an id: in the answer's header, in problems and in the log.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use lambda_http::request::RequestContext;
use tracing::Instrument;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request being answered.
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Gives the request API Gateway's id, or one of our own, and logs how it ended.
pub async fn attach(request: Request, next: Next) -> Response {
    let id = gateway_id(&request).unwrap_or_else(|| format!("req_{}", ulid::Ulid::generate()));
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

fn gateway_id(request: &Request) -> Option<String> {
    match request.extensions().get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => context.request_id.clone(),
        _ => None,
    }
}
