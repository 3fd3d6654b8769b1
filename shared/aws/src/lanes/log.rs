//! What waits in a lane: the log, and what is to be sent besides it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::WriteRequest;
use carillon_domain::lane::{Entry, Lane, Position, Redo};
use carillon_domain::{Delivery, DeliveryId, LaneId};
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Lanes, key};
use crate::table::{Item, field, from_items, is_made, number, text};
use crate::{Error, Ledger};

const APPENDING: &str = "appending to lanes";
const READING: &str = "reading a lane's log";
const REDOING: &str = "writing a redo log";
/// A summary has thousands: as many connections at once would leave none for others.
const REMOVED_AT_ONCE: usize = 25;
/// How many pieces are looked through at once.
const PIECES: usize = 10;

/// What a slice of the dispatcher has for a lane, as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    deliveries: Vec<Entry>,
}

/// A piece of a log: what a slice of the dispatcher has for a lane, in order. Pieces are read in the
/// order of where they begin; others may begin before one ends.
#[derive(Debug)]
pub struct Piece {
    id: String,
    pub entries: Vec<Entry>,
}

impl Piece {
    /// Entries in order, of which there is at least one.
    pub fn of(entries: Vec<Entry>) -> Option<Self> {
        let (first, last) = (entries.first()?, entries.last()?);
        let id = format!("{}#{}", first.position.as_str(), last.position.as_str());
        Some(Self { id, entries })
    }

    /// Where it begins and ends.
    pub fn ends(&self) -> Option<(Position, Position)> {
        let (first, last) = (self.entries.first()?, self.entries.last()?);
        Some((first.position.clone(), last.position.clone()))
    }
}

/// Where a log is read from.
#[derive(Debug, Clone)]
pub struct Start(String);

impl Start {
    /// Every piece that has something behind what the lane has settled.
    pub fn of(lane: &Lane) -> Self {
        Self(match (&lane.begun, &lane.offset) {
            (Some(first), _) => first.as_str().to_owned(),
            (None, Some(offset)) => format!("{}$", offset.as_str()),
            (None, None) => " ".to_owned(),
        })
    }
}

/// Where a list of what waits, newest first, goes on: in a piece with this beginning and end before
/// the third position, and then in the pieces that begin before that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before(Position, Position, Position);

fn log(lane: &LaneId) -> String {
    format!("LOG#{lane}")
}

fn redo(lane: &LaneId) -> String {
    format!("REDO#{lane}")
}

impl Lanes {
    /// Appends to several lanes, each in one piece that is visible whole or not at all. Gives
    /// the lanes that DynamoDB did not take it for.
    pub async fn append(
        &self,
        slices: Vec<(LaneId, Vec<Entry>)>,
        now: Timestamp,
    ) -> Result<Vec<LaneId>, Error> {
        let mut items = Vec::with_capacity(slices.len());
        for (lane, deliveries) in slices {
            let Some(Piece { id, entries }) = Piece::of(deliveries) else {
                continue;
            };
            let row = Row {
                deliveries: entries,
            };
            items.push(self.row("an entry", key(log(&lane), id), &row, now)?);
        }
        let refused = self.table.write_all(APPENDING, items, Vec::new()).await;
        let lane = |request: WriteRequest| {
            let item = request.put_request?.item;
            LaneId::parse(field(&item, "webhook_id")?.strip_prefix("LOG#")?)
        };
        Ok(refused.into_iter().filter_map(lane).collect())
    }

    /// So many pieces of a log at most, in order, and where it goes on, if there may be more.
    pub async fn pieces(
        &self,
        lane: &LaneId,
        start: &Start,
        max: usize,
    ) -> Result<(Vec<Piece>, Option<Start>), Error> {
        let (rows, is_more) = self.query(log(lane), &start.0, max).await?;
        let pieces = pieces(rows)?;
        let last = pieces.last().filter(|_| is_more);
        let next = last.map(|last| Start(last.id.clone()));
        Ok((pieces, next))
    }

    /// Whether something stands in a lane's log that is to be sent; what its open post carries
    /// aside.
    pub async fn has_more(&self, id: &LaneId, lane: &Lane, ledger: &Ledger) -> Result<bool, Error> {
        let Some(webhook) = id.webhook() else {
            return Ok(false);
        };
        let open = lane.open.as_ref().map_or(&[][..], |open| &open.deliveries);
        let mut start = Start::of(lane);
        loop {
            let (pieces, next) = self.pieces(id, &start, PIECES).await?;
            let entries = pieces.iter().flat_map(|piece| &piece.entries);
            let left = entries.filter(|it| Some(&it.position) > lane.offset.as_ref());
            let (met, new): (Vec<&Entry>, Vec<&Entry>) =
                left.partition(|it| Some(&it.position) <= lane.settled_up_to());
            if !new.is_empty() {
                return Ok(true);
            }
            // Something may have come in between them.
            let ids = met.iter().map(|entry| &entry.waiting.delivery_id);
            let ids = ids.filter(|id| !open.contains(id)).cloned();
            let met: BTreeSet<_> = ids.map(|id| (webhook.clone(), id)).collect();
            let met = Vec::from_iter(met);
            let rows = ledger.several_each(&met).await?;
            let is_settled = |(_, row): &(_, Result<Delivery, Error>)| {
                row.as_ref().map_or(true, |row| row.is_settled(0))
            };
            if rows.len() < met.len() || !rows.iter().all(is_settled) {
                return Ok(true);
            }
            let Some(next) = next else {
                return Ok(false);
            };
            start = next;
        }
    }

    /// What stands in the log behind a lane's offset, piece by piece and newest first, and whether
    /// there is more of it: so many entries at most. Where pieces overlap, an entry may stand before
    /// one that is newer, and where several lie between two that have it, come twice.
    pub async fn newest(
        &self,
        id: &LaneId,
        lane: &Lane,
        before: Option<&Before>,
        max: usize,
    ) -> Result<(Vec<(Entry, Before)>, bool), Error> {
        let Start(start) = Start::of(lane);
        let end = before.map_or_else(
            || "~".to_owned(),
            |Before(first, last, _)| format!("{}#{}", first.as_str(), last.as_str()),
        );
        if end < start {
            return Ok((Vec::new(), false));
        }
        let is_wanted = |(entry, at): &(Entry, Before)| {
            Some(&entry.position) > lane.offset.as_ref()
                && before.is_none_or(|it| (&it.0, &it.1) != (&at.0, &at.1) || at.2 < it.2)
        };
        let (mut last, mut seen) = (None, BTreeSet::new());
        loop {
            let answer = self
                .rows_behind(log(id), &start, max)
                .key_condition_expression("webhook_id = :partition AND id BETWEEN :after AND :end")
                .expression_attribute_values(":end", text(&end))
                .scan_index_forward(false)
                .set_exclusive_start_key(last)
                .send()
                .await
                .map_err(Error::call(READING))?;
            let pieces = pieces(answer.items.unwrap_or_default())?;
            let entries = pieces.into_iter().flat_map(|piece| {
                let ends = piece.ends();
                let at = move |entry: Entry| {
                    let (first, last) = ends.clone()?;
                    let at = Before(first, last, entry.position.clone());
                    Some((entry, at))
                };
                piece.entries.into_iter().rev().filter_map(at)
            });
            // The first piece is read again, so what follows of it is known to be a repeat.
            let is_new = |it: &(Entry, Before)| seen.insert(it.0.position.clone()) && is_wanted(it);
            let mut found: Vec<_> = entries.filter(is_new).take(max + 1).collect();
            last = answer.last_evaluated_key;
            if !found.is_empty() || last.is_none() {
                let is_more = last.is_some() || found.len() > max;
                found.truncate(max);
                return Ok((found, is_more));
            }
        }
    }

    /// What is to be sent besides the log, in the order of the events, behind a delivery.
    pub async fn redo(
        &self,
        lane: &LaneId,
        after: Option<&DeliveryId>,
        max: usize,
    ) -> Result<Vec<Redo>, Error> {
        let after = after.map_or(" ", DeliveryId::as_str);
        let (rows, _) = self.query(redo(lane), after, max).await?;
        from_items("a redo", rows)
    }

    /// Puts deliveries into the redo log, in the place of what is there of them.
    pub async fn put_redo(
        &self,
        lane: &LaneId,
        redos: &[Redo],
        now: Timestamp,
    ) -> Result<(), Error> {
        let rows = redos.iter().map(|one| {
            let key = key(redo(lane), one.waiting.delivery_id.as_str());
            self.row("a redo", key, one, now)
        });
        self.write_all(REDOING, rows.collect::<Result<_, _>>()?, Vec::new())
            .await
    }

    /// Those of these deliveries that are in the redo log, in any order.
    pub async fn redo_of(&self, lane: &LaneId, ids: &[DeliveryId]) -> Result<Vec<Redo>, Error> {
        let keys = ids.iter().map(|id| key(redo(lane), id.as_str())).collect();
        from_items("a redo", self.table.read_all(READING, keys).await?)
    }

    /// Removes deliveries from the redo log that are settled for these orders. What was asked for
    /// again since stays.
    pub async fn remove_redo(
        &self,
        lane: &LaneId,
        settled: &[(DeliveryId, u32)],
    ) -> Result<(), Error> {
        let remove = async |(id, redelivery): &(DeliveryId, u32)| {
            let delete = self
                .table
                .delete(key(redo(lane), id.as_str()))
                .condition_expression("attribute_not_exists(redelivery) OR redelivery <= :settled")
                .expression_attribute_values(":settled", number(redelivery))
                .send()
                .await;
            is_made(REDOING, delete)
        };
        for settled in settled.chunks(REMOVED_AT_ONCE) {
            try_join_all(settled.iter().map(remove)).await?;
        }
        Ok(())
    }

    /// Rows behind an id, and whether there may be more.
    pub(super) async fn query(
        &self,
        partition: impl Into<String>,
        after: &str,
        max: usize,
    ) -> Result<(Vec<Item>, bool), Error> {
        let query = self.rows_behind(partition, after, max);
        let answer = query.send().await.map_err(Error::call(READING))?;
        let is_more = answer.last_evaluated_key.is_some();
        Ok((answer.items.unwrap_or_default(), is_more))
    }

    fn rows_behind(
        &self,
        partition: impl Into<String>,
        after: &str,
        max: usize,
    ) -> QueryFluentBuilder {
        self.table
            .query(max)
            .key_condition_expression("webhook_id = :partition AND id > :after")
            .expression_attribute_values(":partition", text(partition))
            .expression_attribute_values(":after", text(after))
            .consistent_read(true)
    }
}

fn pieces(rows: Vec<Item>) -> Result<Vec<Piece>, Error> {
    let rows = from_items::<Row>("an entry", rows)?;
    let pieces = rows.into_iter().map(|row| Piece::of(row.deliveries));
    Ok(pieces.flatten().collect())
}

/// What stands in pieces, in order and each once.
pub fn entries_of(pieces: Vec<Piece>) -> Vec<Entry> {
    let entries = pieces.into_iter().flat_map(|piece| piece.entries);
    let entries: BTreeMap<_, _> = entries.map(|it| (it.position.clone(), it)).collect();
    entries.into_values().collect()
}
