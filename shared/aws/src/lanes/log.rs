//! What waits in a lane: the log, and what is to be sent besides it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::WriteRequest;
use carillon_domain::lane::{Entry, Position, Redo};
use carillon_domain::{DeliveryId, LaneId};
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Lanes, key};
use crate::Error;
use crate::table::{Item, field, from_items, is_made, number, text};

const APPENDING: &str = "appending to lanes";
const READING: &str = "reading a lane's log";
const REDOING: &str = "writing a redo log";
/// A summary has thousands: as many connections at once would leave none for others.
const REMOVED_AT_ONCE: usize = 25;

/// What a slice of the dispatcher has for a lane, as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    deliveries: Vec<Entry>,
}

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
            let (Some(first), Some(last)) = (deliveries.first(), deliveries.last()) else {
                continue;
            };
            let id = format!("{}#{}", last.position.as_str(), first.position.as_str());
            items.push(self.row("an entry", key(log(&lane), id), &Row { deliveries }, now)?);
        }
        let refused = self.table.write_all(APPENDING, items, Vec::new()).await;
        let lane = |request: WriteRequest| {
            let item = request.put_request?.item;
            LaneId::parse(field(&item, "webhook_id")?.strip_prefix("LOG#")?)
        };
        Ok(refused.into_iter().filter_map(lane).collect())
    }

    /// What stands in the log behind a position, in order, that of so many pieces at most, and
    /// whether there may be more.
    pub async fn entries(
        &self,
        lane: &LaneId,
        after: Option<&Position>,
        max_pieces: usize,
    ) -> Result<(Vec<Entry>, bool), Error> {
        let (rows, is_more) = self.query(log(lane), &behind(after), max_pieces).await?;
        let is_behind = |entry: &Entry| after.is_none_or(|after| entry.position > *after);
        Ok((entries_of(rows, is_behind)?, is_more))
    }

    /// The newest of what stands in the log between two positions, in order, and whether there
    /// is more before it: that of so many pieces at most.
    pub async fn newest(
        &self,
        lane: &LaneId,
        after: Option<&Position>,
        before: Option<&Position>,
        max_pieces: usize,
    ) -> Result<(Vec<Entry>, bool), Error> {
        let is_wanted = |entry: &Entry| {
            after.is_none_or(|after| entry.position > *after)
                && before.is_none_or(|before| entry.position < *before)
        };
        // A piece that ends behind a position may begin before it.
        let mut start = None;
        if let Some(before) = before {
            if after.is_some_and(|after| before <= after) {
                return Ok((Vec::new(), false));
            }
            let piece = self.piece_behind(lane, before).await?;
            start = piece.map(|piece| key(log(lane), piece));
        }
        loop {
            let answer = self
                .rows_behind(log(lane), &behind(after), max_pieces)
                .scan_index_forward(false)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(Error::call(READING))?;
            let entries = entries_of(answer.items.unwrap_or_default(), is_wanted)?;
            start = answer.last_evaluated_key;
            if !entries.is_empty() || start.is_none() {
                return Ok((entries, start.is_some()));
            }
        }
    }

    /// The second piece that ends at a position or behind it: what is before the position
    /// begins in the first one.
    async fn piece_behind(
        &self,
        lane: &LaneId,
        position: &Position,
    ) -> Result<Option<String>, Error> {
        let (rows, _) = self.query(log(lane), position.as_str(), 2).await?;
        let second = rows.into_iter().nth(1);
        Ok(second.and_then(|row| field(&row, "id").map(str::to_owned)))
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

/// Behind every piece that ends with the position.
fn behind(position: Option<&Position>) -> String {
    position.map_or_else(|| " ".to_owned(), |it| format!("{}$", it.as_str()))
}

/// The entries of several pieces, which may overlap where slices were cut differently.
fn entries_of(rows: Vec<Item>, is_wanted: impl Fn(&Entry) -> bool) -> Result<Vec<Entry>, Error> {
    let mut found = BTreeMap::new();
    for row in from_items::<Row>("an entry", rows)? {
        let wanted = row.deliveries.into_iter().filter(&is_wanted);
        found.extend(wanted.map(|entry| (entry.position.clone(), entry)));
    }
    Ok(found.into_values().collect())
}
