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

fn read(record: &EventRecord) -> Result<Event, Reason> {
    let mut events = read_all(record, &Tables::default())?;
    assert_eq!(events.len(), 1, "{events:?}");
    Ok(events.remove(0))
}

fn read_all(record: &EventRecord, tables: &Tables) -> Result<Vec<Event>, Reason> {
    events(record, tables, Timestamp::UNIX_EPOCH).map_err(|skipped| skipped.reason)
}

/// As the settings would have it.
fn described(tables: Value) -> Tables {
    let tables = tables.to_string();
    let variables = [("TABLES", tables.as_str())];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut settings = carillon_runtime::Settings::of(variables);
    let tables = Tables::from_settings(&mut settings);
    settings.finish(tables).unwrap()
}

fn of_table(name: &str, mut record: EventRecord) -> EventRecord {
    let arn = format!("arn:aws:dynamodb:eu-west-1:111122223333:table/{name}/stream/1");
    record.event_source_arn = Some(arn);
    record.change.keys = Item::default();
    record
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
    assert_eq!(read(&record("MODIFY", old, new)), Err(Reason::NoChange));
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
        (json!({}), Reason::NoImage),
        (json!({"name": {"S": "x"}}), Reason::NotAnEntity),
        (json!({"entity": {"S": "invoice"}}), Reason::NotAnEntity),
        (json!({"entity": {"BOOL": true}}), Reason::NotAnEntity),
        (
            json!({"entity": {"S": "value"}, "organization": {"S": "no such/name"}}),
            Reason::NoOrganization,
        ),
    ] {
        let outcome = read(&record("INSERT", json!({}), item.clone()));
        assert_eq!(outcome, Err(reason), "{item}");
    }
}

#[test]
fn a_mapped_word_is_the_entity_that_it_means() {
    let tables = described(json!({"shop": {
        "entity": {"attribute": "kind", "words": {"param": "parameter"}}
    }}));
    let item = json!({"kind": {"S": "param"}, "organization": {"S": "org_acme"}});
    let record = of_table("shop", record("INSERT", json!({}), item));
    let events = read_all(&record, &tables).unwrap();
    assert_eq!(events[0].event_type, EventType::ParameterCreated);
    assert_eq!(events[0].resource_type(), Some("parameter"));
}

/// A table of several kinds, by their keys.
fn single_table() -> Tables {
    described(
        json!({"shop": {"default_organization": "org_acme", "kinds": [
            {"skip": true, "when": {"SK": "PARAM#*#VERSION#*"}},
            {"entity": "project", "when": {"PK": "PROJECT#*", "SK": "META"},
             "id": {"attribute": "PK", "pattern": "PROJECT#(.+)"}, "name": "title"},
            {"entity": "parameter", "when": {"PK": "PROJECT#*", "SK": "PARAM#*"},
             "organization": "tenant",
             "id": {"attribute": "SK", "pattern": "PARAM#(.+)"},
             "project": {"attribute": "PK", "pattern": "PROJECT#(.+)"}},
        ]}}),
    )
}

fn keyed(sort: &str, more: Value) -> Value {
    let mut item = json!({"PK": {"S": "PROJECT#billing"}, "SK": {"S": sort}});
    item.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    item
}

#[test]
fn keys_with_prefixes_say_what_an_item_is_and_which() {
    let read = |item: Value| {
        let record = of_table("shop", record("INSERT", json!({}), item));
        read_all(&record, &single_table())
    };
    let project = &read(keyed("META", json!({"title": {"S": "Billing"}}))).unwrap()[0];
    assert_eq!(project.event_type, EventType::ProjectCreated);
    assert_eq!(project.organization.as_str(), "org_acme");
    let resource = project.resource.as_ref().unwrap();
    assert_eq!(resource.id.as_deref(), Some("billing"));
    assert_eq!(resource.name.as_deref(), Some("Billing"));
    let parameter = keyed("PARAM#DATABASE_URL", json!({"tenant": {"S": "org_b"}}));
    let parameter = &read(parameter).unwrap()[0];
    assert_eq!(parameter.event_type, EventType::ParameterCreated);
    assert_eq!(parameter.organization.as_str(), "org_b");
    assert_eq!(parameter.project.as_deref(), Some("billing"));
    let id = parameter.resource.as_ref().unwrap().id.as_deref();
    assert_eq!(id, Some("DATABASE_URL"));
    let version = keyed("PARAM#DATABASE_URL#VERSION#1", json!({}));
    assert_eq!(read(version), Err(Reason::LeftOut));
    assert_eq!(read(keyed("USER#1", json!({}))), Err(Reason::NotAnEntity));
    let nobodys = keyed("PARAM#X", json!({"tenant": {"S": "no such/name"}}));
    assert_eq!(read(nobodys), Err(Reason::NoOrganization));
}

#[test]
fn a_table_can_be_of_one_kind_and_one_organization() {
    let tables = described(json!({
        "parameters": {"entity": "parameter", "organization": {"value": "org_acme"}}
    }));
    let item = json!({"id": {"N": "7"}});
    let record = of_table("parameters", record("REMOVE", item, json!({})));
    let event = &read_all(&record, &tables).unwrap()[0];
    assert_eq!(event.event_type, EventType::ParameterDeleted);
    assert_eq!(event.organization.as_str(), "org_acme");
    let id = event.resource.as_ref().unwrap().id.as_deref();
    assert_eq!(id, Some("7"));
}

/// Type, organization, id and message of what a MODIFY tells.
fn told(old: Value, new: Value) -> Vec<(EventType, String, String, Option<String>)> {
    let record = record("MODIFY", old, new);
    let events = read_all(&record, &Tables::default()).unwrap();
    let told = |event: &Event| {
        let (organization, id) = (event.organization.to_string(), event.id.to_string());
        (event.event_type, organization, id, event.message.clone())
    };
    events.iter().map(told).collect()
}

#[test]
fn an_item_that_becomes_another_kind_is_deleted_and_created() {
    let told = told(
        parameter(json!({})),
        parameter(json!({"entity": {"S": "value"}})),
    );
    let [deleted, created] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(deleted.0, EventType::ParameterDeleted);
    assert_eq!(created.0, EventType::ValueCreated);
    assert_eq!(deleted.2, "table:c4ca4238a0b923820dcc509a6f75849b.left");
    assert_eq!(created.2, "table:c4ca4238a0b923820dcc509a6f75849b");
    assert!(deleted.3.as_ref().unwrap().contains("another kind: value"));
    assert_eq!(created.3, None);
}

#[test]
fn an_item_that_goes_to_another_organization_is_deleted_there_and_created_here() {
    let new = parameter(json!({"organization": {"S": "org_b"}, "actor": {"S": "mallory"}}));
    let moved = record("MODIFY", parameter(json!({})), new);
    let events = read_all(&moved, &Tables::default()).unwrap();
    let [deleted, created] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(deleted.event_type, EventType::ParameterDeleted);
    assert_eq!(deleted.organization.as_str(), "org_acme");
    assert_eq!(deleted.details[LAST_CHANGED_BY], "alice");
    let told = serde_json::to_string(deleted).unwrap();
    assert!(
        !told.contains("mallory") && !told.contains("org_b"),
        "{told}"
    );
    assert_eq!(created.event_type, EventType::ParameterCreated);
    assert_eq!(created.organization.as_str(), "org_b");
    assert_eq!(created.actor.as_deref(), Some("mallory"));
    assert!(created.received_at > deleted.received_at);
}

#[test]
fn an_item_that_no_longer_says_what_it_is_is_deleted_and_one_that_begins_to_is_created() {
    for gone in [
        json!({"entity": {"NULL": true}}),
        json!({"entity": {"S": "invoice"}}),
        json!({"organization": {"S": ""}}),
    ] {
        // The keys of the record would say whose it is.
        let mut left = record("MODIFY", parameter(json!({})), parameter(gone.clone()));
        left.change.keys = Item::default();
        let event = read(&left).unwrap();
        assert_eq!(event.event_type, EventType::ParameterDeleted, "{gone}");
        assert_eq!(event.actor.as_deref(), Some("alice"));
        let mut came = record("MODIFY", parameter(gone.clone()), parameter(json!({})));
        came.change.keys = Item::default();
        let event = read(&came).unwrap();
        assert_eq!(event.event_type, EventType::ParameterCreated, "{gone}");
        assert_eq!(event.message, None);
    }
}

#[test]
fn what_is_skipped_says_why_and_what_may_be_meant() {
    for (item, detail, hint) in [
        (
            json!({"entity": {"S": "Parameter"}}),
            "`entity` is `Parameter`, which is none of parameter",
            Some("`Parameter`: did you mean `parameter`?"),
        ),
        (
            json!({"Entity": {"S": "parameter"}}),
            "there is no text or number at `entity`",
            Some("`Entity`: did you mean `entity`?"),
        ),
        (
            json!({"entity": {"S": "parameter"}, "organization": {"S": "acme corp"}}),
            "`acme corp`, `organization`, is no organization: it must be 1 to 64",
            None,
        ),
    ] {
        let mut record = record("INSERT", json!({}), item);
        record.change.keys = Item::default();
        let skipped = events(&record, &Tables::default(), Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(skipped.detail.contains(detail), "{}", skipped.detail);
        assert_eq!(skipped.hint.as_deref(), hint);
    }
    let record = of_table(
        "shop",
        record("INSERT", json!({}), keyed("USER#1", json!({}))),
    );
    let skipped = events(&record, &single_table(), Timestamp::UNIX_EPOCH).unwrap_err();
    let detail = "TABLES /shop/kinds/1: `SK` is `USER#1`, which does not fit `META`";
    assert!(skipped.detail.contains(detail), "{}", skipped.detail);
}

#[test]
fn a_stream_of_new_images_tells_that_something_changed_but_not_what() {
    let event = read(&record("MODIFY", json!({}), parameter(json!({})))).unwrap();
    assert_eq!(event.event_type, EventType::ParameterUpdated);
    assert_eq!(event.changes, [""; 0]);
    let removal = record("REMOVE", json!({}), json!({}));
    assert_eq!(read(&removal), Err(Reason::NoImage));
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
