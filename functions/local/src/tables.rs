//! The application's own tables on one machine: those whose streams are read, and
//! `POST /_local/tables/try`, which says what an item would become.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use carillon_aws::Failures;
use carillon_embedded::dynamodb::SourceState;
use carillon_embedded::{Journal, LocalDynamoDb, LocalFailures};
use carillon_table_events::{TableEvents, Tables};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::problem::refused;
use crate::worker::feed;

/// How soon a table is noticed that somebody has made. Its stream is read from its beginning.
const LOOK_FOR_TABLES: Duration = Duration::from_millis(200);

/// Says what an item would become, and why. Stores nothing.
pub async fn try_item(State(tables): State<Arc<Tables>>, body: String) -> Response {
    let body = match serde_json::from_str(&body) {
        Ok(body) => body,
        Err(error) => {
            return refused(StatusCode::BAD_REQUEST, &format!("not JSON: {error}"), None);
        }
    };
    match carillon_table_events::try_item(&tables, &body) {
        Ok(outcome) => Json(outcome).into_response(),
        Err(faults) => refused(StatusCode::BAD_REQUEST, &faults.to_string(), Some(&faults)),
    }
}

/// What reads the streams of tables.
#[derive(Clone)]
pub struct Sources {
    pub database: LocalDynamoDb,
    pub journal: Arc<Journal>,
    pub failures: LocalFailures,
    pub table_events: Arc<TableEvents>,
    /// What is described, and so ought to have a stream.
    pub described: Arc<Tables>,
}

impl Sources {
    /// Reads the stream of each table that has one, whenever it was made.
    pub async fn run(self, stop: CancellationToken) {
        let mut readers = JoinSet::new();
        let mut read = HashSet::new();
        let mut without_stream = HashSet::new();
        while !stop.is_cancelled() {
            while let Some(ended) = readers.try_join_next() {
                if let Ok(table) = ended {
                    read.remove(&table);
                }
            }
            match self.database.sources() {
                Ok(tables) => {
                    for table in tables {
                        if read.insert(table.clone()) {
                            readers.spawn(self.clone().read(table, stop.clone()));
                        }
                    }
                }
                Err(error) => tracing::error!(%error, "the tables could not be listed"),
            }
            self.note_missing_streams(&mut without_stream).await;
            stop.run_until_cancelled(sleep(LOOK_FOR_TABLES)).await;
        }
        while readers.join_next().await.is_some() {}
    }

    /// Reads a table's stream until it has none; gives the table's name.
    async fn read(self, table: String, stop: CancellationToken) -> String {
        let handle = |batch| self.table_events.handle(batch);
        let (database, journal) = (&self.database, &self.journal);
        feed(database, journal, &self.failures, &stop, &table, handle).await;
        table
    }

    /// A table that is described and has no stream tells nothing, which is said once.
    async fn note_missing_streams(&self, noted: &mut HashSet<String>) {
        for table in self.described.names() {
            let Ok(SourceState::HasNoStream) = self.database.source_state(table) else {
                noted.remove(table);
                continue;
            };
            if !noted.insert(table.to_owned()) {
                continue;
            }
            tracing::warn!(
                table,
                "the table is described and has no stream: it tells nothing"
            );
            let payload = json!({
                "table": table,
                "detail": "the table is described in TABLES and has no stream: it tells nothing",
                "hint": "StreamSpecification: {StreamEnabled: true, StreamViewType: NEW_AND_OLD_IMAGES}",
            });
            let kept = self.failures.keep("table-events", "no_stream", &payload);
            if let Err(error) = kept.await {
                tracing::error!(table, %error, "the missing stream could not be noted");
            }
        }
    }
}
