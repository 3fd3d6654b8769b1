//! Problem documents, as the API's are, of the calls that there are on one machine only.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use carillon_domain::Faults;
use serde_json::json;

pub fn refused(status: StatusCode, detail: &str, faults: Option<&Faults>) -> Response {
    let problem = json!({
        "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(),
        "detail": detail, "errors": faults.into_iter().flat_map(Faults::iter).collect::<Vec<_>>(),
    });
    let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, content_type, Json(problem)).into_response()
}
