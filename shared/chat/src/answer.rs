//! An HTTP answer, and what every kind of destination looks for in it.

mod retry_after;

use std::time::Duration;

use carillon_domain::json::Outline;
use reqwest::header::HeaderMap;
use serde_json::Value;

pub(crate) use self::retry_after::date;
pub use self::retry_after::wait;

/// An HTTP answer as it came, before anybody knows what it means.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The longest wait that a header says, be it a number of seconds, whole or not, or a time
    /// after the answer's own (RFC 9110, "Retry-After").
    pub fn seconds(&self, header: &str) -> Option<Duration> {
        retry_after::longest(&self.headers, header)
    }

    pub fn text(&self, header: &str) -> Option<&str> {
        self.headers.get(header)?.to_str().ok().map(str::trim)
    }

    /// The body, where it is a JSON object.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body)
            .ok()
            .filter(Value::is_object)
    }

    /// As [`json`](Self::json), with all lists empty. What is wrong with a text or a number in
    /// a list, or how deep it goes, is not looked at.
    pub fn outline(&self) -> Option<Value> {
        serde_json::from_str::<Outline>(&self.body)
            .ok()
            .map(|read| read.0)
            .filter(Value::is_object)
    }
}
