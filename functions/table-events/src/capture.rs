//! Storing a batch: quickly, in order, and with exact failures.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lambda_events::dynamodb::EventRecord;
use carillon_domain::Event;
use carillon_runtime::guarded;
use carillon_runtime::metrics::{CAPTURED, Metric, REFUSED, SKIPPED};
use carillon_runtime::stream::Record;
use futures::StreamExt;
use jiff::Timestamp;
use serde_json::json;

use crate::TableEvents;
use crate::entity::APART;
use crate::skipped::Skipped;

/// Batches up to this size are stored one record after the other.
pub const IN_ORDER: usize = 10;
/// How many items of a larger batch are stored at once. A partition of the events table
/// takes 1,000 writes a second, a write takes a few milliseconds.
const AT_ONCE: usize = 16;

/// How many events a record can stand for.
const EVENTS: usize = 2;

/// What became of a record or an event that is done: the metric and the reason.
type Done = (Metric, &'static str);

/// The record must be tried again.
struct TryAgain;

impl TableEvents {
    /// Captures records; gives the first that must be tried again. All before it are done.
    pub(crate) async fn capture<'r>(&self, records: &'r [Record]) -> Option<&'r Record> {
        let failed_at = AtomicUsize::new(usize::MAX);
        let began = self.begin(records.len());
        let done: Vec<Vec<(usize, Vec<Done>)>> = futures::stream::iter(lanes(records))
            .map(|lane| self.capture_lane(records, lane, &failed_at, began))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let failed_at = failed_at.into_inner();
        // What comes after the failure is handled again, and counted then.
        for (_, done) in done.into_iter().flatten().filter(|(n, _)| *n < failed_at) {
            for (metric, reason) in done {
                self.metrics.add(metric, &[reason]);
            }
        }
        records.get(failed_at)
    }

    /// When a batch arrives: after all that came before it, however the clock goes.
    fn begin(&self, records: usize) -> Timestamp {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let began = Timestamp::now().max(arrival(*last, 1));
        *last = arrival(began, records);
        began
    }

    async fn capture_lane(
        &self,
        records: &[Record],
        lane: Vec<usize>,
        failed_at: &AtomicUsize,
        began: Timestamp,
    ) -> Vec<(usize, Vec<Done>)> {
        let mut done = Vec::with_capacity(lane.len());
        for index in lane {
            // The stream comes back to everything after a failure.
            if index > failed_at.load(Ordering::Relaxed) {
                break;
            }
            let now = arrival(began, index);
            match self.capture_record(&records[index], now).await {
                Ok(outcome) => done.push((index, outcome)),
                Err(TryAgain) => {
                    failed_at.fetch_min(index, Ordering::Relaxed);
                    break;
                }
            }
        }
        done
    }

    async fn capture_record(&self, record: &Record, now: Timestamp) -> Result<Vec<Done>, TryAgain> {
        let record_id = record.position.event_id.as_str();
        let Some(read) = &record.read else {
            tracing::warn!(record_id, "a stream record is not of the documented form");
            return Ok(vec![self.refuse(record, None, "unreadable").await?]);
        };
        self.note_view(record);
        let events = match guarded(|| (self.read)(read, &self.tables, now)) {
            Ok(Ok(events)) => events,
            Ok(Err(skipped)) => return Ok(vec![self.skip(record, &skipped).await?]),
            Err(panicked) => {
                tracing::error!(record_id, %panicked, "a record could not be handled");
                // A mended version may make something of it: it is not just dropped.
                return match self.failures {
                    Some(_) => Ok(vec![self.refuse(record, None, "panicked").await?]),
                    None => Err(TryAgain),
                };
            }
        };
        let mut done = Vec::with_capacity(events.len());
        for event in &events {
            done.push(self.store(record, event).await?);
        }
        Ok(done)
    }

    async fn store(&self, record: &Record, event: &Event) -> Result<Done, TryAgain> {
        let record_id = record.position.event_id.as_str();
        match self.events.put(event).await {
            Ok(there) => {
                let event_id = event.id.as_str();
                let event_type = event.event_type.as_str();
                let duplicate = there.is_some();
                tracing::info!(record_id, event_id, event_type, duplicate, "captured");
                Ok((CAPTURED, if duplicate { "duplicate" } else { "new" }))
            }
            Err(error) if error.is_final() => {
                tracing::warn!(record_id, %error, "the event can never be stored");
                self.refuse(record, Some(event), "not_storable").await
            }
            Err(error) => {
                tracing::error!(record_id, %error, "the event could not be stored");
                Err(TryAgain)
            }
        }
    }

    /// Counts what is no event, and says why where somebody wants to know.
    async fn skip(&self, record: &Record, skipped: &Skipped) -> Result<Done, TryAgain> {
        let reason = skipped.reason.as_str();
        let Some(skips) = &self.skips else {
            return Ok((SKIPPED, reason));
        };
        let record_id = record.position.event_id.as_str();
        skipped.log(record);
        let (detail, hint) = (&skipped.detail, &skipped.hint);
        let keys = record.read.as_ref().map(|record| &record.change.keys);
        let payload = json!({
            "record": record.position.to_json(), "keys": keys, "detail": detail, "hint": hint,
        });
        let kept = skips.keep("table-events", reason, &payload).await;
        kept.map_err(|error| {
            tracing::error!(record_id, %error, "what was skipped could not be kept");
            TryAgain
        })?;
        Ok((SKIPPED, reason))
    }

    /// Keeps what can never become an event for diagnosis: its position and, where there
    /// is one, the event, which has no values in it. The record itself has.
    async fn refuse(
        &self,
        record: &Record,
        event: Option<&Event>,
        reason: &'static str,
    ) -> Result<Done, TryAgain> {
        let Some(failures) = &self.failures else {
            let sequence_number = record.position.sequence_number.as_str();
            let stream = record.position.source.as_str();
            tracing::error!(sequence_number, stream, reason, "refused, and kept nowhere");
            return Ok((REFUSED, reason));
        };
        let payload = json!({"record": record.position.to_json(), "event": event});
        match failures.keep("table-events", reason, &payload).await {
            Ok(()) => Ok((REFUSED, reason)),
            Err(error) => {
                let record_id = record.position.event_id.as_str();
                tracing::error!(record_id, %error, "the failure could not be kept");
                Err(TryAgain)
            }
        }
    }
}

/// When a batch's record arrived. Each of its events has a moment of its own: the stream
/// tells whole seconds of when changes were made, so that this is what keeps their order in
/// lists.
fn arrival(began: Timestamp, index: usize) -> Timestamp {
    let events = i32::try_from(index.saturating_mul(EVENTS)).unwrap_or(i32::MAX);
    let later = APART.saturating_mul(events);
    began.checked_add(later).unwrap_or(began)
}

/// The records that must be stored one after the other, by their indices.
fn lanes(records: &[Record]) -> Vec<Vec<usize>> {
    if records.len() <= IN_ORDER {
        return vec![(0..records.len()).collect()];
    }
    let mut lanes: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (index, record) in records.iter().enumerate() {
        let item = record.read.as_ref().map_or_else(String::new, item);
        let lane = *known.entry(item).or_insert_with(|| {
            lanes.push(Vec::new());
            lanes.len() - 1
        });
        lanes[lane].push(index);
    }
    lanes
}

/// Which item a record is about: its table and its key.
fn item(record: &EventRecord) -> String {
    let mut keys: Vec<_> = record.change.keys.iter().collect();
    keys.sort_by_key(|(name, _)| *name);
    format!("{:?} {keys:?}", record.event_source_arn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use carillon_aws::{Clients, Error, EventStore, Failures, Retention};
    use serde_json::Value;

    use crate::skipped::Reason;
    use crate::{Batch, Tables};

    /// Failures in memory, by their reasons.
    #[derive(Default)]
    struct Kept(Mutex<Vec<String>>);

    #[async_trait]
    impl Failures for Kept {
        async fn keep(&self, _: &'static str, reason: &str, record: &Value) -> Result<(), Error> {
            let number = &record["record"]["SequenceNumber"];
            self.0.lock().unwrap().push(format!("{reason} {number}"));
            Ok(())
        }
    }

    /// Makes nothing of any record, and panics over the second.
    async fn panicking_over_the_second(failures: Option<Arc<dyn Failures>>) -> Value {
        let retention = Retention::default();
        let clients = Clients::from_environment();
        let events = EventStore::new(clients.dynamodb, "events".into(), retention);
        let mut function = TableEvents::new(events, Tables::default(), failures);
        function.read = |record, _, _| {
            let number = record.change.sequence_number.as_deref();
            assert_ne!(number, Some("2"), "made up by a test");
            Err(Skipped::plain(Reason::NoChange, "made up by a test"))
        };
        let mut batch = batch(&["a", "b", "c"]);
        for (record, number) in batch.iter_mut().zip(1..) {
            let number = i32::to_string(&number);
            record.position.sequence_number.clone_from(&number);
            let read = record.read.as_mut().unwrap();
            read.change.sequence_number = Some(number);
        }
        let response = function.handle(Batch { records: batch }).await;
        serde_json::to_value(response.batch_item_failures).unwrap()
    }

    #[tokio::test]
    async fn a_record_over_which_it_panics_is_kept_and_those_behind_it_go_on() {
        let kept = Arc::new(Kept::default());
        let response = panicking_over_the_second(Some(kept.clone())).await;
        assert_eq!(response, json!([]));
        assert_eq!(*kept.0.lock().unwrap(), ["panicked \"2\""]);
    }

    #[tokio::test]
    async fn where_nothing_keeps_it_the_stream_goes_on_from_there() {
        let response = panicking_over_the_second(None).await;
        assert_eq!(response, json!([{"itemIdentifier": "2"}]));
    }

    fn batch(items: &[&str]) -> Vec<Record> {
        let records: Vec<Value> = items
            .iter()
            .map(|id| {
                json!({
                    "eventID": "1", "eventName": "INSERT", "awsRegion": "eu-west-1",
                    "dynamodb": {"SequenceNumber": "1", "SizeBytes": 1,
                                 "Keys": {"organization": {"S": "o"}, "id": {"S": id}}}
                })
            })
            .collect();
        let batch: Batch = serde_json::from_value(json!({"Records": records})).unwrap();
        batch.records
    }

    #[test]
    fn a_small_batch_is_stored_in_the_streams_order() {
        assert_eq!(lanes(&batch(&["a", "b", "a"])), [vec![0, 1, 2]]);
    }

    #[test]
    fn a_large_batch_is_stored_item_by_item_each_in_its_order() {
        let items = ["a", "b", "a", "c", "d", "e", "f", "g", "h", "i", "a", "b"];
        let lanes = lanes(&batch(&items));
        assert_eq!(lanes.len(), 9);
        assert_eq!(lanes[0], [0, 2, 10]);
        assert_eq!(lanes[1], [1, 11]);
    }
}
