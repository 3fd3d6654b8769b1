//! What Slack's answers mean.

use carillon_domain::Outcome;
use carillon_domain::delivery::MessageRef;
use carillon_domain::text::shorten;
use serde_json::Value;

use super::NAME;
use super::codes::{meaning, meaning_to_hook};
use crate::answer::{Answer, wait};
use crate::codes::Meaning;
use crate::reply::{self, Remedy, Reply};

/// The answer of `chat.postMessage`. Its HTTP status says next to nothing: a refused post
/// comes with 200 too, and `ok` and `error` in the body tell (node-slack-sdk, WebClient).
/// A `warning` beside `ok` is no failure.
pub fn web_api(answer: &Answer) -> Reply {
    match answer.outline() {
        Some(body) if answer.status != 429 => match body["ok"].as_bool() {
            // Whatever the status: the message's own name is the proof.
            Some(true) if answer.is_success() || body["ts"].is_string() => posted(&body),
            // What is wrong stands in lists, which an outline leaves out.
            Some(false) => refused(answer, &answer.json().unwrap_or(body), meaning),
            _ => reply::unreadable(answer, NAME),
        },
        body => rate_limited_or_unreadable(answer, body.as_ref()),
    }
}

/// The answer of an incoming webhook. The same body comes with different statuses, so that
/// the body decides: `ok`, a bare error code, or JSON where the rate limit is exceeded.
pub fn webhook(answer: &Answer) -> Reply {
    let body = answer.body.trim();
    if answer.is_success() && body == "ok" {
        return Reply::new(Outcome::Delivered);
    }
    match answer.json() {
        None if meaning_to_hook(body).is_some() => coded(answer, body, None, meaning_to_hook),
        Some(body) if answer.status != 429 && body["ok"] == false => {
            refused(answer, &body, meaning_to_hook)
        }
        None if answer.status >= 400 && answer.status != 429 && is_code(body) => {
            coded(answer, body, None, meaning_to_hook)
        }
        body => rate_limited_or_unreadable(answer, body.as_ref()),
    }
}

/// What a code means, if it is known.
type Known = fn(&str) -> Option<Meaning>;

/// Whether a body looks like an error code of Slack's, though none that is known. A proxy may
/// say a single word as well, such as `forbidden`.
fn is_code(body: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (3..=64).contains(&body.len()) && body.contains('_') && body.bytes().all(is_part)
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

fn refused(answer: &Answer, body: &Value, known: Known) -> Reply {
    match body["error"].as_str() {
        Some(code) => coded(answer, code, Some(body), known),
        None => reply::unreadable(answer, NAME),
    }
}

fn coded(answer: &Answer, code: &str, body: Option<&Value>, known: Known) -> Reply {
    let needed = body.and_then(|body| body["needed"].as_str());
    let sentence = body.and_then(sentence);
    let reply = match (known(code).map(|meaning| meaning.reply), needed) {
        (Some(reply), Some(scope)) if code == "missing_scope" => reply.hint(format!(
            "The token lacks a permission: add the scope {} to the Slack app and reinstall it.",
            shorten(scope, 100)
        )),
        (Some(reply), _) => reply.saying(NAME, sentence),
        // After a server's error it may have gone half-way.
        (None, _) if answer.status >= 500 => reply::unreadable(answer, NAME),
        (None, _) => reply::unknown_refusal(NAME, code, sentence),
    };
    let remedy = match needed {
        // Only a name or a picture of one's own needs it.
        Some("chat:write.customize") => Some(Remedy::Appearance),
        _ => reply.remedy,
    };
    reply
        .code(shorten(code, 100))
        // Slack says how long in the header; an incoming webhook in its body as well.
        .waiting(body.and_then(|body| wait(body["retry_after"].as_f64()?)))
        .remedy(remedy)
}

/// What Slack says beside its code: where in the message the fault is.
fn sentence(body: &Value) -> Option<&str> {
    let said = [
        &body["response_metadata"]["messages"][0],
        &body["errors"][0],
    ];
    said.into_iter().find_map(Value::as_str)
}

fn rate_limited_or_unreadable(answer: &Answer, body: Option<&Value>) -> Reply {
    if answer.status == 429 {
        return coded(answer, "ratelimited", body, meaning);
    }
    reply::unreadable(answer, NAME)
}

#[cfg(test)]
mod tests;
