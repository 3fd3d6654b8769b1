//! The sweeps over lanes: what is due each minute, and all of them once a day.
//!
//! A lane that waits for long has no wake-up in the queue, only a row that says when it is due.
//! Should anything be lost, the rows, the queue or a wake-up, the daily walk finds every lane in
//! which something waits and nothing is to happen. Two sweeps at once do no harm: a lane that is
//! woken twice is looked at twice.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use carillon_aws::lanes::{Due, WALK_SHARDS, Waiting, WalkPosition, Walked};
use carillon_aws::{DeliveryQueue, Error, EventStore, Lanes, Ledger, WakeUp, wake};
use carillon_domain::lane::Lane;
use carillon_domain::{Delivery, LaneId};
use carillon_runtime::Metrics;
use carillon_runtime::clock::Clock;
use carillon_runtime::guard::lock;
use carillon_runtime::metrics::{LANES_WAITING, OLDEST_WAITING, OVERDUE};
use futures::future::join_all;
use jiff::Timestamp;

/// How many lanes are read in one go.
const PAGE: usize = 100;
/// How many are looked at at once.
const AT_ONCE: usize = 16;
/// How often all lanes are walked.
const WALK_EVERY: Duration = Duration::from_secs(86_400);

/// The handler; one for a process.
pub struct LaneSweep {
    pub lanes: Lanes,
    pub ledger: Ledger,
    pub events: EventStore,
    pub queue: Arc<dyn DeliveryQueue>,
    pub clock: Arc<dyn Clock>,
    pub metrics: Metrics,
    /// When the last sweep was.
    pub latest: Mutex<Option<Timestamp>>,
}

impl LaneSweep {
    /// Wakes the lanes that are due, tells of what has failed for long, and goes on with the daily
    /// walk, until this time at most.
    ///
    /// # Errors
    /// Where AWS does not answer: the next sweep goes on.
    pub async fn sweep(&self, deadline: Timestamp) -> Result<(), Error> {
        let now = self.clock.now();
        // Neither what is counted nor who is told of what may keep a lane from being found.
        let waiting = self.lanes.waiting().await;
        while self.clock.now() < deadline && self.wake_due().await? > 0 {}
        if let Err(error) = self.look_at_later_times(now, deadline).await {
            tracing::error!(%error, "it is not known who waits since times that are still to come");
        }
        let told = self.tell(deadline).await;
        self.walk(deadline).await?;
        told?;
        self.note(&waiting?, now);
        Ok(())
    }

    /// Writes down how many lanes wait: only a sweep that comes to its end does so.
    fn note(&self, waiting: &Waiting, now: Timestamp) {
        let seconds = |since: Option<Timestamp>| {
            let waited = since.map(|since| now.duration_since(since).as_secs_f64());
            waited.unwrap_or(0.0).max(0.0)
        };
        self.metrics.count(LANES_WAITING, &[], waiting.lanes);
        self.metrics.measure(OLDEST_WAITING, seconds(waiting.since));
        self.metrics.measure(OVERDUE, seconds(waiting.first_due));
        self.metrics.emit();
    }

    /// Wakes some of the lanes that are due; gives how many. First the wake-ups, then the rows
    /// go, so that a crash in between wakes a lane twice.
    async fn wake_due(&self) -> Result<usize, Error> {
        self.wake(self.lanes.due(self.clock.now(), PAGE).await?)
            .await
    }

    /// No wait is longer because a clock was set back, perhaps while nobody looked.
    async fn look_at_later_times(&self, now: Timestamp, deadline: Timestamp) -> Result<(), Error> {
        let latest = *lock(&self.latest);
        if latest.is_none_or(|latest| now < latest) {
            while self
                .wake(self.lanes.due_by_a_later_clock(now).await?)
                .await?
                > 0
            {
                if self.clock.now() >= deadline {
                    return Ok(());
                }
            }
        }
        *lock(&self.latest) = Some(now);
        Ok(())
    }

    async fn wake(&self, due: Vec<Due>) -> Result<usize, Error> {
        let wake_ups = due.iter();
        let wake_ups = wake_ups.map(|due| WakeUp::new(due.organization.clone(), due.lane.clone()));
        wake(&*self.queue, &wake_ups.collect::<Vec<_>>()).await?;
        self.lanes.forget_due(&due).await?;
        Ok(due.len())
    }

    /// Walks all lanes, once a day, from where the last sweep stopped.
    async fn walk(&self, deadline: Timestamp) -> Result<(), Error> {
        let now = self.clock.now();
        let mut position = match self.lanes.walk_position().await? {
            Some(position) if position.shard < WALK_SHARDS => position,
            Some(position) if now < position.began_at + WALK_EVERY => return Ok(()),
            _ => WalkPosition {
                began_at: now,
                shard: 0,
                after: None,
            },
        };
        while position.shard < WALK_SHARDS && self.clock.now() < deadline {
            let after = position.after.as_deref();
            let (walked, last) = self.lanes.walk(position.shard, after, PAGE).await?;
            let (mut forgotten, mut unread) = (Vec::new(), None);
            for walked in walked.chunks(AT_ONCE) {
                let found = join_all(walked.iter().map(|lane| self.forgotten(lane))).await;
                for (walked, found) in walked.iter().zip(found) {
                    match found {
                        Ok(wake_up) => forgotten.extend(wake_up),
                        // It would fail tomorrow, too, and nobody else be looked at.
                        Err(error) if error.is_final() => {
                            tracing::error!(lane = walked.id.as_str(), %error, "passed over");
                        }
                        Err(error) => unread = Some(error),
                    }
                }
            }
            if !forgotten.is_empty() {
                tracing::info!(
                    count = forgotten.len(),
                    "lanes in which something waits are woken"
                );
            }
            wake(&*self.queue, &forgotten).await?;
            // The next sweep looks at the page once more.
            if let Some(error) = unread {
                return Err(error);
            }
            position.shard += u8::from(last.is_none());
            position.after = last;
            self.lanes.put_walk_position(&position, now).await?;
        }
        Ok(())
    }

    /// A lane in which something waits, and that waits for nothing itself.
    async fn forgotten(&self, walked: &Walked) -> Result<Option<WakeUp>, Error> {
        let Walked { id, lane, .. } = walked;
        let now = self.clock.now();
        if lane.waits_until(now).is_some() {
            return Ok(None);
        }
        let has_redo = lane.may_have_redo() || !self.lanes.redo(id, None, 1).await?.is_empty();
        if has_redo && !lane.may_have_redo() {
            // Whoever put it there died before saying so.
            self.lanes.ask(&walked.organization, id, true, now).await?;
        }
        let has_more = has_redo
            || self.is_open(id, lane).await?
            || self.lanes.has_more(id, lane, &self.ledger).await?;
        Ok(has_more.then(|| WakeUp::new(walked.organization.clone(), id.clone())))
    }

    /// Whether its last post has no end yet.
    async fn is_open(&self, id: &LaneId, lane: &Lane) -> Result<bool, Error> {
        let (Some(open), Some(webhook)) = (&lane.open, id.webhook()) else {
            return Ok(false);
        };
        if !open.is_in_flight {
            return Ok(true);
        }
        // Whoever settled it may have died between two of its rows.
        let carried = open.deliveries.iter();
        let carried: Vec<_> = carried.map(|id| (webhook.clone(), id.clone())).collect();
        let rows = self.ledger.several(&carried).await?;
        let is_settled = |row: &Delivery| row.post == open.version && row.status.is_settled();
        Ok(rows.len() < carried.len() || !rows.iter().all(is_settled))
    }
}
