//! The registry table: webhooks, their names, and who uses which credential.
//!
//! Guarantees: a name belongs to one webhook of an organization, also when two are
//! registered or renamed at once; a webhook is changed only as it was read; the users of a
//! credential are always those of the webhooks that name it, because both are written in
//! one transaction.
//!
//! Keys: `pk` = `ORG#<organization>`; `sk` = `WEBHOOK#<id>`, `NAME#<name>`,
//! `CREDENTIAL#<fingerprint>`, `USE#<fingerprint>#<webhook id>`, `CONDEMNED#<credential id>`,
//! `KEY#<key id>` or `COUNT#<quota>`; the audit log by `pk` = `AUDIT#<organization>`,
//! and calls that have a key by `pk` = `CALL#<organization>`. A key is found by `pk` = `KEYHASH#<hash>`, `sk` = `KEY`;
//! the organizations that have or had credentials by `pk` = `ORGANIZATIONS`, `sk` =
//! `<organization>`; how far the sweep over them has come by `pk` = `SWEEP`.

mod api_keys;
mod audit;
mod calls;
mod changes;
mod credentials;
mod known;
mod list;
mod quotas;
mod suspension;
mod sweeps;
mod transaction;
mod uses;
mod webhooks;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::audit::By;
use carillon_domain::{OrganizationId, Webhook, WebhookId};

pub use calls::{Begun, KeptAnswer, KeyedCall};
pub use changes::{Change, parts};
pub(crate) use credentials::{CondemnedRow, CredentialRow};
pub use list::{PAGE, WebhookPage};
pub use quotas::{Quota, Quotas};
pub use suspension::Suspension;
pub use webhooks::{TOGETHER, WriteError};

use self::known::Known;
use crate::Error;
use crate::table::{Item, Retention, from_item, read_all, text};

const WEBHOOK: &str = "WEBHOOK#";

#[derive(Debug, Clone)]
pub struct Registry {
    client: Client,
    table: String,
    known: Arc<Known>,
    quotas: Quotas,
    /// For how long the audit log is kept.
    retention: Retention,
    /// Who changes it.
    by: Option<Arc<By>>,
}

fn pk(organization: &OrganizationId) -> AttributeValue {
    text(format!("ORG#{organization}"))
}

fn webhook_sk(id: &WebhookId) -> AttributeValue {
    text(format!("{WEBHOOK}{id}"))
}

fn name_sk(name: &str) -> AttributeValue {
    text(format!("NAME#{name}"))
}

fn key(organization: &OrganizationId, sk: AttributeValue) -> Item {
    Item::from([("pk".into(), pk(organization)), ("sk".into(), sk)])
}

fn with_key(mut item: Item, organization: &OrganizationId, sk: AttributeValue) -> Item {
    item.extend(key(organization, sk));
    item
}

impl Registry {
    pub fn new(client: Client, table: String) -> Self {
        Self {
            client,
            table,
            known: Arc::default(),
            quotas: Quotas::NONE,
            retention: Retention::default(),
            by: None,
        }
    }

    /// The same, with an audit log that is kept for so long.
    #[must_use]
    pub fn with_retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// All webhooks of an organization, oldest first. One that cannot be read is left out:
    /// it is no reason to give the others nothing.
    pub async fn webhooks(&self, organization: &OrganizationId) -> Result<Vec<Webhook>, Error> {
        let (mut webhooks, mut after) = (Vec::new(), None);
        loop {
            let page = self
                .webhook_page(organization, after.as_deref(), PAGE)
                .await?;
            webhooks.extend(page.webhooks);
            after = page.next;
            if after.is_none() {
                return Ok(webhooks);
            }
        }
    }

    /// The webhooks of an organization that have these names, each given once.
    pub async fn webhooks_named(
        &self,
        organization: &OrganizationId,
        names: impl IntoIterator<Item = &str>,
    ) -> Result<Vec<Webhook>, Error> {
        let names = names.into_iter();
        let keys = names.map(|name| key(organization, name_sk(name))).collect();
        let operation = "finding webhooks by their names";
        let rows = read_all(&self.client, &self.table, operation, keys, None).await?;
        let ids: Vec<_> = rows
            .iter()
            .filter_map(|row| WebhookId::parse(row.get("webhook_id")?.as_s().ok()?))
            .map(|id| (organization.clone(), id))
            .collect();
        let unreadable = || Error::Unreadable {
            what: "a webhook",
            cause: "found by its name".to_owned(),
        };
        let found = self.webhooks_by_id(&ids).await?.into_values();
        let found = found.map(|webhook| Ok(Arc::unwrap_or_clone(webhook.ok_or_else(unreadable)?)));
        found.collect()
    }

    pub async fn webhook(
        &self,
        organization: &OrganizationId,
        id: &WebhookId,
    ) -> Result<Option<Webhook>, Error> {
        self.row(key(organization, webhook_sk(id)))
            .await?
            .map(|item| from_item("a webhook", item))
            .transpose()
    }

    async fn row(&self, key: Item) -> Result<Option<Item>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(Error::call("reading the registry"))?;
        Ok(answer.item)
    }
}

/// The id of a webhook's row, whatever else is in it.
fn row_id(item: &Item) -> Option<&str> {
    item.get("sk")?.as_s().ok()?.strip_prefix(WEBHOOK)
}

fn readable(item: Item) -> Option<Webhook> {
    let id = row_id(&item).unwrap_or_default().to_owned();
    from_item("a webhook", item)
        .inspect_err(|error| tracing::error!(webhook_id = id, %error, "left out"))
        .ok()
}
