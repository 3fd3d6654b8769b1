//! Writing what a plan says.

use std::collections::HashMap;

use carillon_aws::{Change, parts};
use carillon_domain::webhook::Update;
use carillon_domain::{Credential, CredentialRef, Fingerprint, OrganizationId, Webhook, WebhookId};
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use secrecy::SecretString;

use super::outcome::{Outcome, Written};
use super::plan::{self, Plan, Step};
use crate::auth::Scope;
use crate::problem::Problem;
use crate::registration;
use crate::writing::{self, AT_ONCE};

/// A plan whose credentials are kept already, so that the webhooks can be written.
pub(super) struct Prepared {
    steps: Vec<Write>,
    removals: Vec<Webhook>,
}

struct Write {
    read: Option<Webhook>,
    new: Webhook,
    outcome: Outcome,
}

impl Prepared {
    /// Makes sure that all credentials are kept.
    pub async fn of(api: &Scope, plan: Plan) -> Result<Self, Problem> {
        let steps: Vec<Step> = plan.steps.into_iter().filter(Step::writes).collect();
        let mut new: HashMap<Fingerprint, SecretString> = HashMap::new();
        for step in &steps {
            if let Credential::New(secret) = &step.registration.destination.credential {
                let fingerprint = Fingerprint::of(&api.organization, secret);
                new.insert(fingerprint, secret.clone());
            }
        }
        let opened = new.into_iter().map(|(fingerprint, secret)| async move {
            let opened = registration::open(api, &secret).await?;
            Ok::<_, Problem>((fingerprint, opened))
        });
        let opened: Vec<_> = opened.collect();
        let opened = futures::stream::iter(opened).buffer_unordered(AT_ONCE);
        let opened: HashMap<Fingerprint, CredentialRef> = opened.try_collect().await?;
        let steps = steps
            .into_iter()
            .map(|step| Write::of(&api.organization, step, &opened));
        Ok(Self {
            steps: steps.collect::<Result<_, _>>()?,
            removals: plan.removals,
        })
    }

    fn changes(&self, removals_first: bool) -> Vec<Change<'_>> {
        let writes = self.steps.iter();
        let writes = writes.map(|write| Change::new(write.read.as_ref(), Some(&write.new)));
        let removals = self.removals.iter();
        let removals = removals.map(|read| Change::new(Some(read), None));
        match removals_first {
            true => removals.chain(writes).collect(),
            // Webhooks that share a credential with one that goes keep its secret.
            false => writes.chain(removals).collect(),
        }
    }
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

/// Makes the changes, in transactions of as many as fit. False where somebody else was faster
/// with some of it: the rest has to be planned anew.
pub(super) async fn write(
    api: &Scope,
    prepared: &Prepared,
    removals_first: bool,
    written: &mut Written,
) -> Result<bool, Problem> {
    let changes = prepared.changes(removals_first);
    let writes = prepared.steps.iter();
    let writes = writes.map(|write| (write.new.id.as_str(), write));
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
