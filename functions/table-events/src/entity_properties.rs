//! What holds for any item at all: nothing panics, no value gets out, every event fits.

use std::collections::HashMap;

use carillon_domain::event::{MAX_CHANGES, MAX_EVENT_BYTES};
use carillon_fuzzing::mangled;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::Batch;
use crate::{Tables, entity};

/// In every value that must not get out.
const CANARY: &str = "canary";

fn secret() -> impl Strategy<Value = String> {
    ".{0,12}".prop_map(|text| format!("{text}{CANARY}{text}"))
}

fn number() -> impl Strategy<Value = String> {
    // Digits that nothing else has: what is shown has no 7.
    "-?77345[0-9]{0,30}(\\.[0-9]{1,5})?(E-?[0-9]{1,3})?"
}

fn base64() -> impl Strategy<Value = &'static str> {
    // "canary", "canary2".
    proptest::sample::select(vec!["Y2FuYXJ5", "Y2FuYXJ5Mg=="])
}

fn attribute_name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,8}",
        2 => proptest::sample::select(vec![
            "name", "actor", "project", "a.b", "x[0]", "q\"", "<!channel>", "@everyone",
            "\u{202e}x", " ", "modified_at", "tags",
        ]).prop_map(str::to_owned),
        1 => ".{1,300}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        secret().prop_map(|s| json!({"S": s})),
        number().prop_map(|n| json!({"N": n})),
        base64().prop_map(|b| json!({"B": b})),
        any::<bool>().prop_map(|b| json!({"BOOL": b})),
        Just(json!({"NULL": true})),
        proptest::collection::vec(secret(), 1..4).prop_map(|s| json!({"SS": s})),
        proptest::collection::vec(number(), 1..4).prop_map(|n| json!({"NS": n})),
        proptest::collection::vec(base64(), 1..3).prop_map(|b| json!({"BS": b})),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(|l| json!({"L": l})),
            proptest::collection::hash_map(attribute_name(), inner, 0..6)
                .prop_map(|m| json!({"M": m})),
        ]
    })
}

/// What an event shows of an item: any text or number, or something else altogether.
fn shown() -> impl Strategy<Value = Option<Value>> {
    proptest::option::of(prop_oneof![
        "\\PC{0,40}".prop_map(|s| json!({"S": s})),
        "(.|\u{202e}|<|@|`){0,400}".prop_map(|s| json!({"S": s})),
        "[0-689]{1,38}".prop_map(|n| json!({"N": n})),
        Just(json!({"NULL": true})),
        base64().prop_map(|b| json!({"B": b})),
        secret().prop_map(|s| json!({"SS": [s]})),
    ])
}

fn item() -> impl Strategy<Value = Value> {
    let others = proptest::collection::hash_map(attribute_name(), value(), 0..12);
    let entity = proptest::sample::select(vec!["parameter", "project", "environment", "value"]);
    let organization = prop_oneof![9 => Just("org_acme".to_owned()), 1 => ".{0,70}"];
    let facts = (shown(), shown(), shown(), shown(), shown());
    (others, entity, organization, facts).prop_map(|(mut item, entity, organization, facts)| {
        item.insert("entity".into(), json!({"S": entity}));
        item.insert("organization".into(), json!({"S": organization}));
        let (id, name, project, environment, actor) = facts;
        for (attribute, value) in [
            ("id", id),
            ("name", name),
            ("project", project),
            ("environment", environment),
            ("actor", actor),
        ] {
            item.remove(attribute);
            item.extend(value.map(|value| (attribute.to_owned(), value)));
        }
        json!(HashMap::<String, Value>::from_iter(item))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_value_gets_out_of_any_item_and_every_event_fits(
        operation in proptest::sample::select(vec!["INSERT", "MODIFY", "REMOVE"]),
        old in proptest::option::of(item()),
        new in proptest::option::of(item()),
    ) {
        let batch: Batch = serde_json::from_value(json!({"Records": [{
            "eventID": "1", "eventName": operation, "awsRegion": "eu-west-1",
            "dynamodb": {
                "Keys": {"organization": {"S": "org_acme"}, "id": {"S": "p-1"}},
                "OldImage": old, "NewImage": new, "SequenceNumber": "1", "SizeBytes": 1,
                "ApproximateCreationDateTime": 1_795_256_100.0,
            },
        }]})).unwrap();
        let record = batch.records[0].read.as_ref().unwrap();
        let events = entity::events(record, &Tables::default(), Timestamp::UNIX_EPOCH);
        for event in events.into_iter().flatten() {
            let json = serde_json::to_string(&event).unwrap();
            prop_assert!(json.len() <= MAX_EVENT_BYTES, "{}", json.len());
            prop_assert!(event.changes.len() <= MAX_CHANGES);
            for leak in [CANARY, "77345", "Y2FuYXJ5"] {
                prop_assert!(!json.contains(leak), "{leak} in {json}");
            }
        }
    }

    #[test]
    fn an_item_compared_with_itself_has_not_changed(item in item()) {
        let read = |item: &Value| serde_json::from_value::<serde_dynamo::Item>(item.clone()).unwrap();
        let ignored = crate::changes::Ignored::default();
        prop_assert_eq!(
            crate::changes::between(&read(&item), &read(&item), &ignored),
            Vec::<String>::new()
        );
    }
}

fn batches() -> Vec<Value> {
    let item = json!({
        "entity": {"S": "parameter"}, "organization": {"S": "org_acme"}, "id": {"S": "p-1"},
        "name": {"S": "timeout"}, "size": {"N": "-1.5E3"}, "secret": {"B": "Y2FuYXJ5"},
        "tags": {"SS": ["a", "b"]}, "nested": {"M": {"list": {"L": [{"NULL": true}, {"BOOL": false}]}}},
    });
    let record = |operation: &str, old: Option<&Value>, new: Option<&Value>| {
        json!({
            "eventID": "1", "eventName": operation, "awsRegion": "eu-west-1",
            "eventSourceARN": "arn:aws:dynamodb:eu-west-1:111122223333:table/Entities/stream/1",
            "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
            "dynamodb": {
                "Keys": {"organization": {"S": "org_acme"}, "id": {"S": "p-1"}},
                "OldImage": old, "NewImage": new, "SequenceNumber": "1", "SizeBytes": 1,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                "ApproximateCreationDateTime": 1_795_256_100.0,
            },
        })
    };
    let records = [
        record("INSERT", None, Some(&item)),
        record("MODIFY", Some(&item), Some(&item)),
        record("REMOVE", Some(&item), None),
    ];
    records.map(|record| json!({"Records": [record]})).into()
}

proptest! {
    #[test]
    fn a_foreign_record_of_a_stream_is_told_or_skipped(batch in mangled(batches())) {
        let batch = serde_json::from_value::<Batch>(batch);
        let records = batch.iter().flat_map(|batch| &batch.records);
        for record in records.filter_map(|record| record.read.as_ref()) {
            let events = entity::events(record, &Tables::default(), Timestamp::UNIX_EPOCH);
            for event in events.into_iter().flatten() {
                let stored = serde_json::to_string(&event).unwrap();
                prop_assert!(stored.len() <= MAX_EVENT_BYTES, "{}", stored.len());
            }
        }
    }
}

#[test]
fn an_item_of_the_largest_size_becomes_an_event() {
    let nested = |value: &str| {
        let mut inner = json!({"S": value});
        for _ in 0..30 {
            inner = json!({"M": {"level": inner}});
        }
        inner
    };
    let item = |value: &str| {
        let many: HashMap<String, Value> = (0..5_000)
            .map(|n| {
                (
                    format!("attribute_with_a_long_name_{n}"),
                    json!({"S": value.repeat(6)}),
                )
            })
            .collect();
        json!({
            "entity": {"S": "parameter"}, "organization": {"S": "org_acme"},
            "name": {"S": "n".repeat(100_000)}, "value": {"S": value.repeat(10_000)},
            "map": {"M": many}, "deep": nested(value)
        })
    };
    let (old, new) = (item("canary1"), item("canary2"));
    assert!(old.to_string().len() > 400_000);
    let batch: Batch = serde_json::from_value(json!({"Records": [{
        "eventID": "1", "eventName": "MODIFY", "awsRegion": "eu-west-1",
        "dynamodb": {"OldImage": old, "NewImage": new, "SequenceNumber": "1", "SizeBytes": 1},
    }]}))
    .unwrap();
    let record = batch.records[0].read.as_ref().unwrap();
    let events = entity::events(record, &Tables::default(), Timestamp::UNIX_EPOCH).unwrap();
    let event = &events[0];
    let json = serde_json::to_string(&event).unwrap();
    assert!(json.len() <= MAX_EVENT_BYTES && !json.contains(CANARY));
    assert!(
        event.details[carillon_domain::event::CHANGES_LEFT_OUT]
            .parse::<usize>()
            .unwrap()
            > 4_900
    );
}
