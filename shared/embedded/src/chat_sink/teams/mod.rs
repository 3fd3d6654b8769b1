//! Teams' workflows: a trigger that takes nearly everything, and a run that may fail afterwards
//! without a word.

use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use carillon_chat::teams::limits;
use serde_json::{Value, json};

use super::call::Call;
use super::destination::Place;
use super::failures::{self, Failure};
use super::ids::hash;
use super::pace::Window;
use super::platform::{DestinationKind, Platform};
use super::store::Message;
use super::{ChatSink, Standing};

/// What the hosts end with whose triggers have the older and the newer path.
const LOGIC: [&str; 2] = [".logic.azure.com", ".logic.azure.us"];
const PLATFORM: [&str; 4] = [
    ".environment.api.powerplatform.com",
    ".environment.api.gov.powerplatform.microsoft.us",
    ".environment.api.high.powerplatform.microsoft.us",
    ".environment.api.appsplatform.us",
];

const NAME: &str = "teams";

/// Posts of one bot, which all workflows post by, to one channel: sixty in half a minute
/// (bots/how-to/rate-limit).
const POSTS: Window = Window {
    size: 60,
    period: Duration::from_secs(30),
};

const NO_ROUTE: &str = "The requested path does not match any known API routes.";
const NO_ACCESS: &str = "The request must be authenticated only by Shared Access scheme.";
const MISMATCH: &str = "TriggerInputSchemaMismatch";

pub(super) const WORKFLOWS: Platform = Platform {
    takes: |call| is_of(&LOGIC, call) || is_of(&PLATFORM, call),
    answer,
    failures: || {
        vec![(
            "Teams: the workflow is turned off",
            Failure::refusal(NAME, "WorkflowTriggerIsNotEnabled"),
        )]
    },
};

/// Its trigger knows nothing of the channel behind it: a message that cannot be posted there is
/// taken and lost.
pub(super) static WORKFLOW: DestinationKind = DestinationKind {
    id: "teams_workflow",
    platform: NAME,
    name: "workflow",
    fails: |standing, _| {
        let code = match standing {
            Standing::Archived | Standing::Private | Standing::Gone | Standing::Restricted => {
                return Some(Failure::Lost);
            }
            Standing::Revoked => "WorkflowNotFound",
            Standing::Uninstalled => "WorkflowTriggerIsNotEnabled",
            Standing::WrongSecret => "DirectApiInvalidAuthorizationSignature",
            other => return other.outage(),
        };
        Some(Failure::refusal(NAME, code))
    },
    of_credential: &[],
    forums: &[],
    can: |failure| matches!(failure, Failure::Lost | Failure::RateLimitedWithoutBody(_)),
};

fn is_of(suffixes: &[&str], call: &Call) -> bool {
    let host = call.host.strip_suffix(":443").unwrap_or(&call.host);
    suffixes.iter().any(|suffix| host.ends_with(suffix))
}

fn answer(sink: &ChatSink, call: &Call) -> Response {
    let Some(workflow) = workflow(call) else {
        return error(StatusCode::NOT_FOUND, "NotFound", NO_ROUTE);
    };
    if call.method != Method::POST {
        // The real one might start the flow.
        let said = "The HTTP method is not supported by this trigger.";
        return error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", said);
    }
    post(sink, call, workflow).unwrap_or_else(fail)
}

fn post(sink: &ChatSink, call: &Call, workflow: &str) -> Result<Response, Failure> {
    let signature = call.query("sig").unwrap_or_default();
    let place = Place {
        kind: &WORKFLOW,
        channel: sink.webhook_channel(workflow),
        channel_id: format!("19:{:016x}@thread.tacv2", hash(workflow)),
        webhook: Some(workflow.to_owned()),
        credential: sink.fingerprint(signature),
    };
    let standing = (WORKFLOW.fails)(sink.called(&place), &[]);
    if let Some(code) = unauthorized(call, signature) {
        return Err(Failure::refusal(NAME, code));
    }
    let planned = standing.or_else(|| sink.planned(&place));
    let is_lost = planned == Some(Failure::Lost);
    let afterwards = Failure::instead(planned.filter(|_| !is_lost))?;
    let payload = match read(call) {
        Ok(payload) => payload,
        Err(said) => return Ok(error(StatusCode::BAD_REQUEST, MISMATCH, &said)),
    };
    let count = sink.counted(&place, &place.channel_id, POSTS);
    let is_throttled = count.is_some_and(|count| count.exceeded);
    let run = match is_lost || is_throttled {
        true => run_id(hash(workflow)),
        false => {
            let message = Message {
                host: call.host.clone(),
                open_mentions: mentions(&payload),
                not_shown: faults(&payload),
                payload,
                ..Message::default()
            };
            let message = sink.add(&place, message, |ids| run_id(ids.next()));
            message.id.clone()
        }
    };
    Failure::afterwards(afterwards)?;
    Ok(accepted(&run))
}

/// The id of the workflow that a path leads to.
fn workflow(call: &Call) -> Option<&str> {
    let path = call.path();
    let path = path.strip_suffix(&[""]).unwrap_or(&path);
    let rest = match path {
        rest if is_of(&LOGIC, call) => rest,
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
    let found = limits::violations(&payload);
    match found.iter().find(|it| limits::is_refused_by_trigger(it)) {
        None => Ok(payload),
        Some(it) => Err(format!(
            "The input body for trigger 'manual' of type 'Request' did not match its schema \
             definition: '{}' {}.",
            it.pointer, it.rule
        )),
    }
}

/// Why a message that was taken is not shown.
fn faults(payload: &Value) -> Vec<String> {
    limits::violations(payload)
        .into_iter()
        .map(|found| format!("{}: {}: {}", found.code, found.pointer, found.rule))
        .collect()
}

/// Whom the card mentions.
fn mentions(payload: &Value) -> Vec<String> {
    let attachments = payload["attachments"].as_array().into_iter().flatten();
    attachments
        .flat_map(|it| it["content"]["msteams"]["entities"].as_array())
        .flatten()
        .map(|entity| {
            let who = entity["mentioned"]["id"].as_str();
            format!("user:{}", who.unwrap_or_default())
        })
        .collect()
}

fn run_id(number: u64) -> String {
    format!("0858{number:020}CU00")
}

fn accepted(run: &str) -> Response {
    let headers = [
        "x-ms-workflow-run-id",
        "x-ms-request-id",
        "x-ms-correlation-id",
        "x-ms-client-tracking-id",
        "x-ms-trigger-history-name",
    ];
    (StatusCode::ACCEPTED, headers.map(|name| (name, run))).into_response()
}

fn fail(failure: Failure) -> Response {
    match failure {
        Failure::Refusal(refusal) => {
            let (status, said) = match refusal.code.as_str() {
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
            error(status, &refusal.code, said)
        }
        other => failures::answer(other),
    }
}

fn error(status: StatusCode, code: &str, said: &str) -> Response {
    let body = json!({"error": {"code": code, "message": said}});
    (status, axum::Json(body)).into_response()
}
