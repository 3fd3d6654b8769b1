//! Secrets Manager: where credentials live, and nowhere else.
//!
//! Guarantees: a credential is a [`SecretString`] from here on; it is read at most once
//! a process and cache period, also by many readers at once; `refresh` reads it afresh.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use carillon_domain::{CredentialId, OrganizationId};
use moka::future::Cache;
use secrecy::{ExposeSecret, SecretString};

use crate::Error;

/// The key that encrypts an account's secrets where no other is named.
const OWN_KEY: &str = "alias/aws/secretsmanager";
const NOT_FOUND: &str = "ResourceNotFoundException";
const INVALID: &str = "InvalidRequestException";
/// How long a secret is kept in memory.
pub const CACHE_PERIOD: Duration = Duration::from_secs(300);

/// Reads secrets by name, through a cache.
#[derive(Clone)]
pub struct SecretCache {
    client: Client,
    cache: Cache<String, Option<SecretString>>,
}

impl SecretCache {
    pub fn new(client: Client, period: Duration) -> Self {
        let cache = Cache::builder()
            .max_capacity(10_000)
            .time_to_live(period)
            .build();
        Self { client, cache }
    }

    /// The secret of this name, or none where there is none.
    pub async fn get(&self, name: &str) -> Result<Option<SecretString>, Arc<Error>> {
        let found = self
            .cache
            .try_get_with_by_ref(name, self.read(name))
            .await?;
        if found.is_none() {
            // It may be made at any time.
            self.cache.invalidate(name).await;
        }
        Ok(found)
    }

    async fn forget(&self, name: &str) {
        self.cache.invalidate(name).await;
    }

    async fn read(&self, name: &str) -> Result<Option<SecretString>, Error> {
        match self.client.get_secret_value().secret_id(name).send().await {
            Ok(answer) => Ok(answer.secret_string.map(SecretString::from)),
            Err(error) => match error.code() {
                // The latter where it is marked for deletion.
                Some(NOT_FOUND | INVALID) => Ok(None),
                _ => Err(Error::call("reading a secret")(error)),
            },
        }
    }
}

/// The credentials of webhooks, each a secret named `<prefix>/<organization>/<credential id>`.
#[derive(Clone)]
pub struct SecretStore {
    prefix: String,
    cache: SecretCache,
    kms_key: Option<String>,
}

impl SecretStore {
    pub fn new(prefix: String, cache: SecretCache) -> Self {
        Self {
            prefix,
            cache,
            kms_key: None,
        }
    }

    /// Encrypts what is made from now on with this KMS key, not with the account's own.
    #[must_use]
    pub fn encrypted_with(self, kms_key: Option<String>) -> Self {
        Self { kms_key, ..self }
    }

    /// The KMS key of what is made from now on; none where that is the account's own.
    pub(crate) fn kms_key(&self) -> Option<&str> {
        self.kms_key.as_deref()
    }

    fn name(&self, organization: &OrganizationId, credential: &CredentialId) -> String {
        format!("{}/{organization}/{credential}", self.prefix)
    }

    /// The credential, or none where it was deleted.
    pub async fn get(
        &self,
        organization: &OrganizationId,
        credential: &CredentialId,
    ) -> Result<Option<SecretString>, Arc<Error>> {
        self.cache.get(&self.name(organization, credential)).await
    }

    /// As [`get`](Self::get), but surely as it is now.
    pub async fn refresh(
        &self,
        organization: &OrganizationId,
        credential: &CredentialId,
    ) -> Result<Option<SecretString>, Arc<Error>> {
        let name = self.name(organization, credential);
        self.cache.forget(&name).await;
        self.cache.get(&name).await
    }

    /// Makes the secret; one that is there already stays as it is.
    pub async fn create(
        &self,
        organization: &OrganizationId,
        credential: &CredentialId,
        value: &SecretString,
    ) -> Result<(), Error> {
        let name = self.name(organization, credential);
        let result = self
            .cache
            .client
            .create_secret()
            .name(&name)
            .description("A credential of Carillon's webhooks. Managed by Carillon.")
            .set_kms_key_id(self.kms_key.clone())
            .secret_string(value.expose_secret())
            .send()
            .await;
        let Err(error) = result else {
            return Ok(());
        };
        match error.code() {
            Some("ResourceExistsException") => Ok(()),
            // Somebody marked it for deletion by hand.
            Some(INVALID) => self.restore(&name, value).await,
            _ => Err(Error::call("making a secret")(error)),
        }
    }

    /// Encrypts a secret anew, with the key of this store; one that is not there is fine. The key
    /// that encrypts it so far must still be enabled ("UpdateSecret" in the Secrets Manager API
    /// reference: with another key, the versions in use are encrypted anew).
    pub(crate) async fn encrypt_anew(
        &self,
        organization: &OrganizationId,
        credential: &CredentialId,
    ) -> Result<(), Error> {
        let result = self
            .cache
            .client
            .update_secret()
            .secret_id(self.name(organization, credential))
            .kms_key_id(self.kms_key().unwrap_or(OWN_KEY))
            .send()
            .await;
        done_or_gone("encrypting a secret anew", result)
    }

    async fn restore(&self, name: &str, value: &SecretString) -> Result<(), Error> {
        const OPERATION: &str = "restoring a secret";
        self.cache
            .client
            .restore_secret()
            .secret_id(name)
            .send()
            .await
            .map_err(Error::call(OPERATION))?;
        self.cache
            .client
            .put_secret_value()
            .secret_id(name)
            .secret_string(value.expose_secret())
            .send()
            .await
            .map_err(Error::call(OPERATION))?;
        self.cache.forget(name).await;
        Ok(())
    }

    /// Deletes the secret, at once and for good; one that is not there is fine.
    pub async fn delete(
        &self,
        organization: &OrganizationId,
        credential: &CredentialId,
    ) -> Result<(), Error> {
        let name = self.name(organization, credential);
        let result = self
            .cache
            .client
            .delete_secret()
            .secret_id(&name)
            .force_delete_without_recovery(true)
            .send()
            .await;
        self.cache.forget(&name).await;
        done_or_gone("deleting a secret", result)
    }
}

/// An error where a call failed, but for a secret that is not there.
fn done_or_gone<T, E>(operation: &'static str, result: Result<T, SdkError<E>>) -> Result<(), Error>
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    match result {
        Err(error) if error.code() != Some(NOT_FOUND) => Err(Error::call(operation)(error)),
        _ => Ok(()),
    }
}
