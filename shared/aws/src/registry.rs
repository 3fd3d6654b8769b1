//! The registry table: webhooks, their names, and who uses which credential.
//!
//! Guarantees: a name belongs to one webhook of an organization, also when two are
//! registered or renamed at once; a webhook is changed only as it was read; the users of a
//! credential are always those of the webhooks that name it, because both are written in
//! one transaction.
//!
//! | row | key (`pk`, `sk`) |
//! |---|---|
//! | webhook, its name | `ORG#<organization>`, `WEBHOOK#<id>` and `NAME#<name>` |
//! | credential, its users | `ORG#<organization>`, `CREDENTIAL#<fingerprint>` and `USE#<fingerprint>#<webhook id>` |
//! | condemned credential | `ORG#<organization>`, `CONDEMNED#<credential id>` |
//! | API key | `ORG#<organization>`, `KEY#<key id>`; `KEYHASH#<hash>`, `KEY` |
//! | how many there are | `ORG#<organization>`, `COUNT#<quota>` |
//! | entry of the audit log | `AUDIT#<organization>`, its id |
//! | call with a key | `CALL#<organization>`, a digest of caller, method, path and key |
//! | organization that has or had credentials | `ORGANIZATIONS`, organization |
//! | how far the sweep over them has come | `SWEEP`, `credentials` |
//!
//! `kept_until` is what DynamoDB's time to live looks at: `expires_at` says when a key ends.

mod api_keys;
mod audit;
mod calls;
mod changes;
mod credentials;
mod list;
mod quotas;
mod suspension;
mod transaction;
mod webhooks;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use carillon_domain::audit::By;
use carillon_domain::{OrganizationId, Webhook, WebhookId};
use serde::de::DeserializeOwned;

pub use calls::{Begun, KeptAnswer, KeyedCall};
pub use changes::{Change, parts};
pub(crate) use credentials::CredentialRow;
pub use list::{PAGE, WebhookPage};
pub use quotas::{Quota, Quotas};
pub use suspension::Refusal;
pub use webhooks::{MAX_ROTATED_AT_ONCE, WriteError};

use crate::Error;
use crate::retention::Retention;
use crate::table::{Item, Table, field, from_item, text};

const READING: &str = "reading the registry";
const WEBHOOK: &str = "WEBHOOK#";

#[derive(Debug, Clone)]
pub struct Registry {
    table: Table,
    quotas: Quotas,
    /// For how long the audit log is kept.
    retention: Retention,
    /// Who changes it.
    by: Option<Arc<By>>,
}

fn pk(organization: &OrganizationId) -> String {
    format!("ORG#{organization}")
}

fn webhook_key(webhook: &Webhook) -> Item {
    key(&webhook.organization, webhook_sk(&webhook.id))
}

fn webhook_sk(id: &WebhookId) -> String {
    format!("{WEBHOOK}{id}")
}

fn name_sk(name: &str) -> String {
    format!("NAME#{name}")
}

/// The key of a row of an organization.
fn key(organization: &OrganizationId, sk: impl Into<String>) -> Item {
    key_of(pk(organization), sk)
}

fn key_of(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    Item::from([("pk".into(), text(pk)), ("sk".into(), text(sk))])
}

impl Registry {
    pub fn new(client: Client, table: String) -> Self {
        Self {
            table: Table::new(client, table),
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
        self.all_rows(organization, WEBHOOK, |_, row| readable(row).map(Ok))
            .await
    }

    /// The webhooks of an organization that have these names, each given once. What cannot be read
    /// is left out.
    pub async fn webhooks_named(
        &self,
        organization: &OrganizationId,
        names: impl IntoIterator<Item = &str>,
    ) -> Result<Vec<Webhook>, Error> {
        let names = names.into_iter();
        let keys = names.map(|name| key(organization, name_sk(name))).collect();
        let operation = "finding webhooks by their names";
        let rows = self.table.read_all(operation, keys).await?;
        let ids: Vec<_> = rows
            .iter()
            .filter_map(|row| WebhookId::parse(field(row, "webhook_id")?))
            .collect();
        let wanted = ids.iter().map(|id| (organization, id));
        let found = self.webhooks_by_id(wanted).await?.into_values();
        Ok(found.flatten().collect())
    }

    /// Several webhooks at once, as they are now; those that are not there are left out, and in
    /// the place of one that cannot be read there is none.
    pub async fn webhooks_by_id<'w>(
        &self,
        wanted: impl IntoIterator<Item = (&'w OrganizationId, &'w WebhookId)>,
    ) -> Result<HashMap<WebhookId, Option<Webhook>>, Error> {
        let keys = wanted.into_iter();
        let keys = keys.map(|(organization, id)| key(organization, webhook_sk(id)));
        let operation = "reading webhooks";
        let rows = self.table.read_all(operation, keys.collect()).await?;
        let found = rows.into_iter();
        let found = found.filter_map(|row| Some((WebhookId::parse(row_id(&row)?)?, readable(row))));
        Ok(found.collect())
    }

    pub async fn webhook(
        &self,
        organization: &OrganizationId,
        id: &WebhookId,
    ) -> Result<Option<Webhook>, Error> {
        self.read("a webhook", key(organization, webhook_sk(id)))
            .await
    }

    async fn row(&self, key: Item) -> Result<Option<Item>, Error> {
        self.table.row(READING, key).await
    }

    async fn read<T: DeserializeOwned>(
        &self,
        what: &'static str,
        key: Item,
    ) -> Result<Option<T>, Error> {
        self.table.read(READING, what, key).await
    }
}

/// The id of a webhook's row, whatever else is in it.
fn row_id(item: &Item) -> Option<&str> {
    field(item, "sk")?.strip_prefix(WEBHOOK)
}

fn readable(item: Item) -> Option<Webhook> {
    let id = row_id(&item).unwrap_or_default().to_owned();
    from_item("a webhook", item)
        .inspect_err(|error| tracing::error!(webhook_id = id, %error, "left out"))
        .ok()
}
