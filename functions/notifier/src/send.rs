//! One message, from the opening to its end.

use std::collections::HashSet;
use std::time::Duration;

use carillon_domain::lane::{Lane, Log, Open};
use carillon_domain::{Delivery, DeliveryId, Outcome};
use jiff::Timestamp;

use crate::Notifier;
use crate::compose::{Composed, Message};
use crate::conclude::Next;
use crate::pace::LONGEST_NAP;
use crate::verdict::{is_about_the_message, is_unanswered};
use crate::visit::{Candidate, Fault, MAX_EVENTS, Visit, ids, last_position};
use crate::webhooks::Destination;

/// How many messages are looked at to find one that shows whether the channel takes any.
const PROBES: usize = 20;
/// A delivery is no probe where so many attempts of it had no answer, within this time.
const UNANSWERED_PROBES: usize = 2;
const PROBED_AGAIN_AFTER: Duration = Duration::from_secs(8 * 3_600);

impl Notifier {
    /// Tries the next message before one that keeps failing. Where there is none, or that one sums
    /// thousands up, its deliveries are tried one by one.
    pub(crate) async fn overtake(
        &self,
        visit: &mut Visit<'_>,
        head: &[Candidate],
        to: &Destination<'_>,
    ) -> Result<(), Fault> {
        if self.rest(to).await > LONGEST_NAP {
            return Ok(());
        }
        if head.len() > MAX_EVENTS {
            return self.try_one_by_one(visit, head.len()).await;
        }
        let posts = visit.posts;
        for _ in 0..PROBES {
            let composed = self.compose(visit, to, head).await?;
            let Composed::Message(probe) = composed else {
                if head.len() > 1 {
                    self.try_one_by_one(visit, head.len()).await?;
                }
                break;
            };
            // It shows nothing of the message before it, and each post may have left a copy.
            if probe
                .parts
                .iter()
                .any(|part| self.was_not_answered(&part.row))
            {
                break;
            }
            self.send_one(visit, probe, to).await?;
            // One that needs no post shows nothing of the channel.
            if visit.posts > posts {
                break;
            }
        }
        Ok(())
    }

    /// Whether a delivery has had no answer so often lately that it shows nothing as a probe.
    fn was_not_answered(&self, row: &Delivery) -> bool {
        let now = self.clock.now();
        let is_lately = |at: Timestamp| at <= now && now < at + PROBED_AGAIN_AFTER;
        let attempts = row.attempts.iter();
        let unanswered = attempts.filter(|it| is_unanswered(it) && is_lately(it.at));
        unanswered.count() >= UNANSWERED_PROBES
    }

    /// Lets what a message carries go one by one, the first of it at once, as a probe would.
    async fn try_one_by_one(&self, visit: &mut Visit<'_>, count: usize) -> Result<(), Fault> {
        visit.split(count);
        visit.lane.wait = None;
        self.save(visit).await
    }

    /// One message: open, post, conclude.
    pub(crate) async fn send_one(
        &self,
        visit: &mut Visit<'_>,
        mut message: Message,
        to: &Destination<'_>,
    ) -> Result<Next, Fault> {
        let Some(first) = message.parts.first() else {
            return Ok(Next::Again);
        };
        visit.at_hand = Some(first.row.id.clone());
        if self.faults.is_poison(&first.row.id) {
            let reason = "Carillon fails over this message: please report it";
            let skipped = |row: Delivery, now| row.skipped(reason, now);
            return self.end_without_post(visit, to, &message, skipped).await;
        }
        let joined = self.joined(&message, to).await?;
        if let Some(joined) = joined.as_ref().filter(|joined| joined.is_needless()) {
            let end = |row, now| joined.without_post(message.unknown, row, now);
            return self.end_without_post(visit, to, &message, end).await;
        }
        let before = self.open(visit, &message).await?;
        let is_new = message.log == Log::Main && before.open.is_none();
        if is_new && visit.lane.redo_asked != before.redo_asked {
            // Meanwhile something was put into the redo log, which may have come before.
            self.take_back(visit, before).await?;
            return Ok(Next::Again);
        }
        let posted = self.post(&mut message, to, joined.as_ref());
        let mut answer = match posted.await {
            Ok(answer) => answer,
            Err(error) => {
                self.take_back(visit, before).await?;
                return Err(error);
            }
        };
        visit.posts += 1;
        let reply = &answer.reply;
        if reply.condemns {
            to.webhooks.credential_died(&to.webhook, reply);
        }
        let is_probe = !message.overtakes.is_empty();
        if reply.outcome == Outcome::Delivered || !is_probe && is_about_the_message(reply.outcome) {
            self.forget_failing(visit, &to.webhook).await;
        }
        if reply.outcome.is_dead() {
            let kept = self.kept(visit, &message).await;
            answer.is_suspended = self.suspend(to, reply, kept).await;
        }
        self.conclude(visit, message, answer).await
    }

    /// Ends what is told already, or cannot be told.
    async fn end_without_post(
        &self,
        visit: &mut Visit<'_>,
        to: &Destination<'_>,
        message: &Message,
        end: impl Fn(Delivery, Timestamp) -> Delivery,
    ) -> Result<Next, Fault> {
        if message.overtakes.is_empty() {
            let candidates = message.candidates();
            self.dispose(visit, &to.channel, candidates, end).await?;
            return Ok(Next::Again);
        }
        // What it was to overtake is still the first one: the lane stays before it.
        self.raise_tried(visit, &message.candidates()).await?;
        let now = self.clock.now();
        let rows = message.parts.iter().map(|part| Delivery {
            post: visit.row.version,
            ..end(part.row.clone(), now)
        });
        self.write(visit, &rows.collect::<Vec<_>>()).await?;
        Ok(Next::Again)
    }

    /// How many deliveries wait in the lane, those of the message included, as far as one call
    /// reads. It is only told: where it cannot be read, those of the message are.
    async fn kept(&self, visit: &mut Visit<'_>, message: &Message) -> usize {
        let waiting = self.all_waiting(visit).await.unwrap_or_default();
        let waiting = waiting.into_iter().map(|it| it.waiting.delivery_id);
        let kept: HashSet<DeliveryId> = waiting.chain(message.ids()).collect();
        kept.len()
    }

    /// Nothing was posted: the lane is as it was before, but that the ledger may know more.
    async fn take_back(&self, visit: &mut Visit<'_>, before: Lane) -> Result<(), Fault> {
        visit.lane.withdraw();
        visit.lane = Lane {
            tried: visit.lane.tried.take(),
            redo_asked: visit.lane.redo_asked,
            ..before
        };
        self.save(visit).await
    }

    /// Writes down what is about to be posted. Gives the lane as it was before.
    async fn open(&self, visit: &mut Visit<'_>, message: &Message) -> Result<Lane, Fault> {
        let before = visit.lane.clone();
        let open = visit.lane.open.clone();
        visit.lane.withdraw();
        if !message.overtakes.is_empty() {
            visit.lane.aside = open;
        }
        visit.lane.open = Some(Open {
            log: message.log,
            deliveries: message.ids(),
            end: message
                .end()
                .max(last_position(&message.overtakes))
                .cloned(),
            version: visit.row.version + 1,
            opened_at: self.clock.now(),
            is_in_flight: true,
            is_summary: message.is_summary,
            unknown: message.unknown,
            overtakes: ids(&message.overtakes),
        });
        self.save(visit).await?;
        Ok(before)
    }

    /// How long nothing may be posted there.
    pub(crate) async fn rest(&self, to: &Destination<'_>) -> Duration {
        let platform = self.pace.platform_rest(&to.webhook).await;
        if platform > Duration::ZERO {
            // Not all at once when it is over.
            return platform.mul_f64(1.0 + 0.1 * (self.random)());
        }
        self.pace.rest(&self.pace.place(&to.webhook, &to.channel))
    }
}
