//! What the answers of a workflow's trigger mean.

use carillon_domain::Outcome;
use carillon_domain::delivery::MessageRef;
use carillon_domain::text::shorten;
use serde_json::Value;

use super::NAME;
use crate::answer::Answer;
use crate::codes;
use crate::reply::{self, Reply};

const ACCEPTED: &str = "The workflow has accepted the message; whether it was shown in Teams, only the workflow's run history can tell.";

/// What the codes of Microsoft's mean, whatever their status, and what its statuses do.
const CODES: &str = include_str!("codes.tsv");

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
        let code = code.map_or_else(|| "rate_limited".to_owned(), |code| shorten(code, 100));
        return codes::named(CODES, "http_429").code(code);
    }
    let known = code.and_then(|code| Some((code, codes::meaning(CODES, code)?.reply)));
    let reply = match known {
        Some((code, reply)) => reply.code(code),
        None => by_status(answer, &body, code, sentence),
    };
    match reply.outcome {
        // It says so already.
        Outcome::UnknownRefusal => reply,
        _ => reply.saying(NAME, sentence),
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
    let as_if = match answer.status {
        404 if no_route => Some("MissingApiVersionParameter"),
        401 if is_microsofts => Some("DirectApiInvalidAuthorizationSignature"),
        404 if is_microsofts => Some("WorkflowNotFound"),
        403 => Some("http_403"),
        _ => None,
    };
    let status = format!("http_{}", answer.status);
    match (as_if, code) {
        (Some(as_if), code) => Reply {
            // That is not for sure.
            condemns: false,
            ..codes::named(CODES, as_if).code(code.map_or(status, |code| shorten(code, 100)))
        },
        (None, Some(code)) if is_definite(answer.status) => {
            reply::unknown_refusal(NAME, code, sentence)
        }
        // Microsoft itself has answered, only not in time or in turn.
        (None, Some(code)) if is_microsofts && answer.status < 500 && answer.status != 413 => {
            let code = shorten(code, 100);
            let hint = format!("{NAME} answers {code}; the message is tried again.");
            Reply::new(Outcome::Unavailable).code(code).hint(hint)
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
