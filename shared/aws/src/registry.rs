//! The registry table: webhooks, their names, and who uses which credential.
//!
//! Guarantees: a name belongs to one webhook of an organization, also when two are
//! registered at once; the users of a credential are always those of the webhooks that
//! name it, because both are written in one transaction.
//!
//! Keys: `pk` = `ORG#<organization>`; `sk` = `WEBHOOK#<id>`, `NAME#<name>`,
//! `CREDENTIAL#<fingerprint>` or `CONDEMNED#<credential id>`.

mod credentials;
mod transaction;

use std::collections::HashMap;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, TransactWriteItem, Update};
use carillon_domain::{Fingerprint, OrganizationId, Webhook, WebhookId};
use serde::Deserialize;

pub(crate) use credentials::CredentialRow;
use credentials::credential_sk;

use crate::Error;
use crate::table::{Item, from_item, text, to_item};

const WEBHOOK: &str = "WEBHOOK#";
/// How many keys DynamoDB reads in one call.
const READ_BATCH: usize = 100;

/// Why a webhook was not registered.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("the name belongs to another webhook")]
    NameTaken(WebhookId),
    /// The name was another webhook's a moment ago; try again.
    #[error("the name has just been freed")]
    NameFreed,
    /// The credential was condemned meanwhile; its secret must go, and another be opened.
    #[error("the credential was condemned meanwhile")]
    CredentialGone,
    #[error(transparent)]
    Aws(#[from] Error),
}

#[derive(Debug, Clone)]
pub struct Registry {
    client: Client,
    table: String,
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
        Self { client, table }
    }

    /// All webhooks of an organization, oldest first.
    pub async fn webhooks(&self, organization: &OrganizationId) -> Result<Vec<Webhook>, Error> {
        self.rows(organization, WEBHOOK)
            .await?
            .into_iter()
            .map(|item| from_item("a webhook", item))
            .collect()
    }

    async fn rows(&self, organization: &OrganizationId, kind: &str) -> Result<Vec<Item>, Error> {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :kind)")
            .expression_attribute_values(":pk", pk(organization))
            .expression_attribute_values(":kind", text(kind))
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

    /// Several webhooks at once; those that are not there are left out.
    pub async fn webhooks_by_id(
        &self,
        wanted: &[(OrganizationId, WebhookId)],
    ) -> Result<HashMap<WebhookId, Webhook>, Error> {
        const OPERATION: &str = "reading webhooks";
        let mut found = HashMap::with_capacity(wanted.len());
        for batch in wanted.chunks(READ_BATCH) {
            let keys = batch
                .iter()
                .map(|(organization, id)| key(organization, webhook_sk(id)))
                .collect();
            let request = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .build()
                .map_err(Error::call(OPERATION))?;
            let mut waiting = HashMap::from([(self.table.clone(), request)]);
            let mut pause = Duration::from_millis(50);
            loop {
                let answer = self
                    .client
                    .batch_get_item()
                    .set_request_items(Some(waiting))
                    .send()
                    .await
                    .map_err(Error::call(OPERATION))?;
                for item in answer.responses.unwrap_or_default().into_values().flatten() {
                    let webhook: Webhook = from_item("a webhook", item)?;
                    found.insert(webhook.id.clone(), webhook);
                }
                waiting = answer.unprocessed_keys.unwrap_or_default();
                if waiting.is_empty() {
                    break;
                }
                // DynamoDB leaves keys out when it is asked for too much.
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
        Ok(found)
    }

    /// Registers a webhook whose credential has been opened.
    pub async fn create(
        &self,
        webhook: &Webhook,
        fingerprint: &Fingerprint,
    ) -> Result<(), CreateError> {
        let organization = &webhook.organization;
        let name = Item::from([("webhook_id".into(), text(webhook.id.as_str()))]);
        let name = with_key(name, organization, name_sk(&webhook.name));
        let row = to_item("a webhook", webhook)?;
        // Dispatching and deleting need to find the credential's row from the webhook's.
        let mut row = with_key(row, organization, webhook_sk(&webhook.id));
        row.insert("fingerprint".into(), text(fingerprint.as_str()));
        let use_credential = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(organization, credential_sk(fingerprint))))
            .update_expression("ADD used_by :user")
            .condition_expression("credential_id = :credential")
            .expression_attribute_values(":user", AttributeValue::Ss(vec![webhook.id.to_string()]))
            .expression_attribute_values(":credential", text(webhook.credential_id.as_str()))
            .build();
        let steps = [
            self.put_new(name),
            self.put_new(row),
            use_credential.map(|update| TransactWriteItem::builder().update(update).build()),
        ];
        match self.transact("registering a webhook", steps).await? {
            None => Ok(()),
            Some(failed) if failed.contains(&0) => {
                let there = self.row(key(organization, name_sk(&webhook.name))).await?;
                let owner = there.and_then(|row| row.get("webhook_id")?.as_s().ok().cloned());
                match owner.as_deref().and_then(WebhookId::parse) {
                    Some(owner) => Err(CreateError::NameTaken(owner)),
                    None => Err(CreateError::NameFreed),
                }
            }
            Some(_) => Err(CreateError::CredentialGone),
        }
    }

    /// Removes a webhook; gives its credential's fingerprint, or none where it was not there.
    pub async fn delete(&self, webhook: &Webhook) -> Result<Option<Fingerprint>, Error> {
        let organization = &webhook.organization;
        let Some(row) = self.row(key(organization, webhook_sk(&webhook.id))).await? else {
            return Ok(None);
        };
        let fingerprint: FingerprintOf = from_item("a webhook", row)?;
        let fingerprint = fingerprint.fingerprint;
        let release = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(organization, credential_sk(&fingerprint))))
            .update_expression("DELETE used_by :user")
            .expression_attribute_values(":user", AttributeValue::Ss(vec![webhook.id.to_string()]))
            .build();
        let steps = [
            self.delete_existing(key(organization, webhook_sk(&webhook.id))),
            self.delete_existing(key(organization, name_sk(&webhook.name))),
            release.map(|update| TransactWriteItem::builder().update(update).build()),
        ];
        match self.transact("removing a webhook", steps).await? {
            None => Ok(Some(fingerprint)),
            // Somebody else removed it in the meantime.
            Some(_) => Ok(None),
        }
    }
}

#[derive(Deserialize)]
struct FingerprintOf {
    fingerprint: Fingerprint,
}
