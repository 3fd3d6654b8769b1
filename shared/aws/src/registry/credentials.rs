//! The credentials that there are.
//!
//! A credential's row is written before its secret is made. When its last user is gone,
//! the row becomes a note that the credential is condemned, which outlives the secret:
//! whoever was about to make the secret again is too late, and is cleaned up after: by a sweep
//! over all organizations that have or had credentials.

use carillon_domain::{CredentialId, Fingerprint, OrganizationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Registry, key, key_of};
use crate::Error;
use crate::table::{IntoStep, Item, Order, field, from_item, number, row, text};

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
    /// How many webhooks use it; changed with the webhooks.
    pub user_count: u64,
    /// Since when it is known that nothing can be posted with it any more, where its users were
    /// told of it and none was resumed or added since.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dead_since: Option<Timestamp>,
    /// The KMS key of its secret; none where that is the account's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub encrypted_with: Option<String>,
}

/// A credential whose secret must not be there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CondemnedRow {
    pub credential_id: CredentialId,
    pub condemned_at: Timestamp,
}

pub(super) fn credential_key(organization: &OrganizationId, fingerprint: &Fingerprint) -> Item {
    key(organization, format!("{CREDENTIAL}{fingerprint}"))
}

fn condemned_key(organization: &OrganizationId, id: &CredentialId) -> Item {
    key(organization, format!("{CONDEMNED}{id}"))
}

fn position_key() -> Item {
    key_of("SWEEP", "credentials")
}

impl Registry {
    pub(crate) async fn credential(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
    ) -> Result<Option<CredentialRow>, Error> {
        self.read(WHAT, credential_key(organization, fingerprint))
            .await
    }

    /// The credentials of an organization that are not condemned.
    pub(crate) async fn credentials(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<CredentialRow>, Error> {
        let read = |_: &str, row| Some(from_item(WHAT, row));
        self.all_rows(organization, CREDENTIAL, read).await
    }

    pub(crate) async fn condemned(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<CondemnedRow>, Error> {
        let read = |_: &str, row| Some(from_item(WHAT, row));
        self.all_rows(organization, CONDEMNED, read).await
    }

    /// Writes a new credential's row; false where there is one already.
    pub(crate) async fn announce_credential(
        &self,
        organization: &OrganizationId,
        new: &CredentialRow,
    ) -> Result<bool, Error> {
        // Whoever sweeps must find the organization. Not in one transaction with the row: all
        // credentials that are announced at once would be in each other's way.
        let known = key_of(ORGANIZATIONS, organization.as_str());
        self.put_if_new("noting an organization", known).await?;
        let key = credential_key(organization, &new.fingerprint);
        self.put_if_new("announcing a credential", row(WHAT, key, new)?)
            .await
    }

    pub(crate) async fn note_encrypted(
        &self,
        organization: &OrganizationId,
        row: &CredentialRow,
        kms_key: Option<&str>,
    ) -> Result<(), Error> {
        let note = self
            .table
            .update_step(credential_key(organization, &row.fingerprint))
            .condition_expression("credential_id = :credential")
            .expression_attribute_values(":credential", text(row.credential_id.as_str()));
        let note = match kms_key {
            Some(kms_key) => note
                .update_expression("SET encrypted_with = :key")
                .expression_attribute_values(":key", text(kms_key)),
            None => note.update_expression("REMOVE encrypted_with"),
        };
        // A failed condition: the credential is gone, or another one.
        self.transact("noting a key", [note.step()]).await?;
        Ok(())
    }

    /// Condemns a credential that nobody uses; false where somebody does.
    pub(crate) async fn condemn_credential(
        &self,
        organization: &OrganizationId,
        unused: &CredentialRow,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let id = &unused.credential_id;
        let delete = self
            .table
            .delete_step(credential_key(organization, &unused.fingerprint))
            .condition_expression("credential_id = :credential AND user_count = :nobody")
            .expression_attribute_values(":nobody", number(0))
            .expression_attribute_values(":credential", text(id.as_str()));
        let condemned = CondemnedRow {
            credential_id: id.clone(),
            condemned_at: now,
        };
        let condemned = row(WHAT, condemned_key(organization, id), &condemned)?;
        let steps = [delete.step(), self.put_new(condemned)];
        let failed = self.transact("condemning a credential", steps).await?;
        Ok(failed.is_none())
    }

    /// Condemns a credential if nobody uses it; gives it where it did.
    pub(crate) async fn retire_credential(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
        now: Timestamp,
    ) -> Result<Option<CredentialId>, Error> {
        let row = self.credential(organization, fingerprint).await?;
        let Some(row) = row.filter(|row| row.user_count == 0) else {
            return Ok(None);
        };
        let condemned = self.condemn_credential(organization, &row, now).await?;
        Ok(condemned.then_some(row.credential_id))
    }

    pub(crate) async fn forget_condemned(
        &self,
        organization: &OrganizationId,
        id: &CredentialId,
    ) -> Result<(), Error> {
        let step = self.delete_existing(condemned_key(organization, id));
        // A failed condition: somebody else has removed it already.
        self.transact("forgetting a credential", [step]).await?;
        Ok(())
    }

    /// At most so many of the organizations that have or had credentials, behind this one, and
    /// behind which to go on, where there may be more.
    pub async fn organizations(
        &self,
        after: Option<&str>,
        max: usize,
    ) -> Result<(Vec<OrganizationId>, Option<String>), Error> {
        let (rows, next) = self
            .some_rows(ORGANIZATIONS, "", after, max, Order::OldestFirst)
            .await?;
        let found = rows.iter();
        let found = found.filter_map(|(id, _)| OrganizationId::parse(id));
        Ok((found.collect(), next))
    }

    /// Behind which organization the sweep goes on; none where it begins anew.
    pub async fn sweep_position(&self) -> Result<Option<String>, Error> {
        let row = self.row(position_key()).await?;
        Ok(row.and_then(|row| field(&row, "after").map(str::to_owned)))
    }

    /// Notes how far the sweep has come; none where it has come to its end.
    pub async fn put_sweep_position(&self, after: Option<&str>) -> Result<(), Error> {
        let mut row = position_key();
        row.extend(after.map(|after| ("after".into(), text(after))));
        let operation = "noting how far the sweep has come";
        self.table.set(operation, row).await
    }
}
