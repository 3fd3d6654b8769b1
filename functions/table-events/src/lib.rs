//! The application's own tables: an item written, changed or removed becomes an event.
//!
//! What the items are, and what says so, is described for each table ([`Tables`]; the README
//! beside this crate has the settings). A record that is no such item is counted (metric
//! `Skipped`) and skipped. A record that repeats gives the same event ids, which the events
//! table has already. One that can never
//! become an event is counted (`Refused`), kept among the failures by its position, and
//! stops nobody.
//!
//! **Order.** Events of one item are stored in the order of its changes, always. A batch of
//! [`IN_ORDER`] records at most, which is what people make by hand, is stored in the
//! stream's order altogether; of a larger one, which is an import, different items are
//! stored at once, so that thousands take seconds.

mod capture;
mod changes;
mod document;
mod entity;
#[cfg(test)]
mod entity_properties;
mod number;
mod path;
mod pattern;
mod settings;
mod skipped;
mod source;
mod table;
mod trial;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lambda_events::dynamodb::{EventRecord, StreamViewType};
use aws_lambda_events::streams::DynamoDbEventResponse;
use carillon_aws::{EventStore, Failures};
use carillon_domain::Event;
use carillon_runtime::stream::Record;
use carillon_runtime::{Metrics, batch};
use jiff::Timestamp;

pub use capture::IN_ORDER;
pub use carillon_runtime::stream::Batch;
use skipped::Skipped;
pub use table::Tables;
pub use trial::try_item;

type Read = fn(&EventRecord, &Tables, Timestamp) -> Result<Vec<Event>, Skipped>;

/// The handler; one for a process.
pub struct TableEvents {
    events: EventStore,
    tables: Tables,
    failures: Option<Arc<dyn Failures>>,
    /// What is told of each record that is skipped.
    skips: Option<Arc<dyn Failures>>,
    metrics: Metrics,
    /// What makes events of a record.
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
    pub fn new(events: EventStore, tables: Tables, failures: Option<Arc<dyn Failures>>) -> Self {
        Self {
            events,
            tables,
            failures,
            skips: None,
            metrics: Metrics::from_environment(),
            read: entity::events,
            last: Mutex::default(),
            degraded: Mutex::default(),
        }
    }

    /// Has each record that is skipped logged and kept, with the reason and what may be
    /// meant. For one machine: both quote the item.
    #[must_use]
    pub fn with_skips(mut self, skips: Arc<dyn Failures>) -> Self {
        self.skips = Some(skips);
        self
    }

    /// Captures a batch. On a failure, the records before the one that is named are done,
    /// and the stream goes on from there.
    pub async fn handle(&self, batch: Batch) -> DynamoDbEventResponse {
        let failed = self.capture(&batch.records).await;
        self.metrics.emit();
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
