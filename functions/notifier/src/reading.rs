//! Reading what a lane has: its logs, and what the ledger knows of it.

use std::collections::HashMap;

use carillon_domain::lane::{Log, Open, Redo};
use carillon_domain::{DeliveryId, LaneId};

use crate::Notifier;
use crate::visit::{Candidate, Fault, Known, MAX_EVENTS, MAX_SUMMED, Visit};

/// How many pieces of the log are read at once. A piece has up to a hundred deliveries, or one;
/// two tell whether there are more.
const FIRST_PIECES: usize = 2;
const PIECES: usize = 10;
/// Where a summary may be made of what waits.
const PIECES_TO_SUM: usize = 5_000;
/// How much of the redo log is.
const REDOS: usize = 100;

impl Notifier {
    /// The first of what stands in the log: as much as a message can have.
    pub(crate) async fn read_ahead(&self, visit: &mut Visit<'_>) -> Result<(), Fault> {
        if !visit.entries.is_empty() || visit.knows_all {
            return Ok(());
        }
        let (enough, more_pieces) = match visit.summary_after {
            None => (MAX_EVENTS, PIECES),
            Some(_) => (MAX_SUMMED, PIECES_TO_SUM),
        };
        let lanes = &self.stores.lanes;
        let settled = visit.lane.settled_up_to();
        let (mut read, mut is_more) = lanes.entries(visit.id, settled, FIRST_PIECES).await?;
        if is_more && read.len() < enough {
            // From the beginning: a piece that was cut elsewhere may belong between the first.
            (read, is_more) = lanes.entries(visit.id, settled, more_pieces).await?;
        }
        while is_more && read.len() < enough {
            let last = read.last().map(|last| &last.position);
            let (more, is_still_more) = lanes.entries(visit.id, last, more_pieces).await?;
            read.extend(more);
            is_more = is_still_more;
        }
        visit.entries = read.into();
        visit.knows_all = !is_more && !visit.has_waited;
        Ok(())
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
        let mut add = |it: Candidate| found.insert(it.waiting.delivery_id.clone(), it);
        let lanes = &self.stores.lanes;
        match open.log {
            Log::Redo => {
                for redo in lanes.redo_of(visit.id, &open.deliveries).await? {
                    add(redo.into());
                }
            }
            Log::Main => {
                let mut after = visit.lane.offset.clone();
                let mut pieces = FIRST_PIECES;
                // Pieces may overlap, and what is overtaken stands before: it may be far off.
                while after.as_ref() < open.end.as_ref() {
                    let (read, _) = lanes.entries(visit.id, after.as_ref(), pieces).await?;
                    let Some(last) = read.last() else {
                        break;
                    };
                    after = Some(last.position.clone());
                    pieces = match open.is_summary {
                        true => PIECES_TO_SUM,
                        false => PIECES,
                    };
                    for entry in read {
                        add(entry.into());
                    }
                }
            }
        }
        let carried = open.deliveries.iter();
        Ok(carried.filter_map(|id| found.remove(id)).collect())
    }
}
