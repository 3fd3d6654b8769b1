//! What goes wrong, ordered over HTTP.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Behaviour, ChatSink, Destination, Failure, Order, PLATFORMS, Plan};

/// The body of a call, or what is wrong with it.
type Asked<T> = Result<Json<T>, JsonRejection>;

pub(super) fn router(sink: ChatSink, path: &str) -> Router {
    Router::new()
        .route(path, get(show).post(add).delete(cancel))
        .route(&format!("{path}/failures"), get(failures))
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

async fn add(State(sink): State<ChatSink>, plan: Asked<Plan>) -> Response {
    taken("bad_plan", plan, |plan| {
        check_platform(&sink, plan.failure.platform())?;
        sink.plan(plan);
        Ok(())
    })
}

/// Refuses a platform that the sink does not stand in for.
fn check_platform(sink: &ChatSink, platform: Option<&str>) -> Result<(), Value> {
    let known = sink.kinds().types();
    match platform {
        Some(platform) if !known.iter().any(|it| it == platform) => {
            let known = known.join(", ");
            let detail = format!("there is no platform `{platform}`: there are {known}");
            Err(json!({"error": "unknown_platform", "detail": detail}))
        }
        _ => Ok(()),
    }
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

async fn trust(State(sink): State<ChatSink>, trusted: Asked<Trusted>) -> Response {
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

/// How single posts can fail, for people to choose from.
async fn failures() -> Json<Value> {
    let everywhere = [
        ("status 503", Failure::Status(503)),
        ("status 500", Failure::Status(500)),
        ("429, wait 5 s", Failure::RateLimited(5.0)),
        ("429, wait 10 min", Failure::RateLimited(600.0)),
        ("connection breaks off", Failure::Reset),
        (
            "taken, then the connection breaks off",
            Failure::after_taking(Failure::Reset),
        ),
        (
            "taken, then status 500",
            Failure::after_taking(Failure::Status(500)),
        ),
        ("no answer", Failure::Hang),
    ];
    let own = PLATFORMS.iter().flat_map(|platform| (platform.failures)());
    let all = everywhere.into_iter().chain(own);
    let all = all.map(|(words, failure)| json!({"words": words, "failure": failure}));
    Json(json!({"results": all.collect::<Vec<_>>()}))
}

/// The destinations, with how each of them can stand, in words.
async fn destinations(State(sink): State<ChatSink>) -> Json<Value> {
    let shown = |destination: &Destination| {
        let kind = destination.place.kind;
        let mut standings = kind.standings();
        if !standings.contains(&destination.standing) {
            standings.push(destination.standing);
        }
        let standings = standings.iter().map(|it| json!([it, it.words()]));
        let mut shown = json!(destination);
        shown["platform"] = kind.platform.into();
        shown["kind_name"] = kind.name.into();
        shown["standings"] = standings.collect();
        shown
    };
    let all: Vec<Value> = sink.destinations().iter().map(shown).collect();
    Json(json!({"results": all}))
}

async fn order(State(sink): State<ChatSink>, order: Asked<Order>) -> Response {
    taken("bad_order", order, |order| {
        check_platform(&sink, order.platform.as_deref())?;
        sink.order(order);
        Ok(())
    })
}

async fn behaviour(State(sink): State<ChatSink>) -> Json<Behaviour> {
    Json(sink.behaviour())
}

async fn behave(State(sink): State<ChatSink>, behaviour: Asked<Behaviour>) -> Response {
    taken("bad_behaviour", behaviour, |wanted| {
        sink.behave(|behaviour| *behaviour = wanted);
        Ok(())
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
    asked: Asked<T>,
    act: impl FnOnce(T) -> Result<(), Value>,
) -> Response {
    match asked {
        Ok(Json(asked)) => match act(asked.clone()) {
            Ok(()) => (StatusCode::ACCEPTED, Json(asked)).into_response(),
            Err(problem) => (StatusCode::BAD_REQUEST, Json(problem)).into_response(),
        },
        Err(rejection) => {
            let problem = json!({"error": error, "detail": rejection.body_text()});
            (rejection.status(), Json(problem)).into_response()
        }
    }
}
