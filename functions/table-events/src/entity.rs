//! What a stream record says as an event: the rules, without any I/O.
//!
//! Values never leave the table: of what changed, an event has the names alone.

use aws_lambda_events::dynamodb::EventRecord;
use carillon_domain::event::{MAX_CHANGES, MAX_NAME};
use carillon_domain::text::shorten;
use carillon_domain::{Capture, Event, EventId, EventType, OrganizationId, Resource};
use jiff::Timestamp;
use serde_dynamo::{AttributeValue, Item};

use crate::attributes::Attributes;

/// How DynamoDB signs what its time to live removed.
const TTL_PRINCIPAL: &str = "dynamodb.amazonaws.com";

/// Why a record is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    NotAnEntity,
    NoOrganization,
    NoChange,
    UnknownOperation,
}

impl Skipped {
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotAnEntity => "the item is no parameter, project, environment or value",
            Self::NoOrganization => "the item names no organization",
            Self::NoChange => "nothing that counts has changed",
            Self::UnknownOperation => "the record is no INSERT, MODIFY or REMOVE",
        }
    }
}

/// The event that a record stands for.
pub fn event(
    record: &EventRecord,
    attributes: &Attributes,
    now: Timestamp,
) -> Result<Event, Skipped> {
    let old = &record.change.old_image;
    let new = &record.change.new_image;
    let (operation, item) = match record.event_name.as_str() {
        "INSERT" => ("created", new),
        "MODIFY" => ("updated", new),
        "REMOVE" => ("deleted", old),
        _ => return Err(Skipped::UnknownOperation),
    };
    let read = |name: &str| text(item, name).or_else(|| text(&record.change.keys, name));
    let entity = read(&attributes.entity).ok_or(Skipped::NotAnEntity)?;
    let event_type =
        EventType::parse(&format!("{entity}_{operation}")).ok_or(Skipped::NotAnEntity)?;
    let organization = read(&attributes.organization)
        .and_then(|text| OrganizationId::parse(&text))
        .ok_or(Skipped::NoOrganization)?;
    let changes = match operation {
        "updated" => changes(old, new, attributes),
        _ => Vec::new(),
    };
    // Without the old image nobody can tell what changed; it is news all the same.
    if operation == "updated" && changes.is_empty() && !old.is_empty() {
        return Err(Skipped::NoChange);
    }
    let capture = Capture {
        organization,
        now,
        fallback_id: EventId::from_source("table", &record.event_id),
    };
    let removed_by_ttl = record
        .user_identity
        .as_ref()
        .is_some_and(|user| user.principal_id == TTL_PRINCIPAL);
    let short = |text: String| shorten(&text, MAX_NAME);
    Ok(Event {
        occurred_at: occurred_at(record).unwrap_or(now),
        environment: read(&attributes.environment).map(short),
        project: read(&attributes.project).map(short),
        // A removed item only tells who changed it last.
        actor: read(&attributes.actor)
            .filter(|_| operation != "deleted")
            .map(short),
        message: removed_by_ttl.then(|| "Removed by the table's time to live (TTL).".into()),
        resource: Some(Resource {
            id: read(&attributes.id).map(short),
            name: read(&attributes.name).map(short),
            resource_type: Some(entity),
            url: None,
        }),
        changes,
        ..Event::bare(event_type, capture)
    })
}

fn occurred_at(record: &EventRecord) -> Option<Timestamp> {
    let time = record.change.approximate_creation_date_time;
    Timestamp::from_millisecond(time.timestamp_millis())
        .ok()
        .filter(|time| time.as_second() > 0)
}

fn text(item: &Item, name: &str) -> Option<String> {
    match item.get(name)? {
        AttributeValue::S(text) if !text.trim().is_empty() => Some(text.clone()),
        AttributeValue::N(number) => Some(number.clone()),
        _ => None,
    }
}

/// Names of what differs, nested attributes as paths (`tags.owner`), sorted.
fn changes(old: &Item, new: &Item, attributes: &Attributes) -> Vec<String> {
    let mut found = Vec::new();
    if old.is_empty() {
        return found;
    }
    let names = old
        .keys()
        .chain(new.keys().filter(|name| !old.contains_key(*name)));
    for name in names.filter(|name| !attributes.ignored.contains(*name)) {
        compare(name, old.get(name), new.get(name), &mut found);
    }
    found.sort();
    found.truncate(MAX_CHANGES);
    found.iter().map(|name| shorten(name, MAX_NAME)).collect()
}

fn compare(
    path: &str,
    old: Option<&AttributeValue>,
    new: Option<&AttributeValue>,
    found: &mut Vec<String>,
) {
    match (old, new) {
        (Some(AttributeValue::M(old)), Some(AttributeValue::M(new))) => {
            let names = old
                .keys()
                .chain(new.keys().filter(|name| !old.contains_key(*name)));
            for name in names {
                compare(
                    &format!("{path}.{name}"),
                    old.get(name),
                    new.get(name),
                    found,
                );
            }
        }
        (old, new) if same(old, new) => {}
        _ => found.push(path.to_owned()),
    }
}

/// Sets have no order.
fn same(old: Option<&AttributeValue>, new: Option<&AttributeValue>) -> bool {
    match (old, new) {
        (Some(AttributeValue::Ss(a)), Some(AttributeValue::Ss(b)))
        | (Some(AttributeValue::Ns(a)), Some(AttributeValue::Ns(b))) => {
            a.len() == b.len() && a.iter().all(|entry| b.contains(entry))
        }
        (old, new) => old == new,
    }
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
        removal.user_identity =
            serde_json::from_value(json!({"type": "Service", "principalId": TTL_PRINCIPAL}))
                .unwrap();
        assert!(
            read(&removal)
                .unwrap()
                .message
                .unwrap()
                .contains("time to live")
        );
    }

    #[test]
    fn items_that_are_no_entities_are_skipped() {
        for (item, reason) in [
            (json!({}), Skipped::NotAnEntity),
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
    fn a_repeated_record_gives_the_same_event_id() {
        let record = record("INSERT", json!({}), parameter(json!({})));
        assert_eq!(read(&record).unwrap().id, read(&record).unwrap().id);
    }
}
