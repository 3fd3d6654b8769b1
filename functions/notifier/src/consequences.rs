//! What an answer means for the webhook itself.

use carillon_aws::Refusal;
use carillon_chat::Reply;
use carillon_domain::{Webhook, suspension};
use carillon_runtime::metrics::SUSPENSIONS;

use crate::webhooks::Webhooks;
use crate::{Notifier, Stores};

impl Notifier {
    /// The new credential has delivered.
    pub(crate) async fn end_rotation(&self, webhook: &Webhook) {
        let registry = &self.stores.registry;
        if let Err(error) = registry.end_rotation(webhook, self.clock.now()).await {
            let webhook_id = webhook.id.as_str();
            tracing::error!(webhook_id, %error, "a rotation could not be ended");
        }
    }

    /// Whether the webhook is suspended now. Not where it was changed meanwhile. Where its
    /// credential is dead, all who share it are suspended together. `kept` deliveries wait.
    pub(crate) async fn suspend(
        &self,
        webhook: &Webhook,
        channel: &str,
        reply: &Reply,
        kept: usize,
        webhooks: &Webhooks,
    ) -> bool {
        let reason = reply.hint.as_deref().unwrap_or("the platform refuses it");
        let now = self.clock.now();
        let Stores {
            registry, events, ..
        } = &self.stores;
        let (webhook_id, code) = (webhook.id.as_str(), reply.code.as_deref());
        let kind = self.poster.kinds().get(&webhook.kind);
        let condemns = kind.is_some_and(|kind| kind.condemns_secret(reply));
        let refusal = Refusal {
            channel,
            reason,
            kept,
            is_shared: condemns && webhook.fallback.is_none(),
        };
        match registry.suspend(events, webhook, refusal, now).await {
            Ok((is_suspended, all)) => {
                match is_suspended {
                    true => webhooks.update(suspension::suspended(webhook, reason, now)),
                    false => tracing::info!(webhook_id, code, "changed while it was refused"),
                }
                if !all.is_empty() {
                    self.metrics.count(SUSPENSIONS, &[], all.len());
                }
                for webhook in all {
                    tracing::warn!(webhook_id = webhook.id.as_str(), code, reason, "suspended");
                    webhooks.update(webhook);
                }
                is_suspended
            }
            Err(error) => {
                // The next attempt finds out the same.
                tracing::error!(webhook_id, code, %error, "it could not be suspended");
                false
            }
        }
    }
}
