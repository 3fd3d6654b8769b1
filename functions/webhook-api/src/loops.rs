//! What Carillon itself has sent as a signed webhook is not taken here, nor is a webhook that
//! would send it here: an event that it carries would be sent once more, and so on.

use axum::extract::Request;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use carillon_chat::signed;

use crate::problem::Problem;

tokio::task_local! {
    static HOST_CALLED: Option<String>;
}

/// The host that the request being answered was sent to, with its port if it has one.
pub fn host_called() -> Option<String> {
    HOST_CALLED.try_with(Clone::clone).ok().flatten()
}

/// Answers a message of our own, of this or of another Carillon's.
pub async fn refuse(request: Request, next: Next) -> Response {
    if header(&request, "webhook-id").is_some_and(signed::is_ours) {
        return Problem::OwnMessage.into_response();
    }
    let host = header(&request, HOST.as_str()).map(str::to_owned);
    HOST_CALLED.scope(host, next.run(request)).await
}

fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}
