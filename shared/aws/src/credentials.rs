//! The life of a credential: made with its first user, gone with its last.
//!
//! Guarantees: webhooks of one organization with the same credential share one secret.
//! A secret is announced in the registry before it is made, and noted there as condemned
//! until long after it was deleted; whatever a crash or a race leaves behind is found by
//! the next sweep.
//!
//! A rotated credential gets a secret of its own: of Secrets Manager's versions none can be
//! deleted, and the old credential is to be gone when the new one has delivered.

use std::sync::Arc;
use std::time::Duration;

use carillon_domain::{CredentialId, CredentialRef, Fingerprint, OrganizationId, Webhook};
use jiff::Timestamp;
use secrecy::SecretString;

use crate::registry::CredentialRow;
use crate::{Error, Registry, SecretStore};

/// How old a credential without users must be to count as left behind, and for how long
/// a condemned one is remembered: longer than any call that could still make its secret.
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

    /// Makes sure that the credential's secret is there, and tells how to refer to it.
    pub async fn open(
        &self,
        organization: &OrganizationId,
        value: &SecretString,
        now: Timestamp,
    ) -> Result<CredentialRef, Error> {
        let fingerprint = Fingerprint::of(organization, value);
        let row = loop {
            if let Some(row) = self.registry.credential(organization, &fingerprint).await? {
                break row;
            }
            let row = CredentialRow {
                fingerprint: fingerprint.clone(),
                credential_id: CredentialId::generate(ulid::Ulid::generate()),
                created_at: now,
                user_count: 0,
                dead_since: None,
                encrypted_with: self.secrets.kms_key().map(ToOwned::to_owned),
            };
            let announced = self.registry.announce_credential(organization, &row);
            if announced.await? {
                break row;
            }
        };
        // Also where others use it already: this mends a secret deleted by hand.
        self.secrets
            .create(organization, &row.credential_id, value)
            .await?;
        Ok(CredentialRef {
            id: row.credential_id,
            fingerprint,
        })
    }

    /// Takes back an [`open`](Self::open) that came too late: the credential is condemned.
    pub async fn close(
        &self,
        organization: &OrganizationId,
        id: &CredentialId,
    ) -> Result<(), Error> {
        self.secrets.delete(organization, id).await
    }

    /// The credential of a webhook, or none where its secret was deleted by hand.
    pub async fn value(&self, webhook: &Webhook) -> Result<Option<SecretString>, Arc<Error>> {
        let credential = &webhook.credential.id;
        self.secrets.get(&webhook.organization, credential).await
    }

    /// Deletes the credential if nobody uses it any more.
    pub async fn release(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
        now: Timestamp,
    ) -> Result<(), Error> {
        let registry = &self.registry;
        match registry
            .retire_credential(organization, fingerprint, now)
            .await?
        {
            // The next sweep deletes it again: a registration may be under way.
            Some(id) => self.secrets.delete(organization, &id).await,
            None => Ok(()),
        }
    }

    /// The webhook's new credential has delivered: the one before is not needed any more, and
    /// is deleted if nobody else uses it.
    pub async fn end_rotation(&self, webhook: &Webhook, now: Timestamp) -> Result<(), Error> {
        match self.registry.end_rotation(webhook, now).await? {
            Some(id) => self.secrets.delete(&webhook.organization, &id).await,
            None => Ok(()),
        }
    }

    /// Finishes what calls that died have left behind, and encrypts anew what another key
    /// encrypts than the deployment has. Two sweeps at once do no harm: what one
    /// has condemned or forgotten, the other does not find, or finds done.
    pub async fn sweep(&self, organization: &OrganizationId, now: Timestamp) -> Result<(), Error> {
        let Self { registry, secrets } = self;
        for row in registry.credentials(organization).await? {
            if row.user_count == 0 && row.created_at + ABANDONED_AFTER <= now {
                registry.condemn_credential(organization, &row, now).await?;
            } else if row.encrypted_with.as_deref() != secrets.kms_key() {
                // First the secret, then the note: done twice, it does no harm.
                secrets
                    .encrypt_anew(organization, &row.credential_id)
                    .await?;
                let noted = registry.note_encrypted(organization, &row, secrets.kms_key());
                noted.await?;
            }
        }
        for row in registry.condemned(organization).await? {
            // Each time: a call that was under way may have made it again.
            let id = &row.credential_id;
            secrets.delete(organization, id).await?;
            if row.condemned_at + ABANDONED_AFTER <= now {
                registry.forget_condemned(organization, id).await?;
            }
        }
        Ok(())
    }
}
