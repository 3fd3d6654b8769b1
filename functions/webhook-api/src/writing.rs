//! Writing webhooks that have been decided on: what goes together is written together, or not at
//! all.

use std::collections::HashSet;

use carillon_aws::{Change, WriteError};
use carillon_domain::{CredentialRef, Fingerprint, OrganizationId, Webhook};
use futures::StreamExt;
use jiff::Timestamp;

use crate::problem::Problem;
use crate::{Api, waking};

/// How many calls about credentials are under way at once.
pub const AT_ONCE: usize = 16;

/// Writes webhooks of one organization, at most so many as go together, in place of those that
/// were read; false, and none is written, where one of those is no longer there.
pub async fn replace_together(api: &Api, changes: &[(Webhook, Webhook)]) -> Result<bool, Problem> {
    let changed = changes.iter().filter(|(read, new)| read != new);
    let changed: Vec<Change<'_>> = changed
        .map(|(read, new)| Change::new(Some(read), Some(new)))
        .collect();
    match changes.first() {
        Some((read, _)) => write_together(api, &read.organization, &changed).await,
        None => Ok(true),
    }
}

/// Makes changes that fit into one transaction; false, and none is made, where something that
/// they depend on is no longer as it was read.
pub async fn write_together(
    api: &Api,
    organization: &OrganizationId,
    changes: &[Change<'_>],
) -> Result<bool, Problem> {
    match api.registry.change_together(changes).await {
        Ok(()) => {
            follow(api, organization, changes).await;
            Ok(true)
        }
        Err(error) => {
            again(api, organization, changes, error).await?;
            Ok(false)
        }
    }
}

/// What changes that were made are followed by: credentials that nobody uses go, and what waits
/// is looked at now.
async fn follow(api: &Api, organization: &OrganizationId, changes: &[Change<'_>]) {
    let (mut unused, mut lanes) = (Vec::new(), Vec::new());
    for Change { before, after } in changes {
        match (before, after) {
            (Some(_), Some(new)) => {
                let webhook_id = new.id.as_str();
                tracing::info!(webhook_id, version = new.version, "changed");
            }
            (None, Some(new)) => {
                let webhook_id = new.id.as_str();
                tracing::info!(webhook_id, %organization, "registered");
            }
            (Some(read), None) => {
                let webhook_id = read.id.as_str();
                tracing::info!(webhook_id, "removed");
            }
            (None, None) => {}
        }
        let Some(read) = before else {
            continue;
        };
        unused.extend(left(read, *after));
        lanes.extend(waking::lanes(read));
        lanes.extend(after.iter().flat_map(|new| waking::lanes(new)));
    }
    release(api, unused, organization).await;
    lanes.sort();
    lanes.dedup();
    if !lanes.is_empty() {
        waking::wake_after_change(api, organization, &lanes).await;
    }
}

/// After a write that failed: an error where it makes no sense to try again.
async fn again(
    api: &Api,
    organization: &OrganizationId,
    changes: &[Change<'_>],
    error: WriteError,
) -> Result<(), Problem> {
    let opened = || {
        let opened = changes.iter().filter_map(|change| change.after);
        opened.map(|new| new.credential.clone()).collect()
    };
    match error {
        WriteError::Changed => Ok(()),
        WriteError::CredentialGone(id) => Ok(api.credentials.close(organization, &id).await?),
        WriteError::NameTaken(existing_id) => {
            release(api, opened(), organization).await;
            Err(Problem::NameTaken { existing_id })
        }
        WriteError::QuotaExceeded(quota) => {
            release(api, opened(), organization).await;
            let limit = api.registry.limit(quota);
            Err(Problem::quota_exceeded(quota, limit, None))
        }
        WriteError::Aws(error) => Err(error.into()),
    }
}

/// The credentials that one version of a webhook used and the next does not.
fn left(read: &Webhook, new: Option<&Webhook>) -> Vec<CredentialRef> {
    let still = |credential: &&CredentialRef| {
        new.is_some_and(|new| new.credentials().any(|it| it == *credential))
    };
    let left = read.credentials().filter(|it| !still(it));
    left.cloned().collect()
}

/// Has those of these credentials go that nobody uses. The webhooks are written, or were never
/// made: whatever goes wrong from here on is left to the next sweep, and no concern of the
/// caller's.
async fn release(api: &Api, credentials: Vec<CredentialRef>, organization: &OrganizationId) {
    let fingerprints = credentials.into_iter().map(|it| it.fingerprint);
    let fingerprints: HashSet<Fingerprint> = fingerprints.collect();
    futures::stream::iter(fingerprints)
        .for_each_concurrent(AT_ONCE, |fingerprint| async move {
            let now = Timestamp::now();
            let released = api.credentials.release(organization, &fingerprint, now);
            if let Err(error) = released.await {
                tracing::error!(%organization, %error, "a credential could not be released");
            }
        })
        .await;
}
