//! Writing webhooks that have been decided on: what goes together is written together, or not at
//! all.

use std::collections::HashSet;

use carillon_aws::{Change, WriteError};
use carillon_domain::{CredentialRef, Fingerprint, Webhook};
use futures::StreamExt;
use jiff::Timestamp;

use crate::auth::Scope;
use crate::problem::Problem;
use crate::waking;

/// How many calls about credentials are under way at once.
pub const AT_ONCE: usize = 16;

/// Writes webhooks of one organization, at most so many as go together, in place of those that
/// were read; false, and none is written, where one of those is no longer there.
pub async fn replace_together(
    api: &Scope,
    changes: &[(Webhook, Webhook)],
) -> Result<bool, Problem> {
    let changed = changes.iter().filter(|(read, new)| read != new);
    let changed: Vec<Change<'_>> = changed
        .map(|(read, new)| Change::new(Some(read), Some(new)))
        .collect();
    write_together(api, &changed).await
}

/// Makes changes that fit into one transaction; false, and none is made, where something that
/// they depend on is no longer as it was read.
pub async fn write_together(api: &Scope, changes: &[Change<'_>]) -> Result<bool, Problem> {
    match api.registry.change_together(changes).await {
        Ok(()) => {
            follow(api, changes).await;
            Ok(true)
        }
        Err(error) => {
            again(api, changes, error).await?;
            Ok(false)
        }
    }
}

/// What changes that were made are followed by: credentials that nobody uses go, and what waits
/// is looked at now.
async fn follow(api: &Scope, changes: &[Change<'_>]) {
    let (mut unused, mut lanes) = (Vec::new(), Vec::new());
    for Change { before, after } in changes {
        match (before, after) {
            (Some(_), Some(new)) => {
                let webhook_id = new.id.as_str();
                tracing::info!(webhook_id, version = new.version, "changed");
            }
            (None, Some(new)) => {
                let webhook_id = new.id.as_str();
                tracing::info!(webhook_id, organization = %api.organization, "registered");
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
    release(api, unused).await;
    lanes.sort();
    lanes.dedup();
    if !lanes.is_empty() {
        waking::wake_after_change(api, &lanes).await;
    }
}

/// After a write that failed: an error where it makes no sense to try again.
async fn again(api: &Scope, changes: &[Change<'_>], error: WriteError) -> Result<(), Problem> {
    let opened = || {
        let opened = changes.iter().filter_map(|change| change.after);
        opened.map(|new| new.credential.clone()).collect()
    };
    match error {
        WriteError::Changed => Ok(()),
        WriteError::CredentialGone(id) => Ok(api.credentials.close(&api.organization, &id).await?),
        WriteError::NameTaken(existing_id) => {
            release(api, opened()).await;
            Err(Problem::NameTaken { existing_id })
        }
        WriteError::QuotaExceeded(quota) => {
            release(api, opened()).await;
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
async fn release(api: &Scope, credentials: Vec<CredentialRef>) {
    let organization = &api.organization;
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
