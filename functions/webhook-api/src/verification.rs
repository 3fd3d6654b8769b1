//! Asking the platform about a new credential before it is kept.

use std::collections::BTreeMap;

use carillon_chat::Verification;
use carillon_domain::{Configured, Credential, Pointer, Registration, Webhook};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::pause::{paused_hint, paused_until};
use crate::problem::Problem;

/// What the platform said of a new credential.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Verification)]
pub struct Verified {
    /// `verified`; `unverified`, where the platform could not be asked, or never can be; or `skipped`.
    #[schema(example = "verified")]
    status: &'static str,
    /// Why it could not be verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    hint: Option<String>,
    /// What the credential leads to, in the platform's own names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    facts: BTreeMap<&'static str, String>,
    /// What could not be found out, or will go wrong later.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

/// Verifies a credential if it is new. Gives none where it is not.
///
/// # Errors
/// What the platform refuses, by pointers below `at`, where the configuration stands.
pub async fn verify(
    api: &Api,
    destination: &Configured,
    credential: &Credential,
    wanted: bool,
    at: &Pointer,
) -> Result<Option<Verified>, Problem> {
    let Credential::New(value) = credential else {
        return Ok(None);
    };
    let kind = api.chat.kinds().get(&destination.kind);
    let Some(kind) = kind.filter(|_| wanted) else {
        return Ok(Some(Verified {
            status: "skipped",
            ..Verified::default()
        }));
    };
    let unverified = |hint: String| Verified {
        status: "unverified",
        hint: Some(hint),
        ..Verified::default()
    };
    if let Some(until) = paused_until(&api.ledger, kind).await {
        return Ok(Some(unverified(paused_hint(until))));
    }
    let configuration = &destination.configuration;
    match api.chat.verify(kind, configuration, value).await {
        Verification::Verified(found) => {
            let was_asked = kind.question(configuration).is_ok();
            Ok(Some(Verified {
                status: if was_asked { "verified" } else { "unverified" },
                hint: None,
                facts: found.facts,
                warnings: found.warnings,
            }))
        }
        Verification::Unreachable { hint } => {
            tracing::warn!(hint, "a credential could not be verified");
            Ok(Some(unverified(hint)))
        }
        Verification::Refused(faults) => Err(Problem::Invalid(faults.below(at))),
    }
}

/// As [`verify`], of a webhook that is changed: the credential that it keeps is verified anew
/// where it is to do what it did not do before.
pub async fn verify_change(
    api: &Api,
    read: &Webhook,
    registration: &Registration,
    wanted: bool,
    at: &Pointer,
) -> Result<Option<Verified>, Problem> {
    let destination = &registration.destination;
    let kind = api.chat.kinds().get(&destination.kind);
    let (before, after) = (&read.configuration, &destination.configuration);
    let asks_more = kind.is_some_and(|kind| kind.asks_more(before, after));
    let credential = match &destination.credential {
        Credential::Unchanged if asks_more => api
            .credentials
            .value(read)
            .await?
            .map_or(Credential::Unchanged, Credential::New),
        credential => credential.clone(),
    };
    verify(api, destination, &credential, wanted, at).await
}
