//! The key that was made at deployment.

use std::time::Duration;

use carillon_aws::SecretCache;
use carillon_domain::audit::{Actor, ActorType};
use carillon_domain::{OrganizationId, Role};
use hmac::{Hmac, KeyInit};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Identity;
use crate::problem::Problem;

/// The key that was made at deployment: a secret of the form
/// `{"organization": "…", "key": "…"}`.
#[derive(Clone)]
pub struct AdminKey {
    cache: SecretCache,
    secret_name: String,
}

/// What stands for the key's id.
pub const DEPLOYMENT: &str = "deployment";

#[derive(Deserialize)]
struct Stored {
    organization: String,
    key: SecretString,
}

impl AdminKey {
    /// How long the key may be kept in memory, and so how long a replaced one still works.
    pub const CACHE_PERIOD: Duration = Duration::from_secs(60);

    pub fn new(cache: SecretCache, secret_name: String) -> Self {
        Self { cache, secret_name }
    }

    /// Who bears this key, where it is the admin's.
    pub(super) async fn identify(&self, key: &SecretString) -> Result<Option<Identity>, Problem> {
        let stored = self.stored().await?;
        if !is_equal(key, &stored.key) {
            return Ok(None);
        }
        let organization = OrganizationId::parse(&stored.organization).ok_or_else(|| {
            Problem::internal("the admin key's secret names no valid organization")
        })?;
        Ok(Some(Identity {
            organization,
            role: Role::Admin,
            actor: Actor {
                actor_type: ActorType::DeploymentKey,
                id: DEPLOYMENT.to_owned(),
                name: Some("admin key".to_owned()),
            },
        }))
    }

    pub(crate) async fn is_of(&self, organization: &OrganizationId) -> Result<bool, Problem> {
        Ok(self.stored().await?.organization == organization.as_str())
    }

    /// What signs for this deployment under a name of its own.
    pub(crate) async fn signer(&self, purpose: &str) -> Result<Hmac<Sha256>, Problem> {
        let stored = self.stored().await?;
        let mut digest = Sha256::new();
        digest.update(purpose.as_bytes());
        digest.update([0]);
        digest.update(stored.key.expose_secret().as_bytes());
        Hmac::new_from_slice(&digest.finalize()).map_err(|error| Problem::internal(error))
    }

    async fn stored(&self) -> Result<Stored, Problem> {
        let secret = self.cache.get(&self.secret_name).await?;
        let secret =
            secret.ok_or_else(|| Problem::internal("the admin key's secret is not there"))?;
        // The error could quote the secret.
        serde_json::from_str(secret.expose_secret()).map_err(|_| {
            Problem::internal("the admin key's secret is not of the form {organization, key}")
        })
    }
}

/// Takes the same time wherever two keys begin to differ.
fn is_equal(a: &SecretString, b: &SecretString) -> bool {
    let digest = |key: &SecretString| Sha256::digest(key.expose_secret().as_bytes());
    digest(a).as_slice().ct_eq(digest(b).as_slice()).into()
}
