//! Reading what a lane has: its logs, and what the ledger knows of it.

use std::collections::{HashMap, HashSet};

use carillon_aws::{Piece, Start, entries_of};
use carillon_domain::lane::{Log, Open, Redo};
use carillon_domain::{DeliveryId, LaneId};

use crate::Notifier;
use crate::visit::{Candidate, Fault, Known, MAX_EVENTS, MAX_SUMMED, Visit};

/// How many pieces of the log are read at once. A piece has up to a hundred deliveries, or one. The
/// first one is mostly done already, and three tell whether there are more.
const FIRST_PIECES: usize = 3;
const PIECES: usize = 20;
/// Where a summary may be made of what waits.
const PIECES_TO_SUM: usize = 5_000;
/// How much of the redo log is.
const REDOS: usize = 100;

/// A candidate, by its delivery.
fn keyed(it: impl Into<Candidate>) -> (DeliveryId, Candidate) {
    let candidate = it.into();
    (candidate.waiting.delivery_id.clone(), candidate)
}

impl Notifier {
    /// The first of what stands in the log: as much as a message can have. It is read from the
    /// offset, so that what has come in behind other messages is met, too.
    pub(crate) async fn read_ahead(&self, visit: &mut Visit<'_>) -> Result<(), Fault> {
        if !visit.log.entries.is_empty() || visit.knows_all {
            return Ok(());
        }
        let (enough, more_pieces) = match visit.summary_after {
            None => (MAX_EVENTS, PIECES),
            Some(_) => (MAX_SUMMED, PIECES_TO_SUM),
        };
        let mut pieces = FIRST_PIECES;
        let mut start = visit.log.begin(&visit.lane, &visit.row);
        loop {
            let (read, next) = self.stores.lanes.pieces(visit.id, &start, pieces).await?;
            let met = visit.log.add(&visit.lane, &read, next.is_some());
            let done = self.done(visit, met).await?;
            visit.leave(done);
            match next {
                Some(next) if visit.log.entries.len() < enough => start = next,
                next => {
                    visit.log.cut(next);
                    break;
                }
            }
            pieces = more_pieces;
        }
        visit.knows_all = !visit.log.is_cut() && !visit.has_waited;
        Ok(())
    }

    /// Those of these deliveries that are settled, or stand in the redo log.
    async fn done(
        &self,
        visit: &Visit<'_>,
        ids: Vec<DeliveryId>,
    ) -> Result<HashSet<DeliveryId>, Fault> {
        let mut done = HashSet::new();
        if visit.lane.may_have_redo() {
            let redo = self.stores.lanes.redo_of(visit.id, &ids).await?;
            done.extend(redo.into_iter().map(|redo| redo.waiting.delivery_id));
        }
        let Some(webhook) = visit.id.webhook() else {
            return Ok(done);
        };
        let wanted: Vec<_> = ids.into_iter().map(|id| (webhook.clone(), id)).collect();
        for (id, row) in self.stores.ledger.several_each(&wanted).await? {
            let is_done = row.map_or_else(
                |error| {
                    // It must not stop the lane.
                    tracing::error!(delivery_id = id.as_str(), %error, "passed over");
                    true
                },
                |row| row.is_settled(0),
            );
            if is_done {
                done.insert(id);
            }
        }
        Ok(done)
    }

    /// What is to be sent besides the log: up to the first that is due, or where it may be summed
    /// up, as much of it as a summary has.
    pub(crate) async fn redo(
        &self,
        visit: &mut Visit<'_>,
        is_due: impl Fn(&Redo) -> bool,
        summed: Option<usize>,
    ) -> Result<Vec<Redo>, Fault> {
        if !visit.lane.may_have_redo() {
            return Ok(Vec::new());
        }
        let lanes = &self.stores.lanes;
        let mut redo: Vec<Redo> = Vec::new();
        loop {
            let after = redo.last().map(|last| &last.waiting.delivery_id);
            let read = lanes.redo(visit.id, after, REDOS).await?;
            let is_last = read.len() < REDOS;
            redo.extend(read);
            let is_enough = match summed {
                None => redo.iter().any(&is_due),
                Some(_) => redo.len() >= MAX_SUMMED,
            };
            if is_last || is_enough {
                break;
            }
        }
        visit.lane.redo_read(redo.len());
        visit.has_news |= !visit.lane.may_have_redo();
        Ok(redo)
    }

    /// What the ledger knows of deliveries of the lane.
    pub(crate) async fn known(
        &self,
        id: &LaneId,
        deliveries: &[DeliveryId],
    ) -> Result<Known, Fault> {
        let Some(webhook) = id.webhook() else {
            return Ok(Known::new());
        };
        let wanted: Vec<_> = deliveries
            .iter()
            .map(|delivery| (webhook.clone(), delivery.clone()))
            .collect();
        let rows = self.stores.ledger.several(&wanted).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }

    /// What an open post carries, as far as it is still there.
    pub(crate) async fn carried(
        &self,
        visit: &Visit<'_>,
        open: &Open,
    ) -> Result<Vec<Candidate>, Fault> {
        let mut found: HashMap<DeliveryId, Candidate> = HashMap::new();
        let lanes = &self.stores.lanes;
        match open.log {
            Log::Redo => {
                let redo = lanes.redo_of(visit.id, &open.deliveries).await?;
                found.extend(redo.into_iter().map(keyed));
            }
            Log::Main => {
                let (mut start, mut max) = (Start::of(&visit.lane), FIRST_PIECES);
                loop {
                    let (pieces, next) = lanes.pieces(visit.id, &start, max).await?;
                    let begins = pieces.last().and_then(Piece::ends).map(|(first, _)| first);
                    found.extend(entries_of(pieces).into_iter().map(keyed));
                    // What is overtaken stands before: it may be far off.
                    let is_all = open.deliveries.iter().all(|id| found.contains_key(id));
                    match next {
                        Some(next) if !is_all && begins <= open.end => start = next,
                        _ => break,
                    }
                    max = match open.is_summary {
                        true => PIECES_TO_SUM,
                        false => PIECES,
                    };
                }
            }
        }
        let carried = open.deliveries.iter();
        Ok(carried.filter_map(|id| found.remove(id)).collect())
    }
}
