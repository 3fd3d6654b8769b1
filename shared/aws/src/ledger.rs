//! The deliveries table: the ledger.
//!
//! Guarantees: a delivery is claimed by one poster at a time, and a claim that was
//! never closed is known as such, so that no message is lost and none is posted twice
//! without being marked. A delivery that goes well costs two writes.

mod list;
mod notes;
mod together;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use carillon_domain::delivery::Claim;
use carillon_domain::{Delivery, DeliveryId, Outgoing, WebhookId};
use jiff::Timestamp;

use self::together::Together;
use crate::Error;
use crate::table::{Item, Retention, from_item, text, to_item};

const FREE: &str = "attribute_not_exists(id)";
const CLAIM_UNCHANGED: &str = "claimed_until = :claim";
const NO_CLAIM: &str =
    "attribute_exists(id) AND attribute_not_exists(claimed_until) AND size(attempts) = :attempts";

/// What became of a claim.
#[derive(Debug)]
pub enum Claimed {
    /// It is ours to post. The row as it stands in the table.
    Ours(Box<Delivery>),
    /// It is delivered, failed or skipped: nothing to do.
    Settled,
    /// It may not be posted before then.
    NotBefore(Timestamp),
}

#[derive(Debug, Clone)]
pub struct Ledger {
    client: Client,
    table: String,
    retention: Retention,
    together: Arc<Together>,
}

impl Ledger {
    pub fn new(client: Client, table: String, retention: Retention) -> Self {
        Self {
            client,
            table,
            retention,
            together: Arc::default(),
        }
    }

    /// Claims a delivery before it is posted, together with all that are claimed at
    /// `joined_at`. `is_new`: nobody is likely to have had it before.
    pub async fn claim(
        &self,
        outgoing: &Outgoing,
        is_new: bool,
        now: Timestamp,
        joined_at: Timestamp,
    ) -> Result<Claimed, Error> {
        let generation = outgoing.generation;
        if is_new {
            let first = Delivery::new(outgoing, now).claimed(generation, now, joined_at);
            if self.insert_together(&first).await? {
                return Ok(Claimed::Ours(Box::new(first)));
            }
        }
        let free = |row: &Delivery| row.claimable(generation, now);
        let claimed = |row: Delivery| row.claimed(generation, now, joined_at);
        self.take(outgoing, now, free, claimed).await
    }

    /// Shows a delivery that must wait, if it has no row yet.
    pub async fn note_pending(&self, outgoing: &Outgoing, now: Timestamp) -> Result<(), Error> {
        let pending = Delivery::new(outgoing, now);
        self.write(&pending, FREE, Vec::new()).await?;
        Ok(())
    }

    /// Writes down that a delivery is not to be made, and why.
    pub async fn skip(
        &self,
        outgoing: &Outgoing,
        reason: &str,
        now: Timestamp,
    ) -> Result<Claimed, Error> {
        let generation = outgoing.generation;
        let free = |row: &Delivery| row.skippable(generation, now);
        let skipped = |row: Delivery| row.skipped(generation, now, reason);
        self.take(outgoing, now, free, skipped).await
    }

    /// Changes a row, or makes it, if it is `free`.
    async fn take(
        &self,
        outgoing: &Outgoing,
        now: Timestamp,
        free: impl Fn(&Delivery) -> Claim,
        taken: impl Fn(Delivery) -> Delivery,
    ) -> Result<Claimed, Error> {
        let first = taken(Delivery::new(outgoing, now));
        let Some(row) = self.write(&first, FREE, Vec::new()).await? else {
            return Ok(Claimed::Ours(Box::new(first)));
        };
        if row == first {
            // Ours: the answer to the first try of this call was lost.
            return Ok(Claimed::Ours(Box::new(first)));
        }
        match free(&row) {
            Claim::Settled => Ok(Claimed::Settled),
            Claim::Wait(until) => Ok(Claimed::NotBefore(until)),
            Claim::Post => {
                let (condition, values) = unchanged(&row);
                let ours = taken(row);
                match self.write(&ours, condition, values).await? {
                    None => Ok(Claimed::Ours(Box::new(ours))),
                    Some(row) if row == ours => Ok(Claimed::Ours(Box::new(ours))),
                    // Somebody else was faster; look again when the claim has run out.
                    Some(row) => Ok(match free(&row) {
                        Claim::Settled => Claimed::Settled,
                        Claim::Wait(until) => Claimed::NotBefore(until),
                        Claim::Post => Claimed::NotBefore(now),
                    }),
                }
            }
        }
    }

    /// Closes a claim: writes how the attempt ended. False where the claim was no longer ours.
    pub async fn close(&self, claimed: &Delivery, closed: &Delivery) -> Result<bool, Error> {
        if let Some(until) = claimed.claimed_until
            && self.replace_together(closed, until).await?
        {
            return Ok(true);
        }
        let (condition, values) = unchanged(claimed);
        let there = self.write(closed, condition, values).await?;
        Ok(there.is_none_or(|row| row == *closed))
    }

    /// Writes a row if its condition holds; gives the row that is there if not.
    async fn write(
        &self,
        delivery: &Delivery,
        condition: &str,
        values: Vec<(&str, AttributeValue)>,
    ) -> Result<Option<Delivery>, Error> {
        let mut put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(self.row(delivery)?))
            .condition_expression(condition)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, value) in values {
            put = put.expression_attribute_values(name, value);
        }
        match put.send().await {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let there = failed.item.clone().unwrap_or_default();
                    from_item("a delivery", there).map(Some)
                }
                _ => Err(Error::call("writing a delivery")(error)),
            },
        }
    }

    /// A delivery as it stands in the table.
    fn row(&self, delivery: &Delivery) -> Result<Item, Error> {
        let mut row = to_item("a delivery", delivery)?;
        self.retention.expire(&mut row, delivery.created_at);
        Ok(row)
    }

    pub async fn get(
        &self,
        webhook: &WebhookId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("webhook_id", text(webhook.as_str()))
            .key("id", text(id.as_str()))
            .consistent_read(true)
            .send()
            .await
            .map_err(Error::call("reading a delivery"))?;
        answer
            .item
            .map(|item| from_item("a delivery", item))
            .transpose()
    }
}

/// When a claim ends, as a row has it.
fn claim(until: Timestamp) -> AttributeValue {
    text(until.to_string())
}

/// The condition that a row is still as it was read.
fn unchanged(row: &Delivery) -> (&'static str, Vec<(&'static str, AttributeValue)>) {
    match row.claimed_until {
        Some(until) => (CLAIM_UNCHANGED, vec![(":claim", claim(until))]),
        None => {
            let attempts = AttributeValue::N(row.attempts.len().to_string());
            (NO_CLAIM, vec![(":attempts", attempts)])
        }
    }
}
