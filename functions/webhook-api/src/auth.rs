//! Who is calling.

use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use carillon_aws::SecretCache;
use carillon_domain::OrganizationId;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::problem::Problem;
use crate::{Api, BASE};

/// What answers without a key.
const PUBLIC: [&str; 2] = ["/health", "/openapi.json"];

/// The caller, known by its key.
#[derive(Debug, Clone)]
pub struct Caller {
    pub organization: OrganizationId,
}

/// The key that was made at deployment: a secret of the form
/// `{"organization": "…", "key": "…"}`.
#[derive(Clone)]
pub struct AdminKey {
    cache: SecretCache,
    secret_name: String,
}

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

    async fn identify(&self, key: &SecretString) -> Result<Caller, Problem> {
        const OPERATION: &str = "checking a key";
        let secret = self
            .cache
            .get(&self.secret_name)
            .await
            .map_err(Problem::internal(OPERATION))?
            .ok_or("the admin key's secret is not there")
            .map_err(Problem::internal(OPERATION))?;
        let stored: Stored = serde_json::from_str(secret.expose_secret())
            // The error could quote the secret.
            .map_err(|_| "the admin key's secret is not of the form {organization, key}")
            .map_err(Problem::internal(OPERATION))?;
        if !is_equal(key, &stored.key) {
            return Err(Problem::Unauthorized);
        }
        let organization = OrganizationId::parse(&stored.organization)
            .ok_or("the admin key's secret names no valid organization")
            .map_err(Problem::internal(OPERATION))?;
        Ok(Caller { organization })
    }
}

/// Takes the same time wherever two keys begin to differ.
fn is_equal(a: &SecretString, b: &SecretString) -> bool {
    let digest = |key: &SecretString| Sha256::digest(key.expose_secret().as_bytes());
    digest(a).as_slice().ct_eq(digest(b).as_slice()).into()
}

/// Lets a request through if its key is right, or if it needs none.
pub async fn require_key(
    State(api): State<Api>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let path = request.uri().path().strip_prefix(BASE).unwrap_or_default();
    if PUBLIC.contains(&path) {
        return Ok(next.run(request).await);
    }
    let key = presented(request.headers()).ok_or(Problem::Unauthorized)?;
    let caller = api.admin_key.identify(&key).await?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// The key of `Authorization: Api-Key <key>` or `Bearer <key>`.
fn presented(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let known = ["api-key", "bearer"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    let key = key.trim();
    (known && !key.is_empty()).then(|| SecretString::from(key))
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        presented(&headers).map(|key| key.expose_secret().to_owned())
    }

    #[test]
    fn a_key_is_taken_from_both_schemes_and_no_other() {
        assert_eq!(header("Api-Key abc"), Some("abc".into()));
        assert_eq!(header("bearer  abc"), Some("abc".into()));
        assert_eq!(header("Basic abc"), None);
        assert_eq!(header("Bearer "), None);
        assert_eq!(header("abc"), None);
    }
}
