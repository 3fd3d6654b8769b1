//! The application's own tables: an item written, changed or removed becomes an event.
//!
//! A record that is no such item is counted (metric `Skipped`) and skipped. A record that
//! repeats gives the same event id, which the events table has already. One that can never
//! become an event is counted (`Refused`), kept among the failures by its position, and
//! stops nobody.
//!
//! **Order.** Events of one item are stored in the order of its changes, always. A batch of
//! [`IN_ORDER`] records at most, which is what people make by hand, is stored in the
//! stream's order altogether; of a larger one, which is an import, different items are
//! stored at once, so that thousands take seconds.

mod attributes;
mod capture;
mod changes;
mod entity;
#[cfg(test)]
mod entity_properties;
mod number;
mod path;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lambda_events::dynamodb::{EventRecord, StreamViewType};
use aws_lambda_events::streams::DynamoDbEventResponse;
use carillon_aws::{EventStore, Failures};
use carillon_domain::Event;
use carillon_runtime::batch;
use carillon_runtime::stream::Record;
use jiff::Timestamp;

pub use attributes::Attributes;
pub use capture::IN_ORDER;
pub use carillon_runtime::stream::Batch;
use entity::Skipped;

type Read = fn(&EventRecord, &Attributes, Timestamp) -> Result<Event, Skipped>;

/// The handler; one for a process.
pub struct TableEvents {
    events: EventStore,
    attributes: Attributes,
    failures: Option<Arc<dyn Failures>>,
    /// What makes an event of a record.
    read: Read,
    /// When the last record arrived.
    last: Mutex<Timestamp>,
    /// The streams whose view was found wanting: it is said once a process.
    degraded: Mutex<HashSet<String>>,
}

impl TableEvents {
    /// Where nothing keeps failures, they are only counted and logged: failing would hold
    /// up the stream, and the stream's own failure destination would get no more than a
    /// position either.
    pub fn new(
        events: EventStore,
        attributes: Attributes,
        failures: Option<Arc<dyn Failures>>,
    ) -> Self {
        Self {
            events,
            attributes,
            failures,
            read: entity::event,
            last: Mutex::default(),
            degraded: Mutex::default(),
        }
    }

    /// Captures a batch. On a failure, the records before the one that is named are done,
    /// and the stream goes on from there.
    pub async fn handle(&self, batch: Batch) -> DynamoDbEventResponse {
        let (counts, failed) = self.capture(&batch.records).await;
        counts.emit();
        failed.map_or_else(DynamoDbEventResponse::default, |record| {
            batch::stream_failure(&record.position)
        })
    }

    /// Says, once for each stream, what cannot be told from it.
    fn note_view(&self, record: &Record) {
        let view = record
            .read
            .as_ref()
            .and_then(|record| record.change.stream_view_type.as_ref());
        let Some(view) = view else { return };
        let missing = match view {
            StreamViewType::NewImage => {
                "names of changed attributes, changes of nothing, and what was removed"
            }
            StreamViewType::OldImage => {
                "what was created, names of changed attributes, changes of nothing, and by whom"
            }
            StreamViewType::KeysOnly => "anything that is not in the table's key",
            _ => return,
        };
        let source = &record.position.source;
        let mut degraded = self.degraded.lock().unwrap_or_else(PoisonError::into_inner);
        if degraded.insert(source.clone()) {
            tracing::warn!(
                stream = source.as_str(),
                view = %view,
                missing,
                "the stream does not tell everything; NEW_AND_OLD_IMAGES does"
            );
        }
    }
}
