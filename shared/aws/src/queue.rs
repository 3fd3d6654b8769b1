//! The delivery queue: FIFO, with the destination as message group.
//!
//! Guarantees: messages of one group are received in the order they were sent, by one
//! receiver at a time; a message whose visibility is put off holds back its group and
//! nobody else.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
    DeleteMessageBatchRequestEntry, SendMessageBatchRequestEntry,
};

use crate::Error;

/// How many entries SQS takes in one call.
const BATCH: usize = 10;
/// How often entries that SQS did not take are sent again.
const TRIES: usize = 3;
/// The longest SQS keeps a message invisible, counted from when it was received; the
/// minute is for the time since then.
pub const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 3_600 - 60);

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueMessage {
    pub group: String,
    /// Repeats of one id within five minutes are dropped.
    pub deduplication_id: String,
    pub body: String,
}

/// Puts off a received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisibilityChange {
    pub receipt: String,
    /// From now on. At most [`MAX_VISIBILITY`] counts.
    pub invisible_for: Duration,
}

/// The queue as Carillon needs it: SQS, or the one in the process that `cargo run` has.
#[async_trait]
pub trait DeliveryQueue: Send + Sync {
    /// Sends messages in order; where the queue takes a part of a call only, the rest is
    /// sent again behind it. On an error, an unknown part of them may have been
    /// sent; sending all again is safe within the deduplication window.
    async fn send(&self, messages: &[QueueMessage]) -> Result<(), Error>;

    async fn change_visibility(&self, changes: &[VisibilityChange]) -> Result<(), Error>;

    /// Deletes received messages, by their receipts.
    async fn delete(&self, receipts: &[String]) -> Result<(), Error>;
}

/// An error where SQS did not take some entries of a call.
fn all_taken(operation: &'static str, failed: &[BatchResultErrorEntry]) -> Result<(), Error> {
    match failed.first() {
        None => Ok(()),
        Some(first) => Err(Error::Call {
            operation,
            cause: first.code.clone(),
        }),
    }
}

/// Amazon SQS.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    url: String,
}

impl SqsQueue {
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    async fn send_batch(&self, batch: &[QueueMessage]) -> Result<(), Error> {
        let mut waiting = batch
            .iter()
            .enumerate()
            .map(|(n, message)| {
                SendMessageBatchRequestEntry::builder()
                    .id(n.to_string())
                    .message_group_id(&message.group)
                    .message_deduplication_id(&message.deduplication_id)
                    .message_body(&message.body)
                    .build()
                    .map_err(Error::call("sending to the queue"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut reasons = String::new();
        for _ in 0..TRIES {
            let answer = self
                .client
                .send_message_batch()
                .queue_url(&self.url)
                .set_entries(Some(waiting.clone()))
                .send()
                .await
                .map_err(Error::call("sending to the queue"))?;
            if answer.failed.is_empty() {
                return Ok(());
            }
            reasons = answer
                .failed
                .iter()
                .map(|failed| failed.code.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            waiting.retain(|entry| answer.failed.iter().any(|failed| failed.id == entry.id));
        }
        Err(Error::Call {
            operation: "sending to the queue",
            cause: reasons,
        })
    }
}

#[async_trait]
impl DeliveryQueue for SqsQueue {
    async fn send(&self, messages: &[QueueMessage]) -> Result<(), Error> {
        for batch in messages.chunks(BATCH) {
            self.send_batch(batch).await?;
        }
        Ok(())
    }

    async fn change_visibility(&self, changes: &[VisibilityChange]) -> Result<(), Error> {
        const OPERATION: &str = "changing a message's visibility";
        for batch in changes.chunks(BATCH) {
            let entries = batch
                .iter()
                .enumerate()
                .map(|(n, change)| {
                    let wait = change
                        .invisible_for
                        .min(MAX_VISIBILITY)
                        .as_secs_f64()
                        .ceil();
                    ChangeMessageVisibilityBatchRequestEntry::builder()
                        .id(n.to_string())
                        .receipt_handle(&change.receipt)
                        .visibility_timeout(wait as i32)
                        .build()
                        .map_err(Error::call(OPERATION))
                })
                .collect::<Result<Vec<_>, _>>()?;
            let answer = self
                .client
                .change_message_visibility_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries))
                .send()
                .await
                .map_err(Error::call(OPERATION))?;
            all_taken(OPERATION, &answer.failed)?;
        }
        Ok(())
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), Error> {
        const OPERATION: &str = "deleting from the queue";
        for batch in receipts.chunks(BATCH) {
            let entries = batch
                .iter()
                .enumerate()
                .map(|(n, receipt)| {
                    DeleteMessageBatchRequestEntry::builder()
                        .id(n.to_string())
                        .receipt_handle(receipt)
                        .build()
                        .map_err(Error::call(OPERATION))
                })
                .collect::<Result<Vec<_>, _>>()?;
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
