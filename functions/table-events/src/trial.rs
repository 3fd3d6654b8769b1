//! What an item would become, and why: for trying a description out before it is deployed.

use aws_lambda_events::dynamodb::EventRecord;
use carillon_domain::{Event, FaultCode, Faults, Fields, Pointer};
use jiff::Timestamp;
use serde_dynamo::Item;
use serde_json::{Value, json};

use crate::document;
use crate::entity::{self, Identity, identify};
use crate::source::{Entity, Source, text};
use crate::table::{Table, Tables};

/// The longest name of a table or a stream.
const MAX_NAME: usize = 1_024;

/// Tries an item: an object with `table` (its name, or an ARN), `item` and `old` (what the
/// item is and was, of which one can be missing; as DynamoDB writes items or as plain JSON),
/// and perhaps `tables` (descriptions to try instead of the ones in use, as an object or as
/// the setting's text). Gives what the change would become, and why. Stores nothing.
///
/// # Errors
/// Gives every fault of the object and of its descriptions.
pub fn try_item(in_use: &Tables, body: &Value) -> Result<Value, Faults> {
    let (tables, record) = Faults::of(|faults| read(in_use, body, faults))?;
    Ok(outcome(&tables, &record))
}

/// The descriptions, and the record of the change.
fn read(in_use: &Tables, body: &Value, faults: &mut Faults) -> Option<(Tables, EventRecord)> {
    let mut fields = Fields::of(body, Pointer::root(), faults)?;
    let table = fields.required_text("table", MAX_NAME);
    let mut image = |name| {
        let value = fields.value(name)?;
        let at = fields.at(name);
        item(value, at, fields.faults())
    };
    let (new, old) = (image("item"), image("old"));
    if !fields.has("item") && !fields.has("old") {
        let detail = "`item` is required, or `old` for one that is removed";
        fields.fault("item", FaultCode::Required, detail);
    }
    let tables = match fields.value("tables") {
        None => Some(in_use.clone()),
        Some(described) => {
            let text = match described {
                Value::String(text) => text.clone(),
                object => object.to_string(),
            };
            let at = fields.at("tables");
            let named = document::read(&text, &in_use.others.kinds[0]);
            let named = named.map_err(|inner| fields.faults().add_below(&at, inner));
            named.ok().map(|named| Tables {
                named,
                others: in_use.others.clone(),
            })
        }
    };
    fields.finish();
    let table = table?;
    let stream = match table.starts_with("arn:") {
        true => table,
        false => format!("arn:aws:dynamodb:us-east-1:000000000000:table/{table}/stream/trial"),
    };
    let operation = match (&old, &new) {
        (None, _) => "INSERT",
        (_, None) => "REMOVE",
        _ => "MODIFY",
    };
    let record = json!({
        "eventID": "trial", "eventName": operation, "awsRegion": "us-east-1",
        "eventSourceARN": stream,
        "dynamodb": {
            "Keys": {}, "OldImage": old.unwrap_or_default(), "NewImage": new.unwrap_or_default(),
            "SequenceNumber": "1", "SizeBytes": 1, "StreamViewType": "NEW_AND_OLD_IMAGES",
            "ApproximateCreationDateTime": 0.0,
        },
    });
    Some((tables?.by_name(), serde_json::from_value(record).ok()?))
}

/// An item as DynamoDB writes it (`{"id": {"S": "x"}}`), or as plain JSON.
fn item(value: &Value, at: Pointer, faults: &mut Faults) -> Option<Item> {
    const TYPES: [&str; 10] = ["S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"];
    let Some(object) = value.as_object() else {
        let detail = "must be an item, an object of attributes";
        return faults.reject(&at, FaultCode::WrongType, detail);
    };
    let is_typed = |value: &Value| {
        let value = value.as_object().filter(|object| object.len() == 1);
        value.is_some_and(|object| object.keys().all(|key| TYPES.contains(&key.as_str())))
    };
    let read = match object.values().all(is_typed) {
        true => serde_json::from_value(value.clone()).map_err(|error| error.to_string()),
        false => serde_dynamo::to_item(value).map_err(|error| error.to_string()),
    };
    let read = read.map_err(|error| format!("is no item: {error}"));
    faults.accept(&at, FaultCode::Malformed, read)
}

fn outcome(tables: &Tables, record: &EventRecord) -> Value {
    let told = entity::events(record, tables, Timestamp::now());
    let skipped = told.as_ref().err().map(|skipped| {
        let reason = skipped.reason.as_str();
        json!({"reason": reason, "detail": skipped.detail, "hint": skipped.hint})
    });
    let events: Vec<Value> = told.iter().flatten().map(shown).collect();
    json!({"events": events, "skipped": skipped, "why": why(tables, record)})
}

/// How each image was read.
fn why(tables: &Tables, record: &EventRecord) -> Vec<String> {
    let table = tables.of_stream(record.event_source_arn.as_deref().unwrap_or_default());
    let (old, new) = (&record.change.old_image, &record.change.new_image);
    let before = read_as(table, old).into_iter();
    let before = before.map(|line| format!("before: {line}"));
    match (old.is_empty(), new.is_empty()) {
        (true, _) => read_as(table, new),
        (_, true) => read_as(table, old),
        _ => before.chain(read_as(table, new)).collect(),
    }
}

/// The event without what a trial does not know.
fn shown(event: &Event) -> Value {
    let mut shown = json!(event);
    if let Some(fields) = shown.as_object_mut() {
        for unknown in ["id", "received_at", "occurred_at"] {
            fields.remove(unknown);
        }
    }
    shown
}

fn read_as(table: &Table, image: &Item) -> Vec<String> {
    let images = [image];
    let Identity {
        kind,
        entity,
        organization,
    } = match identify(table, &images) {
        Ok(identity) => identity,
        Err(skipped) => return vec![skipped.detail],
    };
    let mut lines = vec![format!("described by {}", kind.described_by)];
    lines.extend(kind.when.iter().map(|condition| condition.told(&images)));
    lines.push(match &kind.entity {
        Entity::Word { path, .. } => {
            let word = text(&images, path).unwrap_or_default();
            format!("entity: {entity}, since `{path}` is `{word}`")
        }
        Entity::Constant(_) | Entity::LeftOut => {
            format!("entity: {entity}, said by the description")
        }
    });
    lines.push(match kind.organization.read(&images) {
        Some(_) => format!("organization: {organization}, {}", kind.organization),
        None => format!("organization: {organization}, the default"),
    });
    let fact = |name: &str, source: &Source| match source.read(&images) {
        Some(value) => format!("{name}: {value}, {source}"),
        None => format!("{name}: nothing ({source})"),
    };
    lines.extend([
        fact("id", &kind.id),
        fact("name", &kind.name),
        fact("project", &kind.project),
        fact("environment", &kind.environment),
        fact("actor", &kind.actor),
    ]);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(body: Value) -> Value {
        try_item(&Tables::default(), &body).unwrap()
    }

    #[test]
    fn an_item_is_tried_with_a_description_of_its_own() {
        let tables = json!({"shop": {"kinds": [{
            "entity": "project", "when": {"PK": "PROJECT#*"},
            "id": {"attribute": "PK", "pattern": "PROJECT#(.+)"}, "name": "title",
            "organization": {"value": "org_acme"},
        }]}});
        let typed = json!({"PK": {"S": "PROJECT#7"}, "title": {"S": "Billing"}});
        let plain = json!({"PK": "PROJECT#7", "title": "Billing"});
        let arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/shop";
        for (table, item, tables) in [
            ("shop", &typed, &tables),
            ("shop", &plain, &json!(tables.to_string())),
            (arn, &plain, &tables),
        ] {
            let tried = tried(json!({"table": table, "item": item, "tables": tables}));
            assert_eq!(
                tried["events"],
                json!([{
                    "type": "project_created", "organization": "org_acme", "dry_run": false,
                    "resource": {"type": "project", "id": "7", "name": "Billing"},
                }])
            );
            assert_eq!(tried["skipped"], Value::Null);
            let why = tried["why"].to_string();
            for line in [
                "described by TABLES /shop/kinds/0",
                "`PK` is `PROJECT#7`, which fits `PROJECT#*`",
                "id: 7, part of `PK`, by `PROJECT#(.+)`",
                "actor: nothing (`actor`)",
            ] {
                assert!(why.contains(line), "{line} in {why}");
            }
        }
    }

    #[test]
    fn a_change_and_a_removal_can_be_tried_and_what_is_skipped_says_why() {
        let item = |entity: &str| json!({"entity": entity, "organization": "org_acme"});
        let changed = tried(json!({"table": "t", "old": item("value"), "item": item("project")}));
        let types = |tried: &Value| {
            let events = tried["events"].as_array().unwrap().iter();
            events
                .map(|event| event["type"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(types(&changed), ["value_deleted", "project_created"]);
        assert!(changed["why"].to_string().contains("before: entity: value"));
        let removed = tried(json!({"table": "t", "old": item("value")}));
        assert_eq!(types(&removed), ["value_deleted"]);
        let skipped = tried(json!({"table": "t", "item": item("Value")}));
        assert_eq!(types(&skipped), [""; 0]);
        assert_eq!(skipped["skipped"]["reason"], "not_an_entity");
        assert_eq!(skipped["skipped"]["hint"], "`Value`: did you mean `value`?");
    }

    #[test]
    fn every_fault_of_a_trial_is_told() {
        let body = json!({"item": 7, "tabel": "x", "tables": {"shop": {"id": "a..b"}}});
        let faults = try_item(&Tables::default(), &body).unwrap_err();
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/table", "/item", "/tables/shop/id", "/tabel"]);
        let faults = try_item(&Tables::default(), &json!({"table": "t"})).unwrap_err();
        assert!(faults.to_string().contains("`item` is required"));
    }
}
