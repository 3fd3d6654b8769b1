//! Suspending a webhook that cannot work.
//!
//! Guarantees: a webhook is suspended only for what is wrong with it as it is now, and
//! whoever suspends it has stored the event that tells of it, in the same transaction.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use carillon_domain::{Webhook, WebhookStatus, suspension};
use jiff::Timestamp;

use super::{Registry, key, webhook_sk};
use crate::table::{number, text};
use crate::{Error, EventStore};

/// What became of a suspension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspension {
    /// It is suspended, by this call or by another one.
    Suspended,
    /// It was changed meanwhile: what was wrong with it may be mended.
    Changed,
}

impl Registry {
    /// Suspends a webhook that is still as it was read, and stores the event that tells of it.
    pub async fn suspend(
        &self,
        events: &EventStore,
        webhook: &Webhook,
        channel: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Suspension, Error> {
        let suspended = suspension::suspended(webhook, reason, now);
        let event = suspension::event(&suspended, channel, now);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(&webhook.organization, webhook_sk(&webhook.id))))
            .update_expression(
                "SET #status = :suspended, status_reason = :reason, modified_at = :now, \
                 version = :version",
            )
            .condition_expression("version = :read AND #status = :active")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":suspended", text("suspended"))
            .expression_attribute_values(":active", text("active"))
            .expression_attribute_values(":reason", text(reason))
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":version", number(suspended.version))
            .expression_attribute_values(":read", number(webhook.version))
            .build();
        let steps = [
            update.map(|update| TransactWriteItem::builder().update(update).build()),
            events.put_step(&event)?,
        ];
        match self.transact("suspending a webhook", steps).await? {
            None => Ok(Suspension::Suspended),
            Some(_) => {
                let there = self.webhook(&webhook.organization, &webhook.id).await?;
                Ok(match there {
                    Some(there) if there.status == WebhookStatus::Suspended => {
                        Suspension::Suspended
                    }
                    _ => Suspension::Changed,
                })
            }
        }
    }
}
