//! Writing a slice: entries, who gets each event, and wake-ups.

use carillon_aws::{Error, WakeUp, wake};
use carillon_domain::LaneId;
use carillon_domain::lane::{Entry, Lane, Redo};
use futures::future::try_join_all;
use jiff::Timestamp;

use crate::Dispatcher;
use crate::slice::{Portion, Slice};

/// How many lanes are made at once.
const MADE_AT_ONCE: usize = 16;

impl Dispatcher {
    /// Writes a slice and wakes its lanes. Gives the first record of what was not written; a
    /// lane that DynamoDB throttles does not stop the others.
    pub(crate) async fn write(&self, slice: Slice) -> Option<usize> {
        let first = slice.first_record()?;
        let now = self.clock.now();
        match self.write_all(slice, now).await {
            Ok(unwritten) => unwritten,
            Err(error) => {
                tracing::error!(%error, "deliveries could not be dispatched");
                Some(first)
            }
        }
    }

    async fn write_all(&self, slice: Slice, now: Timestamp) -> Result<Option<usize>, Error> {
        let Slice {
            mut lanes, parts, ..
        } = slice;
        let stores = &self.stores;
        let entries = lanes
            .iter()
            .map(|(lane, portion)| (lane.clone(), portion.entries.clone()))
            .collect();
        let refused = stores.lanes.append(entries, now).await?;
        let refused = refused.iter().filter_map(|lane| lanes.remove(lane));
        let unwritten = refused.map(|portion| portion.record).min();
        let parts = parts.into_iter().map(|(_, part)| part).collect();
        stores.lanes.put_records(parts, now).await?;
        let ids: Vec<LaneId> = lanes.keys().cloned().collect();
        let rows = stores.lanes.read_each(&ids).await?;
        // What has waited while the slice was written may wait no more.
        let now = self.clock.now();
        let new = lanes.iter().filter(|(lane, _)| !rows.contains_key(*lane));
        for new in new.collect::<Vec<_>>().chunks(MADE_AT_ONCE) {
            let made = new.iter();
            let made =
                made.map(|(lane, portion)| stores.lanes.create(&portion.organization, lane, now));
            try_join_all(made).await?;
        }
        let mut wake_ups = Vec::with_capacity(lanes.len());
        for (lane, portion) in lanes {
            let mut waits = false;
            match rows.get(&lane) {
                None => {}
                Some(Ok(row)) => {
                    self.take_up_late(row, &lane, &portion, now).await?;
                    waits = row.waits_until(now).is_some();
                }
                // Whether it waits, nobody knows.
                Some(Err(error)) => tracing::error!(lane = lane.as_str(), %error, "woken"),
            }
            if !waits {
                let first = portion.entries.into_iter().next();
                let wake_up = WakeUp::new(portion.organization, lane);
                wake_ups.push(wake_up.for_event(first.map(|entry| entry.waiting.event_id)));
            }
        }
        wake(&*stores.queue, &wake_ups).await?;
        Ok(unwritten)
    }

    /// What comes in before where the lane has come was dispatched before, or is late: DynamoDB may
    /// have split a partition that is hot, and a stream that was made anew begins with other
    /// positions. The ledger tells.
    async fn take_up_late(
        &self,
        row: &Lane,
        lane: &LaneId,
        portion: &Portion,
        now: Timestamp,
    ) -> Result<(), Error> {
        let is_behind = |entry: &Entry| row.settled_up_to() >= Some(&entry.position);
        let entries = portion.entries.iter().cloned();
        let (mut behind, rest): (Vec<Entry>, Vec<Entry>) = entries.partition(is_behind);
        let (Some(webhook), false) = (lane.webhook(), behind.is_empty()) else {
            return Ok(());
        };
        let lanes = &self.stores.lanes;
        if !rest.is_empty() {
            // Nobody may look at a piece any more that begins so far before.
            let refused = lanes.append(vec![(lane.clone(), rest)], now).await?;
            if !refused.is_empty() {
                return Err(Error::Call {
                    operation: "appending to a lane once more",
                    cause: "DynamoDB did not take it".to_owned(),
                });
            }
        }
        let open = row.open.as_ref().map_or(&[][..], |open| &open.deliveries);
        behind.retain(|entry| !open.contains(&entry.waiting.delivery_id));
        let wanted: Vec<_> = behind
            .iter()
            .map(|entry| (webhook.clone(), entry.waiting.delivery_id.clone()))
            .collect();
        // A row that nobody can read is known: it must not stop everybody else's events.
        let known = self.stores.ledger.several_each(&wanted).await?;
        let is_known = |entry: &Entry| known.iter().any(|(id, _)| *id == entry.waiting.delivery_id);
        let late: Vec<Redo> = behind
            .into_iter()
            .filter(|entry| !is_known(entry))
            .map(|entry| Redo {
                waiting: entry.waiting,
                overtaken: None,
            })
            .collect();
        if late.is_empty() {
            return Ok(());
        }
        tracing::warn!(lane = lane.as_str(), count = late.len(), "came in late");
        lanes.put_redo(lane, &late, now).await?;
        lanes.ask(&portion.organization, lane, true, now).await
    }
}
