//! Planned failures over HTTP.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{ChatSink, Plan};

pub(super) fn router(sink: ChatSink, path: &str) -> Router {
    let methods = get(show).post(add).delete(cancel);
    Router::new().route(path, methods).with_state(sink)
}

async fn show(State(sink): State<ChatSink>) -> Json<Value> {
    Json(json!({"results": sink.pending_plans()}))
}

async fn add(State(sink): State<ChatSink>, plan: Result<Json<Plan>, JsonRejection>) -> Response {
    match plan {
        Ok(Json(plan)) => {
            sink.plan(plan.clone());
            (StatusCode::ACCEPTED, Json(plan)).into_response()
        }
        Err(rejection) => {
            let problem = json!({"error": "bad_plan", "detail": rejection.body_text()});
            (rejection.status(), Json(problem)).into_response()
        }
    }
}

async fn cancel(State(sink): State<ChatSink>) -> StatusCode {
    sink.clear_plans();
    StatusCode::NO_CONTENT
}
