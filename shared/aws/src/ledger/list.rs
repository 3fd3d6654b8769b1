//! Listing a webhook's deliveries.

use carillon_domain::{Delivery, DeliveryId, DeliveryStatus, WebhookId};

use super::Ledger;
use crate::Error;
use crate::table::{Item, from_item, read_all, text};

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
        let mut wanted: Vec<_> = wanted.iter().collect();
        wanted.sort();
        wanted.dedup();
        let keys = wanted
            .into_iter()
            .map(|(webhook, id)| {
                Item::from([
                    ("webhook_id".into(), text(webhook.as_str())),
                    ("id".into(), text(id.as_str())),
                ])
            })
            .collect();
        let items = read_all(&self.client, &self.table, "reading deliveries", keys, None).await?;
        items
            .into_iter()
            .map(|item| from_item("a delivery", item))
            .collect()
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
        if found.len() > wanted.most {
            found.truncate(wanted.most);
            wanted.after = found.last().map(|delivery| delivery.id.clone());
        }
        Ok((found, wanted.after))
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
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("webhook_id = :webhook")
            .expression_attribute_values(":webhook", text(wanted.webhook.as_str()))
            .scan_index_forward(!wanted.newest_first)
            .limit(i32::try_from(rows).unwrap_or(i32::MAX))
            .consistent_read(true);
        if !wanted.statuses.is_empty() {
            let names: Vec<String> = (0..wanted.statuses.len())
                .map(|n| format!(":status{n}"))
                .collect();
            query = query
                .filter_expression(format!("#status IN ({})", names.join(", ")))
                .expression_attribute_names("#status", "status");
            for (name, status) in names.into_iter().zip(wanted.statuses) {
                query = query.expression_attribute_values(name, text(status.as_str()));
            }
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
        let more = answer
            .last_evaluated_key
            .as_ref()
            .and_then(|key| key.get("id"))
            .and_then(|id| id.as_s().ok())
            .and_then(|id| DeliveryId::parse(id));
        let items: Vec<Item> = answer.items.unwrap_or_default();
        let found = items
            .into_iter()
            .map(|item| from_item("a delivery", item))
            .collect::<Result<_, _>>()?;
        Ok((found, more))
    }
}
