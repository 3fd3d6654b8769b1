//! Asking the platform about a new credential before it is kept.

use std::collections::BTreeMap;

use carillon_chat::Verification;
use carillon_domain::webhook::Grouping;
use carillon_domain::{
    Configuration, Credential, DestinationKind, Faults, Pointer, Registration, Webhook,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::pause::{paused_hint, paused_until};
use crate::problem::Problem;

/// What the platform said of a new credential.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Verification)]
pub struct Verified {
    /// `verified`; `unverified`, where the platform could not be asked; or `skipped`.
    #[schema(example = "verified")]
    status: &'static str,
    /// Why it could not be verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// What the credential leads to, in the platform's own names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    facts: BTreeMap<&'static str, String>,
    /// What could not be found out, or will go wrong later.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl Verified {
    fn with(status: &'static str) -> Self {
        Self {
            status,
            hint: None,
            facts: BTreeMap::new(),
            warnings: Vec::new(),
        }
    }
}

/// Verifies a credential if it is new. Gives none where it is not.
///
/// # Errors
/// What the platform refuses, by pointers below `at`, where the configuration stands.
pub async fn verify(
    api: &Api,
    configuration: &Configuration,
    credential: &Credential,
    wanted: bool,
    at: &Pointer,
) -> Result<Option<Verified>, Problem> {
    let Credential::New(value) = credential else {
        return Ok(None);
    };
    if !wanted {
        return Ok(Some(Verified::with("skipped")));
    }
    if let Some(until) = paused_until(&api.ledger, configuration.kind.platform()).await {
        return Ok(Some(Verified {
            hint: Some(paused_hint(until)),
            ..Verified::with("unverified")
        }));
    }
    match api.chat.verify(configuration, value).await {
        Verification::Verified(found) => Ok(Some(Verified {
            facts: found.facts,
            warnings: found.warnings,
            ..Verified::with("verified")
        })),
        Verification::Unreachable { hint } => {
            tracing::warn!(hint, "a credential could not be verified");
            Ok(Some(Verified {
                hint: Some(hint),
                ..Verified::with("unverified")
            }))
        }
        Verification::Refused(inner) => {
            let mut faults = Faults::default();
            faults.add_below(at, inner);
            Err(Problem::Invalid(faults))
        }
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
    let configuration = &registration.configuration;
    let credential = match &registration.credential {
        Credential::Unchanged if asks_more(&read.configuration, configuration) => api
            .credentials
            .value(read)
            .await
            .map_err(Problem::internal("verifying a credential"))?
            .map_or(Credential::Unchanged, Credential::New),
        credential => credential.clone(),
    };
    verify(api, configuration, &credential, wanted, at).await
}

/// Whether a configuration asks something of its credential that the one before did not, and
/// that the platform has something to say about.
fn asks_more(before: &Configuration, after: &Configuration) -> bool {
    match after.kind {
        DestinationKind::SlackBot => {
            let channels = before.channels();
            after.channels().iter().any(|new| !channels.contains(new))
                || (before.username.is_none() && after.username.is_some())
                || (before.icon_emoji.is_none() && after.icon_emoji.is_some())
        }
        // Where it posts, and under which name, is the credential's own affair.
        DestinationKind::SlackWebhook => false,
        DestinationKind::DiscordWebhook => {
            (after.thread_id.is_some() && before.thread_id != after.thread_id)
                || (after.grouping == Grouping::Thread && before.grouping != Grouping::Thread)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_credential_is_asked_about_where_it_is_to_do_more() {
        use DestinationKind::{DiscordWebhook, SlackBot, SlackWebhook};
        type Change = fn(&mut Configuration);
        let changes: [(Change, [bool; 3]); 8] = [
            (|c| c.channel = Some("other".into()), [true, false, false]),
            (|c| c.channels = vec!["infra".into()], [false, false, false]),
            (|c| c.username = Some("Bell".into()), [true, false, false]),
            (
                |c| c.icon_emoji = Some(":bell:".into()),
                [true, false, false],
            ),
            (
                |c| c.avatar_url = Some("https://x.example".into()),
                [false, false, false],
            ),
            (
                |c| c.thread_id = Some("123456789012345678".into()),
                [false, false, true],
            ),
            (|c| c.grouping = Grouping::Thread, [false, false, true]),
            (|c| c.grouping = Grouping::Update, [false, false, false]),
        ];
        for (n, (change, expected)) in changes.into_iter().enumerate() {
            for (kind, expected) in [SlackBot, SlackWebhook, DiscordWebhook]
                .into_iter()
                .zip(expected)
            {
                let mut before = Configuration::new(kind, "x".into());
                before.channel = Some("infra".into());
                let mut after = before.clone();
                change(&mut after);
                assert_eq!(asks_more(&before, &after), expected, "{n} {kind:?}");
            }
        }
        let mut before = Configuration::new(SlackBot, "x".into());
        before.username = Some("Bell".into());
        let mut after = before.clone();
        after.username = Some("Bells".into());
        assert!(!asks_more(&before, &after));
    }
}
