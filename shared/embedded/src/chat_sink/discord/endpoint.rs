//! A call of a webhook of Discord's, and why it may be refused.

use axum::http::StatusCode;
use axum::response::Response;
use carillon_domain::Pointer;
use serde_json::{Map, Value};

use super::WEBHOOK;
use super::replies::{self, Version};
use crate::chat_sink::call::Call;
use crate::chat_sink::destination::Place;
use crate::chat_sink::failures::Failure;
use crate::chat_sink::limits::Violation;
use crate::chat_sink::{ChatSink, Standing};

/// Why a call is refused.
pub(super) enum Refused {
    Code(u32),
    Form(Vec<Violation>),
    /// There is no such path or method.
    NoRoute(StatusCode),
    /// Too many posts to the channel; so many seconds to wait.
    LimitedInChannel(f64),
    Failed(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Refused {
    pub fn form(pointer: Pointer, rule: &str) -> Self {
        Self::Form(vec![Violation {
            pointer,
            rule: rule.to_owned(),
            code: "50035",
        }])
    }

    /// The form is wrong in this field.
    pub fn field(name: &str, rule: &str) -> Self {
        Self::form(Pointer::root().field(name), rule)
    }

    pub fn answer(self, version: Version) -> Response {
        match self {
            Self::Code(code) => replies::error(code),
            Self::Form(violations) => replies::invalid_form(version, &violations),
            Self::NoRoute(status) => replies::bare_status(status),
            Self::LimitedInChannel(seconds) => replies::limited_in_channel(version, seconds),
            Self::Failed(failure) => replies::fail(version, failure),
        }
    }
}

/// A webhook's endpoint, and what of the call it needs.
pub(super) struct Endpoint<'a> {
    pub sink: &'a ChatSink,
    pub call: &'a Call,
    pub webhook: &'a str,
    pub thread: Option<&'a str>,
    pub place: Place,
    pub standing: Standing,
}

impl Endpoint<'_> {
    /// What is to go wrong with a post, as its destination stands or on order.
    pub fn failure(&self) -> Option<Failure> {
        let standing = (WEBHOOK.fails)(self.standing, &[]);
        standing.or_else(|| self.sink.planned(&self.place))
    }

    /// The body's fields. (The platform takes files as well, in multipart forms; this sink
    /// does not.)
    pub fn read(&self) -> Result<Map<String, Value>, Refused> {
        let body = self.call.body.as_ref().ok_or(Refused::Code(40_005))?;
        let media_type = self.call.media_type().map(|media_type| media_type.essence);
        let form;
        let json = match media_type.as_deref() {
            Some("application/json") => body.as_ref(),
            Some("application/x-www-form-urlencoded") => {
                form = from_form(body);
                form.as_bytes()
            }
            _ => {
                let rule = "Expected \"Content-Type\" header to be one of \
                    {'application/json', 'application/x-www-form-urlencoded'}.";
                return Err(Refused::form(Pointer::root(), rule));
            }
        };
        match serde_json::from_slice(json) {
            Ok(Value::Object(payload)) => Ok(payload),
            Ok(_) => {
                let rule = "Only dictionaries may be used in a DictType";
                Err(Refused::form(Pointer::root(), rule))
            }
            Err(_) => Err(Refused::Code(50_109)),
        }
    }
}

/// The fields of a form as JSON: in `payload_json`, or each by itself as a text.
fn from_form(body: &[u8]) -> String {
    let fields = crate::chat_sink::call::fields(body);
    match fields.iter().find(|(key, _)| key == "payload_json") {
        Some((_, payload)) => payload.clone(),
        None => {
            let fields = fields.into_iter();
            let fields: Map<_, _> = fields.map(|(key, v)| (key, Value::String(v))).collect();
            Value::Object(fields).to_string()
        }
    }
}
