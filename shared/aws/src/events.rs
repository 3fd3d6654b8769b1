//! The events table: the outbox.
//!
//! Guarantees: an event is stored once for each (organization, id), however often it is
//! captured; once `put` has returned, its stream carries the event to the dispatcher.
//! An organization's events share a partition, so that its stream keeps their order.

mod list;

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use carillon_domain::{Event, EventId, OrganizationId};

pub use list::EventFilter;
use list::{LISTED_AT, listed_at};

use crate::Error;
use crate::table::{
    IntoStep, Item, Retention, Step, Table, from_item, from_items, put_or_find, text, to_item,
};

const WHAT: &str = "an event";

#[derive(Debug, Clone)]
pub struct EventStore {
    table: Table,
    retention: Retention,
}

fn key(organization: &OrganizationId, id: &EventId) -> Item {
    Item::from([
        ("organization".into(), text(organization.as_str())),
        ("id".into(), text(id.as_str())),
    ])
}

impl EventStore {
    pub fn new(client: Client, table: String, retention: Retention) -> Self {
        Self {
            table: Table::new(client, table),
            retention,
        }
    }

    /// The row of an event.
    fn item(&self, event: &Event) -> Result<Item, Error> {
        let mut item = to_item(WHAT, event)?;
        self.retention.expire(&mut item, event.received_at);
        item.insert(LISTED_AT.into(), text(listed_at(event)));
        Ok(item)
    }

    /// Stores an event, unless there is one with its id already: gives that one.
    pub async fn put(&self, event: &Event) -> Result<Option<Event>, Error> {
        let put = self.table.put(self.item(event)?);
        let put = put.condition_expression("attribute_not_exists(id)");
        let there = put_or_find("storing an event", put).await?;
        let there = there.map(|there| from_item(WHAT, there)).transpose()?;
        // The very same: the answer to the first try of this call was lost.
        Ok(there.filter(|there| there != event))
    }

    /// Storing an event as a part of a transaction. One that is there already, under an id
    /// that tells the same thing, is replaced, which the stream does not tell as new.
    pub(crate) fn put_step(&self, event: &Event) -> Result<Step, Error> {
        Ok(self.table.put_step(self.item(event)?).step())
    }

    /// An event as it is now.
    pub async fn get(
        &self,
        organization: &OrganizationId,
        id: &EventId,
    ) -> Result<Option<Event>, Error> {
        let row = self.table.row("reading an event", key(organization, id));
        row.await?.map(|row| from_item(WHAT, row)).transpose()
    }

    /// Several events at once; those that are not there are left out.
    pub async fn get_many(
        &self,
        organization: &OrganizationId,
        ids: &[EventId],
    ) -> Result<HashMap<EventId, Event>, Error> {
        let wanted: BTreeSet<&EventId> = ids.iter().collect();
        let keys = wanted.into_iter().map(|id| key(organization, id));
        let keys = keys.collect();
        let rows = self.table.read_all("reading events", keys).await?;
        let events: Vec<Event> = from_items(WHAT, rows)?;
        let by_id = events.into_iter().map(|event| (event.id.clone(), event));
        Ok(by_id.collect())
    }
}
