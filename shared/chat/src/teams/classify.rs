//! What the answers of a workflow's trigger mean.

use carillon_domain::Outcome::{
    self, CredentialDead, DestinationDead, OurFault, PayloadRefused, Unavailable,
};
use carillon_domain::delivery::MessageRef;
use carillon_domain::text::shorten;
use serde_json::Value;

use super::NAME;
use crate::answer::Answer;
use crate::reply::{self, Reply};

const ACCEPTED: &str = "The workflow has accepted the message; whether it was shown in Teams, only the workflow's run history can tell.";
const OFF: &str = "The workflow is turned off, suspended or deleted: turn it on again in the Workflows app of Teams, or rotate the webhook's credential to the URL of a new one.";
const GONE: &str = "There is no such workflow any more: make a new one in the Workflows app of Teams and rotate the webhook's credential to its URL.";
const URL_BROKEN: &str = "The workflow's URL is not whole, or Microsoft has moved the workflow: copy its URL again from the workflow's trigger and rotate the webhook's credential.";
const SIGNATURE: &str = "The signature in the workflow's URL is not, or no longer, right, or the trigger is not set to \"Anyone\" can trigger the flow: set it so, copy the URL again and rotate the webhook's credential.";
const SCHEMA: &str = "The workflow takes messages of another form: make it from the template \"Send webhook alerts to a channel\". If it is from that template, this is a fault of Carillon: please report it with the code.";
const OUR_FAULT: &str = "The workflow does not understand how it is called. This is a fault of Carillon: please report it with the code.";
const FORBIDDEN: &str = "Microsoft refuses the call, as it does now and then with URLs that work: the message is tried again. If it goes on, copy the workflow's URL again and rotate the webhook's credential.";
const SLOW_DOWN: &str = "Microsoft asks to slow down.";

/// What a code means, whatever its status, and a hint.
fn meaning(code: &str) -> Option<(Outcome, &'static str)> {
    Some(match code {
        "TriggerInputSchemaMismatch" => (PayloadRefused, SCHEMA),
        "WorkflowTriggerIsNotEnabled" => (DestinationDead, OFF),
        "WorkflowNotFound" => (CredentialDead, GONE),
        "MissingApiVersionParameter" => (CredentialDead, URL_BROKEN),
        "DirectApiAuthorizationRequired"
        | "DirectApiInvalidAuthorizationScheme"
        | "DirectApiInvalidAuthorizationSignature" => (CredentialDead, SIGNATURE),
        "DirectApiRequestHasMoreThanOneAuthorization" => (OurFault, OUR_FAULT),
        _ => return None,
    })
}

/// What Power Platform says where nothing is behind a path, with a code that differs.
const NO_ROUTE: &str = "known API routes";

/// The answer to a post: the code in the body decides, then the status.
pub fn post(answer: &Answer) -> Reply {
    if answer.is_success() {
        return accepted(answer);
    }
    let body = answer.json().unwrap_or_default();
    let code = body["error"]["code"].as_str();
    let sentence = body["error"]["message"].as_str();
    if answer.status == 429 {
        return Reply::new(Outcome::RateLimited)
            .code(code.map_or_else(|| "rate_limited".to_owned(), |code| shorten(code, 100)))
            .hint(SLOW_DOWN);
    }
    let known = code.and_then(|code| Some((code, meaning(code)?)));
    let reply = match known {
        Some((code, (outcome, hint))) => Reply {
            condemns: outcome == CredentialDead,
            ..Reply::new(outcome).code(code).hint(hint)
        },
        None => by_status(answer, &body, code, sentence),
    };
    match reply.outcome {
        PayloadRefused | OurFault => reply.saying(NAME, sentence),
        _ => reply,
    }
}

/// Any success says that the workflow runs: mostly 202 with nothing, or whatever the author of
/// the workflow has it answer. Only a page is from somebody else, unless it comes with the
/// headers of a run.
fn accepted(answer: &Answer) -> Reply {
    let run = answer.text("x-ms-workflow-run-id");
    let is_page = answer
        .text("content-type")
        .is_some_and(|it| it.contains("html"))
        || answer.body.trim_start().starts_with('<');
    if run.is_none() && is_page {
        return reply::unreadable(answer, NAME);
    }
    let run = run.filter(|run| !run.is_empty());
    Reply {
        message: run.map(|run| MessageRef {
            id: Some(shorten(run, 200)),
            channel_id: None,
        }),
        ..Reply::new(Outcome::Delivered).hint(ACCEPTED)
    }
}

/// A code that nobody knows, or none.
fn by_status(answer: &Answer, body: &Value, code: Option<&str>, sentence: Option<&str>) -> Reply {
    let is_microsofts = body["error"].is_object();
    let no_route = sentence.is_some_and(|sentence| sentence.contains(NO_ROUTE));
    let meaning = match answer.status {
        404 if no_route => Some((CredentialDead, URL_BROKEN)),
        401 if is_microsofts => Some((CredentialDead, SIGNATURE)),
        404 if is_microsofts => Some((CredentialDead, GONE)),
        403 => Some((Unavailable, FORBIDDEN)),
        _ => None,
    };
    let status = format!("http_{}", answer.status);
    match (meaning, code) {
        (Some((outcome, hint)), code) => {
            let code = code.map_or(status, |code| shorten(code, 100));
            Reply::new(outcome).code(code).hint(hint)
        }
        (None, Some(code)) if is_definite(answer.status) => {
            reply::unknown_refusal(NAME, code, sentence)
        }
        // Microsoft itself has answered, only not in time or in turn.
        (None, Some(code)) if is_microsofts && answer.status < 500 && answer.status != 413 => {
            let code = shorten(code, 100);
            let hint = format!("{NAME} answers {code}; the message is tried again.");
            Reply::new(Unavailable).code(code).hint(hint)
        }
        _ => reply::unreadable(answer, NAME),
    }
}

/// Whether a status says that this very request is not taken, and will never be.
fn is_definite(status: u16) -> bool {
    matches!(status, 400..=499) && !matches!(status, 408 | 412 | 413 | 425)
}

#[cfg(test)]
mod tests;
