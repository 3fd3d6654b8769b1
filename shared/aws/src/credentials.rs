//! The life of a credential: made with its first user, gone with its last.
//!
//! Guarantees: webhooks of one organization with the same credential share one secret;
//! a secret is always announced in the registry before it is made and forgotten after
//! it was deleted, so that whatever a crash leaves behind is found and finished.

use std::time::Duration;

use carillon_domain::{CredentialId, Fingerprint, OrganizationId};
use jiff::Timestamp;
use secrecy::SecretString;

use crate::registry::CredentialRow;
use crate::{Error, Registry, SecretStore};

/// How old a credential without users must be to count as left behind: longer than any
/// registration takes.
const ABANDONED_AFTER: Duration = Duration::from_secs(15 * 60);

#[derive(Clone)]
pub struct Credentials {
    registry: Registry,
    secrets: SecretStore,
}

impl Credentials {
    pub fn new(registry: Registry, secrets: SecretStore) -> Self {
        Self { registry, secrets }
    }

    /// Makes sure that the credential's secret is there, and tells its id.
    pub async fn open(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
        value: &SecretString,
        now: Timestamp,
    ) -> Result<CredentialId, Error> {
        loop {
            let row = match self.registry.credential(organization, fingerprint).await? {
                Some(row) if row.deleting => {
                    // Somebody's deletion, perhaps one that died: finish it and begin anew.
                    self.erase(organization, fingerprint, &row.credential_id)
                        .await?;
                    continue;
                }
                Some(row) => row,
                None => {
                    let row = CredentialRow {
                        credential_id: CredentialId::generate(ulid::Ulid::generate()),
                        created_at: now,
                        deleting: false,
                        used_by: Vec::new(),
                    };
                    let announced = self
                        .registry
                        .announce_credential(organization, fingerprint, &row)
                        .await?;
                    if !announced {
                        continue;
                    }
                    row
                }
            };
            // Also where others use it already: this mends a secret deleted by hand.
            self.secrets
                .create(organization, &row.credential_id, value)
                .await?;
            return Ok(row.credential_id);
        }
    }

    /// Deletes the credential if nobody uses it any more.
    pub async fn release(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
    ) -> Result<(), Error> {
        match self.registry.credential(organization, fingerprint).await? {
            Some(row) => self.collect(organization, fingerprint, &row).await,
            None => Ok(()),
        }
    }

    /// Finishes what calls that died have left behind.
    pub async fn sweep(&self, organization: &OrganizationId, now: Timestamp) -> Result<(), Error> {
        for (fingerprint, row) in self.registry.credentials(organization).await? {
            let old = row.created_at + ABANDONED_AFTER <= now;
            if row.deleting || (row.used_by.is_empty() && old) {
                self.collect(organization, &fingerprint, &row).await?;
            }
        }
        Ok(())
    }

    async fn collect(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
        row: &CredentialRow,
    ) -> Result<(), Error> {
        let id = &row.credential_id;
        let condemned = self
            .registry
            .condemn_credential(organization, fingerprint, id)
            .await?;
        if condemned {
            self.erase(organization, fingerprint, id).await?;
        }
        Ok(())
    }

    async fn erase(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
        id: &CredentialId,
    ) -> Result<(), Error> {
        self.secrets.delete(organization, id).await?;
        self.registry
            .forget_credential(organization, fingerprint, id)
            .await
    }
}
