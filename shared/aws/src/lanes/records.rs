//! Who gets an event: written by the dispatcher, read by whoever asks for the event.

use carillon_domain::{EventId, LaneId, OrganizationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Lanes, key};
use crate::Error;
use crate::table::{from_item, to_item};

const WRITING: &str = "writing who gets an event";
/// How many lanes one row has: some 35 bytes each, of the 400 KB that a row may have.
const PER_ROW: usize = 5_000;
/// More than an organization has webhooks.
const MAX_ROWS: i32 = 100;

/// Who gets an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    pub organization: OrganizationId,
    pub event_id: EventId,
    /// How many webhooks subscribe to it.
    pub matched: usize,
    /// The lanes of their channels.
    pub lanes: Vec<LaneId>,
}

/// As it is stored, in parts.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    matched: usize,
    lanes: Vec<LaneId>,
}

fn partition(organization: &OrganizationId, event: &EventId) -> String {
    format!("EVENT#{organization}#{event}")
}

impl Lanes {
    pub async fn put_records(&self, records: &[EventRecord], now: Timestamp) -> Result<(), Error> {
        let mut items = Vec::with_capacity(records.len());
        for record in records {
            let partition = partition(&record.organization, &record.event_id);
            let parts = record.lanes.chunks(PER_ROW);
            let parts: Vec<_> = match record.lanes.is_empty() {
                true => vec![&[][..]],
                false => parts.collect(),
            };
            for (n, lanes) in parts.into_iter().enumerate() {
                let row = Row {
                    matched: record.matched,
                    lanes: lanes.to_vec(),
                };
                let mut item = key(partition.clone(), format!("{n:04}"));
                item.extend(to_item("a record", &row)?);
                self.retention.expire(&mut item, now);
                items.push(item);
            }
        }
        match self.put_all(WRITING, items).await.len() {
            0 => Ok(()),
            left => Err(Error::Call {
                operation: WRITING,
                cause: format!("DynamoDB did not take {left} writes"),
            }),
        }
    }

    /// Who gets an event; none where it has not been dispatched yet.
    pub async fn record(
        &self,
        organization: &OrganizationId,
        event: &EventId,
    ) -> Result<Option<EventRecord>, Error> {
        let rows = self
            .query(partition(organization, event), " ", true, MAX_ROWS)
            .await?;
        let mut found: Option<EventRecord> = None;
        for row in rows {
            let row: Row = from_item("a record", row)?;
            let record = found.get_or_insert_with(|| EventRecord {
                organization: organization.clone(),
                event_id: event.clone(),
                matched: row.matched,
                lanes: Vec::new(),
            });
            record.lanes.extend(row.lanes);
        }
        Ok(found)
    }
}
