//! Lists page by page: `limit` and `cursor` of the query.
//!
//! A cursor says after which item a list goes on, so that items that are added meanwhile
//! neither repeat nor hide others. It is signed together with the organization and the
//! query it belongs to.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use carillon_domain::{FaultCode, Faults, Pointer};
use hmac::Mac;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::auth::Scope;
use crate::parameters::{CURSOR, LIMIT};
use crate::problem::Problem;
use crate::query::Query;

/// A signature's length, in bytes: SHA-256.
const SIGNATURE: usize = 32;

const NOT_A_CURSOR: &str = "is not a cursor of this list with this query; begin again without it";

/// A part of a list, and where it goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub results: Vec<T>,
    /// Cursor of the next page; null on the last. Also a short page may have one.
    #[schema(required)]
    pub next: Option<String>,
}

/// Which part of a list is wanted.
#[derive(Debug)]
pub struct Wanted {
    pub limit: usize,
    /// The last item of the page before.
    pub after: Option<String>,
    /// What a cursor belongs to. No two lists with different filters look alike.
    binding: String,
}

impl Wanted {
    /// Reads `limit` and `cursor`, which end the query. The list is told by `list` and by the
    /// filters, all of which have been taken from the query before.
    pub async fn read(api: &Scope, list: &str, mut query: Query) -> Result<Self, Problem> {
        let binding = format!("{}\n{list}\n{:?}", api.organization, query.taken());
        let limit = query.get(&LIMIT).unwrap_or(LIMIT.rule.default);
        let after = match query.get(&CURSOR) {
            None => None,
            Some(cursor) => {
                let after = verified(api, &binding, &cursor).await?;
                if after.is_none() {
                    query.fault(CURSOR.name, FaultCode::Malformed, NOT_A_CURSOR);
                }
                after
            }
        };
        query.finish()?;
        Ok(Self {
            limit,
            after,
            binding,
        })
    }

    /// What a cursor is told that says nothing to its list.
    pub fn not_a_cursor() -> Problem {
        let pointer = Pointer::root().field("query").field(CURSOR.name);
        Problem::Invalid(Faults::only(pointer, FaultCode::Malformed, NOT_A_CURSOR))
    }

    /// The page, where `last` is the key of its last item if there may be more.
    pub async fn page<T>(
        &self,
        api: &Api,
        results: Vec<T>,
        last: Option<&str>,
    ) -> Result<Page<T>, Problem> {
        let next = match last {
            Some(last) => Some(signed(api, &self.binding, last).await?),
            None => None,
        };
        Ok(Page { results, next })
    }
}

async fn mac(api: &Api, binding: &str, after: &str) -> Result<hmac::Hmac<sha2::Sha256>, Problem> {
    let mut mac = api.admin_key.signer("cursor").await?;
    mac.update(&(binding.len() as u64).to_be_bytes());
    mac.update(binding.as_bytes());
    mac.update(after.as_bytes());
    Ok(mac)
}

async fn signed(api: &Api, binding: &str, after: &str) -> Result<String, Problem> {
    let signature = mac(api, binding, after).await?.finalize().into_bytes();
    let bytes = [signature.as_slice(), after.as_bytes()].concat();
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// What a cursor says, if it is one of ours for this list.
async fn verified(api: &Api, binding: &str, cursor: &str) -> Result<Option<String>, Problem> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
    let Some((signature, after)) = bytes.split_at_checked(SIGNATURE) else {
        return Ok(None);
    };
    let Ok(after) = std::str::from_utf8(after) else {
        return Ok(None);
    };
    let is_ours = mac(api, binding, after).await?.verify_slice(signature);
    Ok(is_ours.is_ok().then(|| after.to_owned()))
}
