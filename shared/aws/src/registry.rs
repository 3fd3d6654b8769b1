//! The registry table: webhooks, their names, and who uses which credential.
//!
//! Guarantees: a name belongs to one webhook of an organization, also when two are
//! registered at once; the users of a credential are always those of the webhooks that
//! name it, because both are written in one transaction.
//!
//! Keys: `pk` = `ORG#<organization>`; `sk` = `WEBHOOK#<id>`, `NAME#<name>` or
//! `CREDENTIAL#<fingerprint>`.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, KeysAndAttributes, Put, TransactWriteItem, Update,
};
use carillon_domain::{CredentialId, Fingerprint, OrganizationId, Webhook, WebhookId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::table::{Item, from_item, text, to_item};

const WEBHOOK: &str = "WEBHOOK#";
const CREDENTIAL: &str = "CREDENTIAL#";
/// How many keys DynamoDB reads in one call.
const READ_BATCH: usize = 100;

/// Why a webhook was not registered.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("the name belongs to another webhook")]
    NameTaken(WebhookId),
    /// The credential is being deleted; open it again.
    #[error("the credential is being deleted")]
    CredentialGone,
    #[error(transparent)]
    Aws(#[from] Error),
}

/// Who uses a credential. It is written before its secret is made and removed after its
/// secret was deleted, so that no secret is ever without a row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CredentialRow {
    pub credential_id: CredentialId,
    pub created_at: Timestamp,
    #[serde(default)]
    pub deleting: bool,
    /// Ids of the webhooks that use it.
    #[serde(default, skip_serializing)]
    pub used_by: Vec<WebhookId>,
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

fn credential_sk(fingerprint: &Fingerprint) -> AttributeValue {
    text(format!("{CREDENTIAL}{fingerprint}"))
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
            while !waiting.is_empty() {
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
            .condition_expression("credential_id = :credential AND deleting = :no")
            .expression_attribute_values(":user", AttributeValue::Ss(vec![webhook.id.to_string()]))
            .expression_attribute_values(":credential", text(webhook.credential_id.as_str()))
            .expression_attribute_values(":no", AttributeValue::Bool(false))
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
                    // Freed between the two calls.
                    None => Err(CreateError::CredentialGone),
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

    fn put_new(
        &self,
        item: Item,
    ) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn delete_existing(
        &self,
        key: Item,
    ) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression("attribute_exists(pk)")
            .build()?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Does all steps or none; gives the numbers of the steps whose conditions failed.
    async fn transact<const N: usize>(
        &self,
        operation: &'static str,
        steps: [Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError>; N],
    ) -> Result<Option<Vec<usize>>, Error> {
        let steps = steps
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .map_err(Error::call(operation))?;
        let result = self
            .client
            .transact_write_items()
            .set_transact_items(Some(steps))
            .send()
            .await;
        match result {
            Ok(_) => Ok(None),
            Err(error) => match failed_conditions(&error) {
                Some(failed) => Ok(Some(failed)),
                None => Err(Error::call(operation)(error)),
            },
        }
    }

    pub(crate) async fn credential(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
    ) -> Result<Option<CredentialRow>, Error> {
        self.row(key(organization, credential_sk(fingerprint)))
            .await?
            .map(|item| from_item("a credential's row", item))
            .transpose()
    }

    /// All credentials of an organization, by fingerprint.
    pub(crate) async fn credentials(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<(Fingerprint, CredentialRow)>, Error> {
        let mut credentials = Vec::new();
        for item in self.rows(organization, CREDENTIAL).await? {
            let fingerprint: FingerprintOf = from_item("a credential's row", item.clone())?;
            let row = from_item("a credential's row", item)?;
            credentials.push((fingerprint.fingerprint, row));
        }
        Ok(credentials)
    }

    /// Writes a new credential's row; false where there is one already.
    pub(crate) async fn announce_credential(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
        row: &CredentialRow,
    ) -> Result<bool, Error> {
        let item = to_item("a credential's row", row)?;
        let mut item = with_key(item, organization, credential_sk(fingerprint));
        item.insert("fingerprint".into(), text(fingerprint.as_str()));
        let step = self.put_new(item);
        let failed = self.transact("announcing a credential", [step]).await?;
        Ok(failed.is_none())
    }

    /// Marks a credential that nobody uses for deletion; false where somebody does.
    pub(crate) async fn condemn_credential(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
        credential: &CredentialId,
    ) -> Result<bool, Error> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(organization, credential_sk(fingerprint))))
            .update_expression("SET deleting = :yes")
            .condition_expression("credential_id = :credential AND attribute_not_exists(used_by)")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":credential", text(credential.as_str()))
            .build()
            .map(|update| TransactWriteItem::builder().update(update).build());
        let failed = self.transact("condemning a credential", [update]).await?;
        Ok(failed.is_none())
    }

    /// Removes the row of a credential whose secret was deleted.
    pub(crate) async fn forget_credential(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
        credential: &CredentialId,
    ) -> Result<(), Error> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(organization, credential_sk(fingerprint))))
            .condition_expression("credential_id = :credential AND deleting = :yes")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":credential", text(credential.as_str()))
            .build()
            .map(|delete| TransactWriteItem::builder().delete(delete).build());
        // A failed condition: somebody else has removed it already.
        self.transact("forgetting a credential", [delete]).await?;
        Ok(())
    }
}

#[derive(Deserialize)]
struct FingerprintOf {
    fingerprint: Fingerprint,
}

/// The numbers of a cancelled transaction's steps whose conditions failed; none where it
/// failed for another reason (a conflict, throttling), which a retry may mend.
fn failed_conditions(error: &SdkError<TransactWriteItemsError>) -> Option<Vec<usize>> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) =
        error.as_service_error()?
    else {
        return None;
    };
    let failed: Vec<usize> = cancelled
        .cancellation_reasons()
        .iter()
        .enumerate()
        .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
        .map(|(n, _)| n)
        .collect();
    (!failed.is_empty()).then_some(failed)
}
