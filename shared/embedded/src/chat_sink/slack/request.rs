//! A call of a method of Slack's, and what it may end in.

use serde_json::{Map, Value, json};

use super::content::Refused;
use crate::chat_sink::ChatSink;
use crate::chat_sink::call::Call;
use crate::chat_sink::failures::Failure;
use crate::chat_sink::limits::{self, Violation};

pub(super) const BOT_ID: &str = "B0CARILLON";

/// What a method ends in, other than success.
pub(super) enum Trouble {
    /// Slack's answer: `ok: false`, its code, and more beside it.
    Refused(String, Value),
    /// No answer of a method's.
    Failed(Failure),
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
    let rule = match limits::most(violation) {
        // Slack names the first length that is too much.
        Some(most) => format!("must be less than {} characters", most + 1),
        None => violation.rule.clone(),
    };
    format!("{rule} [json-pointer:{}]", violation.pointer)
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refusal(refusal) if refusal.code == "missing_scope" => {
                let more = json!({"needed": "chat:write", "provided": "channels:read"});
                Self::Refused(refusal.code, more)
            }
            Failure::Refusal(refusal) => Self::from(refusal.code.as_str()),
            other => Self::Failed(other),
        }
    }
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
