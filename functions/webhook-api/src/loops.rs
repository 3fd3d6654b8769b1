//! What Carillon itself has sent as a signed webhook is not taken here: an event that it carries
//! would be sent there again, and so on.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use carillon_chat::signed;

use crate::problem::Problem;

/// Answers a message of our own, of this or of another Carillon's.
pub async fn refuse(request: Request, next: Next) -> Response {
    let id = request.headers().get("webhook-id");
    let is_ours = id
        .and_then(|id| id.to_str().ok())
        .is_some_and(signed::is_ours);
    match is_ours {
        true => Problem::OwnMessage.into_response(),
        false => next.run(request).await,
    }
}
