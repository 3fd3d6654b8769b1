//! Which version of a webhook a call is about (RFC 9110, 13.1).

use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName};
use carillon_domain::{FaultCode, Webhook};

use crate::problem::Problem;
use crate::query::Query;

/// The version of a webhook, for those who change it next.
pub fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// What a call says in `If-Match`, if anything.
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// What is no version at all, a blank value too, is a fault, which `query` tells with its own.
    pub fn read(headers: &HeaderMap, query: &mut Query) -> Self {
        if !headers.contains_key(IF_MATCH) {
            return Self(None);
        }
        let meant: Vec<String> = listed(headers, &IF_MATCH).collect();
        if !meant.iter().all(|it| is_version(it)) {
            let detail = "must be the `ETag` of a webhook with its quotes, such as \"3\", or *";
            query.header_fault("If-Match", FaultCode::Malformed, detail);
        }
        Self(Some(meant))
    }

    /// The version that this webhook has.
    pub fn only(webhook: &Webhook) -> Self {
        Self(Some(vec![etag(webhook.version)]))
    }

    /// Only the very same version counts: a weak one says less than the caller must know.
    ///
    /// # Errors
    /// Where the webhook has another version than the caller means.
    pub fn check(&self, webhook: &Webhook) -> Result<(), Problem> {
        let version = etag(webhook.version);
        let is_meant = |meant: &String| *meant == "*" || *meant == version;
        match self.0.as_ref().is_none_or(|all| all.iter().any(is_meant)) {
            true => Ok(()),
            false => Err(Problem::PreconditionFailed),
        }
    }
}

/// Whether the caller has this version already, by its `If-None-Match`.
pub fn is_known(headers: &HeaderMap, webhook: &Webhook) -> bool {
    let version = etag(webhook.version);
    listed(headers, &IF_NONE_MATCH)
        .any(|known| known == "*" || known.trim_start_matches("W/") == version)
}

fn is_version(text: &str) -> bool {
    let tag = text.strip_prefix("W/").unwrap_or(text);
    let opaque = tag.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    text == "*" || opaque.is_some_and(|opaque| !opaque.contains('"'))
}

/// The versions that a header names, on one line or on several. One that cannot be read is blank.
fn listed(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    let values = headers.get_all(name).into_iter();
    values
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .map(|text| text.trim().to_owned())
}
