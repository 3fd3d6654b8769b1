//! Loading: what became of the post that was begun last.
//!
//! If the ledger knows one of its deliveries under this very post, the others went the same way.
//! If it knows none, somebody may be at it; when the lease is over, nobody is, and whether the
//! message has arrived is unknown. What follows from an outcome is told where it is judged: a post
//! that was settled in order is mostly found here, too, as nothing was written of it since.

use carillon_domain::lane::{Log, Open, Redo};
use carillon_domain::{Attempt, Delivery, DeliveryId, DeliveryStatus, Outcome};
use jiff::Timestamp;

use crate::Notifier;
use crate::visit::{Candidate, Fault, Visit};

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
        let carried = match open.log {
            Log::Redo => self.carried(visit, &open).await?,
            Log::Main => Vec::new(),
        };
        let (head, due_at) = self.overtaken_by(visit, &open).await?;
        let has_overtaken = lead.status == DeliveryStatus::Delivered && !open.overtakes.is_empty();
        if has_overtaken {
            // Also where whoever put it aside has died before that was written down.
            self.mark_overtaken(visit, &open.overtakes, due_at).await?;
        }
        // What is settled there is left behind when it is met again.
        visit.lane.has_redo |= open.log == Log::Redo || has_overtaken;
        self.follow(visit, &open, &lead, carried, &head).await?;
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

    /// What a post was to overtake, as far as it was not put aside already, and when that is due
    /// which was.
    async fn overtaken_by(
        &self,
        visit: &Visit<'_>,
        open: &Open,
    ) -> Result<(Vec<Candidate>, Option<Timestamp>), Fault> {
        if open.overtakes.is_empty() {
            return Ok((Vec::new(), None));
        }
        let head = Open {
            deliveries: open.overtakes.clone(),
            log: Log::Main,
            ..open.clone()
        };
        let lanes = &self.stores.lanes;
        let redone = lanes.redo_of(visit.id, &open.overtakes).await?;
        let is_redone = |id: &DeliveryId| redone.iter().any(|redo| redo.waiting.delivery_id == *id);
        let mut found = self.carried(visit, &head).await?;
        found.retain(|it| !is_redone(&it.waiting.delivery_id));
        let aside = redone.iter().filter_map(|redo| redo.overtaken.as_ref());
        let due_at = aside.map(|aside| aside.due_at).min();
        let asked_for = redone.into_iter().filter(|it| it.overtaken.is_none());
        found.extend(asked_for.map(Candidate::from));
        Ok((found, due_at))
    }
}
