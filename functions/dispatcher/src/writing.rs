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
                    let is_news = self.take_up_late(row, &lane, &portion, now).await?;
                    waits = !is_news && row.waits_until(now).is_some();
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

    /// Entries up to where the lane has come were dispatched before, or are late: DynamoDB splits a
    /// hot partition, and a new stream has other positions. Those that the ledger does not know go
    /// into the redo log. Gives whether anything was written: whoever serves the lane may not know
    /// of it.
    async fn take_up_late(
        &self,
        row: &Lane,
        id: &LaneId,
        portion: &Portion,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let is_passed = |row: &Lane, it: &Entry| row.settled_up_to() >= Some(&it.position);
        if !portion.entries.iter().any(|entry| is_passed(row, entry)) {
            return Ok(false);
        }
        let lanes = &self.stores.lanes;
        let (mut row, mut entries) = (row.clone(), portion.entries.clone());
        let mut is_news = false;
        loop {
            let (mut passed, rest): (Vec<Entry>, Vec<Entry>) = entries
                .into_iter()
                .partition(|entry| is_passed(&row, entry));
            if passed.is_empty() {
                return Ok(is_news);
            }
            let open = row.open.as_ref().map_or(&[][..], |open| &open.deliveries);
            passed.retain(|entry| !open.contains(&entry.waiting.delivery_id));
            let late = self.unknown(id, passed).await?;
            if !late.is_empty() {
                is_news = true;
                tracing::warn!(lane = id.as_str(), count = late.len(), "came in late");
                lanes.put_redo(id, &late, now).await?;
                lanes.ask(&portion.organization, id, true, now).await?;
            }
            if rest.is_empty() {
                return Ok(is_news);
            }
            is_news = true;
            // Nobody reads a piece any more that begins so far back. The lane may have come further
            // meanwhile.
            let piece = vec![(id.clone(), rest.clone())];
            if !lanes.append(piece, now).await?.is_empty() {
                return Err(Error::Call {
                    operation: "appending to a lane once more",
                    cause: "DynamoDB did not take it".to_owned(),
                });
            }
            entries = rest;
            row = lanes
                .read(std::slice::from_ref(id))
                .await?
                .remove(id)
                .unwrap_or_default();
        }
    }

    /// Those of a lane's entries that the ledger does not know. A row that nobody can read is known:
    /// it must not stop everybody else's events.
    async fn unknown(&self, lane: &LaneId, entries: Vec<Entry>) -> Result<Vec<Redo>, Error> {
        let Some(webhook) = lane.webhook() else {
            return Ok(Vec::new());
        };
        let ids = entries.iter().map(|entry| &entry.waiting.delivery_id);
        let wanted: Vec<_> = ids.map(|id| (webhook.clone(), id.clone())).collect();
        let known = self.stores.ledger.several_each(&wanted).await?;
        let is_known = |entry: &Entry| known.iter().any(|(id, _)| *id == entry.waiting.delivery_id);
        let unknown = entries.into_iter().filter(|entry| !is_known(entry));
        let redo = unknown.map(|entry| Redo {
            waiting: entry.waiting,
            overtaken: None,
        });
        Ok(redo.collect())
    }
}
