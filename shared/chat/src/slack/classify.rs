//! What Slack's answers mean.

use std::time::Duration;

use carillon_domain::delivery::MessageRef;
use carillon_domain::text::shorten;
use carillon_domain::{Outcome, Platform};
use serde_json::Value;

use super::codes;
use crate::reply::{self, Answer, Remedy, Reply, wait};

/// The answer of `chat.postMessage`. Its HTTP status says next to nothing: a refused post
/// comes with 200 too, and `ok` and `error` in the body tell (node-slack-sdk, WebClient).
/// A `warning` beside `ok` is no failure.
pub fn web_api(answer: &Answer) -> Reply {
    let reply = match answer.outline() {
        Some(body) if answer.status != 429 => match body["ok"].as_bool() {
            // Whatever the status: the message's own name is the proof.
            Some(true) if answer.is_success() || body["ts"].is_string() => posted(&body),
            Some(false) => refused(answer, &body),
            _ => reply::unreadable(answer, Platform::Slack),
        },
        body => rate_limited_or_unreadable(answer, body.as_ref()),
    };
    reply.obeying(answer)
}

/// The answer of an incoming webhook. The same body comes with different statuses, so that
/// the body decides: `ok`, a bare error code, or JSON where the rate limit is exceeded.
pub fn webhook(answer: &Answer) -> Reply {
    let body = answer.body.trim();
    if answer.is_success() && body == "ok" {
        return Reply::new(Outcome::Delivered);
    }
    let reply = match answer.json() {
        _ if codes::is_known(body) => coded(answer, body, None),
        Some(body) if answer.status != 429 && body["ok"] == false => refused(answer, &body),
        None if answer.status >= 400 && answer.status != 429 && is_code(body) => {
            coded(answer, body, None)
        }
        body => rate_limited_or_unreadable(answer, body.as_ref()),
    };
    reply.obeying(answer)
}

/// Whether a body looks like an error code, though none that is known.
fn is_code(body: &str) -> bool {
    (3..=64).contains(&body.len()) && body.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// A success must name the message: `ok` alone could come from anybody in between.
fn posted(body: &Value) -> Reply {
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let Some(id) = text("ts") else {
        return Reply::new(Outcome::Unknown)
            .code("no_ts")
            .hint("Slack's answer does not name the message.");
    };
    let shown = body["message"].as_object();
    Reply {
        in_thread: shown.map(|shown| shown.contains_key("thread_ts")),
        message: Some(MessageRef {
            id: Some(id),
            channel_id: text("channel"),
        }),
        ..Reply::new(Outcome::Delivered)
    }
}

fn refused(answer: &Answer, body: &Value) -> Reply {
    match body["error"].as_str() {
        Some(code) => coded(answer, code, Some(body)),
        None => reply::unreadable(answer, Platform::Slack),
    }
}

fn coded(answer: &Answer, code: &str, body: Option<&Value>) -> Reply {
    let (outcome, hint) = codes::meaning(code);
    // A code that nobody knows, after a server's error: it may have gone half-way.
    let outcome = match outcome {
        Outcome::Unavailable if !codes::is_known(code) && answer.status >= 500 => Outcome::Unknown,
        outcome => outcome,
    };
    let needed = body.and_then(|body| body["needed"].as_str());
    let hint = match (code, needed) {
        ("missing_scope", Some(scope)) => format!(
            "The token lacks a permission: add the scope {} to the Slack app and reinstall it.",
            shorten(scope, 100)
        ),
        _ => hint.to_owned(),
    };
    Reply::new(outcome)
        .code(shorten(code, 100))
        .hint(hint)
        .waiting(codes::least_wait(code))
        .waiting(body.and_then(asked_in))
        .remedy(match needed {
            // Only a name or a picture of one's own needs it.
            Some("chat:write.customize") => Some(Remedy::Appearance),
            _ => codes::remedy(code),
        })
}

fn rate_limited_or_unreadable(answer: &Answer, body: Option<&Value>) -> Reply {
    if answer.status == 429 {
        return coded(answer, "ratelimited", body);
    }
    reply::unreadable(answer, Platform::Slack)
}

/// Slack says how long in the header; an incoming webhook in its body as well.
fn asked_in(body: &Value) -> Option<Duration> {
    wait(body["retry_after"].as_f64()?)
}

#[cfg(test)]
mod tests;
