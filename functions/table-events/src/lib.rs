//! The application's own tables: an item written, changed or removed becomes an event.
//!
//! A record that is no such item is counted and skipped. A record that repeats gives the
//! same event id, which the events table has already.

mod attributes;
mod entity;

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use aws_lambda_events::streams::DynamoDbEventResponse;
use carillon_aws::{EventStore, Stored};
use carillon_runtime::batch;
use jiff::Timestamp;

pub use attributes::Attributes;

/// The handler; one for a process.
pub struct TableEvents {
    events: EventStore,
    attributes: Attributes,
}

impl TableEvents {
    pub fn new(events: EventStore, attributes: Attributes) -> Self {
        Self { events, attributes }
    }

    /// Captures a batch, record by record, so that the events keep the items' order.
    /// On a failure, the stream goes on from the record that is named.
    pub async fn handle(&self, batch: StreamEvent) -> DynamoDbEventResponse {
        for record in &batch.records {
            if !self.capture(record).await {
                return batch::stream_failure(record);
            }
        }
        DynamoDbEventResponse::default()
    }

    /// False where the record must be tried again.
    async fn capture(&self, record: &EventRecord) -> bool {
        let record_id = record.event_id.as_str();
        let event = match entity::event(record, &self.attributes, Timestamp::now()) {
            Ok(event) => event,
            Err(skipped) => {
                tracing::info!(record_id, reason = skipped.reason(), "skipped");
                return true;
            }
        };
        match self.events.put(&event).await {
            Ok(stored) => {
                let event_id = event.id.as_str();
                let event_type = event.event_type.as_str();
                let duplicate = stored == Stored::Duplicate;
                tracing::info!(record_id, event_id, event_type, duplicate, "captured");
                true
            }
            Err(error) => {
                tracing::error!(record_id, %error, "the event could not be stored");
                false
            }
        }
    }
}
