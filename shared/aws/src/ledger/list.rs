//! Listing a webhook's deliveries.

use std::collections::BTreeSet;

use carillon_domain::{Delivery, DeliveryId, DeliveryStatus, WebhookId};

use super::{Ledger, WHAT, key};
use crate::Error;
use crate::table::{Item, Order, field, filtered, from_item, from_items, page, text};

/// How many calls a page takes at most. Each reads up to a megabyte, about a thousand
/// deliveries; where few of those are wanted, the page is short, and the next one goes on.
const CALLS: usize = 10;
/// How many rows a call reads where only some of them are wanted.
const ROWS: usize = 500;

impl Ledger {
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
            .query(match statuses {
                [] => max,
                _ => ROWS,
            })
            .key_condition_expression("webhook_id = :webhook")
            .expression_attribute_values(":webhook", text(webhook.as_str()))
            .scan_index_forward(order == Order::OldestFirst)
            .consistent_read(true);
        let statuses: Vec<&str> = statuses.iter().map(|status| status.as_str()).collect();
        let query = match statuses.is_empty() {
            true => query,
            false => filtered(query, &[("status", statuses)]),
        };
        let mut found: Vec<Delivery> = Vec::new();
        let mut start = after.map(|after| key(webhook, &after));
        for _ in 0..CALLS {
            let call = query.clone().set_exclusive_start_key(start).send().await;
            let answer = call.map_err(Error::call("listing deliveries"))?;
            found.extend(from_items(WHAT, answer.items.unwrap_or_default())?);
            start = answer.last_evaluated_key;
            if start.is_none() || found.len() >= max {
                break;
            }
        }
        let next = start.and_then(|key| DeliveryId::parse(field(&key, "id")?));
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
