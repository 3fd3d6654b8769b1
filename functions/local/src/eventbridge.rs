//! `POST /_local/eventbridge`: what EventBridge does on AWS.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use carillon_cloud_events::{CaptureError, Captured, CloudEvents};
use serde_json::{Value, json};

/// Takes an event as AWS would send it.
pub async fn put(
    State(cloud_events): State<Arc<CloudEvents>>,
    body: String,
) -> (StatusCode, Json<Value>) {
    let payload = match serde_json::from_str(&body) {
        Ok(payload) => payload,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match cloud_events.capture(payload).await {
        Ok(Captured::Stored(id)) => (StatusCode::ACCEPTED, Json(json!({"id": id}))),
        Ok(Captured::Skipped) => (StatusCode::ACCEPTED, Json(json!({"skipped": true}))),
        Err(CaptureError::Store(error)) => {
            refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
        }
        Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn refused(status: StatusCode, detail: &str) -> (StatusCode, Json<Value>) {
    (status, Json(json!({"detail": detail})))
}
