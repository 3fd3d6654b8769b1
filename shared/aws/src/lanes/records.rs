//! Who gets an event: written by the dispatcher, read by whoever asks for the event.

use std::collections::HashSet;

use carillon_domain::{EventId, LaneId, OrganizationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Lanes, key};
use crate::Error;
use crate::table::{Item, from_items, text};

const WRITING: &str = "writing who gets an event";
const READING: &str = "reading who gets an event";

/// Who gets an event, of one page of the organization's webhooks. There is one for the first page
/// also where nobody gets it: the event was dispatched. A page of 500 webhooks with ten channels
/// each has 5,000 lanes of some 35 bytes, of the 400 KB that a row may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPart {
    pub organization: OrganizationId,
    pub event_id: EventId,
    /// The number of the page.
    pub part: u32,
    /// The lanes of the channels of the webhooks that subscribe to it.
    pub lanes: Vec<LaneId>,
}

/// Who gets an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// How many webhooks subscribe to it.
    pub matched: usize,
    /// The lanes of their channels.
    pub lanes: Vec<LaneId>,
}

/// A part as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    lanes: Vec<LaneId>,
}

fn partition(organization: &OrganizationId, event: &EventId) -> String {
    format!("EVENT#{organization}#{event}")
}

impl Lanes {
    pub async fn put_records(&self, parts: Vec<EventPart>, now: Timestamp) -> Result<(), Error> {
        let rows = parts.into_iter().map(|part| {
            let partition = partition(&part.organization, &part.event_id);
            let key = key(partition, format!("{:04}", part.part));
            self.row("a record", key, &Row { lanes: part.lanes }, now)
        });
        self.write_all(WRITING, rows.collect::<Result<_, _>>()?, Vec::new())
            .await
    }

    /// Who gets an event; none where it has not been dispatched yet.
    pub async fn record(
        &self,
        organization: &OrganizationId,
        event: &EventId,
    ) -> Result<Option<EventRecord>, Error> {
        let rows = self
            .table
            .query_all()
            .key_condition_expression("webhook_id = :partition")
            .expression_attribute_values(":partition", text(partition(organization, event)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<Item>, _>>();
        let rows = rows.await.map_err(Error::call(READING))?;
        if rows.is_empty() {
            return Ok(None);
        }
        let rows = from_items::<Row>("a record", rows)?;
        let mut lanes: Vec<LaneId> = rows.into_iter().flat_map(|row| row.lanes).collect();
        // A repeat may have met other pages.
        let mut seen = HashSet::with_capacity(lanes.len());
        lanes.retain(|lane| seen.insert(lane.clone()));
        let webhooks: HashSet<_> = lanes.iter().filter_map(LaneId::webhook).collect();
        let matched = webhooks.len();
        Ok(Some(EventRecord { matched, lanes }))
    }
}
