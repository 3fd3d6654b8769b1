//! DynamoDB in the process: the same API over HTTP that any AWS client speaks, with the
//! tables of the template and their streams.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lambda_events::dynamodb::Event as StreamEvent;
use aws_lambda_events::streams::DynamoDbEventResponse;
use dynoxide::actions::get_records::{GetRecordsRequest, Record};
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::{Database, DynoxideError};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::journal::Journal;
use crate::{Error, LocalFailures};

mod batch;
mod numbers;

pub use batch::Batch;
use numbers::Numbers;

/// The tables' names in one process.
pub const REGISTRY_TABLE: &str = "registry";
pub const EVENTS_TABLE: &str = "events";
pub const DELIVERIES_TABLE: &str = "deliveries";
/// Items written to it become events.
pub const ENTITIES_TABLE: &str = "entities";

/// How soon a stream is looked at again after it had something, and the longest that
/// grows to while it has nothing. (On AWS it is a quarter of a second.)
const POLL: Duration = Duration::from_millis(10);
const LONGEST_POLL: Duration = Duration::from_millis(80);
/// How many records a function gets at once.
const BATCH: usize = 100;
/// For how long a batch that makes no progress is tried before its first record is set aside.
/// That nobody can ever handle it is for the function to say; what merely fails may pass, as
/// on AWS.
const PATIENCE: Duration = Duration::from_secs(23 * 3_600);
/// The waits between such tries double from `POLL` on, up to 41 s.
const DOUBLINGS: u32 = 12;

/// How the embedded DynamoDB looks for stream records.
const STREAM_INDEX: &str = "
    CREATE INDEX IF NOT EXISTS carillon_stream_records
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
";
/// How many databases in memory the process has opened.
static OPENED: AtomicU64 = AtomicU64::new(0);

/// Events are listed by when they happened.
fn index_by_time(request: &mut Value) {
    if let Some(attributes) = request["AttributeDefinitions"].as_array_mut() {
        attributes.push(json!({"AttributeName": "listed_at", "AttributeType": "S"}));
    }
    request["GlobalSecondaryIndexes"] = json!([{
        "IndexName": "by-time",
        "KeySchema": [
            {"AttributeName": "organization", "KeyType": "HASH"},
            {"AttributeName": "listed_at", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }]);
}

#[derive(Clone)]
pub struct LocalDynamoDb {
    database: Database,
    place: Arc<str>,
    numbers: Arc<Mutex<Numbers>>,
}

impl LocalDynamoDb {
    /// Opens the tables, in a file of `folder` or in memory.
    pub fn open(folder: Option<&Path>) -> Result<Self, Error> {
        let place = match folder {
            Some(folder) => folder
                .join("dynamodb.sqlite")
                .to_string_lossy()
                .into_owned(),
            // In memory, under a name by which it can be opened once more, below.
            None => format!(
                "file:carillon-{}?mode=memory&cache=shared",
                OPENED.fetch_add(1, Ordering::Relaxed)
            ),
        };
        let database = Database::new(&place).map_err(Error::dynamodb)?;
        // Without an index, each write and each look at a stream reads all of the stream:
        // an import of thousands of items would take minutes.
        Connection::open(&place)?.execute_batch(STREAM_INDEX)?;
        let local = Self {
            database,
            place: place.into(),
            numbers: Arc::default(),
        };
        local.create(REGISTRY_TABLE, ["pk", "sk"], None)?;
        local.create(EVENTS_TABLE, ["organization", "id"], Some("NEW_IMAGE"))?;
        local.create(DELIVERIES_TABLE, ["webhook_id", "id"], None)?;
        local.create(
            ENTITIES_TABLE,
            ["organization", "id"],
            Some("NEW_AND_OLD_IMAGES"),
        )?;
        Ok(local)
    }

    /// Removes what a table's time to live says is over, as DynamoDB does by and by. Gives
    /// how many items that were.
    pub fn expire(&self) -> Result<usize, Error> {
        self.database.sweep_ttl().map_err(Error::dynamodb)
    }

    fn create(
        &self,
        name: &str,
        [hash, range]: [&str; 2],
        stream: Option<&str>,
    ) -> Result<(), Error> {
        let there = self
            .database
            .get_table_metadata(name)
            .map_err(Error::dynamodb)?;
        if there.is_some() {
            return Ok(());
        }
        let mut request = json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": hash, "AttributeType": "S"},
                {"AttributeName": range, "AttributeType": "S"},
            ],
            "KeySchema": [
                {"AttributeName": hash, "KeyType": "HASH"},
                {"AttributeName": range, "KeyType": "RANGE"},
            ],
        });
        if name == EVENTS_TABLE {
            index_by_time(&mut request);
        }
        if let Some(view) = stream {
            request["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": view});
        }
        let request = serde_json::from_value(request).map_err(Error::json)?;
        self.database
            .create_table(request)
            .map_err(Error::dynamodb)?;
        Ok(())
    }

    /// Answers AWS clients on `listener` until `stop`.
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) {
        let served = dynoxide::server::serve_with_shutdown(
            listener,
            self.database.clone(),
            stop.cancelled_owned(),
        )
        .await;
        if let Err(error) = served {
            tracing::error!(error, "the DynamoDB endpoint ended");
        }
    }

    /// Feeds a table's stream to a function until `stop`, as Lambda's event source mapping
    /// does: in order, again from where a batch failed, and on from there after a restart.
    /// A record that cannot be handled goes to the failures, by its position.
    pub async fn pump<F>(
        &self,
        table: &'static str,
        journal: Arc<Journal>,
        failures: &LocalFailures,
        stop: CancellationToken,
        handle: impl Fn(StreamEvent) -> F,
    ) -> Result<(), Error>
    where
        F: Future<Output = DynamoDbEventResponse>,
    {
        let mut fruitless = 0;
        let mut moved_at = Instant::now();
        let mut poll = POLL;
        while !stop.is_cancelled() {
            let Some(mut batch) = self.next_batch(table, &journal)? else {
                idle(&stop, poll).await;
                poll = (poll * 2).min(LONGEST_POLL);
                continue;
            };
            poll = POLL;
            let Some(event) = batch.readable() else {
                batch.set_aside(failures, "it cannot be read").await?;
                batch.write_down(&journal)?;
                continue;
            };
            let response = handle(event).await;
            let failed = batch.settle(&response);
            if batch.done > 0 || fruitless == 0 {
                moved_at = Instant::now();
            }
            fruitless = if batch.done == 0 { fruitless + 1 } else { 0 };
            if moved_at.elapsed() > PATIENCE {
                batch.set_aside(failures, "it cannot be handled").await?;
                fruitless = 0;
            }
            batch.write_down(&journal)?;
            if failed {
                idle(&stop, POLL * 2_u32.pow(fruitless.min(DOUBLINGS))).await;
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
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a table's stream has next, after what the journal says was dealt with.
    pub fn next_batch(
        &self,
        table: &'static str,
        journal: &Journal,
    ) -> Result<Option<Batch>, Error> {
        self.next_batch_of(table, journal, BATCH)
    }

    /// As [`next_batch`](Self::next_batch), with at most so many records: a batch that comes
    /// again need not be cut as it was, as on AWS.
    pub fn next_batch_of(
        &self,
        table: &'static str,
        journal: &Journal,
        most: usize,
    ) -> Result<Option<Batch>, Error> {
        let records = self.records(table, journal.checkpoint(table)?.as_deref(), most)?;
        Ok((!records.is_empty()).then_some(Batch {
            table,
            records,
            done: 0,
        }))
    }

    /// Does what a client's call asks for; gives the HTTP status and the body.
    pub fn execute(&self, operation: &str, body: &str) -> (u16, String) {
        match self.run(operation, body) {
            Ok(answer) => (200, answer),
            Err(error) => (error.status_code(), error.to_json()),
        }
    }

    /// The operations that Carillon's functions use.
    fn run(&self, operation: &str, body: &str) -> Result<String, DynoxideError> {
        macro_rules! run {
            ($method:ident) => {{
                let request = serde_json::from_str(body).map_err(unserializable)?;
                let answer = self.database.$method(request)?;
                serde_json::to_string(&answer).map_err(unserializable)
            }};
        }
        match operation {
            "PutItem" => run!(put_item),
            "GetItem" => run!(get_item),
            "UpdateItem" => run!(update_item),
            "DeleteItem" => run!(delete_item),
            "BatchGetItem" => run!(batch_get_item),
            "BatchWriteItem" => run!(batch_write_item),
            "Query" => run!(query),
            "Scan" => run!(scan),
            "TransactWriteItems" => run!(transact_write_items),
            "TransactGetItems" => run!(transact_get_items),
            _ => Err(DynoxideError::ValidationException(format!(
                "{operation} is not one of the operations that Carillon uses"
            ))),
        }
    }

    /// The records after a sequence number, at most so many.
    fn records(&self, table: &str, after: Option<&str>, most: usize) -> Result<Vec<Record>, Error> {
        let metadata = self
            .database
            .get_table_metadata(table)
            .map_err(Error::dynamodb)?;
        let label = metadata
            .and_then(|table| table.stream_label)
            .unwrap_or_default();
        let kind = match after {
            Some(_) => "AFTER_SEQUENCE_NUMBER",
            None => "TRIM_HORIZON",
        };
        let iterator = self
            .database
            .get_shard_iterator(GetShardIteratorRequest {
                stream_arn: dynoxide::streams::stream_arn(table, &label),
                shard_id: dynoxide::streams::shard_id(table),
                shard_iterator_type: kind.to_owned(),
                sequence_number: after.map(|number| self.numbers().stored(number)),
            })
            .map_err(Error::dynamodb)?;
        let mut answer = self
            .database
            .get_records(GetRecordsRequest {
                shard_iterator: iterator.shard_iterator.unwrap_or_default(),
                limit: Some(most),
            })
            .map_err(Error::dynamodb)?;
        let numbers = self.numbers();
        for record in &mut answer.records {
            let number = &mut record.dynamodb.sequence_number;
            *number = numbers.public(number);
        }
        Ok(answer.records)
    }
}

fn unserializable(error: serde_json::Error) -> DynoxideError {
    DynoxideError::ValidationException(error.to_string())
}

async fn idle(stop: &CancellationToken, wait: Duration) {
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = stop.cancelled() => {}
    }
}

#[cfg(test)]
mod tests;
