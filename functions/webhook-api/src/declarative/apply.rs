//! Carrying a plan out.
//!
//! Everything that can be refused is found out first: the file's faults, the quota, what the
//! platforms say, and whether each credential can be kept. Only then the webhooks are written, in
//! transactions of as many as fit. What a call that broke off has written, the next one with the
//! same file finds as it should be, and goes on.

use carillon_aws::Quota;
use carillon_domain::Webhook;
use carillon_domain::webhook::MAX_WEBHOOK_NAME;

use super::credentials::{settled, verified};
use super::document::Document;
use super::outcome::{Outcome, Written};
use super::plan::{Change, MAX_CREDENTIALS, Plan, Step, Warnings};
use super::write::write;
use crate::auth::Scope;
use crate::problem::Problem;
use crate::registration;

/// How often in a row a file may be compared anew without anything having been done, because
/// others change the same webhooks at the same time.
const TRIES: u32 = 8;

/// How many entries a file may have.
const MAX_ENTRIES: usize = 1_000;

/// How a file is applied.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Says what would be done, and does nothing.
    pub dry_run: bool,
    /// Removes the webhooks that the file does not name.
    pub prune: bool,
    /// Asks the platforms about credentials that are new, or used in a new way.
    pub verify: bool,
}

/// Makes the organization's webhooks what the file says. Nothing is changed where the file
/// has a fault, or a platform refuses a credential.
pub async fn apply(
    api: &Scope,
    document: &Document,
    options: Options,
) -> Result<Vec<Outcome>, Problem> {
    let count = document.entries.len();
    if count > MAX_ENTRIES {
        return Err(Problem::TooManyEntries(format!(
            "the file has {count} webhooks; one call takes {MAX_ENTRIES}: apply it in parts, \
             without `prune`"
        )));
    }
    let mut warnings = (!options.verify).then(Warnings::new);
    // What was done before somebody else came in between.
    let mut written = Written::default();
    let mut tries = 0;
    while tries < TRIES {
        let existing = existing(api, document, options.prune).await?;
        let kinds = api.chat.kinds();
        let plan = Plan::of(kinds, document, existing, &api.organization, options.prune)?;
        let plan = settled(api, document, plan).await?;
        // A plan may have any number.
        let count = plan.new_credentials(&api.organization).count();
        if count > MAX_CREDENTIALS && !options.dry_run {
            return Err(Problem::TooManyEntries(format!(
                "the file has {count} new credentials; one call takes {MAX_CREDENTIALS}: apply it \
                 in parts, without `prune`"
            )));
        }
        let removals_first = check_quota(api, &plan).await?;
        let warnings = match &mut warnings {
            Some(known) => known,
            none => none.insert(verified(api, document, &plan).await?),
        };
        let planned: Vec<Outcome> = plan.steps.iter().map(Outcome::of).collect();
        let before = written.count();
        let is_done = if options.dry_run {
            plan.warn_of_too_many(&api.organization, warnings);
            let removed = plan.removals.iter().map(Outcome::of_removal);
            written.removed.extend(removed);
            true
        } else {
            write(api, plan, removals_first, &mut written).await?
        };
        if is_done {
            let done = planned.into_iter().map(|planned| {
                let mut done = written.named.remove(&planned.name).unwrap_or(planned);
                done.warnings = warnings.remove(&done.name).unwrap_or_default();
                done
            });
            let done: Vec<Outcome> = done.collect();
            return Ok(done.into_iter().chain(written.removed).collect());
        }
        if written.count() == before {
            registration::pause(tries).await;
            tries += 1;
        }
    }
    Err(Problem::Contended)
}

/// The webhooks that the file is compared with: all of them only where those are to go that it
/// does not name.
async fn existing(api: &Scope, document: &Document, prune: bool) -> Result<Vec<Webhook>, Problem> {
    if prune {
        return Ok(api.registry.webhooks(&api.organization).await?);
    }
    let names = document.entries.iter().map(|entry| entry.name.as_str());
    // A name that is too long is found to be one, and is no key of the table.
    let names = names.filter(|name| name.chars().count() <= MAX_WEBHOOK_NAME);
    Ok(api
        .registry
        .webhooks_named(&api.organization, names)
        .await?)
}

/// Whether the plan must remove before it creates, so that the organization never has more
/// webhooks than it can have.
///
/// # Errors
/// Where it would have too many in the end. Only the writes themselves can be sure.
async fn check_quota(api: &Scope, plan: &Plan) -> Result<bool, Problem> {
    let is_created = |step: &&Step| matches!(step.change, Change::Create);
    let created = plan.steps.iter().filter(is_created).count();
    if created == 0 {
        return Ok(false);
    }
    let count = api
        .registry
        .count(&api.organization, Quota::Webhooks)
        .await?;
    let limit = api.registry.limit(Quota::Webhooks);
    let (count, room) = (count as usize + created, limit as usize);
    let left = count.saturating_sub(plan.removals.len());
    match left > room {
        true => Err(Problem::quota_exceeded(Quota::Webhooks, limit, Some(left))),
        false => Ok(count > room),
    }
}
