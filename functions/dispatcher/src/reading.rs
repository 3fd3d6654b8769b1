//! Reading events as the stream hands them over.

use aws_lambda_events::dynamodb::EventRecord as StreamRecord;
use carillon_aws::Error;
use carillon_domain::Event;
use carillon_domain::lane::Position;
use carillon_runtime::guarded;
use carillon_runtime::stream::Record;

use crate::{Dispatcher, Dispatching};

/// The event of a record; why it is none, where it is none.
pub fn event(record: &Record) -> Result<Event, String> {
    let Some(read) = &record.read else {
        return Err("not of the documented form".to_owned());
    };
    let event = guarded(|| serde_dynamo::from_item(read.change.new_image.clone()));
    event
        .map_err(|panicked| panicked.to_string())?
        .map_err(|error: serde_dynamo::Error| Error::unreadable("an event")(error).to_string())
}

impl Dispatcher {
    /// The events of a batch, up to the first record that can neither be read nor set aside.
    pub(crate) async fn read_all(&self, records: &[Record]) -> (Vec<Dispatching>, usize) {
        let mut events = Vec::with_capacity(records.len());
        for (number, record) in records.iter().enumerate() {
            // The outbox only ever grows: changes and removals (by TTL) are no news.
            let is_new = |read: &StreamRecord| read.event_name == "INSERT";
            if !record.read.as_ref().is_none_or(is_new) {
                continue;
            }
            match event(record) {
                Ok(event) => events.push(Dispatching {
                    number,
                    position: Position::of(&record.position.sequence_number),
                    event,
                }),
                Err(reason) if self.set_aside(record, &reason).await => {}
                Err(_) => return (events, number),
            }
        }
        (events, records.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{EventType, sample};
    use carillon_runtime::stream::Batch;
    use serde_json::{Value, json};

    fn record(image: &Value) -> Record {
        let batch = json!({"Records": [{
            "eventID": "1", "eventName": "INSERT", "awsRegion": "eu-west-1",
            "dynamodb": {"SequenceNumber": "10", "SizeBytes": 1, "Keys": {}, "NewImage": image},
        }]});
        let batch: Batch = serde_json::from_value(batch).unwrap();
        batch.records.into_iter().next().unwrap()
    }

    #[test]
    fn why_a_record_is_no_event_is_told_without_what_it_holds() {
        let item: serde_dynamo::Item =
            serde_dynamo::to_item(sample::event(EventType::Deploy)).unwrap();
        let image = serde_json::to_value(item).unwrap();
        assert!(event(&record(&image)).is_ok());
        let mut refused = 0;
        for name in image.as_object().unwrap().keys() {
            for value in [
                json!({"S": "a canary, expected"}),
                json!({"N": "4711.5"}),
                json!({"M": {"canary": {"S": "canary"}}}),
                json!({"L": [{"S": "canary"}]}),
            ] {
                let mut spoilt = image.clone();
                spoilt[name] = value;
                if let Err(reason) = event(&record(&spoilt)) {
                    refused += 1;
                    let is_quoted = reason.contains("canary") || reason.contains("4711");
                    assert!(!is_quoted, "{name}: {reason}");
                }
            }
        }
        assert!(refused > 20, "{refused}");
    }
}
