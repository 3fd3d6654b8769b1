//! Choosing: which deliveries come next, by what is known before the ledger is asked.

use std::collections::VecDeque;
use std::time::Duration;

use carillon_domain::lane::{Entry, Redo, Trouble, Waiting};
use jiff::Timestamp;

use crate::Notifier;
use crate::visit::{Candidate, Fault, MAX_EVENTS, MAX_SUMMED, Visit};

/// A summary waits until nothing more has come for so long,
const QUIET: Duration = Duration::from_secs(5);
/// but no longer than this, from the first of its events on: what an import makes comes over
/// seconds or minutes, and is to end in one message.
const LONGEST_HOLD: Duration = Duration::from_secs(60);

/// How far behind a message that keeps failing another one is looked for.
const PROBED: usize = 100;

pub enum Chosen {
    /// What may go into the next message, in its order; and whether it sums them up.
    These(Vec<Candidate>, bool),
    /// Nothing is to be sent, or not before then.
    Nothing(Option<Timestamp>),
}

impl Notifier {
    /// What comes next; with `head` what comes behind it.
    pub(crate) async fn choose(
        &self,
        visit: &mut Visit<'_>,
        head: &[Candidate],
    ) -> Result<Chosen, Fault> {
        if !head.is_empty() {
            return self.behind(visit, head).await;
        }
        // It may be there already: it is repeated as it was, so that the platform can know it.
        if let Some(open) = &visit.lane.open {
            let carried = self.carried(visit, open).await?;
            return Ok(Chosen::These(carried, open.is_summary));
        }
        // A limit is no outage: what it has held back goes together.
        let is_held = |trouble: &Trouble| trouble.failures > 0;
        let is_alone = visit.lane.trouble.as_ref().is_some_and(is_held)
            || visit.lane.singly > 0
            || self.faults.is_suspect(visit.id);
        let summed = visit.summary_after.filter(|_| !is_alone);
        let is_summary = |waiting: usize| summed.is_some_and(|most| waiting > most);
        let most = |waiting: usize| match is_summary(waiting) {
            true => MAX_SUMMED,
            false if is_alone => 1,
            false => MAX_EVENTS,
        };
        let now = self.clock.now();
        let asked_at = visit.lane.asked_at;
        let is_due = |redo: &Redo| redo.is_due(asked_at, now);
        let redo = self.redo(visit, is_due, summed).await?;
        let mut due = due(&redo, asked_at, now);
        let is_late = |redo: &Redo| redo.overtaken.is_none() && redo.waiting.redelivery == 0;
        if let Some(late) = due.iter().find(|redo| is_late(redo)) {
            self.read_ahead(visit).await?;
            // Others may have come in late before the dispatcher could see that they are.
            let is_before = |entry: &&Entry| entry.waiting.delivery_id < late.waiting.delivery_id;
            let before = visit.log.entries.iter().take_while(is_before);
            let before: Vec<Candidate> = before.cloned().map(Candidate::from).collect();
            if !before.is_empty() {
                let count = before.len();
                let next = before.into_iter().take(most(count)).collect();
                return Ok(Chosen::These(next, is_summary(count)));
            }
        }
        if let Some(first) = due.first() {
            let is_summary = first.overtaken.is_none() && is_summary(due.len());
            due.truncate(most(due.len()));
            let due = due.into_iter().map(Candidate::from).collect();
            return Ok(Chosen::These(due, is_summary));
        }
        self.read_ahead(visit).await?;
        let waiting = visit.log.entries.len();
        let is_summary = is_summary(waiting);
        if is_summary && let Some(until) = still_growing(&visit.log.entries, now) {
            let next = next_due(&redo).map_or(until, |due| due.min(until));
            return Ok(Chosen::Nothing(Some(next)));
        }
        let next = visit.log.entries.iter().take(most(waiting)).cloned();
        let candidates: Vec<Candidate> = next.map(Candidate::from).collect();
        if candidates.is_empty() {
            return Ok(Chosen::Nothing(next_due(&redo)));
        }
        Ok(Chosen::These(candidates, is_summary))
    }

    /// What the channel would take next, were it not for the head. What was put aside has its own
    /// time.
    async fn behind(&self, visit: &mut Visit<'_>, head: &[Candidate]) -> Result<Chosen, Fault> {
        let is_head = |waiting: &Waiting| {
            let mut head = head.iter();
            head.any(|head| head.waiting.delivery_id == waiting.delivery_id)
        };
        let is_behind = |redo: &Redo| redo.overtaken.is_none() && !is_head(&redo.waiting);
        let mut redo = self.redo(visit, is_behind, None).await?;
        redo.retain(is_behind);
        self.read_ahead(visit).await?;
        let log = visit
            .log
            .entries
            .iter()
            .filter(|entry| !is_head(&entry.waiting));
        let log = log.take(PROBED).cloned().map(Candidate::from);
        let redo = redo.into_iter().take(PROBED).map(Candidate::from);
        Ok(Chosen::These(redo.chain(log).collect(), false))
    }
}

/// Until when a summary of what waits is put off, because more keeps coming.
fn still_growing(waiting: &VecDeque<Entry>, now: Timestamp) -> Option<Timestamp> {
    let since = |entry: Option<&Entry>| entry.map(|entry| entry.waiting.since);
    let until = since(waiting.back())? + QUIET;
    let until = until.min(since(waiting.front())? + LONGEST_HOLD);
    // A clock that was set back makes nothing wait longer.
    let is_growing = waiting.len() < MAX_SUMMED && now < until && until <= now + LONGEST_HOLD;
    is_growing.then_some(until)
}

/// What of the redo log goes next, from the first on that may be tried: what was overtaken goes
/// alone, as it may be to blame.
fn due(redo: &[Redo], asked_at: Option<Timestamp>, now: Timestamp) -> Vec<Redo> {
    let is_due = |redo: &&Redo| redo.is_due(asked_at, now);
    match redo.iter().find(is_due) {
        Some(first) if first.overtaken.is_some() => vec![first.clone()],
        _ => {
            let others = redo.iter().filter(|redo| redo.overtaken.is_none());
            others.cloned().collect()
        }
    }
}

fn next_due(redo: &[Redo]) -> Option<Timestamp> {
    let overtaken = redo.iter().filter_map(|redo| redo.overtaken.as_ref());
    overtaken.map(|overtaken| overtaken.due_at).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::lane::{Overtaken, Position, Waiting};
    use carillon_domain::{DeliveryId, EventType, LaneId, sample};

    fn redo(number: u32, is_overtaken: bool) -> Redo {
        let event = sample::event(EventType::Deploy);
        let lane = LaneId::of(&sample::webhook(1, &["*"]).id, number);
        let now = event.received_at;
        Redo {
            waiting: Waiting {
                delivery_id: DeliveryId::of(&event.organization, &event.id, now, &lane),
                event_id: event.id,
                event_type: event.event_type,
                traceparent: None,
                since: now,
                redelivery: 1,
            },
            overtaken: is_overtaken.then(|| Overtaken {
                due_at: now + std::time::Duration::from_secs(600),
                asked: None,
                since: now,
                failures: 1,
                unknown: 1,
            }),
        }
    }

    #[test]
    fn what_was_overtaken_waits_for_its_own_time_and_goes_alone() {
        let now = sample::event(EventType::Deploy).received_at;
        let all = [redo(1, true), redo(2, false), redo(3, true), redo(4, false)];
        let ids = |redo: Vec<Redo>| -> Vec<DeliveryId> {
            redo.into_iter()
                .map(|redo| redo.waiting.delivery_id)
                .collect()
        };
        let of = |numbers: &[usize]| -> Vec<DeliveryId> {
            let chosen = numbers.iter().map(|n| all[*n].waiting.delivery_id.clone());
            chosen.collect()
        };
        let second = now + std::time::Duration::from_secs(1);
        assert_eq!(ids(due(&all, None, second)), of(&[1, 3]));
        let later = now + std::time::Duration::from_secs(600);
        assert_eq!(ids(due(&all, None, later)), of(&[0]));
        // A person hurries it.
        assert_eq!(ids(due(&all, Some(second), second)), of(&[0]));
        assert_eq!(next_due(&all), Some(later));
    }

    #[test]
    fn a_summary_waits_for_what_still_comes_but_not_for_ever() {
        let first = sample::event(EventType::Deploy).received_at;
        let entries = |seconds: &[u64]| -> VecDeque<Entry> {
            let entries = seconds.iter().map(|seconds| {
                let mut waiting = redo(1, false).waiting;
                waiting.since = first + Duration::from_secs(*seconds);
                let position = Position::of(&seconds.to_string());
                Entry { position, waiting }
            });
            entries.collect()
        };
        let until = |waiting: &[u64], now: u64| {
            let now = first + Duration::from_secs(now);
            let until = still_growing(&entries(waiting), now)?;
            Some(until.duration_since(first).as_secs())
        };
        assert_eq!(until(&[0, 1, 2], 3), Some(7));
        assert_eq!(until(&[0, 1, 2], 7), None);
        assert_eq!(until(&[0, 30, 58], 59), Some(60));
        assert_eq!(until(&[0, 30, 58], 60), None);
        assert_eq!(until(&[], 0), None);
        // The clock was set back since it came.
        assert_eq!(until(&[7_200], 0), None);
    }
}
