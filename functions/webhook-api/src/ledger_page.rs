//! A page of a webhook's deliveries: what the ledger has, and what waits in its lanes.
//!
//! Each is a list of its own, newest first, and goes on from its own place; the page takes the
//! newest of all, one by one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use carillon_aws::{Before, Error, Order};
use carillon_domain::lane::{Entry, Lane};
use carillon_domain::{Delivery, DeliveryId, DeliveryStatus, LaneId, Webhook};
use futures::future::try_join_all;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{Api, waking};

/// How many entries of a lane's log are read at once to find a delivery.
const ENTRIES: usize = 1_000;
/// A piece of a log has nothing that is so much newer than its beginning: a stream keeps its records
/// for a day, and nothing is dispatched later.
const SPAN: SignedDuration = SignedDuration::from_hours(24);

/// Where the lists go on.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Behind this delivery in the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ledger: Option<DeliveryId>,
    /// Nothing more is in the ledger.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    is_ledger_done: bool,
    /// Before this in the log of a lane.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    lanes: BTreeMap<u32, Before>,
    /// Lanes in which nothing more waits.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    done: Vec<u32>,
}

/// One of the lists, as far as it is read.
struct Stream {
    /// The number of the lane; none for the ledger.
    lane: Option<u32>,
    rows: VecDeque<(Delivery, Option<Before>)>,
    /// Where it goes on behind what is read, if it does.
    more: Option<DeliveryId>,
    /// The same for a lane.
    floor: Option<Before>,
    is_cut: bool,
}

/// The newest deliveries behind a cursor, and the cursor of the next page, if there is one. A
/// page may be short and still have a next one.
pub async fn read(
    api: &Api,
    webhook: &Webhook,
    status: Option<DeliveryStatus>,
    mut cursor: Cursor,
    limit: usize,
) -> Result<(Vec<Delivery>, Option<Cursor>), Error> {
    let mut streams = Vec::new();
    if !cursor.is_ledger_done {
        let (statuses, after) = (status.as_slice(), cursor.ledger.clone());
        let page = api
            .ledger
            .page(&webhook.id, statuses, Order::NewestFirst, after, limit);
        let (rows, more) = page.await?;
        streams.push(Stream {
            lane: None,
            rows: rows.into_iter().map(|row| (row, None)).collect(),
            is_cut: more.is_some(),
            more,
            floor: None,
        });
    }
    if status.is_none_or(|status| status == DeliveryStatus::Pending) {
        streams.extend(waiting(api, webhook, &cursor, limit).await?);
    }
    let mut page: Vec<Delivery> = Vec::new();
    while page.len() < limit {
        // What comes next in a list that is not read to its end may be newer than all others.
        if streams.iter().any(|it| it.rows.is_empty() && it.is_cut) {
            break;
        }
        let heads = streams.iter_mut().filter(|it| !it.rows.is_empty());
        let newest = heads.max_by_key(|it| it.rows.front().map(|(row, _)| row.id.clone()));
        let Some(stream) = newest else {
            break;
        };
        let Some((row, at)) = stream.rows.pop_front() else {
            break;
        };
        match (stream.lane, at) {
            (Some(lane), Some(at)) => {
                cursor.lanes.insert(lane, at);
            }
            _ => cursor.ledger = Some(row.id.clone()),
        }
        page.push(row);
    }
    for stream in &streams {
        let is_over = stream.rows.is_empty();
        match (stream.lane, is_over, stream.is_cut) {
            (None, true, true) => cursor.ledger.clone_from(&stream.more),
            (None, true, false) => cursor.is_ledger_done = true,
            (Some(lane), true, false) => cursor.done.push(lane),
            (Some(lane), true, true) => {
                let floor = stream.floor.clone();
                cursor.lanes.extend(floor.map(|floor| (lane, floor)));
            }
            _ => {}
        }
    }
    let lanes = waking::lanes(webhook);
    let lanes: BTreeSet<u32> = lanes.iter().filter_map(LaneId::number).collect();
    // Lanes that the webhook has lost would only make it longer.
    cursor.lanes.retain(|lane, _| lanes.contains(lane));
    cursor.done.retain(|lane| lanes.contains(lane));
    let has_more = streams.iter().any(|it| !it.rows.is_empty() || it.is_cut);
    Ok((page, has_more.then_some(cursor)))
}

/// What waits in the webhook's lanes and is not in the ledger.
async fn waiting(
    api: &Api,
    webhook: &Webhook,
    cursor: &Cursor,
    limit: usize,
) -> Result<Vec<Stream>, Error> {
    let ids = waking::lanes(webhook);
    let states = api.lanes.read(&ids).await?;
    let streams = ids.into_iter().filter_map(|id| {
        let number = id.number()?;
        let state = states.get(&id).cloned().unwrap_or_default();
        (!cursor.done.contains(&number)).then_some((id, number, state))
    });
    let read = streams.map(async |(id, number, state): (LaneId, u32, Lane)| {
        let before = cursor.lanes.get(&number);
        let (entries, is_cut) = api.lanes.newest(&id, &state, before, limit).await?;
        Ok::<_, Error>(Stream {
            lane: Some(number),
            floor: entries.last().map(|(_, at)| at.clone()),
            rows: unknown(api, webhook, &id, entries).await?.into(),
            more: None,
            is_cut,
        })
    });
    try_join_all(read).await
}

/// The rows of what waits, newest first, without what the ledger knows.
async fn unknown(
    api: &Api,
    webhook: &Webhook,
    lane: &LaneId,
    entries: Vec<(Entry, Before)>,
) -> Result<Vec<(Delivery, Option<Before>)>, Error> {
    let ids = entries.iter().map(|(entry, _)| &entry.waiting.delivery_id);
    let wanted: Vec<_> = ids.map(|id| (webhook.id.clone(), id.clone())).collect();
    let known = api.ledger.several(&wanted).await?;
    let mut seen: BTreeSet<_> = known.into_iter().map(|row| row.id).collect();
    let channel = webhook.channel(lane).unwrap_or_default();
    let organization = &webhook.organization;
    let row = |(Entry { waiting, .. }, at): (Entry, Before)| {
        let is_new = seen.insert(waiting.delivery_id.clone());
        let row = is_new.then(|| Delivery::new(organization, lane, channel, &waiting));
        Some((row.flatten()?, Some(at)))
    };
    Ok(entries.into_iter().filter_map(row).collect())
}

/// A delivery that waits, and that the ledger does not know yet.
pub async fn find(
    api: &Api,
    webhook: &Webhook,
    id: &DeliveryId,
) -> Result<Option<Delivery>, Error> {
    let lanes = waking::lanes(webhook);
    let states = api.lanes.read(&lanes).await?;
    for lane in lanes {
        let state = states.get(&lane).cloned().unwrap_or_default();
        let mut before = None;
        loop {
            let read = api.lanes.newest(&lane, &state, before.as_ref(), ENTRIES);
            let (entries, is_cut) = read.await?;
            let is_it = |(entry, _): &&(Entry, Before)| entry.waiting.delivery_id == *id;
            if let Some((Entry { waiting, .. }, _)) = entries.iter().find(is_it) {
                let channel = webhook.channel(&lane).unwrap_or_default();
                let organization = &webhook.organization;
                return Ok(Delivery::new(organization, &lane, channel, waiting));
            }
            // What comes next begins before this.
            match entries.into_iter().last() {
                Some((last, at)) if is_cut && may_follow(id, &last) => before = Some(at),
                _ => break,
            }
        }
    }
    Ok(None)
}

/// Whether a delivery may stand in a piece that begins before this entry.
fn may_follow(id: &DeliveryId, entry: &Entry) -> bool {
    let times = (id.time(), entry.waiting.delivery_id.time());
    matches!(times, (Some(sought), Some(read)) if sought.duration_since(read) < SPAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_cursor_is_read_and_written_as_its_golden_file_says() {
        let text = include_str!("../../../tests/fixtures/stored/cursor_of_deliveries.json");
        let golden: Value = serde_json::from_str(text).unwrap();
        let read: Cursor = serde_json::from_value(golden.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), golden);
    }
}
