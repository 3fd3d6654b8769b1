//! Serving one destination.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use carillon_aws::QueueMessage;
use carillon_aws::queue::VisibilityChange;
use carillon_domain::Outgoing;
use carillon_domain::delivery::LEASE;
use futures::FutureExt;
use futures::future::join_all;

use crate::Notifier;
use crate::batch::{Item, Poison};
use crate::deletion::Done;
use crate::pace::Place;
use crate::webhooks::Webhooks;

/// A post is begun only with at least this much time left: as long as it can take.
const NEEDED: Duration = LEASE;
/// The longest wait that is slept through; a longer one is the queue's.
pub(crate) const LONGEST_NAP: Duration = Duration::from_secs(2);
/// After what time a failed call to the queue is made once more.
const AGAIN: Duration = Duration::from_millis(500);
/// How long that may take: the others of the batch wait for it.
const AT_MOST: Duration = Duration::from_secs(2);
/// What waits longer than this is shown in the ledger.
const SHOWN: Duration = Duration::from_secs(4);
/// How long all naps of a destination take in one batch: processor time that is paid for.
const NAPS: Duration = Duration::from_secs(4);

/// What to do with the first messages of those that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many are dealt with.
    Done(usize),
    /// They must come back after this time, and what is behind them must wait.
    Wait(Duration),
    /// As that, for a reason of our own: when, is for the faults before this one to say.
    Fault,
    /// They cannot share a message, and are to be looked at again one by one.
    Singly,
}

/// How far a destination has come in this batch.
#[derive(Default)]
struct Progress {
    done: Vec<Item>,
    napped: Duration,
    /// Where the last post of this batch went, if there was one.
    rests: Option<Place>,
}

impl Notifier {
    /// Serves one destination, in order, until its first message must wait. Gives the ids
    /// of the messages that the queue keeps.
    pub(crate) async fn serve(
        &self,
        mut waiting: VecDeque<Item>,
        webhooks: Option<&Webhooks>,
        deadline: SystemTime,
        ended: &Done,
    ) -> Vec<String> {
        let count = waiting.len();
        let mut progress = Progress::default();
        let mut wait = Duration::ZERO;
        while let Some(head) = waiting.front() {
            let step = match (webhooks, &head.order) {
                _ if self.time_left(deadline) < NEEDED => Step::Wait(Duration::ZERO),
                (_, Err(poison)) => self.set_aside(head, poison).await,
                (None, _) => Step::Fault,
                (Some(webhooks), Ok(order)) => {
                    let step = self.next_step(&waiting, order, webhooks, &mut progress);
                    // What makes us panic must not take the others along.
                    AssertUnwindSafe(step)
                        .catch_unwind()
                        .await
                        .unwrap_or_else(|_| {
                            let message_id = head.message_id.as_str();
                            tracing::error!(message_id, "panicked over a message");
                            self.faults.panicked(head);
                            Step::Fault
                        })
                }
            };
            match step {
                Step::Done(count) => {
                    self.faults.over(&head.group);
                    progress.done.extend(waiting.drain(..count));
                }
                Step::Singly => {}
                Step::Wait(asked) => {
                    wait = asked;
                    break;
                }
                Step::Fault => {
                    wait = self.faults.another(head);
                    break;
                }
            }
        }
        let (rest, asked) = progress.rests.map_or_else(Default::default, |place| {
            (self.pace.rest(&place), self.pace.asked_rest(&place))
        });
        // With nothing left to hold the others back, one that is done does: it is put off,
        // and known to the ledger when it comes again. After a single message our own pace
        // needs none of that, as the next one is likely to be far off; what the platform
        // asks for does, however short.
        let is_crowded = count > 1 || progress.napped > Duration::ZERO;
        let holds =
            waiting.is_empty() && (asked > Duration::ZERO || is_crowded && rest > Duration::ZERO);
        let mut done = progress.done;
        let held = match holds {
            true => done.pop_if(|last| last.order.is_ok()),
            false => None,
        };
        // The first one holds the others back: the queue gives out nothing of a group that
        // has an invisible message.
        let kept: Vec<(Item, Duration)> = held
            .into_iter()
            .chain(waiting)
            .enumerate()
            .map(|(n, item)| match n {
                0 => (item, wait.max(rest)),
                _ => (item, Duration::ZERO),
            })
            .collect();
        ended.add(done.into_iter().map(|item| item.receipt));
        self.put_off(&kept).await;
        if wait > SHOWN {
            self.show_waiting(kept.iter().map(|(item, _)| item)).await;
        }
        kept.into_iter().map(|(item, _)| item.message_id).collect()
    }

    async fn next_step(
        &self,
        waiting: &VecDeque<Item>,
        order: &Outgoing,
        webhooks: &Webhooks,
        progress: &mut Progress,
    ) -> Step {
        let Some(head) = waiting.front() else {
            return Step::Wait(Duration::ZERO);
        };
        if self.faults.is_poison(head) {
            let reason = "Carillon fails over this message: please report it";
            return self.skip_because(order, reason).await;
        }
        let webhook = webhooks.get(&order.webhook_id);
        let Some(webhook) = self.active(webhook) else {
            return self.skip(order, webhooks).await;
        };
        let Some(channel) = webhook.channel_today(&order.channel, &order.channels) else {
            let reason = "its channel was taken out of the webhook";
            return self.skip_because(order, reason).await;
        };
        let channel = channel.to_owned();
        let platform = self.pace.platform_rest(&webhook).await;
        if platform > Duration::ZERO {
            // Not all at once when it is over.
            return Step::Wait(platform.mul_f64(1.0 + 0.1 * (self.random)()));
        }
        let place = Place::of(&webhook, &channel);
        let rest = self.pace.rest(&place);
        if rest > Duration::ZERO {
            if rest > LONGEST_NAP || progress.napped + rest > NAPS {
                return Step::Wait(rest);
            }
            self.clock.sleep(rest).await;
            progress.napped += rest;
        }
        let most = match self.faults.is_suspect(head) {
            true => 1,
            false => webhooks.run(waiting),
        };
        let items: Vec<(&Item, &Outgoing)> = waiting
            .iter()
            .take(most)
            .enumerate()
            .take_while(|(n, item)| *n == 0 || !self.faults.is_suspect(item))
            .map_while(|(_, item)| Some((item, item.order.as_ref().ok()?)))
            .collect();
        let step = self.deliver(&items, &webhook, &channel, webhooks).await;
        progress.rests = Some(place);
        step
    }

    /// Shows in the ledger what has to wait for a while behind others. What cannot be shown
    /// is delivered all the same.
    async fn show_waiting(&self, items: impl Iterator<Item = &Item>) {
        let now = self.clock.now();
        let orders = items.filter_map(|item| item.order.as_ref().ok());
        let noted = orders.zip(0..).map(async |(order, n)| {
            let own = now + Duration::from_micros(n);
            if let Err(error) = self.stores.ledger.note_pending(order, own).await {
                let delivery_id = order.delivery_id.as_str();
                tracing::warn!(delivery_id, %error, "a waiting delivery could not be shown");
            }
        });
        join_all(noted).await;
    }

    /// Puts what nobody can read where people look for it, so that it holds nobody back.
    async fn set_aside(&self, item: &Item, poison: &Poison) -> Step {
        let message_id = item.message_id.as_str();
        let error = &poison.error;
        tracing::error!(message_id, %error, "a message of the queue is no delivery");
        let Some(dead_letters) = &self.stores.dead_letters else {
            return Step::Fault;
        };
        let letter = QueueMessage {
            group: item.group.clone(),
            deduplication_id: item.message_id.clone(),
            body: poison.body.clone(),
        };
        match dead_letters.send(&[letter]).await {
            Ok(()) => Step::Done(1),
            Err(error) => {
                tracing::error!(message_id, %error, "it could not be set aside");
                Step::Fault
            }
        }
    }

    async fn put_off(&self, kept: &[(Item, Duration)]) {
        let changes: Vec<_> = kept
            .iter()
            .map(|(item, wait)| VisibilityChange {
                receipt: item.receipt.clone(),
                invisible_for: *wait,
            })
            .collect();
        let queue = &self.stores.queue;
        if let Err(error) = queue.change_visibility(&changes).await {
            tracing::warn!(%error, "messages could not be put off; trying again");
        } else {
            return;
        }
        self.clock.sleep(AGAIN).await;
        // They come back when the queue's own time-out is over, at the latest.
        match tokio::time::timeout(AT_MOST, queue.change_visibility(&changes)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "messages could not be put off"),
            Err(_) => tracing::error!("messages could not be put off in time"),
        }
    }

    fn time_left(&self, deadline: SystemTime) -> Duration {
        deadline
            .duration_since(self.clock.now().into())
            .unwrap_or_default()
    }
}
