//! Teams' workflows: a trigger that takes nearly everything, and a run that may fail afterwards
//! without a word.

use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use carillon_chat::teams::limits as card;
use serde_json::{Value, json};

use crate::chat_sink::platform::{DestinationKind, Platform};

use super::call::Call;
use super::destination::Place;
use super::store::Incoming;
use super::{ChatSink, Failure, failures, ids, mentions};

/// What the hosts end with whose triggers have the older and the newer path.
const LOGIC: [&str; 2] = [".logic.azure.com", ".logic.azure.us"];
const PLATFORM: [&str; 4] = [
    ".environment.api.powerplatform.com",
    ".environment.api.gov.powerplatform.microsoft.us",
    ".environment.api.high.powerplatform.microsoft.us",
    ".environment.api.appsplatform.us",
];

const NO_ROUTE: &str = "The requested path does not match any known API routes.";
const NO_ACCESS: &str = "The request must be authenticated only by Shared Access scheme.";
const MISMATCH: &str = "TriggerInputSchemaMismatch";

pub(super) fn is_host(host: &str) -> bool {
    let host = host.strip_suffix(":443").unwrap_or(host);
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| host.ends_with(suffix));
    ends(&LOGIC) || ends(&PLATFORM)
}

pub(super) async fn answer(sink: &ChatSink, call: &Call) -> Response {
    let Some(workflow) = workflow(call) else {
        return error(StatusCode::NOT_FOUND, "NotFound", NO_ROUTE);
    };
    if call.method != Method::POST {
        // The real one might start the flow.
        let said = "The HTTP method is not supported by this trigger.";
        return error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", said);
    }
    let signature = call.query("sig").unwrap_or_default();
    let place = Place {
        kind: DestinationKind::TeamsWorkflow,
        channel: sink.webhook_channel(workflow),
        channel_id: ids::teams_channel(workflow),
        webhook: Some(workflow.to_owned()),
        credential: sink.fingerprint(signature),
    };
    let standing = sink.called(&place).failure(place.kind, &[]);
    if let Some(code) = unauthorized(call, signature) {
        return fail(Failure::TeamsError(code.to_owned())).await;
    }
    let planned = standing.or_else(|| sink.planned(&place));
    let is_lost = planned == Some(Failure::Lost);
    let (instead, afterwards) = Failure::split(planned.filter(|_| !is_lost));
    if let Some(failure) = instead {
        return fail(failure).await;
    }
    let payload = match read(call) {
        Ok(payload) => payload,
        Err(said) => return error(StatusCode::BAD_REQUEST, MISMATCH, &said),
    };
    let too_much = sink.paced(|paces, now| paces.teams_post(&place.channel_id, now));
    let is_throttled = too_much.is_some_and(|count| count.exceeded);
    if is_throttled {
        sink.held().destinations.rate_limited(&place);
    }
    let run = match is_lost || is_throttled {
        true => format!("0858{}CU00", ids::discord("run", workflow)),
        false => {
            let incoming = Incoming {
                platform: Platform::Teams,
                host: call.host.clone(),
                channel: place.channel.clone(),
                channel_id: place.channel_id.clone(),
                sender: None,
                thread: None,
                thread_name: None,
                open_mentions: mentions::open(Platform::Teams, &payload),
                payload,
                signed: None,
            };
            sink.add(&place, incoming).id.clone()
        }
    };
    match afterwards {
        Some(failure) => fail(failure).await,
        None => accepted(&run),
    }
}

/// The id of the workflow that a path leads to.
fn workflow(call: &Call) -> Option<&str> {
    let path = call.path();
    let host = call.host.strip_suffix(":443").unwrap_or(&call.host);
    let path = path.strip_suffix(&[""]).unwrap_or(&path);
    let rest = match path {
        rest if LOGIC.iter().any(|suffix| host.ends_with(suffix)) => rest,
        ["powerautomate", "automations", "direct", rest @ ..] => {
            let at = rest.iter().position(|part| *part == "workflows")?;
            &rest[at..]
        }
        _ => return None,
    };
    match rest {
        ["workflows", id, "triggers", _, "paths", "invoke"] if !id.is_empty() => Some(id),
        _ => None,
    }
}

/// What is wrong with how a call proves that it may be made, if anything. A well-formed
/// signature is good.
fn unauthorized(call: &Call, signature: &str) -> Option<&'static str> {
    if call.query("api-version").is_none() {
        return Some("MissingApiVersionParameter");
    }
    if call.header(header::AUTHORIZATION).is_some() || signature.is_empty() {
        return Some("DirectApiAuthorizationRequired");
    }
    let is_cut = call.query("sp").is_none() || call.query("sv").is_none();
    is_cut.then_some("DirectApiInvalidAuthorizationScheme")
}

/// The message, if the trigger's schema allows it.
fn read(call: &Call) -> Result<Value, String> {
    let body = call.body.as_deref().unwrap_or_default();
    let is_json = call
        .media_type()
        .is_some_and(|media_type| media_type.essence == "application/json");
    let payload = serde_json::from_slice(body).ok().filter(|_| is_json);
    let payload: Value = payload.ok_or("The body is no JSON.")?;
    let found = card::violations(&payload);
    match found.iter().find(|it| card::is_refused_by_trigger(it)) {
        None => Ok(payload),
        Some(it) => Err(format!(
            "The input body for trigger 'manual' of type 'Request' did not match its schema \
             definition: '{}' {}.",
            it.pointer, it.rule
        )),
    }
}

fn accepted(run: &str) -> Response {
    let mut response = StatusCode::ACCEPTED.into_response();
    for name in [
        "x-ms-workflow-run-id",
        "x-ms-request-id",
        "x-ms-correlation-id",
        "x-ms-client-tracking-id",
        "x-ms-trigger-history-name",
    ] {
        if let Ok(value) = HeaderValue::try_from(run) {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn fail(failure: Failure) -> Response {
    match failure {
        Failure::TeamsError(code) => {
            let (status, said) = match code.as_str() {
                "DirectApiAuthorizationRequired"
                | "DirectApiInvalidAuthorizationScheme"
                | "DirectApiInvalidAuthorizationSignature" => (StatusCode::UNAUTHORIZED, NO_ACCESS),
                "WorkflowNotFound" => (StatusCode::NOT_FOUND, "The workflow could not be found."),
                "WorkflowTriggerIsNotEnabled" => (
                    StatusCode::BAD_REQUEST,
                    "Could not execute workflow trigger 'manual' with state 'Suspended'.",
                ),
                _ => (StatusCode::BAD_REQUEST, "The request is not valid."),
            };
            error(status, &code, said)
        }
        Failure::RateLimited(seconds) | Failure::RateLimitedWithoutBody(seconds) => {
            let headers = [(header::RETRY_AFTER, seconds.ceil().max(1.0).to_string())];
            (StatusCode::TOO_MANY_REQUESTS, headers).into_response()
        }
        other => failures::answer(other).await,
    }
}

fn error(status: StatusCode, code: &str, said: &str) -> Response {
    let body = json!({"error": {"code": code, "message": said}});
    (status, axum::Json(body)).into_response()
}
