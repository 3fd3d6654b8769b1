//! Settling: writing down how deliveries ended, also where the table does not take it at once.
//!
//! What is not written down is posted once more by whoever comes next. So it is tried for a few
//! seconds, and remembered in the process, which very likely serves the lane again.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use carillon_aws::Error;
use carillon_domain::lane::{Overtaken, Redo, Waiting};
use carillon_domain::{Delivery, DeliveryId, DeliveryStatus, LaneId};
use carillon_runtime::guard::lock;
use carillon_runtime::metrics::DELIVERIES;
use futures::future::join_all;
use jiff::Timestamp;

use crate::Notifier;
use crate::visit::{Candidate, Fault, Visit, ids, is_settled};

/// The waits between the tries.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1_600),
];
/// How many outcomes are remembered, those of the last lane aside.
const REMEMBERED: usize = 1_000;
/// How many rows are written at once.
const AT_ONCE: usize = 25;
/// How long after it was overtaken a message is tried again.
const AFTER_OVERTAKEN: Duration = Duration::from_secs(600);

/// Outcomes that could not be written yet.
#[derive(Default)]
pub struct Unwritten(Mutex<HashMap<LaneId, Vec<Delivery>>>);

impl Unwritten {
    fn remember(&self, lane: &LaneId, rows: Vec<Delivery>) {
        let mut unwritten = lock(&self.0);
        let count: usize = unwritten.values().map(Vec::len).sum();
        if count < REMEMBERED {
            unwritten.insert(lane.clone(), rows);
        }
    }
}

/// For metrics.
fn outcome(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Pending | DeliveryStatus::Retrying => "retried",
        DeliveryStatus::Delivered => "delivered",
        DeliveryStatus::Failed => "failed",
        DeliveryStatus::Skipped => "skipped",
    }
}

/// When what is ordered was first tried: a row has the attempts of earlier orders, too.
fn first_attempt(row: &Delivery, order: &Waiting) -> Option<Timestamp> {
    let mut attempts = row.attempts.iter().map(|attempt| attempt.at);
    attempts.find(|at| order.since <= *at)
}

impl Notifier {
    /// Writes how deliveries stand.
    pub(crate) async fn write(&self, visit: &Visit<'_>, rows: &[Delivery]) -> Result<(), Fault> {
        let lane = visit.id;
        let mut pauses = PAUSES.into_iter();
        for row in rows {
            self.metrics
                .add(DELIVERIES, &[&visit.kind, outcome(row.status)]);
        }
        let mut rows = rows.to_vec();
        while let Err((unwritten, error)) = self.write_once(rows).await {
            rows = unwritten;
            let Some(pause) = pauses.next() else {
                self.unwritten.remember(lane, rows);
                return Err(error.into());
            };
            tracing::warn!(lane = lane.as_str(), %error, "an outcome could not be written yet");
            self.clock.sleep(pause).await;
        }
        Ok(())
    }

    /// Writes rows, once. Gives those back that could not be written, and why.
    pub(crate) async fn write_once(
        &self,
        rows: Vec<Delivery>,
    ) -> Result<(), (Vec<Delivery>, Error)> {
        let (mut unwritten, mut last_error) = (Vec::new(), None);
        let mut is_down = false;
        for chunk in rows.chunks(AT_ONCE) {
            // Each call takes seconds where DynamoDB does not answer.
            if is_down {
                unwritten.extend_from_slice(chunk);
                continue;
            }
            let written = join_all(chunk.iter().map(|row| self.stores.ledger.write(row))).await;
            is_down = written.iter().all(Result::is_err);
            for (row, written) in chunk.iter().zip(written) {
                match written {
                    Ok(true) => {}
                    Ok(false) => {
                        let delivery_id = row.id.as_str();
                        tracing::warn!(delivery_id, "a later post has told its outcome");
                    }
                    Err(error) => {
                        unwritten.push(row.clone());
                        last_error = Some(error);
                    }
                }
            }
        }
        last_error.map_or(Ok(()), |error| Err((unwritten, error)))
    }

    /// Writes down what could not be written before.
    pub(crate) async fn catch_up(&self, lane: &LaneId) -> Result<(), Fault> {
        let Some(rows) = lock(&self.unwritten.0).remove(lane) else {
            return Ok(());
        };
        let written = self.write_once(rows).await;
        Ok(written.map_err(|(unwritten, error)| {
            self.unwritten.remember(lane, unwritten);
            error
        })?)
    }

    /// Ends deliveries without a post, the first ones of a lane, and moves the lane behind them.
    /// No post of them is open any more.
    pub(crate) async fn dispose(
        &self,
        visit: &mut Visit<'_>,
        channel: &str,
        candidates: Vec<Candidate>,
        end: impl Fn(Delivery, Timestamp) -> Delivery,
    ) -> Result<(), Fault> {
        self.raise_tried(visit, &candidates).await?;
        visit.drop_open();
        let now = self.clock.now();
        let known = self.known(visit.id, &ids(&candidates)).await?;
        let mut rows = Vec::with_capacity(candidates.len());
        let mut seen = HashSet::new();
        for candidate in &candidates {
            let waiting = &candidate.waiting;
            // One that is in both logs ends once; what was asked for again comes first.
            if !seen.insert(&waiting.delivery_id) {
                continue;
            }
            if is_settled(&known, candidate) {
                continue;
            }
            let mut row = visit.row(&known, waiting, channel)?;
            row.possible_duplicate |= visit.may_be_there(candidate);
            rows.push(Delivery {
                post: visit.row.version,
                ..end(row, now)
            });
        }
        self.write(visit, &rows).await?;
        self.move_behind(visit, &candidates).await?;
        self.save(visit).await
    }

    /// Moves the lane behind what is settled.
    pub(crate) async fn move_behind(
        &self,
        visit: &mut Visit<'_>,
        settled: &[Candidate],
    ) -> Result<(), Fault> {
        let redone = settled.iter().filter(|it| it.redo.is_some());
        let redone: Vec<_> = redone.map(Candidate::order).collect();
        self.stores.lanes.remove_redo(visit.id, &redone).await?;
        visit.leave(ids(settled));
        Ok(())
    }

    /// Writes down that what a probe was to overtake has been overtaken, or may have been; with
    /// `due_at`, when it is tried again.
    pub(crate) async fn mark_overtaken(
        &self,
        visit: &Visit<'_>,
        head: &[DeliveryId],
        due_at: Option<Timestamp>,
    ) -> Result<(), Fault> {
        let known = self.known(visit.id, head).await?;
        let rows = known.into_values().filter(|row| !row.status.is_settled());
        let rows = rows.map(|row| Delivery {
            overtaken: true,
            status: DeliveryStatus::Retrying,
            next_attempt_at: due_at.or(row.next_attempt_at),
            post: visit.row.version,
            ..row
        });
        self.write(visit, &rows.collect::<Vec<_>>()).await
    }

    /// Puts what was overtaken beside the log, to be tried on its own.
    pub(crate) async fn put_aside(
        &self,
        visit: &mut Visit<'_>,
        overtaken: &[Candidate],
        unknown: u32,
    ) -> Result<(), Fault> {
        let now = self.clock.now();
        let Some(first) = overtaken.first() else {
            return Ok(());
        };
        let known = self.known(visit.id, &ids(overtaken)).await?;
        let redo: Vec<Redo> = overtaken
            .iter()
            .map(|candidate| Redo {
                waiting: candidate.waiting.clone(),
                overtaken: Some(Overtaken {
                    due_at: now + AFTER_OVERTAKEN,
                    asked: visit.lane.asked_at,
                    since: known
                        .get(&candidate.waiting.delivery_id)
                        .and_then(|row| first_attempt(row, &candidate.waiting))
                        .unwrap_or(now),
                    failures: 4,
                    unknown,
                }),
            })
            .collect();
        self.stores.lanes.put_redo(visit.id, &redo, now).await?;
        visit.lane.has_redo = true;
        visit.leave(ids(overtaken));
        let delivery_id = first.waiting.delivery_id.as_str();
        tracing::warn!(delivery_id, "overtaken: its channel takes other messages");
        self.mark_overtaken(visit, &ids(overtaken), Some(now + AFTER_OVERTAKEN))
            .await
    }

    /// The oldest of what waits, in the log or besides it, as far as one call reads.
    pub(crate) async fn all_waiting(&self, visit: &mut Visit<'_>) -> Result<Vec<Candidate>, Fault> {
        let mut found: Vec<Candidate> = Vec::new();
        let redo = self.redo(visit, |_| true, None).await?;
        found.extend(redo.into_iter().map(Candidate::from));
        self.read_ahead(visit).await?;
        found.extend(
            visit
                .log
                .entries
                .iter()
                .take(100)
                .cloned()
                .map(Candidate::from),
        );
        Ok(found)
    }
}
