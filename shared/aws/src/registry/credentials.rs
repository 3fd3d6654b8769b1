//! Who uses which credential.
//!
//! A credential's row is written before its secret is made. When its last user is gone,
//! the row becomes a note that the credential is condemned, which outlives the secret:
//! whoever was about to make the secret again is too late, and is cleaned up after.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use carillon_domain::{CredentialId, Fingerprint, OrganizationId, WebhookId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Registry, key, with_key};
use crate::Error;
use crate::table::{Item, from_item, text, to_item};

const CREDENTIAL: &str = "CREDENTIAL#";
const CONDEMNED: &str = "CONDEMNED#";
const ORGANIZATIONS: &str = "ORGANIZATIONS";
const WHAT: &str = "a credential's row";

/// A credential in use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CredentialRow {
    pub fingerprint: Fingerprint,
    pub credential_id: CredentialId,
    pub created_at: Timestamp,
    /// Ids of the webhooks that use it; written with the webhooks.
    #[serde(default, skip_serializing)]
    pub used_by: Vec<WebhookId>,
}

/// A credential whose secret must not be there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CondemnedRow {
    pub credential_id: CredentialId,
    pub condemned_at: Timestamp,
    /// Whether the secret was deleted since. It is deleted once more in the end, because a
    /// call that was under way may have made it again.
    #[serde(default)]
    pub is_deleted: bool,
}

pub(super) fn credential_sk(fingerprint: &Fingerprint) -> AttributeValue {
    text(format!("{CREDENTIAL}{fingerprint}"))
}

fn condemned_sk(id: &CredentialId) -> AttributeValue {
    text(format!("{CONDEMNED}{id}"))
}

impl Registry {
    pub(crate) async fn credential(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
    ) -> Result<Option<CredentialRow>, Error> {
        self.row(key(organization, credential_sk(fingerprint)))
            .await?
            .map(|item| from_item(WHAT, item))
            .transpose()
    }

    /// All credentials of an organization that are not condemned.
    pub(crate) async fn credentials(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<CredentialRow>, Error> {
        let items: Vec<Item> = self.rows(organization, CREDENTIAL).await?;
        items
            .into_iter()
            .map(|item| from_item(WHAT, item))
            .collect()
    }

    pub(crate) async fn condemned(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<CondemnedRow>, Error> {
        let items: Vec<Item> = self.rows(organization, CONDEMNED).await?;
        items
            .into_iter()
            .map(|item| from_item(WHAT, item))
            .collect()
    }

    /// Every organization that has or had credentials.
    pub async fn organizations(&self) -> Result<Vec<OrganizationId>, Error> {
        let found = self.partition(text(ORGANIZATIONS), None).await?;
        Ok(found
            .iter()
            .filter_map(|row| OrganizationId::parse(row.get("sk")?.as_s().ok()?))
            .collect())
    }

    /// Writes a new credential's row; false where there is one already.
    pub(crate) async fn announce_credential(
        &self,
        organization: &OrganizationId,
        row: &CredentialRow,
    ) -> Result<bool, Error> {
        // Whoever sweeps must find the organization. Not in one transaction with the row: all
        // credentials that are announced at once would be in each other's way.
        let known = Item::from([
            ("pk".to_owned(), text(ORGANIZATIONS)),
            ("sk".to_owned(), text(organization.as_str())),
        ]);
        self.put_if_new("noting an organization", known).await?;
        let item = to_item(WHAT, row)?;
        let item = with_key(item, organization, credential_sk(&row.fingerprint));
        self.put_if_new("announcing a credential", item).await
    }

    /// Condemns a credential that nobody uses; false where somebody does.
    pub(crate) async fn condemn_credential(
        &self,
        organization: &OrganizationId,
        row: &CredentialRow,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let id = &row.credential_id;
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(organization, credential_sk(&row.fingerprint))))
            .condition_expression("credential_id = :credential AND attribute_not_exists(used_by)")
            .expression_attribute_values(":credential", text(id.as_str()))
            .build()
            .map(|delete| TransactWriteItem::builder().delete(delete).build());
        let condemned = CondemnedRow {
            credential_id: id.clone(),
            condemned_at: now,
            is_deleted: false,
        };
        let condemned = with_key(to_item(WHAT, &condemned)?, organization, condemned_sk(id));
        let steps = [delete, self.put_new(condemned)];
        let failed = self.transact("condemning a credential", steps).await?;
        Ok(failed.is_none())
    }

    /// Condemns a credential if nobody uses it.
    pub(super) async fn retire_credential(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
        now: Timestamp,
    ) -> Result<(), Error> {
        let row = self.credential(organization, fingerprint).await?;
        if let Some(row) = row.filter(|row| row.used_by.is_empty()) {
            self.condemn_credential(organization, &row, now).await?;
        }
        Ok(())
    }

    /// Notes that the secret of a condemned credential was deleted.
    pub(crate) async fn note_deleted(
        &self,
        organization: &OrganizationId,
        id: &CredentialId,
    ) -> Result<(), Error> {
        let note = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(organization, condemned_sk(id))))
            .update_expression("SET is_deleted = :deleted")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":deleted", AttributeValue::Bool(true))
            .build()
            .map(|update| TransactWriteItem::builder().update(update).build());
        // A failed condition: the note is gone.
        self.transact("noting a deletion", [note]).await?;
        Ok(())
    }

    /// Removes the note of a condemned credential.
    pub(crate) async fn forget_condemned(
        &self,
        organization: &OrganizationId,
        id: &CredentialId,
    ) -> Result<(), Error> {
        let step = self.delete_existing(key(organization, condemned_sk(id)));
        // A failed condition: somebody else has removed it already.
        self.transact("forgetting a credential", [step]).await?;
        Ok(())
    }
}
