//! Writing webhooks: each write is one transaction over the webhook, its name, the users of its
//! credentials and the number of webhooks.

use carillon_domain::audit::{Action, changed_fields};
use carillon_domain::{CredentialId, OrganizationId, Webhook, WebhookId};
use jiff::Timestamp;

use super::changes::{Change, Uses};
use super::{Quota, Registry, key, name_sk, webhook_key};
use crate::Error;
use crate::table::{IntoStep, Item, Step, field, number, row, text};

const WHAT: &str = "a webhook";

/// How many webhooks with one new credential are changed together, at most: each changes up to
/// three items and is told of in the audit log, and the rest is left for their credentials.
pub const MAX_ROTATED_AT_ONCE: usize = 22;

/// Why a webhook was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the name belongs to another webhook")]
    NameTaken(WebhookId),
    /// The webhook is no longer as it was read, or no longer there, or its name was another
    /// webhook's a moment ago; try again.
    #[error("the webhook was changed meanwhile")]
    Changed,
    /// The credential was condemned meanwhile; its secret must go, and another be opened.
    #[error("the credential was condemned meanwhile")]
    CredentialGone(CredentialId),
    /// The organization has as many as it can have.
    #[error("the quota of {0:?} is used up")]
    QuotaExceeded(Quota),
    #[error(transparent)]
    Aws(#[from] Error),
}

/// What it means where the condition of a step does not hold. Of several, the first of these
/// explains the others.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Failed<'w> {
    Webhook,
    Name(&'w str, &'w WebhookId),
    Credential(CredentialId),
    Quota,
}

type Steps<'w> = Vec<(Step, Failed<'w>)>;

impl Registry {
    /// Makes several changes of an organization's webhooks, as many as fit (see
    /// [`parts`](super::parts)), all or none. None of them gives a name that another one frees.
    pub async fn change_together(&self, changes: &[Change<'_>]) -> Result<(), WriteError> {
        let Some(first) = changes.iter().find_map(|change| change.webhook()) else {
            return Ok(());
        };
        let organization = &first.organization;
        let (mut steps, mut uses) = (Steps::new(), Uses::default());
        for change in changes {
            steps.extend(self.steps(*change)?);
            uses.change(change.before, change.after);
        }
        let more: i32 = changes.iter().map(|change| change.more()).sum();
        let limit = self.limit(Quota::Webhooks);
        if u32::try_from(more).is_ok_and(|more| more > limit) {
            return Err(WriteError::QuotaExceeded(Quota::Webhooks));
        }
        if more != 0 {
            // Only a higher number has a condition.
            let step = self.count_by(organization, Quota::Webhooks, more);
            steps.push((step, Failed::Quota));
        }
        let uses = self.use_steps(organization, uses).into_iter();
        // Whoever uses it already keeps it from being condemned.
        let uses =
            uses.map(|(step, begun)| (step, begun.map_or(Failed::Webhook, Failed::Credential)));
        steps.extend(uses);
        self.write(organization, steps).await
    }

    /// The steps of a change, but for the number of webhooks and the users of credentials.
    fn steps<'w>(&self, change: Change<'w>) -> Result<Steps<'w>, Error> {
        let Change { before, after } = change;
        let Some(webhook) = change.webhook() else {
            return Ok(Steps::new());
        };
        let key = webhook_key(webhook);
        let (condition, values) = before.map_or(("attribute_not_exists(pk)", None), unchanged);
        let write = match after {
            Some(new) => self
                .table
                .put_step(row(WHAT, key, new)?)
                .condition_expression(condition)
                .set_expression_attribute_values(values)
                .step(),
            None => self
                .table
                .delete_step(key)
                .condition_expression(condition)
                .set_expression_attribute_values(values)
                .step(),
        };
        let mut steps = vec![(write, Failed::Webhook)];
        if change.is_of_name() {
            steps.extend(after.map(|new| self.take_name(new)));
            steps.extend(before.map(|read| self.free_name(read)));
        }
        let (action, changed) = match (before, after) {
            (Some(read), Some(new)) => (Action::Updated, changed_fields(read, new)),
            (Some(_), None) => (Action::Removed, Vec::new()),
            (None, _) => (Action::Created, Vec::new()),
        };
        let told = self.audit(&webhook.organization, action, webhook.into(), changed)?;
        // It has no condition.
        steps.extend(told.map(|step| (step, Failed::Webhook)));
        Ok(steps)
    }

    /// Ends a rotation: the new credential has delivered, the one before is not needed any
    /// more, unless another webhook needs it. Gives it where it was condemned: its secret then
    /// goes with the next sweep.
    pub async fn end_rotation(
        &self,
        read: &Webhook,
        now: Timestamp,
    ) -> Result<Option<CredentialId>, Error> {
        let Some(fallback) = &read.fallback else {
            return Ok(None);
        };
        let forget = self
            .table
            .update_step(webhook_key(read))
            .update_expression("REMOVE fallback")
            .condition_expression(
                "credential_id = :credential AND fallback.credential_id = :fallback",
            )
            .expression_attribute_values(":credential", text(read.credential.id.as_str()))
            .expression_attribute_values(":fallback", text(fallback.id.as_str()));
        let mut uses = Uses::default();
        uses.end(read, fallback);
        let left = self.use_steps(&read.organization, uses);
        let steps = std::iter::once(forget.step()).chain(left.into_iter().map(|(step, _)| step));
        // A failed condition: the webhook has been given other credentials meanwhile.
        self.transact("ending a rotation", steps).await?;
        self.retire_credential(&read.organization, &fallback.fingerprint, now)
            .await
    }

    async fn write(
        &self,
        organization: &OrganizationId,
        steps: Steps<'_>,
    ) -> Result<(), WriteError> {
        let (steps, meanings): (Vec<_>, Vec<_>) = steps.into_iter().unzip();
        let failed = match self.transact("changing webhooks", steps).await {
            Ok(None) => return Ok(()),
            Ok(Some(failed)) => failed,
            Err(Error::Contended { .. }) => return Err(WriteError::Changed),
            Err(error) => return Err(error.into()),
        };
        let failed = failed.iter().filter_map(|n| meanings.get(*n));
        Err(match failed.min() {
            Some(Failed::Webhook) => WriteError::Changed,
            Some(Failed::Name(name, id)) => match self.name_owner(organization, name).await? {
                // Ours: the name was taken by the same webhook, whose row has changed since.
                Some(owner) if owner != **id => WriteError::NameTaken(owner),
                _ => WriteError::Changed,
            },
            Some(Failed::Credential(id)) => WriteError::CredentialGone(id.clone()),
            Some(Failed::Quota) | None => WriteError::QuotaExceeded(Quota::Webhooks),
        })
    }

    /// The webhook that has this name.
    pub async fn name_owner(
        &self,
        organization: &OrganizationId,
        name: &str,
    ) -> Result<Option<WebhookId>, Error> {
        let there = self.row(key(organization, name_sk(name))).await?;
        Ok(there.and_then(|row| WebhookId::parse(field(&row, "webhook_id")?)))
    }

    fn take_name<'w>(&self, webhook: &'w Webhook) -> (Step, Failed<'w>) {
        let mut name = key(&webhook.organization, name_sk(&webhook.name));
        name.insert("webhook_id".into(), text(webhook.id.as_str()));
        let failed = Failed::Name(&webhook.name, &webhook.id);
        (self.put_new(name), failed)
    }

    fn free_name<'w>(&self, webhook: &Webhook) -> (Step, Failed<'w>) {
        let delete = self
            .table
            .delete_step(key(&webhook.organization, name_sk(&webhook.name)))
            .condition_expression("webhook_id = :webhook")
            .expression_attribute_values(":webhook", text(webhook.id.as_str()));
        // Only with the webhook itself.
        (delete.step(), Failed::Webhook)
    }
}

/// The condition that a webhook is still as it was read. Dropping the fallback leaves the
/// version as it is, because nobody sees a difference.
fn unchanged(read: &Webhook) -> (&'static str, Option<Item>) {
    let mut values = Item::from([(":version".into(), number(read.version))]);
    let Some(fallback) = &read.fallback else {
        let condition = "version = :version AND attribute_not_exists(fallback)";
        return (condition, Some(values));
    };
    values.insert(":fallback".into(), text(fallback.id.as_str()));
    let condition = "version = :version AND fallback.credential_id = :fallback";
    (condition, Some(values))
}
