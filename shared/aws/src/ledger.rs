//! The deliveries table: the ledger.
//!
//! Guarantees: a row is written when an attempt has ended, or when it is known that there will
//! be none; nobody who has lost the lane to a later post writes over what that one has shown.

mod notes;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use carillon_domain::{Delivery, DeliveryId, DeliveryStatus, WebhookId};

pub use notes::Operation;

use crate::Error;
use crate::retention::{LONGER, Retention};
use crate::table::{
    Item, Order, Table, delivery_key, field, from_item, is_made, list, number, page, text, to_item,
};

const WHAT: &str = "a delivery";
const LISTING: &str = "listing deliveries";

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
        let key = key(webhook, id);
        self.table.read("reading a delivery", WHAT, key).await
    }

    /// Deliveries of a webhook that have one of these statuses, or any where none is named, in
    /// this order behind that one; and the last one that was looked at, where there are more.
    pub async fn page(
        &self,
        webhook: &WebhookId,
        statuses: &[DeliveryStatus],
        order: Order,
        after: Option<DeliveryId>,
        max: usize,
    ) -> Result<(Vec<Delivery>, Option<DeliveryId>), Error> {
        let query = self
            .table
            .query_all()
            .key_condition_expression("webhook_id = :webhook")
            .expression_attribute_values(":webhook", text(webhook.as_str()))
            .scan_index_forward(order == Order::OldestFirst)
            .consistent_read(true);
        let statuses = statuses.iter().map(|status| status.as_str()).collect();
        let wanted = [("status", statuses)];
        let start = after.map(|after| key(webhook, &after));
        let read = |row| from_item(WHAT, row);
        let (found, last) = list(LISTING, query, &wanted, start, max, read).await?;
        let next = last.and_then(|key| DeliveryId::parse(field(&key, "id")?));
        Ok(page(found, next, max, |delivery| delivery.id.clone()))
    }

    /// Several deliveries, wherever they belong; those that are not there are left out.
    pub async fn several(
        &self,
        wanted: &[(WebhookId, DeliveryId)],
    ) -> Result<Vec<Delivery>, Error> {
        let rows = self.several_each(wanted).await?.into_iter();
        rows.map(|(_, row)| row).collect()
    }

    /// As [`several`](Self::several), where a row that nobody can read must not take the others
    /// along.
    pub async fn several_each(
        &self,
        wanted: &[(WebhookId, DeliveryId)],
    ) -> Result<Vec<(DeliveryId, Result<Delivery, Error>)>, Error> {
        // DynamoDB refuses a call that names a key twice.
        let wanted: BTreeSet<_> = wanted.iter().collect();
        let keys = wanted.into_iter().map(|(webhook, id)| key(webhook, id));
        let keys = keys.collect();
        let rows = self.table.read_all("reading deliveries", keys);
        let row = |row: Item| Some((DeliveryId::parse(field(&row, "id")?)?, from_item(WHAT, row)));
        Ok(rows.await?.into_iter().filter_map(row).collect())
    }
}
