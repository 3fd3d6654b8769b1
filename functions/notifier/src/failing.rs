//! Noting channels that fail on and on: once it is an hour, the janitor tells their organization.
//!
//! It must not keep anybody from delivering: where it fails, the next attempt notes it again, and
//! what nobody notes is forgotten.

use carillon_domain::Webhook;
use carillon_domain::failing::FailingLane;

use crate::Notifier;
use crate::visit::Visit;

impl Notifier {
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
