//! Listing an organization's events by when they happened.

use carillon_domain::{Event, EventType, OrganizationId, Status};
use jiff::Timestamp;

use super::EventStore;
use crate::Error;
use crate::table::{Item, field, filtered, from_item, page, text};

/// The index that sorts an organization's events by time.
const BY_TIME: &str = "by-time";
/// The attribute that it sorts by.
pub(super) const LISTED_AT: &str = "listed_at";
/// How many calls a page takes at most. Each reads up to a megabyte; where few of the
/// events are wanted, the page is short, and the next one goes on.
const CALLS: usize = 10;
/// How many rows a call reads where only some of them are wanted.
const ROWS: usize = 500;

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// That happened then or later.
    pub since: Option<Timestamp>,
    /// That happened before then.
    pub until: Option<Timestamp>,
    /// Of one of these types; of any, where there is none.
    pub event_types: Vec<EventType>,
    pub status: Option<Status>,
    pub environment: Option<String>,
    pub project: Option<String>,
    pub actor: Option<String>,
    pub correlation_id: Option<String>,
}

/// Sorts as the times do, whatever their fractions of a second. Those of one moment, which
/// for some sources is a second, are in the order in which they arrived; the id tells apart
/// what arrived at once.
pub(super) fn listed_at(event: &Event) -> String {
    let (occurred, received) = (sortable(event.occurred_at), sortable(event.received_at));
    format!("{occurred}#{received}#{}", event.id)
}

fn sortable(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.9fZ").to_string()
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
        let mut conditions = vec![("type", types.collect())];
        conditions.extend(single.map(|(name, value)| (name, Vec::from_iter(value))));
        conditions.retain(|(_, values)| !values.is_empty());
        conditions
    }
}

impl EventStore {
    /// An organization's events, newest first, that come after the place `after` of the
    /// list, and the place where it goes on, if there may be more.
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
        let mut before = match after {
            Some(after) => until.min(after.into()),
            None => until,
        };
        let conditions = filter.conditions();
        let rows = match conditions.is_empty() {
            // One more tells that there is more, and one may be the end of the range.
            true => max + 2,
            false => ROWS,
        };
        let query = self
            .table
            .query(rows)
            .index_name(BY_TIME)
            .key_condition_expression(
                "organization = :organization AND listed_at BETWEEN :since AND :before",
            )
            .expression_attribute_values(":organization", text(organization.as_str()))
            .expression_attribute_values(":since", text(&since))
            .scan_index_forward(false);
        let query = filtered(query, &conditions);
        let mut found: Vec<(String, Event)> = Vec::new();
        let mut next = None;
        for _ in 0..CALLS {
            // DynamoDB refuses a range that ends before it begins.
            if since > before {
                next = None;
                break;
            }
            let query = query.clone();
            let query = query.expression_attribute_values(":before", text(&before));
            let answer = query.send().await.map_err(Error::call("listing events"))?;
            for item in answer.items.unwrap_or_default() {
                let place = place(&item);
                // The range that DynamoDB is asked for has its end in it.
                if place < before {
                    found.push((place, from_item("an event", item)?));
                }
            }
            next = answer.last_evaluated_key.as_ref().map(place);
            match &next {
                Some(next) if found.len() <= max => before.clone_from(next),
                _ => break,
            }
        }
        let (found, next) = page(found, next, max, |(place, _)| place.clone());
        let events = found.into_iter().map(|(_, event)| event);
        Ok((events.collect(), next))
    }
}

/// Where an item stands in the list.
fn place(item: &Item) -> String {
    field(item, LISTED_AT).unwrap_or_default().to_owned()
}
