//! What people do meanwhile: they switch webhooks off and on, and have sent again what was not
//! delivered, in the steps of the API. A call that fails, or dies, they make again.

use carillon_aws::{Change, DeliveryQueue, Error, Lanes, Ledger, Order, Registry, WakeUp, wake};
use carillon_domain::lane::Redo;
use carillon_domain::{Delivery, DeliveryStatus, Webhook, WebhookStatus};
use jiff::Timestamp;

use crate::check::is_given_up;

/// How often a call is made before somebody gives up for now.
const TRIES: usize = 20;

pub struct People<'a> {
    pub registry: &'a Registry,
    pub lanes: &'a Lanes,
    pub ledger: &'a Ledger,
    pub queue: &'a dyn DeliveryQueue,
    pub now: Timestamp,
}

impl People<'_> {
    /// Whether somebody had to do something so that all comes to its end.
    pub async fn tidy(&self, webhook: &Webhook) -> bool {
        let was_off = self.switch(webhook, WebhookStatus::Active).await;
        let again = self.recover(webhook).await;
        was_off || again
    }

    /// Whether the webhook was not so before.
    pub async fn switch(&self, webhook: &Webhook, status: WebhookStatus) -> bool {
        let mut is_changed = false;
        for _ in 0..TRIES {
            let changed = self.try_to_switch(webhook, status).await;
            is_changed |= !matches!(changed, Ok(false));
            if changed.is_ok() {
                break;
            }
        }
        is_changed
    }

    async fn try_to_switch(&self, webhook: &Webhook, status: WebhookStatus) -> Result<bool, Error> {
        let (organization, id) = (&webhook.organization, &webhook.id);
        let read = self.registry.webhook(organization, id).await?.unwrap();
        let is_so = read.status == status;
        if !is_so {
            let new = Webhook {
                status,
                version: read.version + 1,
                ..read.clone()
            };
            let change = Change::new(Some(&read), Some(&new));
            let changed = self.registry.change_together(&[change]).await;
            changed.map_err(|error| Error::Call {
                operation: "switching",
                cause: error.to_string(),
            })?;
        }
        self.hurry(webhook, false).await?;
        Ok(!is_so)
    }

    /// Whether there was something to be sent again.
    pub async fn recover(&self, webhook: &Webhook) -> bool {
        let mut is_found = false;
        for _ in 0..TRIES {
            let recovered = self.try_to_recover(webhook).await;
            is_found |= !matches!(recovered, Ok(false));
            if recovered.is_ok() {
                break;
            }
        }
        is_found
    }

    async fn try_to_recover(&self, webhook: &Webhook) -> Result<bool, Error> {
        let undelivered = [DeliveryStatus::Failed, DeliveryStatus::Skipped];
        let page = self
            .ledger
            .page(&webhook.id, &undelivered, Order::OldestFirst, None, 100);
        let (mut rows, _) = page.await?;
        // What was given up after its day is told as such.
        rows.retain(|row| row.is_undelivered() && !is_given_up(row));
        for row in &rows {
            let waiting = row.again(self.now);
            let pending = Delivery {
                overtaken: false,
                ..row.clone().for_order(waiting.redelivery)
            };
            let redo = Redo {
                waiting,
                overtaken: None,
            };
            let lane = row.lane_id();
            self.lanes.put_redo(&lane, &[redo], self.now).await?;
            self.ledger.write(&pending).await?;
        }
        if !rows.is_empty() {
            self.hurry(webhook, true).await?;
        }
        Ok(!rows.is_empty())
    }

    async fn hurry(&self, webhook: &Webhook, has_redo: bool) -> Result<(), Error> {
        let organization = &webhook.organization;
        for channel in &webhook.lanes.channels {
            let lane = webhook.lane(channel);
            self.lanes
                .ask(organization, &lane, has_redo, self.now)
                .await?;
            let wake_up = WakeUp::new(organization.clone(), lane).urgent();
            wake(self.queue, &[wake_up]).await?;
        }
        Ok(())
    }
}
