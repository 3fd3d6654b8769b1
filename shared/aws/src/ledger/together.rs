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
/// How long all of it may take, waiting for others included: a claim's time runs meanwhile.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The attributes by which a row is found.
const KEY: [&str; 2] = ["webhook_id", "id"];
/// The attributes that not every row has.
const OPTIONAL: [&str; 10] = [
    "channels",
    "claimed_until",
    "earlier_attempts",
    "generation",
    "is_superseded",
    "joined_at",
    "message",
    "next_attempt_at",
    "reason",
    "settled_at",
];

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
        new: &Delivery,
        claimed_until: Timestamp,
    ) -> Result<bool, Error> {
        let statement = replace(&self.table, self.row(new)?, claim(claimed_until))?;
        Ok(self.together(new, statement).await)
    }

    /// Whoever gives up while it is their turn leaves the others of their call to write singly;
    /// what was written all the same is known by its claim.
    async fn together(&self, row: &Delivery, statement: BatchStatementRequest) -> bool {
        let written = tokio::time::timeout(TIMEOUT, self.take_turn(row, statement)).await;
        written.unwrap_or_else(|_| {
            let delivery_id = row.id.as_str();
            tracing::warn!(delivery_id, "it takes long: the delivery is written singly");
            false
        })
    }

    async fn take_turn(&self, row: &Delivery, statement: BatchStatementRequest) -> bool {
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
        let (statements, waiting): (Vec<_>, Vec<_>) = next
            .into_iter()
            .map(|write| (write.statement, (write.id, write.done)))
            .unzip();
        let call = self
            .client
            .batch_execute_statement()
            .set_statements(Some(statements))
            .send();
        let answer = match call.await {
            Ok(answer) => answer,
            Err(error) => {
                let error = Error::call("writing deliveries")(error);
                return tracing::warn!(%error, "deliveries are written singly");
            }
        };
        let responses = answer.responses.unwrap_or_default();
        for ((id, done), response) in waiting.into_iter().zip(responses) {
            let error = response.error;
            let code = error.as_ref().and_then(|error| error.code());
            if let Some(code) = code.filter(|code| !is_condition(code)) {
                let delivery_id = id.as_str();
                tracing::warn!(
                    delivery_id,
                    code = code.as_str(),
                    "a delivery is written singly"
                );
            }
            // Nobody may wait for it any more.
            let _ = done.send(error.is_none());
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
    let mut text = format!("INSERT INTO \"{table}\" VALUE {{");
    let mut values = Vec::with_capacity(row.len());
    for (name, value) in row {
        if !values.is_empty() {
            text.push_str(", ");
        }
        text.extend(["'", &name, "': ?"]);
        values.push(value);
    }
    text.push('}');
    statement(text, values)
}

/// All attributes are written, also those that were the same when the row was read.
fn replace(
    table: &str,
    mut row: Item,
    claim: AttributeValue,
) -> Result<BatchStatementRequest, Error> {
    let mut text = format!("UPDATE \"{table}\"");
    for name in OPTIONAL.iter().filter(|name| !row.contains_key(**name)) {
        text.extend([" REMOVE \"", name, "\""]);
    }
    let keys = KEY.map(|name| row.remove(name).unwrap_or(AttributeValue::Null(true)));
    let mut values = Vec::with_capacity(row.len() + 3);
    for (name, value) in row {
        text.extend([" SET \"", &name, "\" = ?"]);
        values.push(value);
    }
    text.push_str(" WHERE \"webhook_id\" = ? AND \"id\" = ? AND \"claimed_until\" = ?");
    values.extend(keys);
    values.push(claim);
    statement(text, values)
}

fn statement(text: String, values: Vec<AttributeValue>) -> Result<BatchStatementRequest, Error> {
    BatchStatementRequest::builder()
        .statement(text)
        .set_parameters(Some(values))
        .build()
        .map_err(Error::call("writing deliveries"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use carillon_domain::delivery::MessageRef;
    use carillon_domain::{EventType, Outgoing, sample};

    use super::*;
    use crate::table::to_item;

    fn names(delivery: &Delivery) -> BTreeSet<String> {
        to_item("a delivery", delivery)
            .unwrap()
            .into_keys()
            .collect()
    }

    #[test]
    fn every_attribute_that_a_row_may_lack_is_known() {
        let order: Outgoing = sample::webhook(1, &["*"])
            .orders(&sample::event(EventType::Deploy))
            .remove(0);
        let now = order.event.received_at;
        let least = Delivery::new(&order, now);
        // In full, so that nobody adds a field without looking here.
        let most = Delivery {
            id: least.id.clone(),
            webhook_id: least.webhook_id.clone(),
            organization: least.organization.clone(),
            event_id: least.event_id.clone(),
            event_type: least.event_type,
            channel: least.channel.clone(),
            status: least.status,
            reason: Some("why".into()),
            possible_duplicate: true,
            created_at: now,
            next_attempt_at: Some(now),
            message: Some(MessageRef {
                id: None,
                channel_id: None,
            }),
            attempts: Vec::new(),
            claimed_until: Some(now),
            generation: 1,
            channels: vec!["infra".into()],
            joined_at: Some(now),
            earlier_attempts: 1,
            settled_at: Some(now),
            is_superseded: true,
        };
        let optional: BTreeSet<String> = OPTIONAL.map(str::to_owned).into();
        assert_eq!(&names(&most) - &names(&least), optional);
    }
}
