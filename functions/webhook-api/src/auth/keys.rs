//! The keys that admins make.

use std::time::Duration;

use carillon_aws::{Error, Quota, Registry};
use carillon_domain::api_key::KeyRequest;
use carillon_domain::audit::{Actor, ActorType};
use carillon_domain::{ApiKey, ApiKeyId};
use jiff::Timestamp;
use moka::future::Cache;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Identity, Scope};
use crate::problem::Problem;
use crate::registration::{TRIES, pause};

/// What a key begins with: people and scanners can tell what it is.
const PREFIX: &str = "crl_";
/// How long a key is kept in memory, and so how long a revoked one may still work.
const CACHE_PERIOD: Duration = Duration::from_secs(2);
/// How often the use of a key is written down at most.
const NOTE_PERIOD: Duration = Duration::from_secs(60);

/// The keys of the registry; one for a process.
#[derive(Clone)]
pub struct ApiKeys {
    registry: Registry,
    known: Cache<String, ApiKey>,
    noted: Cache<ApiKeyId, ()>,
}

impl ApiKeys {
    pub fn new(registry: Registry) -> Self {
        let cache = Cache::builder().max_capacity(10_000);
        let notes = Cache::builder().max_capacity(10_000);
        Self {
            registry,
            known: cache.time_to_live(CACHE_PERIOD).build(),
            noted: notes.time_to_live(NOTE_PERIOD).build(),
        }
    }

    /// A key as all are: 256 random bits.
    pub fn new_key() -> SecretString {
        let bits: [u8; 32] = rand::random();
        SecretString::from(format!("{PREFIX}{}", hex(&bits)))
    }

    /// Who bears this key, where it is one of these and still works.
    pub(super) async fn identify(
        &self,
        secret: &SecretString,
        now: Timestamp,
    ) -> Result<Option<Identity>, Problem> {
        if !secret.expose_secret().starts_with(PREFIX) {
            return Ok(None);
        }
        let found = self.find(hash(secret)).await?;
        let Some(key) = found.filter(|key| !key.is_expired(now)) else {
            return Ok(None);
        };
        self.note(&key, now).await;
        Ok(Some(Identity {
            organization: key.organization,
            role: key.role,
            actor: Actor {
                actor_type: ActorType::ApiKey,
                id: key.id.to_string(),
                name: Some(key.name),
            },
        }))
    }

    async fn find(&self, hash: String) -> Result<Option<ApiKey>, Error> {
        if let Some(key) = self.known.get(&hash).await {
            return Ok(Some(key));
        }
        let found = self.registry.key_by_hash(&hash).await?;
        if let Some(key) = &found {
            self.known.insert(hash, key.clone()).await;
        }
        Ok(found)
    }

    /// Nobody is turned away because this fails.
    async fn note(&self, key: &ApiKey, now: Timestamp) {
        if self.noted.contains_key(&key.id) {
            return;
        }
        self.noted.insert(key.id.clone(), ()).await;
        if let Err(error) = self.registry.key_used(key, now).await {
            let key_id = key.id.as_str();
            tracing::warn!(key_id, %error, "the use of a key could not be noted");
        }
    }
}

/// Gives a key another name or end, as `value` says.
pub async fn update(api: &Scope, id: &ApiKeyId, value: &Value) -> Result<ApiKey, Problem> {
    for tries in 0..TRIES {
        let found = api.registry.key(&api.organization, id).await?;
        let (read, hash) = found.ok_or(Problem::NotFound)?;
        let new = read.changed(value, Timestamp::now())?;
        if new == read {
            return Ok(new);
        }
        match api.registry.update_key(&read, &new, &hash).await {
            Ok(true) => {
                api.keys.known.invalidate(&hash).await;
                return Ok(new);
            }
            Ok(false) | Err(Error::Contended { .. }) => pause(tries).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::Contended)
}

/// Makes a key. It is told here once and kept nowhere.
pub async fn create(
    api: &Scope,
    id: ApiKeyId,
    request: KeyRequest,
    now: Timestamp,
) -> Result<(ApiKey, SecretString), Problem> {
    let secret = ApiKeys::new_key();
    let key = ApiKey {
        id,
        organization: api.organization.clone(),
        name: request.name,
        role: request.role,
        created_at: now,
        expires_at: request.expires_at,
        last_used_at: None,
    };
    match api.registry.create_key(&key, &hash(&secret)).await? {
        true => Ok((key, secret)),
        false => {
            let limit = api.registry.limit(Quota::ApiKeys);
            Err(Problem::quota_exceeded(Quota::ApiKeys, limit, None))
        }
    }
}

/// Makes another key in the place of one that nobody has used yet; none where somebody has, or
/// there is no such key.
pub async fn renew(api: &Scope, id: &ApiKeyId) -> Result<Option<(ApiKey, SecretString)>, Problem> {
    let Some((key, old)) = api.registry.key(&api.organization, id).await? else {
        return Ok(None);
    };
    let secret = ApiKeys::new_key();
    let new = hash(&secret);
    let renewed = api.registry.replace_unused_key(&key, &old, &new).await?;
    api.keys.known.invalidate(&old).await;
    Ok(renewed.then_some((key, secret)))
}

pub async fn revoke(api: &Scope, id: &ApiKeyId) -> Result<(), Problem> {
    let hash = api.registry.delete_key(&api.organization, id).await?;
    let hash = hash.ok_or(Problem::NotFound)?;
    api.keys.known.invalidate(&hash).await;
    Ok(())
}

/// A key has 256 random bits, so that its plain digest cannot be turned back by guessing.
fn hash(key: &SecretString) -> String {
    hex(&Sha256::digest(key.expose_secret().as_bytes()))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
