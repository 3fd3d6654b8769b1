//! The queue that EventBridge puts events into.
//!
//! Each message is done by itself: what a fault of AWS stopped stays in the queue, and holds
//! nothing else up. A failure that was put back, with the reason that it was kept for, is
//! taken for the event that it was.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use carillon_runtime::batch::queue_failures;
use serde_json::Value;

use crate::CloudEvents;

impl CloudEvents {
    /// Captures the events of a batch; names the messages that are to stay in the queue.
    pub async fn handle_batch(&self, batch: SqsEvent) -> SqsBatchResponse {
        let mut failed = Vec::new();
        for message in batch.records {
            let body = message.body.unwrap_or_default();
            if let Err(error) = self.handle(event_of(body)).await {
                tracing::error!(%error, "an event stays in the queue");
                failed.push(message.message_id.unwrap_or_default());
            }
        }
        queue_failures(failed)
    }
}

/// The event in a message; what is no JSON stays what it is.
fn event_of(body: String) -> Value {
    let Ok(mut read) = serde_json::from_str::<Value>(&body) else {
        return Value::String(body);
    };
    let is_failure = read["function"].is_string() && read["reason"].is_string();
    match read.get_mut("payload") {
        Some(payload) if is_failure => payload.take(),
        _ => read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_failure_that_is_put_back_is_the_event_that_it_was() {
        let event = json!({"id": "1", "source": "aws.ec2", "detail": {"reason": "x"}});
        assert_eq!(event_of(event.to_string()), event);
        let kept = json!({"function": "cloud-events", "reason": "unknown", "payload": event});
        assert_eq!(event_of(kept.to_string()), event);
        assert_eq!(event_of("{".to_owned()), json!("{"));
    }
}
