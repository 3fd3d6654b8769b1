//! A stream's batch as Lambda hands it over, read record by record: one that cannot be read must
//! not take the others with it, or its shard would stand still until it leaves the stream.

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// What Lambda hands over.
#[derive(Debug, Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

impl From<StreamEvent> for Batch {
    fn from(event: StreamEvent) -> Self {
        let record = |record: EventRecord| Record {
            position: Position {
                event_id: record.event_id.clone(),
                sequence_number: record.change.sequence_number.clone().unwrap_or_default(),
                source: record.event_source_arn.clone().unwrap_or_default(),
            },
            read: Some(record),
        };
        Self {
            records: event.records.into_iter().map(record).collect(),
        }
    }
}

/// Where a record is. No value of an item is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub event_id: String,
    pub sequence_number: String,
    /// The stream's ARN.
    pub source: String,
}

impl Position {
    /// For diagnosis: the stream has the record for 24 hours.
    pub fn to_json(&self) -> Value {
        json!({
            "eventID": self.event_id,
            "eventSourceARN": self.source,
            "SequenceNumber": self.sequence_number,
        })
    }
}

/// One of its records.
#[derive(Debug)]
pub struct Record {
    pub position: Position,
    /// None where it is not of the documented form.
    pub read: Option<EventRecord>,
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = |pointer: &str| {
            let found = value.pointer(pointer).and_then(Value::as_str);
            found.unwrap_or_default().to_owned()
        };
        let position = Position {
            event_id: text("/eventID"),
            sequence_number: text("/dynamodb/SequenceNumber"),
            source: text("/eventSourceARN"),
        };
        // The error is left alone: it may quote the item.
        let read = serde_json::from_value(value).ok();
        Ok(Self { position, read })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_cannot_be_read_is_told_by_its_position_and_takes_no_other_along() {
        let good = json!({
            "eventID": "1", "eventName": "INSERT", "awsRegion": "eu-west-1",
            "dynamodb": {"SequenceNumber": "10", "SizeBytes": 1,
                         "Keys": {"id": {"S": "x"}}, "NewImage": {"id": {"S": "x"}}}
        });
        let mut bad = good.clone();
        bad["dynamodb"]["SequenceNumber"] = json!("11");
        bad["dynamodb"]["NewImage"]["secret"] = json!({"B": "canary, not base64"});
        let batch: Batch = serde_json::from_value(json!({"Records": [bad, good, 7]})).unwrap();
        let read: Vec<bool> = batch.records.iter().map(|r| r.read.is_some()).collect();
        assert_eq!(read, [false, true, false]);
        assert_eq!(batch.records[0].position.sequence_number, "11");
        assert!(!format!("{:?}", batch.records[0]).contains("canary"));
    }
}
