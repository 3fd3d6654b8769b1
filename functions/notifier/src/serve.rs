//! Serving one lane: message after message, until nothing waits or something must.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use carillon_domain::Event;
use carillon_domain::delivery::LEASE;
use carillon_domain::lane::{LONGEST_BINDING, Lane, Wait};
use carillon_runtime::metrics::UNREADABLE_SECRETS;
use futures::FutureExt;
use jiff::Timestamp;

use crate::Notifier;
use crate::batch::Woken;
use crate::compose::Composed;
use crate::conclude::Next;
use crate::deletion::Done;
use crate::pace::LONGEST_NAP;
use crate::returning::LONGEST_IN_QUEUE;
use crate::visit::{Fault, Visit};
use crate::webhooks::{Destination, Webhooks};

/// A post is begun only with at least this much time left: as long as it can take.
const NEEDED: Duration = LEASE;
/// How long a lane is served in one batch: others wait for the batch.
const TURN: Duration = Duration::from_secs(10);
/// How long all naps of a lane take in one batch: processor time that is paid for.
const NAPS: Duration = Duration::from_secs(4);
/// When to look again at a lane that somebody else has.
const AFTER_LOSS: Duration = Duration::from_secs(1);

/// How a visit ended.
enum Ending {
    /// Nothing is left to do now.
    Idle,
    /// The time is over, or the destination rests: after that time.
    After(Duration),
    /// The lane waits until then.
    At(Timestamp),
}

impl Notifier {
    /// Serves a lane; with `event`, which is likely to be the next one. Gives the ids of the
    /// messages that the queue keeps.
    pub(crate) async fn serve(
        &self,
        woken: Woken,
        lane: Option<Lane>,
        event: Option<Event>,
        webhooks: &Webhooks,
        deadline: SystemTime,
        done: &Done,
    ) -> Vec<String> {
        let id = &woken.wake_up.lane;
        let mut visit = Visit::new(&woken.wake_up.organization, id, lane);
        visit
            .events
            .extend(event.map(|event| (event.id.clone(), event)));
        // What makes us panic must not take the others along.
        let served = AssertUnwindSafe(self.visit(&mut visit, webhooks, deadline));
        let ending = match served.catch_unwind().await {
            Ok(Ok(ending)) => ending,
            Ok(Err(Fault::Lost)) => Ending::After(AFTER_LOSS),
            Ok(Err(error)) => {
                tracing::error!(lane = id.as_str(), %error, "a lane could not be served");
                if matches!(error, Fault::NotPosted(_)) {
                    self.metrics.add(UNREADABLE_SECRETS, &[]);
                }
                Ending::After(self.faults.another(id))
            }
            Err(_) => {
                tracing::error!(lane = id.as_str(), "panicked over a lane");
                self.faults.panicked(id, visit.at_hand.as_ref());
                Ending::After(self.faults.another(id))
            }
        };
        let wait = match ending {
            Ending::Idle => None,
            Ending::After(wait) => Some(wait),
            Ending::At(at) => self.scheduled(&visit, at).await,
        };
        self.leave(woken, wait, done).await
    }

    /// Serves a lane, and writes down what no post has.
    async fn visit(
        &self,
        visit: &mut Visit<'_>,
        webhooks: &Webhooks,
        deadline: SystemTime,
    ) -> Result<Ending, Fault> {
        let ending = self.send_all(visit, webhooks, deadline).await?;
        if visit.must_be_saved() {
            self.save(visit).await?;
        }
        Ok(ending)
    }

    async fn send_all(
        &self,
        visit: &mut Visit<'_>,
        webhooks: &Webhooks,
        deadline: SystemTime,
    ) -> Result<Ending, Fault> {
        let mut channel = String::new();
        if let Some(webhook) = visit.id.webhook().and_then(|id| webhooks.get(&id)) {
            if let Some(name) = webhook.channel(visit.id) {
                visit.stands_at(self.pace.place(&webhook, name));
                name.clone_into(&mut channel);
            }
            visit.kind = webhook.kind.api_type().to_owned();
            let after = webhook.configuration.summary_after;
            visit.summary_after = after.and_then(|after| usize::try_from(after).ok());
        }
        // Before the log is read: whoever appends to it afterwards must not believe in a wait that
        // is none.
        if visit.must_be_saved() {
            self.save(visit).await?;
        }
        self.catch_up(visit.id).await?;
        let begun = self.clock.now();
        let mut napped = Duration::ZERO;
        let mut is_afresh = false;
        if let Some(leased) = self.resolve(visit, &channel).await? {
            return Ok(Ending::At(leased));
        }
        loop {
            let now = self.clock.now();
            if self.time_left(deadline) < NEEDED || begun + TURN <= now {
                return Ok(Ending::After(Duration::ZERO));
            }
            let to = &match webhooks.destination(visit.id) {
                Err(_) if !is_afresh => {
                    // It may be switched on again since the batch has begun.
                    self.refresh(visit, webhooks).await?;
                    is_afresh = true;
                    continue;
                }
                Err(reason) => {
                    if let Some(webhook) = visit.id.webhook().and_then(|id| webhooks.get(&id)) {
                        self.forget_failing(visit, &webhook).await;
                    }
                    if !self.skip_all(visit, &channel, &reason).await? {
                        return Ok(Ending::Idle);
                    }
                    continue;
                }
                Ok(to) => to,
            };
            if let Some(at) = visit.lane.waits_until(now) {
                self.note_failing(visit, &to.webhook).await;
                return Ok(Ending::At(at));
            }
            visit.lane.wait = None;
            let message = match self.compose(visit, to, &[]).await? {
                Composed::Again => continue,
                Composed::Nothing(Some(due)) => return Ok(Ending::At(due)),
                Composed::Nothing(None) => {
                    self.faults.forget(visit.id);
                    return self.rests_after(visit, to, napped).await;
                }
                Composed::Message(message) => message,
            };
            let place = self.pace.place(&to.webhook, &to.channel);
            let Some(turn) = self.pace.turn(place).await else {
                return Ok(Ending::After(AFTER_LOSS));
            };
            let rest = self.rest(to).await;
            if rest > LONGEST_NAP || napped + rest > NAPS {
                return self.rests(visit, rest).await;
            }
            if rest > Duration::ZERO {
                self.clock.sleep(rest).await;
                napped += rest;
            }
            let next = self.send_one(visit, message, to).await?;
            self.faults.over(visit.id);
            match next {
                Next::Again => {}
                Next::GiveUp => {
                    while self.time_left(deadline) >= NEEDED
                        && self.give_up(visit, &to.channel).await?
                    {}
                }
                Next::Overtake(head) if self.time_left(deadline) >= NEEDED => {
                    self.overtake(visit, &head, to).await?;
                }
                Next::Overtake(_) => {}
            }
            drop(turn);
        }
    }

    /// The place rests for longer than a nap. A long rest is written down, so that nobody is
    /// woken meanwhile.
    async fn rests(&self, visit: &mut Visit<'_>, rest: Duration) -> Result<Ending, Fault> {
        if rest <= LONGEST_IN_QUEUE {
            return Ok(Ending::After(rest));
        }
        let now = self.clock.now();
        let until = now + rest;
        visit.lane.wait = Some(Wait {
            place: None,
            from: now,
            until,
            asked: visit.lane.asked_at,
            binding_until: (rest <= LONGEST_BINDING).then_some(until),
        });
        self.save(visit).await?;
        Ok(Ending::At(until))
    }

    /// Reads the lane's webhook once more.
    async fn refresh(&self, visit: &Visit<'_>, webhooks: &Webhooks) -> Result<(), Fault> {
        if let Some(webhook) = visit.id.webhook() {
            let wanted = [(visit.organization, &webhook)];
            let read = self.stores.registry.webhooks_by_id(wanted).await?;
            let read = read.into_values().flatten();
            read.for_each(|webhook| webhooks.update(webhook));
        }
        Ok(())
    }

    /// Writes down why what waits is not delivered, some of it; false where nothing waits.
    async fn skip_all(
        &self,
        visit: &mut Visit<'_>,
        channel: &str,
        reason: &str,
    ) -> Result<bool, Fault> {
        visit.drop_open();
        let waiting = self.all_waiting(visit).await?;
        if waiting.is_empty() {
            return Ok(false);
        }
        tracing::info!(
            lane = visit.id.as_str(),
            count = waiting.len(),
            reason,
            "skipped"
        );
        // A failing channel that nothing is to be sent to is none.
        visit.lane.succeeded();
        self.dispose(visit, channel, waiting, |row, now| row.skipped(reason, now))
            .await?;
        Ok(true)
    }

    /// With nothing left in the lane, its wake-up holds back the next one for as long as the
    /// place rests: whoever takes that may not know. After a single message our own pace needs
    /// none of that, as the next one is likely to be far off.
    async fn rests_after(
        &self,
        visit: &mut Visit<'_>,
        to: &Destination<'_>,
        napped: Duration,
    ) -> Result<Ending, Fault> {
        let place = self.pace.place(&to.webhook, &to.channel);
        let is_crowded = visit.posts > 1 || napped > Duration::ZERO;
        let rest = match is_crowded {
            true => self.pace.rest(&place),
            false => self.pace.asked_rest(&place),
        };
        match visit.posts > 0 && rest > Duration::ZERO {
            true => self.rests(visit, rest).await,
            false => Ok(Ending::Idle),
        }
    }

    fn time_left(&self, deadline: SystemTime) -> Duration {
        deadline
            .duration_since(self.clock.now().into())
            .unwrap_or_default()
    }
}
