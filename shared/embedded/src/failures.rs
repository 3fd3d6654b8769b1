//! What the functions of this process could make nothing of: the failure queue and the
//! dead-letter queue of AWS in one, to be read at one place, with what AWS only counts: the
//! items of tables that are no events.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use carillon_aws::{DeliveryQueue, Failures, QueueMessage};
use jiff::Timestamp;
use rusqlite::params;
use serde_json::{Value, json};

use crate::error::failed;
use crate::{Error, Journal};

/// How many are kept; the oldest go first. (SQS keeps them for days, however many.)
const MOST: i64 = 1_000;

/// The failures of this process.
#[derive(Clone)]
pub struct LocalFailures {
    journal: Arc<Journal>,
}

impl LocalFailures {
    pub fn new(journal: Arc<Journal>) -> Self {
        Self { journal }
    }

    /// All that are kept, newest first.
    pub fn list(&self) -> Result<Vec<Value>, Error> {
        let connection = self.journal.connection();
        let mut query = connection.prepare_cached(
            "SELECT kept_at_ms, function, reason, payload FROM failures ORDER BY sequence DESC",
        )?;
        let rows = query.query_map([], |row| {
            let at = Timestamp::from_millisecond(row.get(0)?).unwrap_or_default();
            let payload: String = row.get(3)?;
            let payload = serde_json::from_str(&payload).unwrap_or(Value::String(payload));
            let mut failure = json!({
                "at": at.to_string(), "function": row.get::<_, String>(1)?,
                "reason": row.get::<_, String>(2)?,
            });
            // What is for people comes first.
            for name in ["detail", "hint"] {
                if let Some(text) = payload.get(name).filter(|text| text.is_string()) {
                    failure[name] = text.clone();
                }
            }
            failure["payload"] = payload;
            Ok(failure)
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Shows them, at `path`.
    pub fn router(&self, path: &str) -> Router {
        Router::new()
            .route(path, get(show))
            .with_state(self.clone())
    }

    fn add(&self, function: &str, reason: &str, payload: &Value) -> Result<(), rusqlite::Error> {
        let connection = self.journal.connection();
        connection
            .prepare_cached(
                "INSERT INTO failures (kept_at_ms, function, reason, payload)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                Timestamp::now().as_millisecond(),
                function,
                reason,
                payload.to_string()
            ])?;
        connection
            .prepare_cached("DELETE FROM failures WHERE sequence <= ?1")?
            .execute(params![connection.last_insert_rowid() - MOST])?;
        Ok(())
    }
}

#[async_trait]
impl Failures for LocalFailures {
    async fn keep(
        &self,
        function: &'static str,
        reason: &str,
        payload: &Value,
    ) -> Result<(), carillon_aws::Error> {
        let added = self.add(function, reason, payload);
        added.map_err(|error| failed("keeping a failure", error))
    }
}

/// As a dead-letter queue: messages go in, and people look at them.
#[async_trait]
impl DeliveryQueue for LocalFailures {
    async fn send(&self, messages: &[QueueMessage]) -> Result<(), carillon_aws::Error> {
        for message in messages {
            let payload = json!({"group": message.group, "body": message.body});
            let reason = "a message of the delivery queue that nobody can read";
            self.keep("notifier", reason, &payload).await?;
        }
        Ok(())
    }

    async fn put_off(&self, _: &str, _: Duration) -> Result<(), carillon_aws::Error> {
        Ok(())
    }

    async fn delete(&self, _: &[String]) -> Result<(), carillon_aws::Error> {
        Ok(())
    }
}

async fn show(State(failures): State<LocalFailures>) -> Response {
    match failures.list() {
        Ok(found) => Json(found).into_response(),
        Err(error) => {
            tracing::error!(%error, "the failures could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn failures_and_dead_letters_are_listed_newest_first_and_the_oldest_go() {
        let failures = LocalFailures::new(Arc::new(Journal::open(None).unwrap()));
        let letter = QueueMessage {
            group: "d-1".into(),
            deduplication_id: "1".into(),
            body: "no delivery".into(),
        };
        failures.send(&[letter]).await.unwrap();
        failures
            .keep("cloud-events", "unknown", &json!({"id": "1"}))
            .await
            .unwrap();
        let found = failures.list().unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0]["function"], "cloud-events");
        assert_eq!(found[0]["payload"], json!({"id": "1"}));
        assert!(found[0]["at"].is_string());
        assert_eq!(found[1]["payload"]["body"], "no delivery");
        for n in 0..MOST {
            failures.keep("f", "r", &json!(n)).await.unwrap();
        }
        let found = failures.list().unwrap();
        assert_eq!(i64::try_from(found.len()).unwrap(), MOST);
        assert_eq!(found.last().unwrap()["payload"], 0);
    }
}
