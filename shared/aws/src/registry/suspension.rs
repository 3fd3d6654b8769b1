//! Suspending webhooks that cannot work.
//!
//! Guarantees: a webhook is suspended only for what is wrong with it as it is now, and whoever
//! suspends it has stored the event that tells of it, in the same transaction. Of a credential
//! that died, one event tells for all webhooks that use it: the credential's row notes that it
//! was told, until one of them is switched on again or another one is added.

use carillon_domain::{CredentialRef, Webhook, WebhookStatus, suspension};
use jiff::Timestamp;

use super::credentials::credential_key;
use super::{Registry, webhook_key};
use crate::table::{IntoStep, Step, number, text};
use crate::{Error, EventStore};

/// How many webhooks one transaction suspends: DynamoDB has at most 100 items in it, of which
/// the event and the credential's row are two.
const TOGETHER: usize = 90;
/// How often those who use a credential are looked up, as some of them are changed meanwhile.
const TRIES: usize = 4;

impl Registry {
    /// Suspends a webhook that is still as it was read, and stores the event that tells of it and
    /// of the `kept` deliveries that wait. Tells whether it is suspended now, by this call or by
    /// another one. Where it was changed meanwhile, what was wrong with it may be mended.
    pub async fn suspend(
        &self,
        events: &EventStore,
        webhook: &Webhook,
        channel: &str,
        reason: &str,
        kept: usize,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let suspended = suspension::suspended(webhook, reason, now);
        let event = suspension::event(&suspended, channel, kept, now);
        let steps = [
            self.suspend_step(webhook, &suspended),
            events.put_step(&event)?,
        ];
        match self.transact("suspending a webhook", steps).await? {
            None => Ok(true),
            Some(_) => self.is_suspended(webhook).await,
        }
    }

    /// Suspends all webhooks that post with the credential of this one, which no platform takes
    /// any more, and stores the event that tells of it. Tells whether this one is suspended now,
    /// and gives all as they are then. Those that have another credential to fall back on find out
    /// for themselves.
    pub async fn suspend_users(
        &self,
        events: &EventStore,
        found: &Webhook,
        channel: &str,
        reason: &str,
        kept: usize,
        now: Timestamp,
    ) -> Result<(bool, Vec<Webhook>), Error> {
        let mut done = Vec::new();
        for _ in 0..TRIES {
            let mut doomed = self.posting_with(&found.credential, found).await?;
            let suspended = |webhook: &Webhook| suspension::suspended(webhook, reason, now);
            let after: Vec<Webhook> = doomed.iter().map(suspended).collect();
            let event = match &after[..] {
                [] => return Ok((self.is_suspended(found).await?, done)),
                [one] => suspension::event(one, channel, kept, now),
                several => suspension::event_of_several(several, kept, now),
            };
            let fingerprint = &found.credential.fingerprint;
            let row = self.credential(&found.organization, fingerprint).await?;
            let mut telling = match row.is_some_and(|row| row.dead_since.is_none()) {
                true => vec![self.note_death(found, now), events.put_step(&event)?],
                false => Vec::new(),
            };
            for after in after.chunks(TOGETHER) {
                let before: Vec<Webhook> = doomed.drain(..after.len()).collect();
                let steps = before.iter().zip(after);
                let steps = steps.map(|(before, after)| self.suspend_step(before, after));
                let steps = telling.drain(..).chain(steps);
                let failed = self.transact("suspending webhooks", steps).await?;
                if failed.is_some() {
                    // Some were changed, or somebody else was faster.
                    break;
                }
                done.extend_from_slice(after);
            }
        }
        Ok((self.is_suspended(found).await?, done))
    }

    /// The active webhooks that post with a credential and have no other one, oldest first.
    async fn posting_with(
        &self,
        credential: &CredentialRef,
        found: &Webhook,
    ) -> Result<Vec<Webhook>, Error> {
        let organization = &found.organization;
        let users = self.users(organization, &credential.fingerprint).await?;
        let mut posting = Vec::new();
        for users in users.chunks(TOGETHER) {
            let wanted: Vec<_> = users
                .iter()
                .map(|id| (organization.clone(), id.clone()))
                .collect();
            let webhooks = self.webhooks_by_id(&wanted).await?;
            let webhooks = webhooks.into_values().flatten();
            let webhooks = webhooks.filter(|webhook| {
                webhook.status == WebhookStatus::Active
                    && webhook.credential == *credential
                    && webhook.fallback.is_none()
            });
            posting.extend(webhooks);
        }
        posting.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(posting)
    }

    async fn is_suspended(&self, webhook: &Webhook) -> Result<bool, Error> {
        let there = self.webhook(&webhook.organization, &webhook.id).await?;
        Ok(there.is_some_and(|there| there.status == WebhookStatus::Suspended))
    }

    fn suspend_step(&self, webhook: &Webhook, suspended: &Webhook) -> Step {
        let reason = suspended.status_reason.clone().unwrap_or_default();
        self.table
            .update_step(webhook_key(webhook))
            .update_expression(
                "SET #status = :suspended, status_reason = :reason, modified_at = :now, \
                 version = :version",
            )
            .condition_expression("version = :read AND #status = :active")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":suspended", text("suspended"))
            .expression_attribute_values(":active", text("active"))
            .expression_attribute_values(":reason", text(reason))
            .expression_attribute_values(":now", text(suspended.modified_at.to_string()))
            .expression_attribute_values(":version", number(suspended.version))
            .expression_attribute_values(":read", number(webhook.version))
            .step()
    }

    /// Notes that the organization was told of a credential's death; fails where it was before.
    fn note_death(&self, webhook: &Webhook, now: Timestamp) -> Step {
        let CredentialRef { id, fingerprint } = &webhook.credential;
        self.table
            .update_step(credential_key(&webhook.organization, fingerprint))
            .update_expression("SET dead_since = :now")
            .condition_expression(
                "credential_id = :credential AND attribute_not_exists(dead_since)",
            )
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":credential", text(id.as_str()))
            .step()
    }
}
