//! The tables' streams, as functions and clients read them.

use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use aws_lambda_events::streams::DynamoDbEventResponse;
use dynoxide::actions::get_records::{GetRecordsRequest, Record};
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use rusqlite::Connection;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::arns;
use super::batch::Batch;
use super::numbers::Numbers;
use super::{DELIVERIES_TABLE, EVENTS_TABLE, LocalDynamoDb, REGISTRY_TABLE};
use crate::journal::Journal;
use crate::{Error, LocalFailures};
use carillon_runtime::guard::lock;
use carillon_runtime::stream;

/// How soon a stream is looked at again after it had something, and the longest that
/// grows to while it has nothing. (On AWS it is a quarter of a second.)
const POLL: Duration = Duration::from_millis(10);
const LONGEST_POLL: Duration = Duration::from_millis(80);
/// How many records a function gets at once.
const BATCH: usize = 100;
/// For how long a batch that makes no progress is tried before its first record is set aside.
/// That nobody can ever handle it is for the function to say; what merely fails may pass, as
/// on AWS.
pub(super) const PATIENCE: Duration = Duration::from_secs(23 * 3_600);
/// The waits between such tries double from `POLL` on, up to 41 s.
const DOUBLINGS: u32 = 12;

/// What is there of a table that ought to have a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceState {
    Streams,
    HasNoStream,
    NotThere,
}

impl LocalDynamoDb {
    /// The tables whose items may become events: those that have a stream and are not
    /// Carillon's own.
    pub fn sources(&self) -> Result<Vec<String>, Error> {
        let listed = self.database.list_streams(ListStreamsRequest::default())?;
        let own = [REGISTRY_TABLE, EVENTS_TABLE, DELIVERIES_TABLE];
        let names = listed.streams.into_iter().map(|stream| stream.table_name);
        Ok(names.filter(|name| !own.contains(&name.as_str())).collect())
    }

    pub fn source_state(&self, table: &str) -> Result<SourceState, Error> {
        let metadata = self.database.get_table_metadata(table);
        Ok(match metadata? {
            None => SourceState::NotThere,
            Some(table) if table.stream_enabled => SourceState::Streams,
            Some(_) => SourceState::HasNoStream,
        })
    }

    /// Feeds a table's stream to a function until `stop`, or until there is no such stream, as
    /// Lambda's event source mapping does: in order, again from where a batch failed, and on from there after a restart.
    /// A record that cannot be handled goes to the failures, by its position.
    pub async fn pump<F>(
        &self,
        table: &str,
        journal: Arc<Journal>,
        failures: &LocalFailures,
        stop: CancellationToken,
        handle: impl Fn(stream::Batch) -> F,
    ) -> Result<(), Error>
    where
        F: Future<Output = DynamoDbEventResponse>,
    {
        let mut fruitless = 0;
        let mut moved_at = Instant::now();
        let mut poll = POLL;
        while !stop.is_cancelled() {
            let Some(mut batch) = self.next_batch(table, &journal)? else {
                if self.source_state(table)? != SourceState::Streams {
                    return Ok(());
                }
                stop.run_until_cancelled(sleep(poll)).await;
                poll = (poll * 2).min(LONGEST_POLL);
                continue;
            };
            poll = POLL;
            let response = handle(batch.handed_over()?).await;
            let failed = batch.settle(&response);
            if batch.done > 0 || fruitless == 0 {
                moved_at = Instant::now();
            }
            fruitless = if batch.done == 0 { fruitless + 1 } else { 0 };
            if moved_at.elapsed() > PATIENCE {
                batch.set_aside(failures).await?;
                fruitless = 0;
            }
            batch.write_down(&journal)?;
            if failed {
                let wait = POLL * 2_u32.pow(fruitless.min(DOUBLINGS));
                stop.run_until_cancelled(sleep(wait)).await;
            }
        }
        Ok(())
    }

    /// Gives the streams' sequence numbers so many digits from the next record on, for this
    /// handle and its clones: AWS's have 21 to 40 and are not padded (`StreamRecord` in the
    /// DynamoDB API reference). Called again with more digits, a number grows in the middle
    /// of a run, and then comes before its predecessors as text.
    pub fn stretch_sequence_numbers(&self, digits: usize) -> Result<(), Error> {
        let mut numbers = self.numbers();
        let connection = Connection::open(&*self.place)?;
        // The tables may be written to meanwhile.
        connection.pragma_update(None, "read_uncommitted", true)?;
        let last: i64 = connection.query_row(
            "SELECT coalesce(max(CAST(sequence_number AS INTEGER)), 0) FROM _stream_records",
            [],
            |row| row.get(0),
        )?;
        numbers.stretch(last, digits)
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        lock(&self.numbers)
    }

    /// What a table's stream has next, after what the journal says was dealt with.
    pub fn next_batch(&self, table: &str, journal: &Journal) -> Result<Option<Batch>, Error> {
        self.next_batch_of(table, journal, BATCH)
    }

    /// As [`next_batch`](Self::next_batch), with at most so many records: a batch that comes
    /// again need not be cut as it was, as on AWS.
    pub fn next_batch_of(
        &self,
        table: &str,
        journal: &Journal,
        most: usize,
    ) -> Result<Option<Batch>, Error> {
        let metadata = self.database.get_table_metadata(table)?;
        let Some(source) = metadata.filter(|table| table.stream_enabled) else {
            return Ok(None);
        };
        // What tells a table's stream from those it had before.
        let label = source.stream_label.unwrap_or_default();
        let arn = dynoxide::streams::stream_arn(table, &label);
        let records = self.records(table, &arn, journal.checkpoint(table)?.as_deref(), most)?;
        Ok((!records.is_empty()).then(|| Batch {
            table: table.to_owned(),
            stream: arns::in_region(&arn, crate::REGION),
            records,
            done: 0,
        }))
    }

    /// The records of a stream after a sequence number, at most so many.
    fn records(
        &self,
        table: &str,
        arn: &str,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Record>, Error> {
        let kind = match after {
            Some(_) => "AFTER_SEQUENCE_NUMBER",
            None => "TRIM_HORIZON",
        };
        let iterator = self.database.get_shard_iterator(GetShardIteratorRequest {
            stream_arn: arn.to_owned(),
            shard_id: dynoxide::streams::shard_id(table),
            shard_iterator_type: kind.to_owned(),
            sequence_number: after.map(|number| self.numbers().stored(number)),
        })?;
        let mut answer = self.database.get_records(GetRecordsRequest {
            shard_iterator: iterator.shard_iterator.unwrap_or_default(),
            limit: Some(most),
        })?;
        let numbers = self.numbers();
        for record in &mut answer.records {
            let number = &mut record.dynamodb.sequence_number;
            *number = numbers.public(number);
        }
        Ok(answer.records)
    }
}
