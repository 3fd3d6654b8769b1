//! Writing what a plan says.

use std::collections::HashMap;

use carillon_aws::{Change, parts};
use carillon_domain::webhook::Update;
use carillon_domain::{Credential, CredentialRef, Fingerprint, OrganizationId, Webhook, WebhookId};
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;

use super::outcome::{Outcome, Written};
use super::plan::{self, Plan, Step};
use crate::auth::Scope;
use crate::problem::Problem;
use crate::registration;
use crate::writing::{self, AT_ONCE};

struct Write {
    read: Option<Webhook>,
    new: Webhook,
    outcome: Outcome,
}

impl Write {
    fn of(
        organization: &OrganizationId,
        mut step: Step,
        opened: &HashMap<Fingerprint, CredentialRef>,
    ) -> Result<Self, Problem> {
        let outcome = Outcome::of(&step);
        let made = std::mem::take(&mut step.registration.destination.made);
        let opened = match &step.registration.destination.credential {
            Credential::New(secret) => opened.get(&Fingerprint::of(organization, secret)).cloned(),
            Credential::Unchanged | Credential::Partial(_) => None,
        };
        let now = Timestamp::now();
        let (read, new) = match step.change {
            plan::Change::Update { read, .. } => {
                let credential = opened.unwrap_or_else(|| read.credential.clone());
                let new = read.updated(Update::Patch, step.registration, credential, now);
                (Some(*read), new)
            }
            _ => {
                let opened = opened.ok_or_else(|| {
                    Problem::internal("a new webhook cannot have an unchanged credential")
                })?;
                let registration = &step.registration;
                let id = WebhookId::generate(carillon_aws::rising_ulid());
                let new = registration::new_webhook(organization, id, registration, opened, now);
                (None, new)
            }
        };
        Ok(Self {
            read,
            outcome: Outcome {
                id: Some(new.id.to_string()),
                made,
                ..outcome
            },
            new,
        })
    }
}

/// Makes sure that a plan's new credentials are kept.
async fn opened(api: &Scope, plan: &Plan) -> Result<HashMap<Fingerprint, CredentialRef>, Problem> {
    let new = plan.new_credentials(&api.organization);
    let new = new.filter_map(|step| match &step.registration.destination.credential {
        Credential::New(secret) => Some(secret),
        Credential::Unchanged | Credential::Partial(_) => None,
    });
    let opened: Vec<_> = new.map(|secret| registration::open(api, secret)).collect();
    let opened = futures::stream::iter(opened).buffer_unordered(AT_ONCE);
    let opened: Vec<CredentialRef> = opened.try_collect().await?;
    let opened = opened.into_iter();
    Ok(opened.map(|it| (it.fingerprint.clone(), it)).collect())
}

/// Makes a plan's changes, once all credentials are kept, in transactions of as many as fit. False
/// where somebody else was faster with some of it: the rest has to be planned anew.
pub(super) async fn write(
    api: &Scope,
    plan: Plan,
    removals_first: bool,
    written: &mut Written,
) -> Result<bool, Problem> {
    let opened = opened(api, &plan).await?;
    let steps = plan.steps.into_iter().filter(Step::writes);
    let writes = steps.map(|step| Write::of(&api.organization, step, &opened));
    let writes: Vec<Write> = writes.collect::<Result<_, _>>()?;
    let changed = writes.iter();
    let changed = changed.map(|write| Change::new(write.read.as_ref(), Some(&write.new)));
    let removed = plan.removals.iter();
    let removed = removed.map(|read| Change::new(Some(read), None));
    let changes: Vec<Change<'_>> = match removals_first {
        true => removed.chain(changed).collect(),
        // Webhooks that share a credential with one that goes keep its secret.
        false => changed.chain(removed).collect(),
    };
    let writes = writes.iter().map(|write| (write.new.id.as_str(), write));
    let writes: HashMap<&str, &Write> = writes.collect();
    for part in parts(&changes) {
        match writing::write_together(api, part).await {
            Ok(true) => {}
            // Somebody else has made a webhook of this name.
            Ok(false) | Err(Problem::NameTaken { .. }) => return Ok(false),
            Err(problem) => return Err(problem),
        }
        for change in part {
            let Some(new) = change.after else {
                written
                    .removed
                    .extend(change.before.map(Outcome::of_removal));
                continue;
            };
            let Some(write) = writes.get(new.id.as_str()) else {
                continue;
            };
            let mut outcome = write.outcome.clone();
            // Where it was made before, and is changed once more, that is still to be shown.
            if outcome.made.is_empty()
                && let Some(before) = written.named.remove(&new.name)
            {
                outcome.made = before.made;
            }
            written.named.insert(new.name.clone(), outcome);
        }
    }
    Ok(true)
}
