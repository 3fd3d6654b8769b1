//! Failures: what a function can make nothing of, however often it tries.
//!
//! Guarantees: once `keep` has returned, a message of the failure queue says what it was
//! and why, for as long as the queue keeps it. Lambda's own failure destination gets what fails again and
//! again; what can never work goes here at once, without those tries.

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{Error, SqsQueue};

/// The largest a message may be, in bytes: SQS's limit was raised above this, but not
/// everywhere. Some room is left for what SQS counts beside the body.
const MAX_MESSAGE: usize = 250 * 1_024;

/// What keeps failures: a queue of SQS, or what `cargo run` has in the process.
#[async_trait]
pub trait Failures: Send + Sync {
    /// Keeps `payload` with the reason why `function` could not handle it.
    ///
    /// # Errors
    /// Where it cannot be kept: the caller must then fail, so that it is tried again.
    async fn keep(
        &self,
        function: &'static str,
        reason: &str,
        payload: &Value,
    ) -> Result<(), Error>;
}

#[async_trait]
impl Failures for SqsQueue {
    async fn keep(
        &self,
        function: &'static str,
        reason: &str,
        payload: &Value,
    ) -> Result<(), Error> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body(function, reason, payload))
            .send()
            .await
            .map_err(Error::call("keeping a failure"))?;
        Ok(())
    }
}

fn body(function: &str, reason: &str, payload: &Value) -> String {
    let write = |payload: &Value| {
        json!({"function": function, "reason": reason, "payload": payload})
            .to_string()
            // What JSON may have and SQS may not ("SendMessage" in its API reference).
            .replace('\u{fffe}', "\\ufffe")
            .replace('\u{ffff}', "\\uffff")
    };
    let whole = write(payload);
    if whole.len() <= MAX_MESSAGE {
        return whole;
    }
    // Its start tells what it was; as a text, since half a document is none.
    let text = payload.to_string();
    let mut kept = MAX_MESSAGE / 3;
    while !text.is_char_boundary(kept) {
        kept -= 1;
    }
    write(&json!({"cut_after_bytes": kept, "start": &text[..kept]}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_whose_it_is_why_and_what_it_was() {
        let body = body("cloud-events", "unknown\u{ffff}", &json!({"id": "1"}));
        assert!(!body.contains('\u{ffff}'));
        let read: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            read,
            json!({"function": "cloud-events", "reason": "unknown\u{ffff}", "payload": {"id": "1"}})
        );
    }

    #[test]
    fn what_is_too_large_for_the_queue_is_kept_in_part() {
        for text in ["é\"\\".repeat(100_000), "x".repeat(400_000)] {
            let body = body("cloud-events", "unknown", &json!({"id": "1", "text": text}));
            assert!(body.len() <= MAX_MESSAGE, "{}", body.len());
            let read: Value = serde_json::from_str(&body).unwrap();
            let start = read["payload"]["start"].as_str().unwrap();
            assert!(start.starts_with(r#"{"id":"1""#), "{start:.40}");
        }
    }
}
