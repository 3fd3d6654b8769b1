//! What a stream record says as an event: the rules, without any I/O.
//!
//! Values never leave the table: of what changed, an event has the names alone.
//!
//! All of this works on a stream of `NEW_AND_OLD_IMAGES`. On others it does what it can:
//! without the new image an item is known by its old one or by its keys, without both
//! images nobody can tell what changed, so that every MODIFY is news.

use aws_lambda_events::dynamodb::EventRecord;
use carillon_domain::{Capture, Event, EventId, EventType, OrganizationId, Resource};
use jiff::{SignedDuration, Timestamp};
use serde_dynamo::Item;

use crate::changes;
use crate::skipped::{Reason, Skipped};
use crate::source::{Entity, entity_of, text};
use crate::table::{Kind, Table, Tables};

/// How DynamoDB signs what its time to live removed ("DynamoDB Streams and Time to Live"
/// in its developer guide).
const TTL: (&str, &str) = ("Service", "dynamodb.amazonaws.com");

/// The detail of a removal that says who had changed the item before.
const LAST_CHANGED_BY: &str = "last changed by";

/// How far apart in time two events of one record are, so that lists keep their order.
pub const APART: SignedDuration = SignedDuration::from_micros(1);

/// What an image of an item is, and whose.
#[derive(Debug)]
pub struct Identity<'t> {
    pub kind: &'t Kind,
    pub entity: &'static str,
    pub organization: OrganizationId,
}

impl Identity<'_> {
    /// Whether it is told to the same people as the same thing.
    fn is_as(&self, other: &Self) -> bool {
        (self.entity, &self.organization) == (other.entity, &other.organization)
    }
}

/// The events that a record stands for, in order: one, or two where an item stops being what
/// it was and is something else now, or somebody else's.
///
/// # Errors
/// Says why it stands for none.
pub fn events(
    record: &EventRecord,
    tables: &Tables,
    now: Timestamp,
) -> Result<Vec<Event>, Skipped> {
    let table = tables.of_stream(record.event_source_arn.as_deref().unwrap_or_default());
    let change = Change { record, table, now };
    let events = match record.event_name.as_str() {
        "INSERT" => change.plain("created"),
        "MODIFY" => change.modified(),
        "REMOVE" => change.plain("deleted"),
        other => Err(Skipped::plain(
            Reason::UnknownOperation,
            format!("`{other}` is none of INSERT, MODIFY, REMOVE"),
        )),
    }?;
    Ok(events.into_iter().map(Event::fitted).collect())
}

/// What an image of an item is: by the first kind that fits it.
///
/// # Errors
/// Says why it is nothing that is told.
pub fn identify<'t>(table: &'t Table, images: &[&Item]) -> Result<Identity<'t>, Skipped> {
    let has_image = images.first().is_some_and(|image| !image.is_empty());
    let fits = |kind: &&Kind| kind.when.iter().all(|condition| condition.fits(images));
    let found = table.kinds.iter().filter(fits).find_map(|kind| {
        let entity = match &kind.entity {
            Entity::Constant(entity) => Some(*entity),
            Entity::LeftOut => None,
            Entity::Word { path, words } => {
                Some(entity_of(&text(images, path)?, words, kind.any_case)?)
            }
        };
        Some((kind, entity))
    });
    let (kind, entity) = found.ok_or_else(|| Skipped::no_entity(table, images, has_image))?;
    let entity = entity.ok_or_else(|| {
        let detail = format!("{} skips such items", kind.described_by);
        Skipped::plain(Reason::LeftOut, detail)
    })?;
    let named = kind.organization.read(images);
    let organization = match &named {
        Some(named) => OrganizationId::parse(named.trim()),
        None => kind.default_organization.clone(),
    };
    Ok(Identity {
        kind,
        entity,
        organization: organization.ok_or_else(|| Skipped::no_organization(kind, named))?,
    })
}

/// A change of an item.
struct Change<'r> {
    record: &'r EventRecord,
    table: &'r Table,
    now: Timestamp,
}

impl<'r> Change<'r> {
    /// What an item no longer has is no news of it: the old image only speaks where there is
    /// no new one.
    fn latest(&self) -> [&'r Item; 2] {
        let change = &self.record.change;
        match change.new_image.is_empty() {
            true => [&change.old_image, &change.keys],
            false => [&change.new_image, &change.keys],
        }
    }

    fn plain(&self, operation: &str) -> Result<Vec<Event>, Skipped> {
        let images = self.latest();
        let identity = identify(self.table, &images)?;
        Ok(vec![self.event(&identity, &images, operation)?])
    }

    fn modified(&self) -> Result<Vec<Event>, Skipped> {
        let change = &self.record.change;
        if change.old_image.is_empty() || change.new_image.is_empty() {
            return self.plain("updated");
        }
        let (old, new) = ([&change.old_image, &change.keys], self.latest());
        let (before, after) = (identify(self.table, &old), identify(self.table, &new));
        match (before, after) {
            (Ok(before), Ok(after)) if before.is_as(&after) => {
                let ignored = &after.kind.ignored;
                let changes = changes::between(&change.old_image, &change.new_image, ignored);
                if changes.is_empty() {
                    let detail = "nothing but ignored attributes differs";
                    return Err(Skipped::plain(Reason::NoChange, detail));
                }
                let event = self.event(&after, &new, "updated")?;
                Ok(vec![Event { changes, ..event }])
            }
            (Ok(before), after) => {
                let mut events = vec![self.left(&before, &old, after.as_ref().ok())?];
                if let Ok(after) = after {
                    events.push(Event {
                        received_at: self.now.checked_add(APART).unwrap_or(self.now),
                        ..self.event(&after, &new, "created")?
                    });
                }
                Ok(events)
            }
            (Err(_), Ok(after)) => Ok(vec![self.event(&after, &new, "created")?]),
            (Err(_), Err(skipped)) => Err(skipped),
        }
    }

    fn event(
        &self,
        identity: &Identity,
        images: &[&Item],
        operation: &str,
    ) -> Result<Event, Skipped> {
        let kind = identity.kind;
        let capture = Capture {
            organization: identity.organization.clone(),
            now: self.now,
            fallback_id: EventId::from_source("table", &self.record.event_id),
        };
        let name = format!("{}_{operation}", identity.entity);
        let event_type = EventType::parse(&name)
            .ok_or_else(|| Skipped::plain(Reason::NotAnEntity, format!("there is no `{name}`")))?;
        let new = &self.record.change.new_image;
        let event = Event {
            occurred_at: self.occurred_at().unwrap_or(self.now),
            environment: kind.environment.read(images),
            project: kind.project.read(images),
            // Only the new image says who did it: the old one, and so that of a removed item,
            // tells who changed it the time before.
            actor: kind.actor.read(&[new]),
            message: self
                .is_removed_by_ttl()
                .then(|| "Removed by the table's time to live (TTL).".into()),
            resource: Some(Resource {
                id: kind.id.read(images),
                name: kind.name.read(images),
                resource_type: Some(identity.entity.into()),
                url: None,
            }),
            ..Event::bare(event_type, capture)
        };
        match self.record.event_name.as_str() {
            // Of a removal nobody knows who did it. What the time to live removes, nobody did.
            "REMOVE" if !self.is_removed_by_ttl() => Ok(self.with_last_editor(event, kind)),
            _ => Ok(event),
        }
    }

    /// An item that is there still, but not as those know it who are told of it.
    fn left(
        &self,
        before: &Identity,
        old: &[&Item],
        after: Option<&Identity>,
    ) -> Result<Event, Skipped> {
        let event = self.event(before, old, "deleted")?;
        let (message, actor) = match after {
            None => (
                "The item is there, but no longer says what and whose it is.".to_owned(),
                event.actor,
            ),
            Some(after) if after.organization == before.organization => (
                format!("The item is there, as another kind: {}.", after.entity),
                event.actor,
            ),
            // Who works for the others is none of these people's business.
            Some(_) => (
                "The item belongs to another organization now.".to_owned(),
                None,
            ),
        };
        let id = format!("{}.left", self.record.event_id);
        let event = Event {
            id: EventId::from_source("table", &id),
            actor,
            message: Some(message),
            ..event
        };
        Ok(self.with_last_editor(event, before.kind))
    }

    /// Who changed the item the time before may know more, and is told as what it is.
    fn with_last_editor(&self, mut event: Event, kind: &Kind) -> Event {
        let editor = kind.actor.read(&[&self.record.change.old_image]);
        event
            .details
            .extend(editor.map(|editor| (LAST_CHANGED_BY.to_owned(), editor)));
        event
    }

    fn is_removed_by_ttl(&self) -> bool {
        let user = self.record.user_identity.as_ref();
        user.is_some_and(|user| (user.type_.as_str(), user.principal_id.as_str()) == TTL)
    }

    fn occurred_at(&self) -> Option<Timestamp> {
        let time = self.record.change.approximate_creation_date_time;
        Timestamp::from_millisecond(time.timestamp_millis())
            .ok()
            .filter(|time| time.as_second() > 0)
    }
}

#[cfg(test)]
mod tests;
