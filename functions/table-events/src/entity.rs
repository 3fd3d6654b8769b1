//! What a stream record says as an event: the rules, without any I/O.
//!
//! Values never leave the table: of what changed, an event has the names alone.
//!
//! All of this works on a stream of `NEW_AND_OLD_IMAGES`. On others it does what it can:
//! without the new image an item is known by its old one or by its keys, without both
//! images nobody can tell what changed, so that every MODIFY is news.

use aws_lambda_events::dynamodb::EventRecord;
use carillon_domain::{Capture, Event, EventId, EventType, OrganizationId, Resource};
use jiff::Timestamp;
use serde_dynamo::Item;

use crate::attributes::{Attributes, text};
use crate::changes;
use crate::path::Path;

/// How DynamoDB signs what its time to live removed ("DynamoDB Streams and Time to Live"
/// in its developer guide).
const TTL: (&str, &str) = ("Service", "dynamodb.amazonaws.com");

/// The detail of a removal that says who had changed the item before.
const LAST_CHANGED_BY: &str = "last changed by";

/// Why a record is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    /// It names none of the entities.
    NotAnEntity,
    /// The stream has no image of it, and its keys do not say that it is an entity.
    NoImage,
    /// It names no organization, or one that cannot be.
    NoOrganization,
    /// Nothing but ignored attributes differs.
    NoChange,
    UnknownOperation,
}

impl Skipped {
    /// For metrics and logs.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotAnEntity => "not_an_entity",
            Self::NoImage => "no_image",
            Self::NoOrganization => "no_organization",
            Self::NoChange => "no_change",
            Self::UnknownOperation => "unknown_operation",
        }
    }
}

/// The event that a record stands for.
pub fn event(
    record: &EventRecord,
    attributes: &Attributes,
    now: Timestamp,
) -> Result<Event, Skipped> {
    let (old, new) = (&record.change.old_image, &record.change.new_image);
    let operation = match record.event_name.as_str() {
        "INSERT" => "created",
        "MODIFY" => "updated",
        "REMOVE" => "deleted",
        _ => return Err(Skipped::UnknownOperation),
    };
    // What an item no longer has is no news of it: the old image only speaks where there
    // is no new one.
    let image = if new.is_empty() { old } else { new };
    let images = [image, &record.change.keys];
    let read = |path: &Path| images.iter().find_map(|image| text(image, path));
    let has_image = !old.is_empty() || !new.is_empty();
    let entity = read(&attributes.entity)
        .and_then(|word| attributes.entity_of(&word))
        .ok_or(match has_image {
            true => Skipped::NotAnEntity,
            false => Skipped::NoImage,
        })?;
    let event_type =
        EventType::parse(&format!("{entity}_{operation}")).ok_or(Skipped::NotAnEntity)?;
    let organization = read(&attributes.organization)
        .and_then(|text| OrganizationId::parse(text.trim()))
        .ok_or(Skipped::NoOrganization)?;
    let changes = match operation {
        "updated" if !old.is_empty() && !new.is_empty() => {
            let changes = changes::between(old, new, &attributes.ignored);
            if changes.is_empty() {
                return Err(Skipped::NoChange);
            }
            changes
        }
        _ => Vec::new(),
    };
    let capture = Capture {
        organization,
        now,
        fallback_id: EventId::from_source("table", &record.event_id),
    };
    let event = Event {
        occurred_at: occurred_at(record).unwrap_or(now),
        environment: read(&attributes.environment),
        project: read(&attributes.project),
        actor: actor(new, attributes),
        message: removed_by_ttl(record)
            .then(|| "Removed by the table's time to live (TTL).".into()),
        resource: Some(Resource {
            id: read(&attributes.id),
            name: read(&attributes.name),
            resource_type: Some(entity.into()),
            url: None,
        }),
        changes,
        details: last_changed_by(record, attributes)
            .map(|person| (LAST_CHANGED_BY.to_owned(), person))
            .into_iter()
            .collect(),
        ..Event::bare(event_type, capture)
    };
    Ok(event.fitted())
}

/// Only the new image says who did it: the old one, and so that of a removed item, tells
/// who changed it the time before.
fn actor(new: &Item, attributes: &Attributes) -> Option<String> {
    text(new, &attributes.actor)
}

/// Of a removal nobody knows who did it. Who changed the item the time before may know
/// more, and is told as what it is. What the time to live removes, nobody did.
fn last_changed_by(record: &EventRecord, attributes: &Attributes) -> Option<String> {
    if record.event_name != "REMOVE" || removed_by_ttl(record) {
        return None;
    }
    text(&record.change.old_image, &attributes.actor)
}

fn removed_by_ttl(record: &EventRecord) -> bool {
    record
        .user_identity
        .as_ref()
        .is_some_and(|user| (user.type_.as_str(), user.principal_id.as_str()) == TTL)
}

fn occurred_at(record: &EventRecord) -> Option<Timestamp> {
    let time = record.change.approximate_creation_date_time;
    Timestamp::from_millisecond(time.timestamp_millis())
        .ok()
        .filter(|time| time.as_second() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn record(name: &str, old: Value, new: Value) -> EventRecord {
        serde_json::from_value(json!({
            "eventID": "c4ca4238a0b923820dcc509a6f75849b", "eventName": name,
            "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "eu-west-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_256_100,
                "Keys": {"organization": {"S": "org_acme"}, "id": {"S": "p-1"}},
                "OldImage": old, "NewImage": new,
                "SequenceNumber": "111", "SizeBytes": 26, "StreamViewType": "NEW_AND_OLD_IMAGES"
            }
        }))
        .unwrap()
    }

    fn parameter(more: Value) -> Value {
        let mut item = json!({
            "entity": {"S": "parameter"}, "organization": {"S": "org_acme"}, "id": {"S": "p-1"},
            "name": {"S": "DATABASE_URL"}, "project": {"S": "billing"}, "actor": {"S": "alice"},
            "value": {"S": "postgres://canary"}, "modified_at": {"N": "1"}
        });
        item.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        item
    }

    fn read(record: &EventRecord) -> Result<Event, Skipped> {
        event(record, &Attributes::default(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn an_inserted_item_becomes_a_created_event_without_any_value() {
        let event = read(&record("INSERT", json!({}), parameter(json!({})))).unwrap();
        assert_eq!(event.event_type, EventType::ParameterCreated);
        assert_eq!(event.actor.as_deref(), Some("alice"));
        assert_eq!(
            event.resource.as_ref().unwrap().name.as_deref(),
            Some("DATABASE_URL")
        );
        assert!(!serde_json::to_string(&event).unwrap().contains("canary"));
    }

    #[test]
    fn a_changed_item_lists_the_names_of_what_changed_nested_ones_as_paths() {
        let old = parameter(json!({"tags": {"M": {"owner": {"S": "a"}, "team": {"S": "x"}}}}));
        let new = parameter(json!({
            "tags": {"M": {"owner": {"S": "b"}, "team": {"S": "x"}}},
            "value": {"S": "postgres://canary2"}, "modified_at": {"N": "2"}
        }));
        let event = read(&record("MODIFY", old, new)).unwrap();
        assert_eq!(event.event_type, EventType::ParameterUpdated);
        assert_eq!(event.changes, ["tags.owner", "value"]);
    }

    #[test]
    fn what_a_changed_item_no_longer_has_is_not_told() {
        let old = parameter(json!({"environment": {"S": "production"}}));
        let new = parameter(json!({"name": {"NULL": true}}));
        let event = read(&record("MODIFY", old, new)).unwrap();
        assert_eq!(event.changes, ["environment", "name"]);
        assert_eq!(event.environment, None);
        let resource = event.resource.unwrap();
        assert_eq!((resource.name, resource.id.as_deref()), (None, Some("p-1")));
        assert!(event.details.is_empty());
    }

    #[test]
    fn a_change_of_nothing_or_only_of_ignored_attributes_is_no_event() {
        let old = parameter(json!({"set": {"SS": ["a", "b"]}}));
        let new = parameter(json!({"set": {"SS": ["b", "a"]}, "modified_at": {"N": "2"}}));
        assert_eq!(read(&record("MODIFY", old, new)), Err(Skipped::NoChange));
    }

    #[test]
    fn a_removal_does_not_blame_the_last_editor_and_one_by_ttl_says_so() {
        let mut removal = record("REMOVE", parameter(json!({})), json!({}));
        let event = read(&removal).unwrap();
        assert_eq!(
            (event.event_type, event.actor),
            (EventType::ParameterDeleted, None)
        );
        assert_eq!(event.details[LAST_CHANGED_BY], "alice");
        removal.user_identity =
            serde_json::from_value(json!({"type": "Service", "principalId": TTL.1})).unwrap();
        let event = read(&removal).unwrap();
        assert!(event.message.unwrap().contains("time to live"));
        assert!(event.details.is_empty());
    }

    #[test]
    fn items_that_are_no_entities_are_skipped() {
        for (item, reason) in [
            (json!({}), Skipped::NoImage),
            (json!({"name": {"S": "x"}}), Skipped::NotAnEntity),
            (json!({"entity": {"S": "invoice"}}), Skipped::NotAnEntity),
            (json!({"entity": {"BOOL": true}}), Skipped::NotAnEntity),
            (
                json!({"entity": {"S": "value"}, "organization": {"S": "no such/name"}}),
                Skipped::NoOrganization,
            ),
        ] {
            let outcome = read(&record("INSERT", json!({}), item.clone()));
            assert_eq!(outcome, Err(reason), "{item}");
        }
    }

    #[test]
    fn a_mapped_word_is_the_entity_that_it_means() {
        let attributes = Attributes {
            entity: Path::attribute("kind"),
            entities: [("param".to_owned(), "parameter")].into(),
            ..Attributes::default()
        };
        let item = json!({"kind": {"S": "param"}, "organization": {"S": "org_acme"}});
        let record = record("INSERT", json!({}), item);
        let event = event(&record, &attributes, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(event.event_type, EventType::ParameterCreated);
        assert_eq!(event.resource_type(), Some("parameter"));
    }

    #[test]
    fn a_stream_of_new_images_tells_that_something_changed_but_not_what() {
        let event = read(&record("MODIFY", json!({}), parameter(json!({})))).unwrap();
        assert_eq!(event.event_type, EventType::ParameterUpdated);
        assert_eq!(event.changes, [""; 0]);
        let removal = record("REMOVE", json!({}), json!({}));
        assert_eq!(read(&removal), Err(Skipped::NoImage));
    }

    #[test]
    fn a_stream_of_old_images_does_not_blame_the_editor_before() {
        let event = read(&record("MODIFY", parameter(json!({})), json!({}))).unwrap();
        assert_eq!(event.event_type, EventType::ParameterUpdated);
        assert_eq!(event.actor, None);
        let name = event.resource.unwrap().name;
        assert_eq!(name.as_deref(), Some("DATABASE_URL"));
    }

    #[test]
    fn a_stream_of_keys_is_enough_where_the_keys_say_what_it_is() {
        let mut record = record("REMOVE", json!({}), json!({}));
        record.change.keys = serde_json::from_value(json!({
            "entity": {"S": "project"}, "organization": {"S": "org_acme"}, "id": {"N": "7"}
        }))
        .unwrap();
        let event = read(&record).unwrap();
        assert_eq!(event.event_type, EventType::ProjectDeleted);
        assert_eq!(event.resource.unwrap().id.as_deref(), Some("7"));
    }

    #[test]
    fn a_removal_that_a_person_signed_is_none_of_ttl() {
        let mut removal = record("REMOVE", parameter(json!({})), json!({}));
        removal.user_identity =
            serde_json::from_value(json!({"type": "User", "principalId": TTL.1})).unwrap();
        assert_eq!(read(&removal).unwrap().message, None);
    }

    #[test]
    fn more_changes_than_an_event_can_name_are_counted() {
        let many = |value: &str| {
            let attributes = (0..150).map(|n| (format!("a{n:03}"), json!({"S": value})));
            parameter(Value::Object(attributes.collect()))
        };
        let event = read(&record("MODIFY", many("x"), many("y"))).unwrap();
        assert_eq!(event.changes.len(), carillon_domain::event::MAX_CHANGES);
        assert_eq!(
            event.details[carillon_domain::event::CHANGES_LEFT_OUT],
            "50"
        );
    }

    #[test]
    fn a_repeated_record_gives_the_same_event_id() {
        let record = record("INSERT", json!({}), parameter(json!({})));
        assert_eq!(read(&record).unwrap().id, read(&record).unwrap().id);
    }
}
