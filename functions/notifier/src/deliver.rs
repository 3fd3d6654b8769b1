//! One message: claim what it carries, post, close.

use std::sync::Arc;
use std::time::{Duration, Instant};

use carillon_aws::{Claimed, Error};
use carillon_chat::{Place, Post, Remedy, Reply, Without};
use carillon_delivery::{By, used_up};
use carillon_domain::delivery::{Ending, LEASE, Next, POST_TIMEOUT, QUEUE_LIFE};
use carillon_domain::ids::stable_uuid;
use carillon_domain::{Attempt, Delivery, Event, Outcome, Outgoing, Webhook, WebhookStatus};
use futures::future::join_all;
use jiff::Timestamp;

use crate::Notifier;
use crate::batch::Item;
use crate::claims::{Claims, Taken, until};
use crate::grouping::Joined;
use crate::pace::Place as Rests;
use crate::serve::{LONGEST_NAP, Step};
use crate::webhooks::Webhooks;

impl Notifier {
    /// The webhook, if it can be posted to.
    pub(crate) fn active(&self, webhook: Option<Arc<Webhook>>) -> Option<Arc<Webhook>> {
        webhook.filter(|webhook| webhook.status == WebhookStatus::Active)
    }

    /// Writes down why a message of a webhook that cannot be posted to is not delivered.
    pub(crate) async fn skip(&self, order: &Outgoing, webhooks: &Webhooks) -> Step {
        let webhook = webhooks.get(&order.webhook_id);
        let reason = match webhook.as_deref() {
            None if webhooks.is_unreadable(&order.webhook_id) => {
                "the webhook's registration cannot be read: replace it, and recover"
            }
            None => "the webhook was removed",
            Some(webhook) => match webhook.status {
                WebhookStatus::Active | WebhookStatus::Disabled => {
                    "the webhook is switched off by its owner"
                }
                WebhookStatus::Suspended => webhook
                    .status_reason
                    .as_deref()
                    .unwrap_or("the webhook is suspended"),
            },
        };
        self.skip_because(order, reason).await
    }

    /// Writes down why a message is not delivered.
    pub(crate) async fn skip_because(&self, order: &Outgoing, reason: &str) -> Step {
        let now = self.clock.now();
        let delivery_id = order.delivery_id.as_str();
        let written = async {
            self.outcomes.catch_up(&order.delivery_id).await?;
            self.stores.ledger.skip(order, reason, now).await
        };
        match written.await {
            Ok(Claimed::NotBefore(time)) => Step::Wait(until(time, now)),
            Ok(Claimed::Settled) => Step::Done(1),
            Ok(Claimed::Ours(_)) => {
                tracing::info!(delivery_id, reason, "skipped");
                Step::Done(1)
            }
            Err(error) => {
                tracing::error!(delivery_id, %error, "a delivery could not be skipped");
                Step::Fault
            }
        }
    }

    /// Delivers the first messages of a destination, all in one.
    pub(crate) async fn deliver(
        &self,
        items: &[(&Item, &Outgoing)],
        webhook: &Webhook,
        channel: &str,
        webhooks: &Webhooks,
    ) -> Step {
        let claims = self.claim(items).await;
        if claims.taken.is_empty() {
            return match claims.stopped {
                Some(step) if claims.ready == 0 => step,
                _ => Step::Done(claims.ready),
            };
        }
        match self.post(claims, webhook, channel, webhooks).await {
            Ok(Some(step)) => step,
            Ok(None) => Step::Fault,
            Err(error) => {
                let webhook_id = webhook.id.as_str();
                tracing::error!(webhook_id, %error, "a delivery could not be handled");
                Step::Fault
            }
        }
    }

    /// None where a fault of ours kept them from being posted.
    async fn post(
        &self,
        mut claims: Claims<'_>,
        webhook: &Webhook,
        channel: &str,
        webhooks: &Webhooks,
    ) -> Result<Option<Step>, Error> {
        let joined = match self.joined(&claims.taken, webhook, channel).await {
            Ok(joined) => joined,
            Err(error) => {
                self.release_all(&claims.taken).await;
                return Err(error);
            }
        };
        if let Some(joined) = &joined {
            match self.known_already(joined, &claims.taken).await {
                Ok(None) => {}
                Ok(Some(step)) => return Ok(Some(step)),
                Err(error) => {
                    self.release_all(&claims.taken).await;
                    return Err(error);
                }
            }
        }
        let mut place = joined.as_ref().map_or(Place::Channel, Joined::place);
        let mut begun = self.clock.now();
        let started = Instant::now();
        let sent = match webhooks.dead_credential(webhook) {
            Some(said) => Some(said),
            None => {
                let taken = &mut claims.taken;
                self.send(taken, webhook, channel, &place, begun, POST_TIMEOUT)
                    .await
            }
        };
        let Some(mut reply) = sent else {
            self.release_all(&claims.taken).await;
            return Ok(None);
        };
        if place != Place::Channel && may_be_the_place(&reply) {
            // The message that it belonged to is gone, or its channel: this one begins anew.
            note(&mut claims.taken, &reply, begun);
            let rest = reply.pause_after.unwrap_or_default();
            if rest > LONGEST_NAP {
                reply = used_up(rest);
            } else {
                self.clock.sleep(rest).await;
                begun = self.clock.now();
                place = Place::Channel;
                let left = POST_TIMEOUT.saturating_sub(started.elapsed());
                let again = self.send(&mut claims.taken, webhook, channel, &place, begun, left);
                let Some(again) = again.await else {
                    self.release_all(&claims.taken).await;
                    return Ok(None);
                };
                reply = again;
            }
        }
        if matches!(place, Place::Thread(_)) && self.stands_alone(&reply) {
            place = Place::Channel;
        }
        if let Some(joined) = &joined {
            self.remember(joined, &place, &reply, webhook, channel)
                .await;
        }
        if reply.is_definite() && claims.taken.len() > 1 {
            // One of them may be to blame, and is to fail alone. The others have not been tried
            // yet, as far as their schedule goes.
            let refused = claims.taken.iter().map(async |taken| {
                self.faults.suspect(taken.item);
                let mut refused = taken.claimed.clone().released();
                refused.attempts.push(Attempt {
                    is_followed: true,
                    ..reply.attempt(begun)
                });
                self.outcomes.write(&taken.claimed, &refused).await
            });
            for written in join_all(refused).await {
                written?;
            }
            return Ok(Some(Step::Singly));
        }
        let reply = self.refusals.judged(Rests::of(webhook, channel), reply);
        if reply.condemns_secret(webhook.platform) {
            webhooks.credential_died(webhook, &reply);
        }
        let suspended = match reply.outcome.is_dead() {
            true => self.suspend(webhook, channel, &reply, webhooks).await,
            false => false,
        };
        self.close(claims, reply, begun, suspended).await.map(Some)
    }

    /// Posts a message that carries all of these. None where nothing was posted.
    async fn send(
        &self,
        taken: &mut [Taken<'_>],
        webhook: &Webhook,
        channel: &str,
        place: &Place,
        begun: Timestamp,
        within: Duration,
    ) -> Option<Reply> {
        let events: Vec<&Event> = taken.iter().map(|taken| &taken.order.event).collect();
        let post_id = match &*taken {
            [one] => one.order.post_id(),
            several => {
                let ids: Vec<String> = several
                    .iter()
                    .map(|taken| taken.order.deduplication_id())
                    .collect();
                stable_uuid(&ids.iter().map(String::as_str).collect::<Vec<_>>())
            }
        };
        let post = Post {
            webhook,
            channel,
            events: &events,
            post_id: &post_id,
            place,
            without: Without::default(),
        };
        let webhook_id = webhook.id.as_str();
        let started = Instant::now();
        if taken.iter().any(|taken| taken.claimed.may_have_copies()) {
            match self.poster.is_answered(webhook).await {
                Ok(true) => {}
                Ok(false) => return Some(unanswered()),
                Err(error) => {
                    tracing::error!(webhook_id, %error, "nothing was posted");
                    return None;
                }
            }
        }
        let within = within.saturating_sub(started.elapsed());
        let in_flight = self.in_flight.begin();
        let posted = self.poster.send(&post, within).await;
        drop(in_flight);
        let posted = match posted {
            Ok(posted) => posted,
            Err(error) => {
                tracing::error!(webhook_id, %error, "nothing was posted");
                return None;
            }
        };
        for earlier in &posted.earlier {
            note(taken, earlier, begun);
        }
        let pause = self
            .pace
            .posted(webhook, channel, begun, &posted.reply)
            .await;
        match (posted.by, posted.reply.outcome) {
            (By::Current, Outcome::Delivered) if webhook.fallback.is_some() => {
                self.end_rotation(webhook).await;
            }
            (By::Fallback, Outcome::Delivered) => {
                tracing::warn!(webhook_id, "posted with the credential before the rotation");
            }
            _ => {}
        }
        Some(Reply {
            retry_after: posted.reply.retry_after.into_iter().chain(pause).max(),
            ..posted.reply
        })
    }

    /// Writes down how it went, for each of them.
    async fn close(
        &self,
        claims: Claims<'_>,
        reply: Reply,
        begun: Timestamp,
        suspended: bool,
    ) -> Result<Step, Error> {
        let ending = Ending {
            now: self.clock.now(),
            random: (self.random)(),
            asked: reply.retry_after,
            suspended,
            last_call: None,
        };
        let mut rows: Vec<(Delivery, Delivery)> = Vec::with_capacity(claims.taken.len());
        let mut wait: Option<Duration> = None;
        for Taken { item, claimed, .. } in claims.taken {
            let ending = Ending {
                last_call: item.sent_at.map(|sent_at| sent_at + QUEUE_LIFE),
                ..ending
            };
            let attempt = reply.attempt(begun);
            let (mut closed, next) =
                claimed
                    .clone()
                    .closed(attempt, reply.message.clone(), &ending);
            if let Next::RetryIn(own) = next {
                // They wait together, for as long as the first of them.
                let common = *wait.get_or_insert(own);
                closed.next_attempt_at = Some(ending.now + common);
            }
            log(&closed, next, reply.duration);
            rows.push((claimed, closed));
        }
        self.in_flight.gather().await;
        let written = rows
            .iter()
            .map(|(claimed, closed)| self.outcomes.write(claimed, closed));
        for ours in join_all(written).await {
            if !ours? {
                // The post took longer than the claim, and somebody else has it now.
                wait = Some(LEASE);
            }
        }
        Ok(wait.map_or(Step::Done(claims.ready), Step::Wait))
    }
}

/// Writes down an attempt that another one follows at once.
fn note(taken: &mut [Taken<'_>], reply: &Reply, begun: Timestamp) {
    for taken in taken {
        taken.claimed.attempts.push(Attempt {
            is_followed: true,
            ..reply.attempt(begun)
        });
    }
}

/// The platform was not posted to: it does not even answer what posts nothing.
fn unanswered() -> Reply {
    Reply::new(Outcome::Unavailable).code("not_posted").hint(
        "Earlier posts may have arrived, and the platform does not answer a question that \
             posts nothing. So as not to make more copies, this attempt posted nothing.",
    )
}

/// Whether it may be the thread, or the message to change, that the platform refuses. Those
/// stand in the channel of their time.
fn may_be_the_place(reply: &Reply) -> bool {
    reply.remedy == Some(Remedy::Place) || reply.outcome == Outcome::DestinationDead
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
