//! The delivery queue: FIFO, with the lane as message group, and one more for what people ask for.
//! It carries wake-ups; what waits is in the lanes.
//!
//! Guarantees: messages of one group are received in the order they were sent, by one
//! receiver at a time; a message whose visibility is put off holds back its group and
//! nobody else.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, DeleteMessageBatchRequestEntry, SendMessageBatchRequestEntry,
};

use carillon_domain::{EventId, LaneId, OrganizationId};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::Error;

/// How many entries SQS takes in one call.
const BATCH: usize = 10;
/// How many calls send messages at once.
const CALLS: usize = 16;
/// How often entries that SQS did not take are sent again.
const TRIES: usize = 3;

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueMessage {
    pub group: String,
    /// Repeats of one id within five minutes are dropped.
    pub deduplication_id: String,
    pub body: String,
}

/// How the groups of wake-ups end that people ask for.
const URGENT: &str = "#urgent";

/// Whether what stands in a message group is asked for by people.
pub fn is_urgent(group: &str) -> bool {
    group.ends_with(URGENT)
}

/// What a message of the queue says: that it is time to look at a lane, and what may be next
/// there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeUp {
    pub organization: OrganizationId,
    pub lane: LaneId,
    /// What waits there now, so that it can be read together with the lane. What is to be sent
    /// is told by the lane alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// Whether a person asks for it: then it does not stand behind a wake-up that is put off.
    #[serde(skip)]
    is_urgent: bool,
}

impl WakeUp {
    pub fn new(organization: OrganizationId, lane: LaneId) -> Self {
        Self {
            organization,
            lane,
            event: None,
            is_urgent: false,
        }
    }

    #[must_use]
    pub fn urgent(self) -> Self {
        Self {
            is_urgent: true,
            ..self
        }
    }

    #[must_use]
    pub fn for_event(self, event: Option<EventId>) -> Self {
        Self { event, ..self }
    }

    /// The message. Each has an id of its own: the queue remembers those of messages that are
    /// gone already for five minutes, and one wake-up too many costs a read.
    fn message(&self) -> QueueMessage {
        QueueMessage {
            group: match self.is_urgent {
                true => format!("{}{URGENT}", self.lane),
                false => self.lane.to_string(),
            },
            deduplication_id: format!("{:032x}", rand::random::<u128>()),
            body: serde_json::to_string(self).expect("texts are JSON"),
        }
    }
}

/// Wakes lanes.
///
/// # Errors
/// Where the queue did not take all wake-ups; some of them may have been sent.
pub async fn wake(queue: &dyn DeliveryQueue, wake_ups: &[WakeUp]) -> Result<(), Error> {
    let messages: Vec<QueueMessage> = wake_ups.iter().map(WakeUp::message).collect();
    queue.send(&messages).await
}

/// The queue as Carillon needs it: SQS, or the one in the process that `cargo run` has.
#[async_trait]
pub trait DeliveryQueue: Send + Sync {
    /// Sends messages, in any order; any ten of them must fit into one call. On an error, an
    /// unknown part of them may have been sent; sending all again is safe within the
    /// deduplication window.
    async fn send(&self, messages: &[QueueMessage]) -> Result<(), Error>;

    /// Puts off a received message, by its receipt: it is invisible for so long from now on, which
    /// is less than the twelve hours that SQS keeps a message invisible since it was received.
    async fn put_off(&self, receipt: &str, wait: Duration) -> Result<(), Error>;

    /// Deletes received messages, by their receipts.
    async fn delete(&self, receipts: &[String]) -> Result<(), Error>;
}

/// Why an entry of a call can be built.
const COMPLETE: &str = "it has all that it needs";

/// An error where SQS did not take some entries of a call.
fn all_taken(operation: &'static str, failed: &[BatchResultErrorEntry]) -> Result<(), Error> {
    if failed.is_empty() {
        return Ok(());
    }
    let codes: Vec<&str> = failed.iter().map(|failed| failed.code.as_str()).collect();
    Err(Error::Call {
        operation,
        cause: codes.join(", "),
    })
}

#[derive(Debug, Clone)]
pub struct SqsQueue {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl SqsQueue {
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    async fn send_batch(&self, batch: &[QueueMessage]) -> Result<(), Error> {
        const OPERATION: &str = "sending to the queue";
        let entry = |(n, message): (usize, &QueueMessage)| {
            SendMessageBatchRequestEntry::builder()
                .id(n.to_string())
                .message_group_id(&message.group)
                .message_deduplication_id(&message.deduplication_id)
                .message_body(&message.body)
                .build()
                .expect(COMPLETE)
        };
        let mut waiting: Vec<_> = batch.iter().enumerate().map(entry).collect();
        let mut taken = Ok(());
        for _ in 0..TRIES {
            let answer = self
                .client
                .send_message_batch()
                .queue_url(&self.url)
                .set_entries(Some(waiting.clone()))
                .send()
                .await
                .map_err(Error::call(OPERATION))?;
            taken = all_taken(OPERATION, &answer.failed);
            if taken.is_ok() {
                break;
            }
            waiting.retain(|entry| answer.failed.iter().any(|failed| failed.id == entry.id));
        }
        taken
    }
}

#[async_trait]
impl DeliveryQueue for SqsQueue {
    async fn send(&self, messages: &[QueueMessage]) -> Result<(), Error> {
        for calls in messages.chunks(CALLS * BATCH) {
            try_join_all(calls.chunks(BATCH).map(|batch| self.send_batch(batch))).await?;
        }
        Ok(())
    }

    async fn put_off(&self, receipt: &str, wait: Duration) -> Result<(), Error> {
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt)
            .visibility_timeout(wait.as_secs_f64().ceil() as i32)
            .send()
            .await
            .map_err(Error::call("changing a message's visibility"))?;
        Ok(())
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), Error> {
        const OPERATION: &str = "deleting from the queue";
        let entry = |(n, receipt): (usize, &String)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(n.to_string())
                .receipt_handle(receipt)
                .build()
                .expect(COMPLETE)
        };
        for batch in receipts.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(entry).collect();
            let answer = self
                .client
                .delete_message_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries))
                .send()
                .await
                .map_err(Error::call(OPERATION))?;
            all_taken(OPERATION, &answer.failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::sample;

    use super::*;

    /// The least that SQS has ever taken of all bodies of a call.
    const TAKEN: usize = 256 * 1_024;

    #[test]
    fn any_ten_wake_ups_are_far_below_what_the_queue_takes_in_a_call() {
        let organization = OrganizationId::parse(&"o".repeat(64)).unwrap();
        let lane = LaneId::of(&sample::webhook(1, &["*"]).id, u32::MAX);
        let event = EventId::parse(&"e".repeat(128));
        let wake_up = WakeUp::new(organization, lane).for_event(event).urgent();
        let body = wake_up.message().body;
        assert!(
            body.contains("eee") && body.len() * BATCH < TAKEN / 10,
            "{body}"
        );
    }
}
