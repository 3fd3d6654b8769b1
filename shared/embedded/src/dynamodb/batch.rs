//! Records of a stream as a function gets them.

use aws_lambda_events::dynamodb::Event as StreamEvent;
use aws_lambda_events::streams::DynamoDbEventResponse;
use carillon_aws::Failures;
use dynoxide::actions::get_records::Record;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::journal::Journal;
use crate::{Error, LocalFailures};

/// Records of a stream, on their way to a function.
pub struct Batch {
    pub(super) table: String,
    /// The stream's ARN.
    pub(super) stream: String,
    pub(super) records: Vec<Record>,
    /// How many of them, from the first on, are dealt with.
    pub(super) done: usize,
}

impl Batch {
    /// The records as Lambda would hand them over.
    pub fn event(&self) -> Result<StreamEvent, Error> {
        self.handed_over()
    }

    /// As [`event`](Self::event), in whatever form a function reads them.
    pub(super) fn handed_over<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let record = |record: &Record| {
            let mut record = serde_json::to_value(record)?;
            record["eventSourceARN"] = json!(self.stream);
            record["awsRegion"] = json!(crate::REGION);
            Ok(record)
        };
        let records: Result<Vec<Value>, Error> = self.records.iter().map(record).collect();
        Ok(serde_json::from_value(json!({"Records": records?}))?)
    }

    /// Gives up the first record, which nobody can handle: it would hold up all others.
    pub(super) async fn set_aside(&mut self, failures: &LocalFailures) -> Result<(), Error> {
        let reason = "it cannot be handled";
        let (table, record) = (self.table.as_str(), &self.records[0]);
        let record_id = record.event_id.as_str();
        tracing::error!(table, record_id, reason, "a stream record was set aside");
        let position = json!({
            "table": table, "eventID": record_id,
            "SequenceNumber": record.dynamodb.sequence_number,
        });
        failures.keep("stream", reason, &position).await?;
        self.done = 1;
        Ok(())
    }

    /// Takes note of a function's answer. Whether it names a failed record.
    pub fn settle(&mut self, response: &DynamoDbEventResponse) -> bool {
        let failed = response
            .batch_item_failures
            .first()
            .map(|failure| failure.item_identifier.clone().unwrap_or_default());
        self.done = match &failed {
            None => self.records.len(),
            Some(number) => self
                .records
                .iter()
                .position(|record| record.dynamodb.sequence_number == *number)
                .unwrap_or(0),
        };
        failed.is_some()
    }

    /// Has the stream go on after what is dealt with.
    pub fn write_down(&self, journal: &Journal) -> Result<(), Error> {
        match self.done.checked_sub(1).and_then(|n| self.records.get(n)) {
            Some(last) => journal.set_checkpoint(&self.table, &last.dynamodb.sequence_number),
            None => Ok(()),
        }
    }
}
