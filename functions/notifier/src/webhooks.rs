//! The webhooks of a batch, as they were when it began, and what it has found out since.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use carillon_chat::Reply;
use carillon_domain::{CredentialId, LaneId, Webhook, WebhookId, WebhookStatus};
use carillon_runtime::guard::lock;

/// Where a lane's messages go.
pub struct Destination<'a> {
    pub webhook: Arc<Webhook>,
    pub channel: String,
    /// The others of the batch, which may share its credential.
    pub webhooks: &'a Webhooks,
}

pub struct Webhooks {
    /// Those that exist; `None` where the row cannot be read.
    found: Mutex<HashMap<WebhookId, Option<Arc<Webhook>>>>,
    /// What the platform said of credentials that it does not take any more.
    dead: Mutex<HashMap<CredentialId, Reply>>,
}

impl Webhooks {
    pub fn new(found: HashMap<WebhookId, Option<Webhook>>) -> Self {
        let found = found.into_iter();
        let found = found.map(|(id, webhook)| (id, webhook.map(Arc::new)));
        Self {
            found: Mutex::new(found.collect()),
            dead: Mutex::default(),
        }
    }

    pub fn get(&self, id: &WebhookId) -> Option<Arc<Webhook>> {
        lock(&self.found).get(id).cloned().flatten()
    }

    /// Where a lane's messages go, or why they go nowhere.
    pub fn destination(&self, lane: &LaneId) -> Result<Destination<'_>, String> {
        let found = lane
            .webhook()
            .and_then(|id| lock(&self.found).get(&id).cloned());
        let webhook = match found {
            Some(Some(webhook)) => webhook,
            Some(None) => {
                let reason = "the webhook's registration cannot be read: replace it, and recover";
                return Err(reason.into());
            }
            None => return Err("the webhook was removed".into()),
        };
        match webhook.status {
            WebhookStatus::Active => {}
            WebhookStatus::Disabled => {
                return Err("the webhook is switched off by its owner".into());
            }
            WebhookStatus::Suspended => {
                let reason = webhook.status_reason.clone();
                return Err(reason.unwrap_or_else(|| "the webhook is suspended".into()));
            }
        }
        match webhook.channel(lane).map(ToOwned::to_owned) {
            Some(channel) => Ok(Destination {
                webhook,
                channel,
                webhooks: self,
            }),
            None => Err("its channel was taken out of the webhook".into()),
        }
    }

    /// From here on the batch takes the webhook to be like this, if it is one of the batch's.
    pub fn update(&self, webhook: Webhook) {
        if let Some(known) = lock(&self.found).get_mut(&webhook.id) {
            *known = Some(Arc::new(webhook));
        }
    }

    /// Notes that nothing more may be posted with the webhook's credential.
    pub fn credential_died(&self, webhook: &Webhook, reply: &Reply) {
        let id = webhook.credential.id.clone();
        lock(&self.dead).insert(id, reply.clone());
    }

    /// What the platform has said of the webhook's credential, where another webhook of the
    /// batch has found it dead. One that is being rotated has another to try.
    pub fn dead_credential(&self, webhook: &Webhook) -> Option<Reply> {
        let said = lock(&self.dead).get(&webhook.credential.id).cloned();
        let said = said.filter(|_| webhook.fallback.is_none())?;
        // Nobody is asked again.
        Some(Reply {
            http_status: None,
            duration: Duration::ZERO,
            ..said
        })
    }
}
