//! Calls that a client has given a key, so that a repeat does nothing: what they were, and what
//! they were answered.
//!
//! Guarantees: of several calls with one key, one at a time is under way, and which id the thing
//! has that they make is settled by the first of them: whoever takes over from one that died makes
//! the same thing, or finds it made. No secret is kept: of the request only a keyed digest, of the
//! answer what anybody may see again.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::OrganizationId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Registry, key_of};
use crate::Error;
use crate::table::{Item, from_item, is_made, number, put_or_find, row, text};

/// For how long a call is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a call can be under way: longer than the API's function runs.
const LEASE: Duration = Duration::from_secs(60);

const WHAT: &str = "a call with a key";

/// A call that is under way, or was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyedCall {
    #[serde(skip)]
    key: Item,
    /// A keyed digest of its query and body.
    pub request: String,
    /// The id of what it makes or changes.
    pub object_id: String,
    /// Who is at it.
    pub lease: String,
    /// Until when nobody else may go on with it.
    pub leased_until: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<KeptAnswer>,
}

impl KeyedCall {
    /// When it began that was answered.
    pub fn begun_at(&self) -> Timestamp {
        self.leased_until - LEASE
    }
}

/// The answer, without any secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    pub at: Timestamp,
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    /// As JSON.
    pub body: String,
    /// Whether it had a secret that was made for it and shown once.
    pub had_secret: bool,
    /// The webhook's version that it was about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<u64>,
}

/// What there is already where a call begins.
#[derive(Debug)]
pub enum Begun {
    /// Nothing: it is the first.
    First(KeyedCall),
    /// A call that died; this one goes on.
    Again(KeyedCall),
    /// One that is under way, or was answered.
    There(KeyedCall),
}

impl Registry {
    /// Begins a call, where no other with its key was begun.
    pub async fn begin_call(
        &self,
        organization: &OrganizationId,
        id: &str,
        request: &str,
        object_id: String,
        now: Timestamp,
    ) -> Result<Begun, Error> {
        let new = KeyedCall {
            key: key_of(format!("CALL#{organization}"), id),
            request: request.to_owned(),
            object_id,
            lease: ulid::Ulid::generate().to_string(),
            leased_until: now + LEASE,
            answer: None,
        };
        let is_free = "attribute_not_exists(pk) OR kept_until <= :now";
        let is_free = (is_free, ":now", number(now.as_second()));
        let Some(there) = self.put_call(&new, is_free, now).await? else {
            return Ok(Begun::First(new));
        };
        let has_died = there.answer.is_none() && there.leased_until <= now;
        if !has_died || there.request != request {
            return Ok(Begun::There(there));
        }
        let next = KeyedCall {
            object_id: there.object_id.clone(),
            ..new
        };
        let is_same = ("lease = :lease", ":lease", text(&there.lease));
        let faster = self.put_call(&next, is_same, now).await?;
        Ok(match faster {
            None => Begun::Again(next),
            Some(faster) => Begun::There(faster),
        })
    }

    /// Writes how a call stands, if nobody else has gone on with it.
    pub async fn note_call(&self, call: &KeyedCall, now: Timestamp) -> Result<(), Error> {
        let is_ours = ("lease = :lease", ":lease", text(&call.lease));
        self.put_call(call, is_ours, now).await?;
        Ok(())
    }

    /// Gives the call that there is, where the condition does not hold.
    async fn put_call(
        &self,
        call: &KeyedCall,
        (condition, name, value): (&str, &str, AttributeValue),
        now: Timestamp,
    ) -> Result<Option<KeyedCall>, Error> {
        let mut row = row(WHAT, call.key.clone(), call)?;
        let first = call.answer.as_ref().map_or(now, |answer| answer.at);
        let until = (first + REMEMBERED).as_second();
        row.insert("kept_until".into(), number(until));
        let put = self
            .table
            .put(row)
            .condition_expression(condition)
            .expression_attribute_values(name, value);
        let there = put_or_find("noting a call", put).await?;
        let there = there.map(|there| from_item(WHAT, there)).transpose()?;
        let key = call.key.clone();
        Ok(there.map(|there| KeyedCall { key, ..there }))
    }

    /// Forgets a call that did nothing, if nobody else has gone on with it.
    pub async fn forget_call(&self, call: &KeyedCall) -> Result<(), Error> {
        let delete = self
            .table
            .delete(call.key.clone())
            .condition_expression("lease = :lease")
            .expression_attribute_values(":lease", text(&call.lease));
        is_made("forgetting a call", delete.send().await)?;
        Ok(())
    }
}
