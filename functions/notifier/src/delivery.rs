//! One delivery: claim, post, close.

use std::collections::HashMap;
use std::time::Duration;

use carillon_aws::{Claimed, Suspension};
use carillon_chat::Reply;
use carillon_domain::delivery::{Ending, LEASE, Next};
use carillon_domain::{Delivery, Outgoing, Webhook, WebhookId, WebhookStatus};
use jiff::Timestamp;

use crate::Notifier;
use crate::batch::Item;

/// The webhooks of a batch.
pub type Webhooks = HashMap<WebhookId, Webhook>;

/// What to do with a message of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is dealt with.
    Done,
    /// It must come back after this time, and what is behind it must wait.
    Wait(Duration),
}

impl Notifier {
    pub(crate) async fn deliver(&self, item: &Item, webhooks: &Webhooks) -> Step {
        let outgoing = match &item.outgoing {
            Ok(outgoing) => outgoing,
            Err(error) => {
                let message_id = item.message_id.as_str();
                tracing::error!(message_id, %error, "a message of the queue is no delivery");
                return Step::Wait(item.after_own_fault());
            }
        };
        let delivery_id = outgoing.delivery_id.as_str();
        let step = match webhooks.get(&outgoing.webhook_id) {
            None => self.skip(outgoing, "the webhook was removed").await,
            Some(webhook) => self.deliver_to(outgoing, webhook).await,
        };
        match step {
            Ok(Some(step)) => step,
            Ok(None) => Step::Wait(item.after_own_fault()),
            Err(error) => {
                tracing::error!(delivery_id, %error, "a delivery could not be handled");
                Step::Wait(item.after_own_fault())
            }
        }
    }

    /// None where a fault of ours kept it from being posted.
    async fn deliver_to(
        &self,
        outgoing: &Outgoing,
        webhook: &Webhook,
    ) -> Result<Option<Step>, carillon_aws::Error> {
        let off = match webhook.status {
            WebhookStatus::Active => None,
            WebhookStatus::Disabled => Some("the webhook is switched off by its owner"),
            WebhookStatus::Suspended => Some(
                webhook
                    .status_reason
                    .as_deref()
                    .unwrap_or("the webhook is suspended"),
            ),
        };
        if let Some(reason) = off {
            return self.skip(outgoing, reason).await;
        }
        let now = self.clock.now();
        let claimed = match self.stores.ledger.claim(outgoing, now).await? {
            Claimed::Settled => return Ok(Some(Step::Done)),
            Claimed::NotBefore(time) => return Ok(Some(Step::Wait(until(time, now)))),
            Claimed::Ours(claimed) => *claimed,
        };
        let channel = webhook.channel_today(&outgoing.channel);
        let posted = self
            .poster
            .post(webhook, channel, &outgoing.event, &outgoing.delivery_id)
            .await;
        let reply = match posted {
            Ok(posted) => posted.reply,
            Err(error) => {
                let delivery_id = outgoing.delivery_id.as_str();
                tracing::error!(delivery_id, %error, "nothing was posted");
                let released = claimed.clone().released();
                self.stores.ledger.close(&claimed, &released).await?;
                return Ok(None);
            }
        };
        let suspended = match reply.outcome.is_dead() {
            true => self.suspend(webhook, channel, &reply).await?,
            false => false,
        };
        self.close(claimed, reply, now, suspended).await.map(Some)
    }

    /// False where the webhook was changed meanwhile.
    async fn suspend(
        &self,
        webhook: &Webhook,
        channel: &str,
        reply: &Reply,
    ) -> Result<bool, carillon_aws::Error> {
        let reason = reply.hint.as_deref().unwrap_or("the platform refuses it");
        let suspension = self
            .stores
            .registry
            .suspend(
                &self.stores.events,
                webhook,
                channel,
                reason,
                self.clock.now(),
            )
            .await?;
        let webhook_id = webhook.id.as_str();
        let code = reply.code.as_deref();
        tracing::warn!(webhook_id, code, ?suspension, "a webhook cannot work");
        Ok(suspension == Suspension::Suspended)
    }

    async fn skip(
        &self,
        outgoing: &Outgoing,
        reason: &str,
    ) -> Result<Option<Step>, carillon_aws::Error> {
        let now = self.clock.now();
        Ok(Some(
            match self.stores.ledger.skip(outgoing, reason, now).await? {
                Claimed::NotBefore(time) => Step::Wait(until(time, now)),
                Claimed::Settled | Claimed::Ours(_) => Step::Done,
            },
        ))
    }

    /// Writes down how it went.
    async fn close(
        &self,
        claimed: Delivery,
        reply: Reply,
        begun: Timestamp,
        suspended: bool,
    ) -> Result<Step, carillon_aws::Error> {
        let ending = Ending {
            now: self.clock.now(),
            random: (self.random)(),
            // A block says no time of its own, but how long everybody must rest.
            asked: reply.retry_after.or(reply.pause_after),
            suspended,
            last_call: None,
        };
        let (closed, next) = claimed
            .clone()
            .closed(reply.attempt(begun), reply.message, &ending);
        log(&closed, next, reply.duration);
        if !self.stores.ledger.close(&claimed, &closed).await? {
            // The post took longer than the claim, and somebody else has it now.
            return Ok(Step::Wait(LEASE));
        }
        Ok(match next {
            Next::Delivered | Next::Failed => Step::Done,
            Next::RetryIn(wait) => Step::Wait(wait),
        })
    }
}

fn until(time: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(time.duration_since(now)).unwrap_or_default()
}

fn log(closed: &Delivery, next: Next, took: Duration) {
    let attempt = closed.attempts.len();
    let last = closed.attempts.last();
    tracing::info!(
        delivery_id = closed.id.as_str(),
        webhook_id = closed.webhook_id.as_str(),
        event_id = closed.event_id.as_str(),
        attempt,
        http_status = last.and_then(|attempt| attempt.http_status),
        code = last.and_then(|attempt| attempt.code.as_deref()),
        duration_ms = took.as_millis(),
        next = ?next,
        "posted"
    );
}
