//! The deliveries table: the ledger.
//!
//! Guarantees: a row is written when an attempt has ended, or when it is known that there will
//! be none; nobody who has lost the lane to a later post writes over what that one has shown.

mod list;
mod notes;

use aws_sdk_dynamodb::Client;
use carillon_domain::{Delivery, DeliveryId, WebhookId};

pub use notes::Operation;

use crate::Error;
use crate::table::{
    Item, LONGER, Retention, Table, delivery_key, from_item, is_made, number, to_item,
};

const WHAT: &str = "a delivery";

#[derive(Debug, Clone)]
pub struct Ledger {
    table: Table,
    retention: Retention,
}

fn key(webhook: &WebhookId, id: &DeliveryId) -> Item {
    delivery_key(webhook.as_str(), id.as_str())
}

impl Ledger {
    pub fn new(client: Client, table: String, retention: Retention) -> Self {
        Self {
            table: Table::new(client, table),
            retention,
        }
    }

    /// Writes how a delivery stands after a post of its lane. False where a later post of the
    /// lane has written it already.
    pub async fn write(&self, delivery: &Delivery) -> Result<bool, Error> {
        let mut row = to_item(WHAT, delivery)?;
        self.retention
            .expire(&mut row, delivery.created_at + LONGER);
        let put = self
            .table
            .put(row)
            .condition_expression("attribute_not_exists(id) OR post <= :post")
            .expression_attribute_values(":post", number(delivery.post))
            .send()
            .await;
        is_made("writing a delivery", put)
    }

    pub async fn get(
        &self,
        webhook: &WebhookId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, Error> {
        let row = self.table.row("reading a delivery", key(webhook, id));
        let row = row.await?;
        row.map(|row| from_item(WHAT, row)).transpose()
    }
}
