//! Who is calling, and what they may do.
//!
//! A caller is known by a key, or by the claims of a JWT that API Gateway has checked. Its
//! organization comes from there and from nowhere else.

mod admin_key;
pub mod keys;

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use carillon_domain::audit::{Actor, ActorType, By};
use carillon_domain::{OrganizationId, Permission, Role};
use jiff::Timestamp;
use lambda_http::request::RequestContext;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::problem::{Presented, Problem};
use crate::query::Query;
use crate::{Api, BASE, request_id};

pub use admin_key::{AdminKey, DEPLOYMENT};
pub use keys::{ApiKeys, hex};

/// What answers without a key.
const PUBLIC: [&str; 2] = ["/health", "/openapi.json"];

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub organization: OrganizationId,
    pub role: Role,
    pub actor: Actor,
}

/// The API within the organization of a caller; what they change is in the audit log.
pub struct Scope {
    api: Api,
    pub organization: OrganizationId,
    pub role: Role,
    pub actor: Actor,
}

impl Deref for Scope {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Scope {
    fn of(api: &Api, caller: &Identity) -> Self {
        let by = By {
            actor: caller.actor.clone(),
            request_id: request_id::current(),
        };
        let api = Api {
            registry: api.registry.by(by),
            ..api.clone()
        };
        Self {
            api,
            organization: caller.organization.clone(),
            role: caller.role,
            actor: caller.actor.clone(),
        }
    }

    /// Tells the caller from every other one of the organization.
    pub fn caller_id(&self) -> String {
        format!("{:?} {}", self.actor.actor_type, self.actor.id)
    }
}

/// A call, as far as it is read before its body, with the parameters of its path. Whoever may not
/// make it is answered before it is looked at any further.
pub struct Call<P = Read, T = ()>(pub Scope, pub Query, pub T, pub PhantomData<P>);

/// What a call needs to be allowed, as a type.
pub trait Needs {
    const PERMISSION: Permission;
}

macro_rules! needs {
    ($($name:ident)*) => {
        $(
            #[derive(Debug)]
            pub struct $name;

            impl Needs for $name {
                const PERMISSION: Permission = Permission::$name;
            }
        )*
    };
}

needs! { Read Write Publish Catalogue Keys }

impl<P: Needs, T: DeserializeOwned + Send> FromRequestParts<Arc<Api>> for Call<P, T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Identity>().ok_or_else(|| {
            Problem::internal("a call that needs a key was let through without one")
        })?;
        if !caller.role.may(P::PERMISSION) {
            return Err(Problem::Forbidden {
                role: caller.role,
                needed: P::PERMISSION,
            });
        }
        let scope = Scope::of(api, caller);
        let query = Query::from_request_parts(parts, api).await?;
        let path = Path::from_request_parts(parts, api).await;
        // One that cannot be read leads nowhere.
        let Path(path) = path.map_err(|_| Problem::NotFound)?;
        Ok(Self(scope, query, path, PhantomData))
    }
}

/// Lets a request through if its key is right, or if it needs none.
pub async fn require_key(
    State(api): State<Arc<Api>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let path = request.uri().path().strip_prefix(BASE);
    // Outside of the API there is nothing, whoever asks.
    let is_public = path.is_none_or(|path| PUBLIC.contains(&path));
    if is_public || request.method() == Method::OPTIONS {
        return Ok(next.run(request).await);
    }
    let identity = match claimed(&request)? {
        Some(identity) => identity,
        None => {
            let key = presented(request.headers()).map_err(Problem::Unauthorized)?;
            let known = identify(&api, &key).await?;
            known.ok_or(Problem::Unauthorized(Presented::UselessKey))?
        }
    };
    request.extensions_mut().insert(identity);
    Ok(next.run(request).await)
}

async fn identify(api: &Api, key: &SecretString) -> Result<Option<Identity>, Problem> {
    match api.keys.identify(key, Timestamp::now()).await? {
        Some(identity) => Ok(Some(identity)),
        None => api.admin_key.identify(key).await,
    }
}

/// Whom the claims of a JWT name. Only API Gateway can say that a request has some: it is
/// no header that a caller could send.
fn claimed(request: &Request) -> Result<Option<Identity>, Problem> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.extensions().get() else {
        return Ok(None);
    };
    let authorizer = context.authorizer.as_ref();
    let Some(jwt) = authorizer.and_then(|it| it.jwt.as_ref()) else {
        return Ok(None);
    };
    let claim = |name: &str| jwt.claims.get(name).map(String::as_str).unwrap_or_default();
    Ok(Some(Identity {
        organization: OrganizationId::parse(claim("organization")).ok_or(Problem::BadClaims)?,
        role: Role::parse(claim("role")).ok_or(Problem::BadClaims)?,
        actor: Actor {
            actor_type: ActorType::Jwt,
            id: claim("sub").to_owned(),
            name: None,
        },
    }))
}

/// The key of `Authorization: Api-Key <key>` or `Bearer <key>`.
fn presented(headers: &HeaderMap) -> Result<SecretString, Presented> {
    let header = headers.get(AUTHORIZATION).ok_or(Presented::Nothing)?;
    let text = header.to_str().unwrap_or_default();
    let (scheme, key) = text.split_once(' ').ok_or(Presented::NoKey)?;
    let known = ["api-key", "bearer"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    match key.trim() {
        key if known && !key.is_empty() => Ok(SecretString::from(key)),
        _ => Err(Presented::NoKey),
    }
}

#[cfg(test)]
mod tests;
