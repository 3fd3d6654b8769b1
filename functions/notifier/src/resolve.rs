//! Loading: what became of the post that was begun last.
//!
//! If the ledger knows one of its deliveries under this very post, the others went the same way.
//! If it knows none, somebody may be at it; when the lease is over, nobody is, and whether the
//! message has arrived is unknown.

use std::time::Duration;

use carillon_domain::lane::{Failure, Log, Open, Redo};
use carillon_domain::{Attempt, Delivery, DeliveryId, DeliveryStatus, Outcome};
use jiff::Timestamp;

use crate::Notifier;
use crate::conclude::is_unanswered;
use crate::visit::{Candidate, Fault, MAX_EVENTS, Visit};

/// How the post has ended of one that was asked for again since.
fn before_it_was_asked_for(row: &Delivery) -> Delivery {
    let last = row.attempts.last();
    let status = match last.map(|attempt| attempt.outcome) {
        Some(Outcome::Delivered) => DeliveryStatus::Delivered,
        _ => DeliveryStatus::Failed,
    };
    let at = last.map_or(row.created_at, |attempt| attempt.at);
    let reason = last.and_then(Attempt::reason);
    row.clone().ended(status, reason, at)
}

impl Notifier {
    /// Brings a lane that was just read up to date. Gives when to come back, where somebody may
    /// be posting.
    pub(crate) async fn resolve(
        &self,
        visit: &mut Visit<'_>,
        channel: &str,
    ) -> Result<Option<Timestamp>, Fault> {
        let open = match &visit.lane.open {
            Some(open) if open.is_in_flight => open.clone(),
            _ => return Ok(None),
        };
        let known = self.known(visit.id, &open.deliveries).await?;
        let is_pending = |row: &Delivery| row.status == DeliveryStatus::Pending;
        let of_post = || known.values().filter(|row| row.post == open.version);
        visit.lane.has_redo |= of_post().any(is_pending);
        let lead = of_post().find(|row| !is_pending(row)).cloned();
        let lead = lead.or_else(|| of_post().next().map(before_it_was_asked_for));
        let Some(lead) = lead else {
            let leased = open.leased_until(self.clock.now());
            if leased.is_none() {
                tracing::warn!(lane = visit.id.as_str(), "a post has an unknown outcome");
                self.unknown(visit, open, channel).await?;
            }
            return Ok(leased);
        };
        let is_missing = |id: &DeliveryId| known.get(id).is_none_or(|row| row.post != open.version);
        if open.deliveries.iter().any(is_missing) {
            let mut rows = Vec::new();
            for candidate in self.carried(visit, &open).await? {
                let waiting = &candidate.waiting;
                if is_missing(&waiting.delivery_id) {
                    let row = visit.row(&known, waiting, channel)?;
                    rows.push(row.as_its_companion(&lead));
                }
            }
            self.write(visit, &rows).await?;
        }
        match lead.status.is_settled() {
            true => {
                self.is_settled(visit, &open, &lead).await?;
                // What follows from the log alone is made out again; the rest is done once.
                if open.log == Log::Redo || !open.overtakes.is_empty() {
                    self.save(visit).await?;
                }
            }
            false => {
                let last = lead.attempts.last().map(|attempt| attempt.outcome);
                if last == Some(Outcome::Unknown) && !open.overtakes.is_empty() {
                    self.mark_overtaken(visit, &open.overtakes, None).await?;
                }
                let is_on_its_own = open.log == Log::Redo && {
                    let carried = self.carried(visit, &open).await?;
                    carried.iter().any(Candidate::is_overtaken)
                };
                self.has_failed(visit, &open, &lead, is_on_its_own);
                if let (Some(wait), Some(at)) = (&mut visit.lane.wait, lead.next_attempt_at) {
                    wait.until = at;
                }
                self.save(visit).await?;
            }
        }
        Ok(None)
    }

    /// Whoever posted it has died, or cannot write.
    async fn unknown(&self, visit: &mut Visit<'_>, open: Open, channel: &str) -> Result<(), Fault> {
        let now = self.clock.now();
        let is_probe = !open.overtakes.is_empty();
        let carried = match is_probe || open.log == Log::Redo {
            true => self.carried(visit, &open).await?,
            false => Vec::new(),
        };
        let overtaken = carried.iter().filter_map(|it| {
            let mut redo = it.redo.clone()?;
            let overtaken = redo.overtaken.as_mut()?;
            overtaken.unknown += 1;
            overtaken.due_at = now;
            Some(redo)
        });
        let overtaken: Vec<Redo> = overtaken.collect();
        if !is_probe && overtaken.is_empty() {
            visit.post_failed(open.unknown + 1);
            return Ok(());
        }
        // The lane goes on with something else: the ledger keeps that it may be there already.
        let known = self.known(visit.id, &open.deliveries).await?;
        let mut rows = Vec::with_capacity(carried.len());
        for Candidate { waiting, .. } in &carried {
            let row = visit.row(&known, waiting, channel)?;
            rows.push(Delivery {
                possible_duplicate: true,
                post: open.version,
                ..row.retrying(now, None)
            });
        }
        if !overtaken.is_empty() {
            self.stores
                .lanes
                .put_redo(visit.id, &overtaken, now)
                .await?;
        }
        self.write(visit, &rows).await?;
        if is_probe {
            self.mark_overtaken(visit, &open.overtakes, None).await?;
            visit.step_back();
            visit.lane.singly = visit.lane.singly.max(2);
        } else {
            visit.lane.withdraw();
        }
        self.save(visit).await
    }

    /// All that is left to do once a message is settled, from the table alone.
    async fn is_settled(
        &self,
        visit: &mut Visit<'_>,
        open: &Open,
        lead: &Delivery,
    ) -> Result<(), Fault> {
        let is_delivered = lead.status == DeliveryStatus::Delivered;
        // What is settled there is left behind when it is met again.
        visit.lane.has_redo |= open.log == Log::Redo;
        if !open.overtakes.is_empty() {
            if !is_delivered {
                visit.step_back();
                return Ok(());
            }
            let aside = visit.lane.aside.take();
            let head = Open {
                deliveries: open.overtakes.clone(),
                log: Log::Main,
                ..open.clone()
            };
            let mut overtaken = self.carried(visit, &head).await?;
            let redo = Open {
                log: Log::Redo,
                ..head
            };
            let redone = self.carried(visit, &redo).await?;
            overtaken.retain(|it| {
                redone
                    .iter()
                    .all(|redo| redo.waiting.delivery_id != it.waiting.delivery_id)
            });
            // What was put aside already keeps its time.
            overtaken.extend(redone.into_iter().filter(|it| {
                it.redo
                    .as_ref()
                    .is_some_and(|redo| redo.overtaken.is_none())
            }));
            visit.lane.has_redo = true;
            let unknown = aside.map_or(0, |aside| aside.unknown);
            self.put_aside(visit, &overtaken, unknown).await?;
            // Also where whoever put it aside has died before that was written down.
            self.mark_overtaken(visit, &open.overtakes, None).await?;
        }
        if is_delivered {
            visit.lane.succeeded();
        }
        visit.lane.advance();
        Ok(())
    }

    /// It was written down that an attempt has failed, and not yet what follows for the lane.
    fn has_failed(&self, visit: &mut Visit<'_>, open: &Open, lead: &Delivery, is_on_its_own: bool) {
        let is_probe = !open.overtakes.is_empty();
        if is_probe {
            return visit.step_back();
        }
        let attempt = lead.attempts.last();
        if attempt.is_some_and(|attempt| attempt.is_followed) {
            visit.lane.withdraw();
            let alone = open.deliveries.len().min(MAX_EVENTS);
            visit.lane.singly = u32::try_from(alone).unwrap_or(u32::MAX);
            return;
        }
        let Some(attempt) = attempt.filter(|_| !is_on_its_own) else {
            return visit.lane.withdraw();
        };
        let unknown = open.unknown + u32::from(attempt.outcome == Outcome::Unknown);
        visit.lane.failed(&Failure {
            outcome: attempt.outcome,
            reason: lead.reason.as_deref().unwrap_or_default(),
            asked: attempt.retry_after_ms.map(Duration::from_millis),
            unknown,
            is_unanswered: is_unanswered(attempt.outcome, attempt.http_status),
            begun: attempt.at,
            now: self.clock.now(),
            random: (self.random)(),
        });
        visit.post_failed(unknown);
    }
}
