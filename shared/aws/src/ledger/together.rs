//! Writes of several deliveries in one call.
//!
//! What destinations write at about the same time goes out as one `BatchExecuteStatement`:
//! it costs as much as single writes, in a fraction of the processor time. It only ever says
//! that a write was made. Whatever it does not say that of is written once more, singly, and
//! that write tells how things stand.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, BatchStatementErrorCodeEnum, BatchStatementRequest};
use carillon_domain::{Delivery, DeliveryId};
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{Ledger, claim};
use crate::Error;
use crate::table::Item;

/// How many statements DynamoDB takes in one call.
const MOST: usize = 25;
/// How long a call may take that others wait for: a claim's time runs meanwhile.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What waits to be written.
#[derive(Debug, Default)]
pub(super) struct Together {
    waiting: Mutex<Vec<Write>>,
    /// Whose turn it is to write what waits. Taken in the order of asking.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Write {
    /// What is written: DynamoDB takes one statement about it in a call.
    id: DeliveryId,
    statement: BatchStatementRequest,
    done: oneshot::Sender<bool>,
}

impl Together {
    fn waiting(&self) -> MutexGuard<'_, Vec<Write>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next call's worth of what waits; nothing that nobody waits for any more.
    fn next(&self) -> Vec<Write> {
        let mut waiting = self.waiting();
        let mut seen = HashSet::new();
        let is_next = |write: &mut Write| seen.len() < MOST && seen.insert(write.id.clone());
        waiting.retain(|write| !write.done.is_closed());
        waiting.extract_if(.., is_next).collect()
    }
}

impl Ledger {
    /// Makes a row that is not there yet. False where that is not known to have worked.
    pub(super) async fn insert_together(&self, row: &Delivery) -> Result<bool, Error> {
        let statement = insert(&self.table, self.row(row)?)?;
        Ok(self.together(row, statement).await)
    }

    /// Puts a row in the place of one that is still claimed as it was read. False where that
    /// is not known to have worked.
    pub(super) async fn replace_together(
        &self,
        read: &Delivery,
        new: &Delivery,
        claimed_until: Timestamp,
    ) -> Result<bool, Error> {
        let (read, row) = (self.row(read)?, self.row(new)?);
        let statement = replace(&self.table, &read, row, claim(claimed_until))?;
        Ok(self.together(new, statement).await)
    }

    async fn together(&self, row: &Delivery, statement: BatchStatementRequest) -> bool {
        let (done, mut answer) = oneshot::channel();
        self.together.waiting().push(Write {
            id: row.id.clone(),
            statement,
            done,
        });
        let turn = self.together.turn.lock().await;
        loop {
            match answer.try_recv() {
                Ok(done) => return done,
                Err(oneshot::error::TryRecvError::Closed) => return false,
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            // Whoever gets as far in this moment comes along.
            tokio::task::yield_now().await;
            self.write_next(&turn).await;
        }
    }

    async fn write_next(&self, _turn: &tokio::sync::MutexGuard<'_, ()>) {
        let next = self.together.next();
        if next.len() < 2 {
            // As good as alone: what is dropped is written singly.
            return;
        }
        let statements = next.iter().map(|write| write.statement.clone()).collect();
        let call = self
            .client
            .batch_execute_statement()
            .set_statements(Some(statements))
            .send();
        let answer = match tokio::time::timeout(TIMEOUT, call).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                let error = Error::call("writing deliveries")(error);
                return tracing::warn!(%error, "deliveries are written singly");
            }
            Err(_) => {
                return tracing::warn!("deliveries take long to write: they are written singly");
            }
        };
        for (write, response) in next.into_iter().zip(answer.responses.unwrap_or_default()) {
            let error = response.error;
            let code = error.as_ref().and_then(|error| error.code());
            if let Some(code) = code.filter(|code| !is_condition(code)) {
                let delivery_id = write.id.as_str();
                tracing::warn!(
                    delivery_id,
                    code = code.as_str(),
                    "a delivery is written singly"
                );
            }
            // Nobody may wait for it any more.
            let _ = write.done.send(error.is_none());
        }
    }
}

/// Whether a statement was not run because of what is in the table.
fn is_condition(code: &BatchStatementErrorCodeEnum) -> bool {
    matches!(
        code,
        BatchStatementErrorCodeEnum::ConditionalCheckFailed
            | BatchStatementErrorCodeEnum::DuplicateItem
    )
}

fn insert(table: &str, row: Item) -> Result<BatchStatementRequest, Error> {
    let (names, values): (Vec<String>, Vec<AttributeValue>) = row.into_iter().unzip();
    let fields: Vec<String> = names.iter().map(|name| format!("'{name}': ?")).collect();
    let text = format!("INSERT INTO \"{table}\" VALUE {{{}}}", fields.join(", "));
    statement(text, values)
}

/// All attributes are written, also those that were the same when the row was read.
fn replace(
    table: &str,
    read: &Item,
    mut row: Item,
    claim: AttributeValue,
) -> Result<BatchStatementRequest, Error> {
    let mut text = format!("UPDATE \"{table}\"");
    let keys = [KEY[0], KEY[1]].map(|name| row.remove(name).unwrap_or(AttributeValue::Null(true)));
    for name in read.keys() {
        if !row.contains_key(name) && !KEY.contains(&name.as_str()) {
            text.push_str(&format!(" REMOVE \"{name}\""));
        }
    }
    let mut values = Vec::with_capacity(row.len() + 3);
    for (name, value) in row {
        text.push_str(&format!(" SET \"{name}\" = ?"));
        values.push(value);
    }
    text.push_str(" WHERE \"webhook_id\" = ? AND \"id\" = ? AND \"claimed_until\" = ?");
    values.extend(keys);
    values.push(claim);
    statement(text, values)
}

/// The attributes by which a row is found.
const KEY: [&str; 2] = ["webhook_id", "id"];

fn statement(text: String, values: Vec<AttributeValue>) -> Result<BatchStatementRequest, Error> {
    BatchStatementRequest::builder()
        .statement(text)
        .set_parameters(Some(values))
        .build()
        .map_err(Error::call("writing deliveries"))
}
