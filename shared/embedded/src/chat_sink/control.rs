//! What goes wrong, ordered over HTTP.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Behaviour, ChatSink, Order, Plan};

pub(super) fn router(sink: ChatSink, path: &str) -> Router {
    Router::new()
        .route(path, get(show).post(add).delete(cancel))
        .route(
            &format!("{path}/destinations"),
            get(destinations).post(order),
        )
        .route(&format!("{path}/behaviour"), get(behaviour).put(behave))
        .route(&format!("{path}/secrets"), post(trust))
        .route(&format!("{path}/messages/{{number}}"), delete(remove))
        .with_state(sink)
}

async fn show(State(sink): State<ChatSink>) -> Json<Value> {
    Json(json!({"results": sink.pending_plans()}))
}

async fn add(State(sink): State<ChatSink>, plan: Result<Json<Plan>, JsonRejection>) -> Response {
    taken("bad_plan", plan, |plan| sink.plan(plan))
}

async fn cancel(State(sink): State<ChatSink>) -> StatusCode {
    sink.clear_plans();
    StatusCode::NO_CONTENT
}

/// What the receiver of a signed webhook verifies with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trusted {
    receiver: String,
    secret: String,
}

async fn trust(
    State(sink): State<ChatSink>,
    trusted: Result<Json<Trusted>, JsonRejection>,
) -> Response {
    match trusted {
        Ok(Json(Trusted { receiver, secret })) => {
            sink.trust(&receiver, &secret);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(rejection) => {
            // What is wrong with it would be shown with it.
            let problem = json!({"error": "bad_secret", "detail": "give `receiver` and `secret`"});
            (rejection.status(), Json(problem)).into_response()
        }
    }
}

async fn destinations(State(sink): State<ChatSink>) -> Json<Value> {
    Json(json!({"results": sink.destinations()}))
}

async fn order(
    State(sink): State<ChatSink>,
    order: Result<Json<Order>, JsonRejection>,
) -> Response {
    taken("bad_order", order, |order| sink.order(order))
}

async fn behaviour(State(sink): State<ChatSink>) -> Json<Behaviour> {
    Json(sink.behaviour())
}

async fn behave(
    State(sink): State<ChatSink>,
    behaviour: Result<Json<Behaviour>, JsonRejection>,
) -> Response {
    taken("bad_behaviour", behaviour, |wanted| {
        sink.behave(|behaviour| *behaviour = wanted);
    })
}

async fn remove(State(sink): State<ChatSink>, Path(number): Path<u64>) -> StatusCode {
    match sink.remove(number) {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::NOT_FOUND,
    }
}

/// Does what was asked for, or says what is wrong with it.
fn taken<T: Clone + Serialize>(
    error: &str,
    asked: Result<Json<T>, JsonRejection>,
    act: impl FnOnce(T),
) -> Response {
    match asked {
        Ok(Json(asked)) => {
            act(asked.clone());
            (StatusCode::ACCEPTED, Json(asked)).into_response()
        }
        Err(rejection) => {
            let problem = json!({"error": error, "detail": rejection.body_text()});
            (rejection.status(), Json(problem)).into_response()
        }
    }
}
