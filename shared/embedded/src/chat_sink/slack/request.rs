//! A call of a method of Slack's, and what it may end in.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::content::Refused;
use crate::chat_sink::ChatSink;
use crate::chat_sink::call::Call;
use crate::chat_sink::failures::{self, Failure};
use crate::chat_sink::limits::Violation;

pub(super) const BOT_ID: &str = "B0CARILLON";

/// What a method ends in, other than success.
pub(super) enum Trouble {
    /// Slack's answer: `ok: false`, its code, and more beside it.
    Refused(String, Value),
    /// No answer of Slack's.
    Broken(Box<Response>),
}

impl From<&str> for Trouble {
    fn from(code: &str) -> Self {
        Self::Refused(code.to_owned(), json!({}))
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        let errors: Vec<String> = refused.violations.iter().map(describe).collect();
        if errors.is_empty() {
            return Self::from(refused.code);
        }
        let messages: Vec<_> = errors.iter().map(|e| format!("[ERROR] {e}")).collect();
        let more = json!({"errors": errors, "response_metadata": {"messages": messages}});
        Self::Refused(refused.code.to_owned(), more)
    }
}

fn describe(violation: &Violation) -> String {
    let rule = match violation.most() {
        // Slack names the first length that is too much.
        Some(most) => format!("must be less than {} characters", most + 1),
        None => violation.rule.clone(),
    };
    format!("{rule} [json-pointer:{}]", violation.pointer)
}

/// A call of a method, by somebody who may make it.
pub(super) struct Request<'a> {
    pub sink: &'a ChatSink,
    pub call: &'a Call,
    pub method: &'a str,
    pub fields: Map<String, Value>,
    pub scopes: &'a [String],
    /// The token's number.
    pub credential: u64,
}

pub(super) async fn fail(failure: Failure) -> Trouble {
    match failure {
        Failure::Refusal(refusal) if refusal.code == "missing_scope" => {
            let more = json!({"needed": "chat:write", "provided": "channels:read"});
            Trouble::Refused(refusal.code, more)
        }
        Failure::Refusal(refusal) => Trouble::from(refusal.code.as_str()),
        Failure::RateLimited(seconds) => rate_limited(seconds),
        other => Trouble::Broken(Box::new(failures::answer(other).await)),
    }
}

pub(super) fn rate_limited(seconds: f64) -> Trouble {
    let body = json!({"ok": false, "error": "ratelimited"});
    let headers = [(header::RETRY_AFTER, whole(seconds))];
    let response = (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(body));
    Trouble::Broken(Box::new(response.into_response()))
}

/// Slack counts in whole seconds.
fn whole(seconds: f64) -> String {
    seconds.ceil().max(1.0).to_string()
}
