//! Listing a webhook's deliveries.

use std::collections::BTreeSet;

use carillon_domain::{Delivery, DeliveryId, DeliveryStatus, WebhookId};

use super::{Ledger, WHAT, key};
use crate::Error;
use crate::table::{field, filtered, from_items, page, text};

/// How many calls a page takes at most. Each reads up to a megabyte, about a thousand
/// deliveries; where few of those are wanted, the page is short, and the next one goes on.
const CALLS: usize = 10;
/// How many rows a call reads where only some of them are wanted.
const ROWS: usize = 500;

/// Which deliveries are wanted.
struct Wanted<'a> {
    webhook: &'a WebhookId,
    statuses: &'a [DeliveryStatus],
    /// Newest first, from before this one.
    newest_first: bool,
    after: Option<DeliveryId>,
    most: usize,
}

impl Ledger {
    /// Deliveries of a webhook, newest first, that come after this one in the list, and
    /// the last one that was looked at, where there are more.
    pub async fn page(
        &self,
        webhook: &WebhookId,
        status: Option<DeliveryStatus>,
        after: Option<DeliveryId>,
        most: usize,
    ) -> Result<(Vec<Delivery>, Option<DeliveryId>), Error> {
        self.list(Wanted {
            webhook,
            statuses: status.as_slice(),
            newest_first: true,
            after,
            most,
        })
        .await
    }

    /// Several deliveries, wherever they belong; those that are not there are left out.
    pub async fn several(
        &self,
        wanted: &[(WebhookId, DeliveryId)],
    ) -> Result<Vec<Delivery>, Error> {
        // DynamoDB refuses a call that names a key twice.
        let wanted: BTreeSet<_> = wanted.iter().collect();
        let keys = wanted.into_iter().map(|(webhook, id)| key(webhook, id));
        let keys = keys.collect();
        let rows = self.table.read_all("reading deliveries", keys);
        from_items(WHAT, rows.await?)
    }

    /// What is not delivered, oldest first, from this id on (itself left out).
    pub async fn undelivered(
        &self,
        webhook: &WebhookId,
        after: Option<DeliveryId>,
        most: usize,
    ) -> Result<(Vec<Delivery>, Option<DeliveryId>), Error> {
        self.list(Wanted {
            webhook,
            statuses: &[
                DeliveryStatus::Failed,
                DeliveryStatus::Skipped,
                DeliveryStatus::Retrying,
                DeliveryStatus::Pending,
            ],
            newest_first: false,
            after,
            most,
        })
        .await
    }

    async fn list(
        &self,
        mut wanted: Wanted<'_>,
    ) -> Result<(Vec<Delivery>, Option<DeliveryId>), Error> {
        let mut found: Vec<Delivery> = Vec::new();
        for _ in 0..CALLS {
            let (rows, more) = self.query(&wanted, wanted.most - found.len()).await?;
            found.extend(rows);
            wanted.after = more;
            if wanted.after.is_none() || found.len() >= wanted.most {
                break;
            }
        }
        let place = |delivery: &Delivery| delivery.id.clone();
        Ok(page(found, wanted.after, wanted.most, place))
    }

    async fn query(
        &self,
        wanted: &Wanted<'_>,
        missing: usize,
    ) -> Result<(Vec<Delivery>, Option<DeliveryId>), Error> {
        let rows = match wanted.statuses {
            [] => missing,
            _ => ROWS,
        };
        let statuses = wanted.statuses.iter().map(|status| status.as_str());
        let mut query = self
            .table
            .query(rows)
            .key_condition_expression("webhook_id = :webhook")
            .expression_attribute_values(":webhook", text(wanted.webhook.as_str()))
            .scan_index_forward(!wanted.newest_first)
            .consistent_read(true);
        if !wanted.statuses.is_empty() {
            query = filtered(query, &[("status", statuses.collect())]);
        }
        if let Some(after) = &wanted.after {
            query = query
                .exclusive_start_key("webhook_id", text(wanted.webhook.as_str()))
                .exclusive_start_key("id", text(after.as_str()));
        }
        let answer = query
            .send()
            .await
            .map_err(Error::call("listing deliveries"))?;
        let last = answer.last_evaluated_key;
        let more = last.and_then(|key| DeliveryId::parse(field(&key, "id")?));
        let found = from_items(WHAT, answer.items.unwrap_or_default())?;
        Ok((found, more))
    }
}
