//! What follows from an answer beside the lane: for the webhook, and for those who are told of
//! channels that fail on and on (the janitor tells them once it is an hour).
//!
//! Nothing of it may keep anybody from delivering: where it fails, the next attempt finds out the
//! same, and what nobody notes is forgotten.

use carillon_aws::Refusal;
use carillon_chat::Reply;
use carillon_domain::failing::FailingLane;
use carillon_domain::{Webhook, suspension};
use carillon_runtime::metrics::SUSPENSIONS;

use crate::visit::Visit;
use crate::webhooks::Destination;
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
    pub(crate) async fn suspend(&self, to: &Destination<'_>, reply: &Reply, kept: usize) -> bool {
        let Destination {
            webhook,
            channel,
            webhooks,
        } = to;
        let reason = reply.hint.as_deref().unwrap_or("the platform refuses it");
        let now = self.clock.now();
        let Stores {
            registry, events, ..
        } = &self.stores;
        let (webhook_id, code) = (webhook.id.as_str(), reply.code.as_deref());
        let refusal = Refusal {
            channel,
            reason,
            kept,
            is_shared: reply.condemns && webhook.fallback.is_none(),
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

    /// The lane fails, perhaps for long.
    pub(crate) async fn note_failing(&self, visit: &Visit<'_>, webhook: &Webhook) {
        let now = self.clock.now();
        let Some(trouble) = visit.lane.fails_long(now) else {
            return;
        };
        let lane = FailingLane {
            lane: visit.id.clone(),
            name: webhook.name.clone(),
            since: trouble.since,
            reason: trouble.reason.clone(),
            tried_at: now,
        };
        let (organization, platform) = (visit.organization, webhook.kind.api_type());
        let lanes = &self.stores.lanes;
        if let Err(error) = lanes.note_failing(organization, platform, &lane).await {
            tracing::error!(lane = visit.id.as_str(), %error, "it is not noted that it fails");
        }
    }

    /// The lane works, or nothing is to be sent through it.
    pub(crate) async fn forget_failing(&self, visit: &Visit<'_>, webhook: &Webhook) {
        if visit.lane.fails_long(self.clock.now()).is_none() {
            return;
        }
        let (organization, platform) = (visit.organization, webhook.kind.api_type());
        let lanes = &self.stores.lanes;
        let lane = std::slice::from_ref(visit.id);
        let forgotten = lanes.forget_failing(organization, platform, lane).await;
        if let Err(error) = forgotten {
            tracing::error!(lane = visit.id.as_str(), %error, "it is still noted as failing");
        }
    }
}
