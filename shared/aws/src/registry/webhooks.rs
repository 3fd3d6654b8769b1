//! Writing webhooks: each write is one transaction over the webhook, its name, the users of its
//! credentials and the number of webhooks.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use carillon_domain::audit::{Action, changed_fields};
use carillon_domain::{CredentialRef, OrganizationId, Webhook, WebhookId};
use jiff::Timestamp;

use super::uses::Uses;
use super::{Quota, Registry, key, name_sk, webhook_sk, with_key};
use crate::Error;
use crate::table::{Item, text, to_item};

const WHAT: &str = "a webhook";

/// How many webhooks [`update_together`](Registry::update_together) takes: DynamoDB has at most
/// 100 items in a transaction, each webhook changes up to three and is told of in the audit log,
/// and the rest is left for their credentials.
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
    CredentialGone,
    /// The organization has as many as it can have.
    #[error("the quota of {0:?} is used up")]
    QuotaExceeded(Quota),
    #[error(transparent)]
    Aws(#[from] Error),
}

/// A step of a transaction, and what it means where its condition does not hold.
struct Step {
    item: Result<TransactWriteItem, BuildError>,
    failed: Failed,
}

#[derive(Clone, Copy)]
enum Failed {
    Name,
    Webhook,
    Quota,
    Credential,
}

impl Registry {
    /// Registers a webhook whose credential has been opened.
    pub async fn create(&self, webhook: &Webhook) -> Result<(), WriteError> {
        let row = self.put_webhook(webhook)?;
        let mut uses = Uses::default();
        uses.begin(webhook);
        let mut steps = vec![
            self.take_name(webhook),
            Step {
                item: put(row.condition_expression("attribute_not_exists(pk)")),
                failed: Failed::Webhook,
            },
            Step {
                item: self.count_up(&webhook.organization, Quota::Webhooks),
                failed: Failed::Quota,
            },
        ];
        steps.extend(self.use_steps(&webhook.organization, uses));
        steps.extend(self.told(Action::Created, webhook, Vec::new())?);
        self.write("registering a webhook", webhook, steps).await
    }

    /// Replaces a webhook that is still as it was read; the credentials that it newly
    /// names have been opened.
    pub async fn update(&self, read: &Webhook, new: &Webhook) -> Result<(), WriteError> {
        let mut steps = vec![self.replace_webhook(read, new)?];
        if new.name != read.name {
            steps.push(self.take_name(new));
            steps.push(self.free_name(read));
        }
        let mut uses = Uses::default();
        uses.change(read, new);
        steps.extend(self.use_steps(&new.organization, uses));
        steps.extend(self.told(Action::Updated, new, changed_fields(read, new))?);
        self.write("changing a webhook", new, steps).await
    }

    /// As [`update`](Self::update), for webhooks of one organization, at most [`TOGETHER`], all
    /// or none. Each keeps its name.
    pub async fn update_together(&self, changes: &[(Webhook, Webhook)]) -> Result<(), WriteError> {
        let Some((_, first)) = changes.first() else {
            return Ok(());
        };
        let (mut steps, mut uses) = (Vec::new(), Uses::default());
        for (read, new) in changes {
            steps.push(self.replace_webhook(read, new)?);
            steps.extend(self.told(Action::Updated, new, changed_fields(read, new))?);
            uses.change(read, new);
        }
        steps.extend(self.use_steps(&first.organization, uses));
        self.write("changing webhooks", first, steps).await
    }

    /// Removes a webhook that is still as it was read.
    pub async fn delete(&self, read: &Webhook) -> Result<(), WriteError> {
        let (condition, values) = unchanged(read);
        let row = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(&read.organization, webhook_sk(&read.id))))
            .condition_expression(condition);
        let row = values.into_iter().fold(row, |row, (name, value)| {
            row.expression_attribute_values(name, value)
        });
        let row = row
            .build()
            .map(|delete| TransactWriteItem::builder().delete(delete).build());
        let mut uses = Uses::default();
        uses.end_all(read);
        let mut steps = vec![
            Step {
                item: row,
                failed: Failed::Webhook,
            },
            self.free_name(read),
            Step {
                item: self.count_down(&read.organization, Quota::Webhooks),
                // It has no condition.
                failed: Failed::Webhook,
            },
        ];
        steps.extend(self.use_steps(&read.organization, uses));
        steps.extend(self.told(Action::Removed, read, Vec::new())?);
        self.write("removing a webhook", read, steps).await
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

    /// The step that tells of a change in the audit log.
    fn told(
        &self,
        action: Action,
        webhook: &Webhook,
        changed: Vec<String>,
    ) -> Result<Option<Step>, Error> {
        let step = self.audit(&webhook.organization, action, webhook.into(), changed)?;
        Ok(step.map(|item| Step {
            item,
            // It has no condition.
            failed: Failed::Webhook,
        }))
    }

    async fn write(
        &self,
        operation: &'static str,
        webhook: &Webhook,
        steps: Vec<Step>,
    ) -> Result<(), WriteError> {
        let meanings: Vec<Failed> = steps.iter().map(|step| step.failed).collect();
        let items = steps.into_iter().map(|step| step.item);
        let failed = match self.transact(operation, items).await {
            Ok(None) => return Ok(()),
            Ok(Some(failed)) => failed,
            Err(Error::Contended { .. }) => return Err(WriteError::Changed),
            Err(error) => return Err(error.into()),
        };
        let of = |wanted: fn(&Failed) -> bool| {
            failed.iter().filter_map(|n| meanings.get(*n)).any(wanted)
        };
        if of(|failed| matches!(failed, Failed::Webhook)) {
            return Err(WriteError::Changed);
        }
        if of(|failed| matches!(failed, Failed::Name)) {
            let there = self
                .name_owner(&webhook.organization, &webhook.name)
                .await?;
            return Err(match there {
                // Ours: the name was taken by the same webhook, whose row has changed since.
                Some(owner) if owner == webhook.id => WriteError::Changed,
                Some(owner) => WriteError::NameTaken(owner),
                None => WriteError::NameFreed,
            });
        }
        if of(|failed| matches!(failed, Failed::Quota)) {
            return Err(WriteError::QuotaExceeded(Quota::Webhooks));
        }
        Err(WriteError::CredentialGone)
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

    fn take_name(&self, webhook: &Webhook) -> Step {
        let name = Item::from([("webhook_id".into(), text(webhook.id.as_str()))]);
        let name = with_key(name, &webhook.organization, name_sk(&webhook.name));
        Step {
            item: self.put_new(name),
            failed: Failed::Name,
        }
    }

    fn free_name(&self, webhook: &Webhook) -> Step {
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

    fn replace_webhook(&self, read: &Webhook, new: &Webhook) -> Result<Step, Error> {
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

    fn use_steps(&self, organization: &OrganizationId, uses: Uses) -> Vec<Step> {
        let counts = self.use_counts(organization, &uses).into_iter();
        let counts = counts.map(|(has_more, item)| Step {
            item,
            // Whoever uses it already keeps it from being condemned.
            failed: match has_more {
                true => Failed::Credential,
                false => Failed::Webhook,
            },
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
