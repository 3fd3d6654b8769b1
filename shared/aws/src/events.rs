//! The events table: the outbox.
//!
//! Guarantees: an event is stored once for each (organization, id), however often it is
//! captured; once `put` has returned, its stream carries the event to the dispatcher.
//! An organization's events share a partition, so that its stream keeps their order.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use carillon_domain::{Event, EventId, EventType, OrganizationId, Status};
use jiff::Timestamp;

use crate::Error;
use crate::retention::Retention;
use crate::table::{
    IntoStep, Item, Step, Table, field, from_item, from_items, list, page, put_or_find, text,
    to_item,
};

const WHAT: &str = "an event";
const LISTING: &str = "listing events";
/// The index that sorts an organization's events by time.
const BY_TIME: &str = "by-time";
/// The attribute that it sorts by.
const LISTED_AT: &str = "listed_at";

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// That happened then or later.
    pub since: Option<Timestamp>,
    /// That happened before then, which is later than `since`.
    pub until: Option<Timestamp>,
    /// Of one of these types; of any, where there is none.
    pub event_types: Vec<EventType>,
    pub status: Option<Status>,
    pub environment: Option<String>,
    pub project: Option<String>,
    pub actor: Option<String>,
    pub correlation_id: Option<String>,
}

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
        let key = key(organization, id);
        self.table.read("reading an event", WHAT, key).await
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
        let events = from_items(WHAT, rows)?.into_iter();
        Ok(events.map(|it: Event| (it.id.clone(), it)).collect())
    }

    /// An organization's events, newest first, behind the place `after` of this list, and the
    /// place behind which it goes on, if there may be more.
    pub async fn list(
        &self,
        organization: &OrganizationId,
        filter: &EventFilter,
        after: Option<&str>,
        max: usize,
    ) -> Result<(Vec<Event>, Option<String>), Error> {
        // DynamoDB takes no empty text as a key.
        let since = filter.since.map_or_else(|| "0".to_owned(), sortable);
        // `~` is above every digit; a time is below the places of its own events.
        let until = filter.until.map_or_else(|| "~".to_owned(), sortable);
        let query = self
            .table
            .query_all()
            .index_name(BY_TIME)
            .key_condition_expression(
                "organization = :organization AND listed_at BETWEEN :since AND :until",
            )
            .expression_attribute_values(":organization", text(organization.as_str()))
            .expression_attribute_values(":since", text(since))
            .expression_attribute_values(":until", text(until))
            .scan_index_forward(false);
        let conditions = filter.conditions();
        let start = after.and_then(|place| {
            let (_, id) = place.rsplit_once('#')?;
            let mut start = key(organization, &EventId::parse(id)?);
            start.insert(LISTED_AT.into(), text(place));
            Some(start)
        });
        let read = |row| from_item(WHAT, row);
        // One more tells that there is more.
        let listed = list(LISTING, query, &conditions, start, max + 1, read);
        let (found, last) = listed.await?;
        let next = last.and_then(|key| field(&key, LISTED_AT).map(str::to_owned));
        Ok(page(found, next, max, listed_at))
    }
}

impl EventFilter {
    /// What the index cannot tell: attributes, and the values that each may have.
    fn conditions(&self) -> Vec<(&'static str, Vec<&str>)> {
        let types = self.event_types.iter().map(|known| known.as_str());
        let single = [
            ("status", self.status.map(Status::as_str)),
            ("environment", self.environment.as_deref()),
            ("project", self.project.as_deref()),
            ("actor", self.actor.as_deref()),
            ("correlation_id", self.correlation_id.as_deref()),
        ];
        let single = single.map(|(name, value)| (name, Vec::from_iter(value)));
        std::iter::once(("type", types.collect()))
            .chain(single)
            .collect()
    }
}

/// An event's place in the list. Places sort as the times do, whatever their fractions of a
/// second. Events of one moment, which for some sources is a second, are in the order in which
/// they arrived; the id tells apart what arrived at once.
fn listed_at(event: &Event) -> String {
    let (occurred, received) = (sortable(event.occurred_at), sortable(event.received_at));
    format!("{occurred}#{received}#{}", event.id)
}

fn sortable(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.9fZ").to_string()
}
