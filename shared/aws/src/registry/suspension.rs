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
const MAX_SUSPENDED_AT_ONCE: usize = 90;
/// How often those who use a credential are looked up, as some of them are changed meanwhile.
const TRIES: usize = 4;

/// What is wrong with a webhook.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    pub channel: &'a str,
    pub reason: &'a str,
    /// How many deliveries wait.
    pub kept: usize,
    /// Whether it is wrong with all that post with its credential, too, and have no other one to
    /// fall back on.
    pub is_shared: bool,
}

impl Registry {
    /// Suspends a webhook that is still as it was read, or all that share what is wrong with it,
    /// and stores the event that tells of it. Tells whether the webhook is suspended now, by this
    /// call or by another one, and gives those that this call has suspended. Where the webhook was
    /// changed meanwhile, what was wrong with it may be mended.
    pub async fn suspend(
        &self,
        events: &EventStore,
        found: &Webhook,
        refusal: Refusal<'_>,
        now: Timestamp,
    ) -> Result<(bool, Vec<Webhook>), Error> {
        let mut done: Vec<Webhook> = Vec::new();
        let tries = match refusal.is_shared {
            true => TRIES,
            false => 1,
        };
        for _ in 0..tries {
            let doomed = match refusal.is_shared {
                true => self.posting_with(found).await?,
                false => vec![found.clone()],
            };
            let suspended = |webhook: &Webhook| suspension::suspended(webhook, refusal.reason, now);
            let after: Vec<Webhook> = doomed.iter().map(suspended).collect();
            let event = match &after[..] {
                [] => break,
                [one] => suspension::event(one, refusal.channel, refusal.kept, now),
                several => suspension::event_of_several(several, refusal.kept, now),
            };
            let mut telling = vec![events.put_step(&event)?];
            if refusal.is_shared {
                let fingerprint = &found.credential.fingerprint;
                let row = self.credential(&found.organization, fingerprint).await?;
                match row.is_some_and(|row| row.dead_since.is_none()) {
                    true => telling.push(self.note_death(found, now)),
                    false => telling.clear(),
                }
            }
            let changes: Vec<_> = doomed.iter().zip(after).collect();
            for changes in changes.chunks(MAX_SUSPENDED_AT_ONCE) {
                let steps = changes.iter();
                let steps = steps.map(|(before, after)| self.suspend_step(before, after));
                let steps = telling.drain(..).chain(steps);
                let failed = self.transact("suspending webhooks", steps).await?;
                if failed.is_some() {
                    // Some were changed, or somebody else was faster.
                    break;
                }
                done.extend(changes.iter().map(|(_, after)| after.clone()));
            }
        }
        if done.iter().any(|webhook| webhook.id == found.id) {
            return Ok((true, done));
        }
        let there = self.webhook(&found.organization, &found.id).await?;
        let is_suspended = there.is_some_and(|it| it.status == WebhookStatus::Suspended);
        Ok((is_suspended, done))
    }

    /// The active webhooks that post with the credential of this one and have no other one, oldest
    /// first.
    async fn posting_with(&self, found: &Webhook) -> Result<Vec<Webhook>, Error> {
        let organization = &found.organization;
        let fingerprint = &found.credential.fingerprint;
        let users = self.users(organization, fingerprint).await?;
        let mut posting = Vec::new();
        for users in users.chunks(MAX_SUSPENDED_AT_ONCE) {
            let wanted = users.iter().map(|id| (organization, id));
            let webhooks = self.webhooks_by_id(wanted).await?.into_values().flatten();
            let webhooks = webhooks.filter(|webhook| {
                webhook.status == WebhookStatus::Active
                    && webhook.credential == found.credential
                    && webhook.fallback.is_none()
            });
            posting.extend(webhooks);
        }
        posting.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(posting)
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
