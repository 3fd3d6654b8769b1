//! DynamoDB in the process: the same API that any AWS client speaks, with the tables of the
//! template and their streams.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::Error;
use crate::folder::DYNAMODB;
use dynoxide::Database;
use rusqlite::Connection;
use serde_json::{Value, json};

mod arns;
mod batch;
mod endpoint;
mod numbers;
mod operations;
mod streams;

pub use batch::Batch;
pub use endpoint::Endpoint;
pub use streams::SourceState;

use numbers::Numbers;

/// The tables' names in one process.
pub const REGISTRY_TABLE: &str = "registry";
pub const EVENTS_TABLE: &str = "events";
pub const DELIVERIES_TABLE: &str = "deliveries";
/// Items written to it become events.
pub const ENTITIES_TABLE: &str = "entities";

/// How the embedded DynamoDB looks for stream records.
const STREAM_INDEX: &str = "
    CREATE INDEX IF NOT EXISTS carillon_stream_records
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
";
/// What AWS says to a call of another service.
const UNKNOWN_OPERATION: &str =
    r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;
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
            Some(folder) => folder.join(DYNAMODB).to_string_lossy().into_owned(),
            // In memory, under a name by which it can be opened once more, below.
            None => format!(
                "file:carillon-{}?mode=memory&cache=shared",
                OPENED.fetch_add(1, Ordering::Relaxed)
            ),
        };
        let database = Database::new(&place)?;
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
        Ok(self.database.sweep_ttl()?)
    }

    fn create(
        &self,
        name: &str,
        [hash, range]: [&str; 2],
        stream: Option<&str>,
    ) -> Result<(), Error> {
        let there = self.database.get_table_metadata(name)?;
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
        let request = serde_json::from_value(request)?;
        self.database.create_table(request)?;
        Ok(())
    }

    /// Does what a client's call asks for; gives the HTTP status and the body.
    pub fn execute(&self, operation: &str, body: &str) -> (u16, String) {
        match operations::run(&self.database, operation, body) {
            Some(Ok(answer)) => (200, answer),
            Some(Err(error)) => (error.status_code(), error.to_json()),
            None => (400, UNKNOWN_OPERATION.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
