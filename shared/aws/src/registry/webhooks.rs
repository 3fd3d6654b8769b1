//! Writing webhooks: each write is one transaction over the webhook, its name, the users of its
//! credentials and the number of webhooks.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use carillon_domain::audit::{Action, changed_fields};
use carillon_domain::{CredentialId, CredentialRef, OrganizationId, Webhook, WebhookId};
use jiff::Timestamp;

use super::changes::Change;
use super::uses::Uses;
use super::{Quota, Registry, key, name_sk, webhook_sk, with_key};
use crate::Error;
use crate::table::{Item, text, to_item};

const WHAT: &str = "a webhook";

/// How many webhooks with one new credential are changed together, at most: each changes up to
/// three items and is told of in the audit log, and the rest is left for their credentials.
pub const TOGETHER: usize = 22;

/// Why a webhook or a key was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the name belongs to another webhook")]
    NameTaken(WebhookId),
    /// The name was another webhook's a moment ago; try again.
    #[error("the name has just been freed")]
    NameFreed,
    /// The webhook is no longer as it was read, or no longer there.
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

/// A step of a transaction, and what it means where its condition does not hold.
struct Step<'w> {
    item: Result<TransactWriteItem, BuildError>,
    failed: Failed<'w>,
}

enum Failed<'w> {
    Name(&'w Webhook),
    Webhook,
    Quota,
    Credential(CredentialId),
}

impl Registry {
    /// Registers a webhook whose credential has been opened.
    pub async fn create(&self, webhook: &Webhook) -> Result<(), WriteError> {
        self.change("registering a webhook", &[Change::Create(webhook)])
            .await
    }

    /// Replaces a webhook that is still as it was read; the credentials that it newly
    /// names have been opened.
    pub async fn update(&self, read: &Webhook, new: &Webhook) -> Result<(), WriteError> {
        self.change("changing a webhook", &[Change::Update(read, new)])
            .await
    }

    /// Removes a webhook that is still as it was read.
    pub async fn delete(&self, read: &Webhook) -> Result<(), WriteError> {
        self.change("removing a webhook", &[Change::Remove(read)])
            .await
    }

    /// Makes several changes of an organization's webhooks, as many as fit (see [`parts`](super::parts)), all
    /// or none. None of them gives a name that another one frees.
    pub async fn change_together(&self, changes: &[Change<'_>]) -> Result<(), WriteError> {
        self.change("changing webhooks", changes).await
    }

    async fn change(
        &self,
        operation: &'static str,
        changes: &[Change<'_>],
    ) -> Result<(), WriteError> {
        let Some(first) = changes.first() else {
            return Ok(());
        };
        let organization = &first.webhook().organization;
        let (mut steps, mut uses) = (Vec::new(), Uses::default());
        for change in changes {
            steps.extend(self.steps(*change)?);
            change.uses(&mut uses);
        }
        let more: i32 = changes.iter().map(|change| change.more()).sum();
        let limit = self.quotas().limit(Quota::Webhooks);
        if u32::try_from(more).is_ok_and(|more| more > limit) {
            return Err(WriteError::QuotaExceeded(Quota::Webhooks));
        }
        if more != 0 {
            steps.push(Step {
                item: self.count_by(organization, Quota::Webhooks, more),
                // Only a higher number has a condition.
                failed: Failed::Quota,
            });
        }
        steps.extend(self.use_steps(organization, uses));
        self.write(operation, organization, steps).await
    }

    /// The steps of a change, but for the number of webhooks and the users of credentials.
    fn steps<'w>(&self, change: Change<'w>) -> Result<Vec<Step<'w>>, Error> {
        let (mut steps, action, changed) = match change {
            Change::Create(webhook) => {
                let row = self.put_webhook(webhook)?;
                let row = Step {
                    item: put(row.condition_expression("attribute_not_exists(pk)")),
                    failed: Failed::Webhook,
                };
                let steps = vec![self.take_name(webhook), row];
                (steps, Action::Created, Vec::new())
            }
            Change::Update(read, new) => {
                let mut steps = vec![self.replace_webhook(read, new)?];
                if new.name != read.name {
                    steps.push(self.take_name(new));
                    steps.push(self.free_name(read));
                }
                (steps, Action::Updated, changed_fields(read, new))
            }
            Change::Remove(read) => {
                let steps = vec![self.delete_webhook(read), self.free_name(read)];
                (steps, Action::Removed, Vec::new())
            }
        };
        let webhook = change.webhook();
        let told = self.audit(&webhook.organization, action, webhook.into(), changed)?;
        steps.extend(told.map(|item| Step {
            item,
            // It has no condition.
            failed: Failed::Webhook,
        }));
        Ok(steps)
    }

    fn delete_webhook<'w>(&self, read: &Webhook) -> Step<'w> {
        let (condition, values) = unchanged(read);
        let row = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(&read.organization, webhook_sk(&read.id))))
            .condition_expression(condition);
        let row = values.into_iter().fold(row, |row, (name, value)| {
            row.expression_attribute_values(name, value)
        });
        let row = row.build();
        Step {
            item: row.map(|delete| TransactWriteItem::builder().delete(delete).build()),
            failed: Failed::Webhook,
        }
    }

    /// Ends a rotation: the new credential has delivered, the one before is not needed any
    /// more, unless another webhook needs it. Tells whether it was condemned: its secret then
    /// goes with the next sweep.
    pub async fn end_rotation(&self, read: &Webhook, now: Timestamp) -> Result<bool, Error> {
        let Some(fallback) = &read.fallback else {
            return Ok(false);
        };
        self.drop_fallback(read, fallback).await?;
        self.retire_credential(&read.organization, &fallback.fingerprint, now)
            .await
    }

    /// Nothing happens where the webhook has been given other credentials meanwhile.
    async fn drop_fallback(&self, read: &Webhook, fallback: &CredentialRef) -> Result<(), Error> {
        let forget = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(&read.organization, webhook_sk(&read.id))))
            .update_expression("REMOVE fallback")
            .condition_expression(
                "credential_id = :credential AND fallback.credential_id = :fallback",
            )
            .expression_attribute_values(":credential", text(read.credential.id.as_str()))
            .expression_attribute_values(":fallback", text(fallback.id.as_str()))
            .build()
            .map(|update| TransactWriteItem::builder().update(update).build());
        let mut uses = Uses::default();
        uses.end(read, fallback);
        let left = self.use_steps(&read.organization, uses);
        let steps = std::iter::once(forget).chain(left.into_iter().map(|step| step.item));
        // A failed condition: there is nothing to do any more.
        self.transact("ending a rotation", steps).await?;
        Ok(())
    }

    async fn write(
        &self,
        operation: &'static str,
        organization: &OrganizationId,
        steps: Vec<Step<'_>>,
    ) -> Result<(), WriteError> {
        let (items, meanings): (Vec<_>, Vec<_>) = steps
            .into_iter()
            .map(|step| (step.item, step.failed))
            .unzip();
        let failed = match self.transact(operation, items).await {
            Ok(None) => return Ok(()),
            Ok(Some(failed)) => failed,
            Err(Error::Contended { .. }) => return Err(WriteError::Changed),
            Err(error) => return Err(error.into()),
        };
        let failed: Vec<&Failed<'_>> = failed.iter().filter_map(|n| meanings.get(*n)).collect();
        if failed
            .iter()
            .any(|failed| matches!(failed, Failed::Webhook))
        {
            return Err(WriteError::Changed);
        }
        let name = failed.iter().find_map(|failed| match failed {
            Failed::Name(webhook) => Some(webhook),
            _ => None,
        });
        if let Some(webhook) = name {
            return Err(match self.name_owner(organization, &webhook.name).await? {
                // Ours: the name was taken by the same webhook, whose row has changed since.
                Some(owner) if owner == webhook.id => WriteError::Changed,
                Some(owner) => WriteError::NameTaken(owner),
                None => WriteError::NameFreed,
            });
        }
        let credential = failed.into_iter().find_map(|failed| match failed {
            Failed::Credential(id) => Some(id.clone()),
            _ => None,
        });
        Err(match credential {
            Some(id) => WriteError::CredentialGone(id),
            None => WriteError::QuotaExceeded(Quota::Webhooks),
        })
    }

    /// The webhook that has this name.
    pub async fn name_owner(
        &self,
        organization: &OrganizationId,
        name: &str,
    ) -> Result<Option<WebhookId>, Error> {
        let there = self.row(key(organization, name_sk(name))).await?;
        let owner = there.and_then(|row| row.get("webhook_id")?.as_s().ok().cloned());
        Ok(owner.as_deref().and_then(WebhookId::parse))
    }

    fn put_webhook(&self, webhook: &Webhook) -> Result<PutBuilder, Error> {
        let row = to_item(WHAT, webhook)?;
        let row = with_key(row, &webhook.organization, webhook_sk(&webhook.id));
        Ok(Put::builder().table_name(&self.table).set_item(Some(row)))
    }

    fn take_name<'w>(&self, webhook: &'w Webhook) -> Step<'w> {
        let name = Item::from([("webhook_id".into(), text(webhook.id.as_str()))]);
        let name = with_key(name, &webhook.organization, name_sk(&webhook.name));
        Step {
            item: self.put_new(name),
            failed: Failed::Name(webhook),
        }
    }

    fn free_name<'w>(&self, webhook: &Webhook) -> Step<'w> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(&webhook.organization, name_sk(&webhook.name))))
            .condition_expression("webhook_id = :webhook")
            .expression_attribute_values(":webhook", text(webhook.id.as_str()))
            .build();
        Step {
            item: delete.map(|delete| TransactWriteItem::builder().delete(delete).build()),
            // Only with the webhook itself.
            failed: Failed::Webhook,
        }
    }

    fn replace_webhook<'w>(&self, read: &Webhook, new: &Webhook) -> Result<Step<'w>, Error> {
        let row = self.put_webhook(new)?;
        let (condition, values) = unchanged(read);
        let row = values
            .into_iter()
            .fold(row.condition_expression(condition), |row, (name, value)| {
                row.expression_attribute_values(name, value)
            });
        Ok(Step {
            item: put(row),
            failed: Failed::Webhook,
        })
    }

    fn use_steps<'w>(&self, organization: &OrganizationId, uses: Uses) -> Vec<Step<'w>> {
        let counts = self.use_counts(organization, &uses).into_iter();
        let counts = counts.map(|(begun, item)| Step {
            item,
            // Whoever uses it already keeps it from being condemned.
            failed: begun.map_or(Failed::Webhook, Failed::Credential),
        });
        // A user's row is there or not as its webhook says.
        let rows = self.use_rows(uses).map(|item| Step {
            item,
            failed: Failed::Webhook,
        });
        counts.chain(rows).collect()
    }
}

fn put(row: PutBuilder) -> Result<TransactWriteItem, BuildError> {
    Ok(TransactWriteItem::builder().put(row.build()?).build())
}

/// The condition that a webhook is still as it was read. Dropping the fallback leaves the
/// version as it is, because nobody sees a difference.
fn unchanged(read: &Webhook) -> (&'static str, Vec<(&'static str, AttributeValue)>) {
    let version = (":version", AttributeValue::N(read.version.to_string()));
    match &read.fallback {
        None => (
            "version = :version AND attribute_not_exists(fallback)",
            vec![version],
        ),
        Some(fallback) => (
            "version = :version AND fallback.credential_id = :fallback",
            vec![version, (":fallback", text(fallback.id.as_str()))],
        ),
    }
}
