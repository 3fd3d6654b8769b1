//! The registry table: webhooks, their names, and who uses which credential.
//!
//! Guarantees: a name belongs to one webhook of an organization, also when two are
//! registered or renamed at once; a webhook is changed only as it was read; the users of a
//! credential are always those of the webhooks that name it, because both are written in
//! one transaction.
//!
//! Keys: `pk` = `ORG#<organization>`; `sk` = `WEBHOOK#<id>`, `NAME#<name>`,
//! `CREDENTIAL#<fingerprint>`, `CONDEMNED#<credential id>` or `KEY#<key id>`. A key is
//! found by `pk` = `KEYHASH#<hash>`, `sk` = `KEY`; the organizations that have or had
//! credentials by `pk` = `ORGANIZATIONS`, `sk` = `<organization>`.

mod api_keys;
mod credentials;
mod known;
mod suspension;
mod transaction;
mod webhooks;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{OrganizationId, Webhook, WebhookId};

pub(crate) use credentials::CredentialRow;
pub use suspension::Suspension;
pub use webhooks::WriteError;

use self::known::Known;
use crate::Error;
use crate::table::{Item, from_item, text};

const WEBHOOK: &str = "WEBHOOK#";

#[derive(Debug, Clone)]
pub struct Registry {
    client: Client,
    table: String,
    known: Arc<Known>,
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
        }
    }

    /// All webhooks of an organization, oldest first. One that cannot be read is left out:
    /// it is no reason to give the others nothing.
    pub async fn webhooks(&self, organization: &OrganizationId) -> Result<Vec<Webhook>, Error> {
        Ok(self.all_webhooks(organization).await?.0)
    }

    /// As [`webhooks`](Self::webhooks), with the ids of those that cannot be read.
    pub async fn all_webhooks(
        &self,
        organization: &OrganizationId,
    ) -> Result<(Vec<Webhook>, Vec<String>), Error> {
        let (mut webhooks, mut unreadable) = (Vec::new(), Vec::new());
        for row in self.rows(organization, WEBHOOK).await? {
            let id = row_id(&row).unwrap_or_default().to_owned();
            match readable(row) {
                Some(webhook) => webhooks.push(webhook),
                None => unreadable.push(id),
            }
        }
        Ok((webhooks, unreadable))
    }

    /// The oldest webhooks of an organization, without those that cannot be read.
    pub async fn some_webhooks(
        &self,
        organization: &OrganizationId,
        max: usize,
    ) -> Result<Vec<Webhook>, Error> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :kind)")
            .expression_attribute_values(":pk", pk(organization))
            .expression_attribute_values(":kind", text(WEBHOOK))
            .limit(i32::try_from(max).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(Error::call("listing the registry"))?;
        let rows = answer.items.unwrap_or_default();
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    async fn rows(&self, organization: &OrganizationId, kind: &str) -> Result<Vec<Item>, Error> {
        self.partition(pk(organization), Some(kind)).await
    }

    /// The rows of a partition, or those of one kind.
    async fn partition(&self, pk: AttributeValue, kind: Option<&str>) -> Result<Vec<Item>, Error> {
        let condition = match kind {
            Some(_) => "pk = :pk AND begins_with(sk, :kind)",
            None => "pk = :pk",
        };
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression(condition)
            .expression_attribute_values(":pk", pk);
        if let Some(kind) = kind {
            query = query.expression_attribute_values(":kind", text(kind));
        }
        query
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<Item>, _>>()
            .await
            .map_err(Error::call("listing the registry"))
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
