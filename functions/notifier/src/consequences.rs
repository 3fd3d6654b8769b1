//! What an answer means for the webhook itself.

use carillon_aws::Suspension;
use carillon_chat::Reply;
use carillon_domain::{Webhook, suspension};

use crate::Notifier;
use crate::webhooks::Webhooks;

impl Notifier {
    /// The new credential has delivered.
    pub(crate) async fn end_rotation(&self, webhook: &Webhook) {
        let registry = &self.stores.registry;
        if let Err(error) = registry.end_rotation(webhook, self.clock.now()).await {
            let webhook_id = webhook.id.as_str();
            tracing::error!(webhook_id, %error, "a rotation could not be ended");
        }
    }

    /// Whether the webhook is suspended now. Not where it was changed meanwhile.
    pub(crate) async fn suspend(
        &self,
        webhook: &Webhook,
        channel: &str,
        reply: &Reply,
        webhooks: &Webhooks,
    ) -> bool {
        let reason = reply.hint.as_deref().unwrap_or("the platform refuses it");
        let now = self.clock.now();
        let stores = &self.stores;
        let webhook_id = webhook.id.as_str();
        let code = reply.code.as_deref();
        let suspended = stores
            .registry
            .suspend(&stores.events, webhook, channel, reason, now)
            .await;
        match suspended {
            Ok(Suspension::Suspended) => {
                tracing::warn!(webhook_id, code, reason, "suspended");
                webhooks.set(suspension::suspended(webhook, reason, now));
                true
            }
            Ok(Suspension::Changed) => {
                tracing::info!(webhook_id, code, "changed while it was refused");
                false
            }
            Err(error) => {
                // The next attempt finds out the same.
                tracing::error!(webhook_id, code, %error, "it could not be suspended");
                false
            }
        }
    }
}
