//! The events table: the outbox.
//!
//! Guarantees: an event is stored once for each (organization, id), however often it is
//! captured; once `put` has returned, its stream carries the event to the dispatcher.
//! An organization's events share a partition, so that its stream keeps their order.

mod list;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use carillon_domain::{Event, EventId, OrganizationId};

pub use list::EventFilter;
use list::{LISTED_AT, listed_at};

use crate::Error;
use crate::table::Retention;
use crate::table::{Item, from_item, read_all, text, to_item};

/// What became of an event that was to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    New,
    /// Its id was there already; nothing changed.
    Duplicate,
}

#[derive(Debug, Clone)]
pub struct EventStore {
    client: Client,
    table: String,
    retention: Retention,
}

impl EventStore {
    pub fn new(client: Client, table: String, retention: Retention) -> Self {
        Self {
            client,
            table,
            retention,
        }
    }

    /// The row of an event.
    fn item(&self, event: &Event) -> Result<Item, Error> {
        let mut item = to_item("an event", event)?;
        self.retention.expire(&mut item, event.received_at);
        item.insert(LISTED_AT.into(), text(listed_at(event)));
        Ok(item)
    }

    /// Stores an event unless its id is there already.
    pub async fn put(&self, event: &Event) -> Result<Stored, Error> {
        Ok(match self.put_or_find(event).await? {
            None => Stored::New,
            Some(_) => Stored::Duplicate,
        })
    }

    /// As [`put`](Self::put); gives the event that has the id already.
    pub async fn put_or_find(&self, event: &Event) -> Result<Option<Event>, Error> {
        let item = self.item(event)?;
        let result = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match result {
            Ok(_) => return Ok(None),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                let there: Event = from_item("an event", failed.item.clone().unwrap_or_default())?;
                // The very same: the answer to the first try of this call was lost.
                Ok((there != *event).then_some(there))
            }
            Some(refused) if refused.meta().code() == Some("ValidationException") => {
                Err(Error::refused("storing an event")(error))
            }
            _ => Err(Error::call("storing an event")(error)),
        }
    }

    /// Storing an event as a part of a transaction. One that is there already, under an id
    /// that tells the same thing, is replaced, which the stream does not tell as new.
    pub(crate) fn put_step(
        &self,
        event: &Event,
    ) -> Result<Result<TransactWriteItem, BuildError>, Error> {
        let item = self.item(event)?;
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .build();
        Ok(put.map(|put| TransactWriteItem::builder().put(put).build()))
    }

    pub async fn get(
        &self,
        organization: &OrganizationId,
        id: &EventId,
    ) -> Result<Option<Event>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("organization", text(organization.as_str()))
            .key("id", text(id.as_str()))
            .send()
            .await
            .map_err(Error::call("reading an event"))?;
        answer
            .item
            .map(|item| from_item("an event", item))
            .transpose()
    }

    /// Several events at once; those that are not there are left out.
    pub async fn get_many(
        &self,
        organization: &OrganizationId,
        ids: &[EventId],
    ) -> Result<HashMap<EventId, Event>, Error> {
        let mut wanted: Vec<&EventId> = ids.iter().collect();
        wanted.sort();
        wanted.dedup();
        let keys: Vec<Item> = wanted
            .into_iter()
            .map(|id| {
                Item::from([
                    ("organization".into(), text(organization.as_str())),
                    ("id".into(), text(id.as_str())),
                ])
            })
            .collect();
        let items = read_all(&self.client, &self.table, "reading events", keys, None).await?;
        let mut found = HashMap::with_capacity(items.len());
        for item in items {
            let event: Event = from_item("an event", item)?;
            found.insert(event.id.clone(), event);
        }
        Ok(found)
    }
}
