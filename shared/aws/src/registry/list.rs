//! The registry page by page: a page costs the same, however long its list is.

use carillon_domain::{OrganizationId, Webhook};

use super::{READING, Registry, WEBHOOK, pk, readable};
use crate::Error;
use crate::table::{CALLS, Item, Order, field, page, text};

/// How many rows a call reads at most. DynamoDB ends it after a megabyte, too.
pub const PAGE: usize = 500;
/// By how much more each call reads than the one before, where few rows are wanted.
const GROWTH: usize = 4;

/// Some rows of a kind, in their order, each with what its sort key has behind the kind; and
/// behind what the next ones come, where there may be more.
pub(super) type Rows = (Vec<(String, Item)>, Option<String>);

/// Some of an organization's webhooks, oldest first.
#[derive(Debug, Default)]
pub struct WebhookPage {
    pub webhooks: Vec<Webhook>,
    /// The ids of those that cannot be read.
    pub unreadable: Vec<String>,
    /// Behind which id the next ones come, where there may be more.
    pub next: Option<String>,
}

impl Registry {
    /// One call: some webhooks of an organization, behind this id, at most so many.
    pub async fn webhook_page(
        &self,
        organization: &OrganizationId,
        after: Option<&str>,
        max: usize,
    ) -> Result<WebhookPage, Error> {
        let (rows, next) = self
            .some_rows(pk(organization), WEBHOOK, after, max, Order::OldestFirst)
            .await?;
        let mut page = WebhookPage {
            next,
            ..WebhookPage::default()
        };
        for (id, row) in rows {
            match readable(row) {
                Some(webhook) => page.webhooks.push(webhook),
                None => page.unreadable.push(id),
            }
        }
        Ok(page)
    }

    /// At most so many of the wanted webhooks of an organization, behind this id, and behind
    /// which id to go on, where there may be more. Reads no more than 5,000 rows.
    pub async fn wanted_webhooks(
        &self,
        organization: &OrganizationId,
        mut after: Option<String>,
        max: usize,
        wanted: impl Fn(&Webhook) -> bool + Send + Sync,
    ) -> Result<(Vec<Webhook>, Option<String>), Error> {
        let mut found: Vec<Webhook> = Vec::new();
        // One more than is wanted tells whether there are more.
        let mut rows = max + 1;
        for _ in 0..CALLS {
            let read = self
                .webhook_page(organization, after.as_deref(), rows)
                .await?;
            found.extend(read.webhooks.into_iter().filter(|webhook| wanted(webhook)));
            after = read.next;
            if after.is_none() || found.len() > max {
                break;
            }
            rows = (rows * GROWTH).min(PAGE);
        }
        let place = |webhook: &Webhook| webhook.id.to_string();
        Ok(page(found, after, max, place))
    }

    /// All rows of an organization of one kind, in their order, each as `read` makes it of what its
    /// sort key has behind the kind, and of itself.
    pub(super) async fn all_rows<T: Send>(
        &self,
        organization: &OrganizationId,
        kind: &str,
        read: impl Fn(&str, Item) -> Option<Result<T, Error>> + Send + Sync,
    ) -> Result<Vec<T>, Error> {
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let (pk, behind) = (pk(organization), after.as_deref());
            let some = self.some_rows(pk, kind, behind, PAGE, Order::OldestFirst);
            let rows;
            (rows, after) = some.await?;
            for (id, row) in rows {
                all.extend(read(&id, row).transpose()?);
            }
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    /// One call: at most so many rows of a partition whose sort keys begin with `kind`.
    pub(super) async fn some_rows(
        &self,
        pk: impl Into<String>,
        kind: &str,
        after: Option<&str>,
        max: usize,
        order: Order,
    ) -> Result<Rows, Error> {
        let pk = text(pk);
        let mut query = self
            .table
            .query(max + 1)
            .expression_attribute_values(":pk", pk.clone())
            .scan_index_forward(order == Order::OldestFirst)
            .consistent_read(true);
        query = match kind {
            // DynamoDB takes no empty text here.
            "" => query.key_condition_expression("pk = :pk"),
            kind => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :kind)")
                .expression_attribute_values(":kind", text(kind)),
        };
        if let Some(after) = after {
            query = query
                .exclusive_start_key("pk", pk)
                .exclusive_start_key("sk", text(format!("{kind}{after}")));
        }
        let answer = query.send().await.map_err(Error::call(READING))?;
        let rest = |item: &Item| field(item, "sk")?.strip_prefix(kind).map(str::to_owned);
        let next = answer.last_evaluated_key.as_ref().and_then(rest);
        let rows = answer.items.unwrap_or_default().into_iter();
        let rows = rows.filter_map(|row| Some((rest(&row)?, row))).collect();
        // One more than is wanted tells whether there are more.
        Ok(page(rows, next, max, |(id, _): &(String, Item)| id.clone()))
    }
}
