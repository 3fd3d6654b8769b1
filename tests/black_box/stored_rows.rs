//! The rows that the registry and the dispatcher keep for themselves are a contract with the
//! version before: each has a golden file, as DynamoDB has it, which must still be understood, and
//! new rows must look like it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use carillon_aws::lanes::WalkPosition;
use carillon_aws::{Clients, Lanes, Ledger, Retention, Start, entries_of};
use carillon_domain::lane::Lane;
use carillon_domain::pause::PlatformPause;
use carillon_domain::{Fingerprint, LaneId, OrganizationId, Webhook};
use carillon_embedded::services::Services;
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, LocalSecrets};
use carillon_tests::{App, ORGANIZATION, slack, until};
use jiff::Timestamp;
use serde_json::{Value, json};

const WEBHOOK: &str = "wh_01JD0000000000000000000000";

fn golden(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stored/rows");
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn put(app: &App, table: &str, name: &str) {
    let item = json!({"TableName": table, "Item": golden(name)});
    app.dynamodb("PutItem", &item).await;
}

/// The names and types of a row's attributes.
fn shape(row: &Value) -> BTreeMap<String, String> {
    let attributes = row.as_object().unwrap().iter();
    let kind = |value: &Value| value.as_object().unwrap().keys().next().unwrap().clone();
    attributes
        .map(|(name, value)| (name.clone(), kind(value)))
        .collect()
}

fn fingerprint() -> Fingerprint {
    let stored = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stored/webhook.json"),
    );
    let webhook: Webhook = serde_json::from_str(&stored.unwrap()).unwrap();
    webhook.credential.fingerprint
}

#[tokio::test]
async fn rows_of_an_earlier_version_are_understood() {
    let app = App::with_quotas(5, 3).await;
    let organization = OrganizationId::parse(ORGANIZATION).unwrap();
    for name in [
        "credential",
        "use",
        "condemned",
        "name",
        "count_of_webhooks",
        "count_of_keys",
        "organization",
        "sweep",
        "audit",
    ] {
        put(&app, "registry", name).await;
    }
    let log = app.get("/audit/").await;
    assert_eq!(
        log.results()[0]["changed"],
        json!(["filters"]),
        "{}",
        log.body
    );
    let registry = app.registry();
    let users = registry.users(&organization, &fingerprint()).await.unwrap();
    assert_eq!(
        users.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        [WEBHOOK]
    );
    let taken = app.post("/webhooks/", &slack("prod alerts", &["*"])).await;
    assert_eq!(taken.body["existing_id"], WEBHOOK, "{}", taken.body);
    let full = app.post("/webhooks/", &slack("another", &["*"])).await;
    let over = "urn:carillon:problem:quota-exceeded";
    assert_eq!(full.body["type"], over, "{}", full.body);
    let key = json!({"name": "ci", "role": "viewer"});
    let full = app.post("/api-keys/", &key).await;
    assert_eq!(full.body["type"], over, "{}", full.body);
    let (all, _) = registry.organizations(None, 10).await.unwrap();
    assert_eq!(all, [organization]);
    let position = registry.sweep_position().await.unwrap();
    assert_eq!(position.as_deref(), Some("org_acme"));
    // One round ends where the last one stopped, the next one begins anew.
    app.clean_up().await;
    assert_eq!(registry.sweep_position().await.unwrap(), None);
    assert_eq!(app.registry_rows("CONDEMNED#").await.len(), 1);
    app.clean_up().await;
    assert_eq!(app.registry_rows("CONDEMNED#").await.len(), 0);
    let kept = app.registry_rows("CREDENTIAL#").await;
    assert_eq!(kept, [golden("credential")], "it has a user");
}

#[tokio::test]
async fn who_gets_an_event_is_read_as_an_earlier_version_has_written_it() {
    let app = App::start().await;
    app.publish(&json!({"type": "deploy", "id": "deploy-1"}))
        .await;
    let key = json!({
        "TableName": "deliveries",
        "Key": {"webhook_id": {"S": "EVENT#org_acme#deploy-1"}, "id": {"S": "0000"}},
        "ConsistentRead": true,
    });
    let mut written = Value::Null;
    until("the record", async || {
        written = app.dynamodb("GetItem", &key).await["Item"].clone();
        written.is_object()
    })
    .await;
    assert_eq!(shape(&written), shape(&golden("record")));
    put(&app, "deliveries", "record").await;
    let event = app.get("/events/deploy-1/").await.body;
    assert_eq!(event["matched"], 1, "{event}");
    assert_eq!(event["deliveries"][0]["webhook_id"], WEBHOOK);
}

#[tokio::test]
async fn a_piece_of_a_log_is_read_and_written_as_an_earlier_version_has_written_it() {
    let database = LocalDynamoDb::open(None).unwrap();
    let services = Services {
        secrets: LocalSecrets::open(None).await.unwrap(),
        queue: LocalQueue::open(Arc::new(Journal::open(None).unwrap())).unwrap(),
        dynamodb: database.clone(),
    };
    let dynamodb = Clients::new(&services.smooth()).dynamodb;
    let retention = Retention::default();
    let lanes = Lanes::new(dynamodb, "deliveries".into(), retention);
    let item = json!({"TableName": "deliveries", "Item": golden("piece")});
    database.execute("PutItem", &item.to_string());
    let lane = LaneId::parse(&format!("{WEBHOOK}-1")).unwrap();
    let start = Start::of(&Lane::default());
    let (read, _) = lanes.pieces(&lane, &start, 10).await.unwrap();
    let entries = entries_of(read);
    assert_eq!(entries.len(), 2);
    let mut row = golden("piece");
    let key = json!({"webhook_id": row["webhook_id"], "id": row["id"]});
    let key = json!({"TableName": "deliveries", "Key": key, "ConsistentRead": true});
    database.execute("DeleteItem", &key.to_string());
    let slice = vec![(lane, entries)];
    assert!(
        lanes
            .append(slice, Timestamp::now())
            .await
            .unwrap()
            .is_empty()
    );
    let (_, answer) = database.execute("GetItem", &key.to_string());
    let answer: Value = serde_json::from_str(&answer).unwrap();
    row["expires_at"] = answer["Item"]["expires_at"].clone();
    assert_eq!(answer["Item"], row);
}

#[tokio::test]
async fn what_is_to_come_is_read_and_written_as_an_earlier_version_has_written_it() {
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let (since, now) = (time("2026-11-21T09:45:00Z"), time("2026-11-21T10:15:00Z"));
    let until = time("2026-11-21T10:25:00Z");
    let lane = LaneId::parse(&format!("{WEBHOOK}-1")).unwrap();
    let organization = OrganizationId::parse(ORGANIZATION).unwrap();
    let position = WalkPosition {
        began_at: now,
        shard: 3,
        after: Some(lane.to_string()),
    };
    let pause = PlatformPause {
        until,
        grown_seconds: 120,
    };
    let names = ["due", "walk", "pause"];
    for is_written_before in [true, false] {
        let database = LocalDynamoDb::open(None).unwrap();
        let services = Services {
            secrets: LocalSecrets::open(None).await.unwrap(),
            queue: LocalQueue::open(Arc::new(Journal::open(None).unwrap())).unwrap(),
            dynamodb: database.clone(),
        };
        let dynamodb = Clients::new(&services.smooth()).dynamodb;
        let (table, retention) = ("deliveries".to_owned(), Retention::default());
        let lanes = Lanes::new(dynamodb.clone(), table.clone(), retention);
        let ledger = Ledger::new(dynamodb, table, retention);
        if is_written_before {
            for name in names {
                let item = json!({"TableName": "deliveries", "Item": golden(name)});
                database.execute("PutItem", &item.to_string());
            }
        } else {
            let written = lanes.wake_at(&organization, &lane, until, since, now);
            written.await.unwrap();
            lanes.put_walk_position(&position, now).await.unwrap();
            ledger.pause_platform("discord", pause).await.unwrap();
        }
        let due = lanes.due(until, 10).await.unwrap();
        assert_eq!((due.len(), &due[0].lane, due[0].at), (1, &lane, until));
        let by_a_later_clock = lanes.due_by_a_later_clock(since).await.unwrap();
        assert_eq!(by_a_later_clock, due);
        let waiting = lanes.waiting().await.unwrap();
        assert_eq!(waiting.since, Some(since));
        assert_eq!(
            lanes.walk_position().await.unwrap().as_ref(),
            Some(&position)
        );
        assert_eq!(ledger.platform_pause("discord").await.unwrap(), Some(pause));
        for name in names {
            let mut row = golden(name);
            let key = json!({"webhook_id": row["webhook_id"], "id": row["id"]});
            let key = json!({"TableName": "deliveries", "Key": key, "ConsistentRead": true});
            let (_, answer) = database.execute("GetItem", &key.to_string());
            let answer: Value = serde_json::from_str(&answer).unwrap();
            row["expires_at"] = answer["Item"]["expires_at"].clone();
            assert_eq!(answer["Item"], row, "{name}");
        }
    }
}

#[tokio::test]
async fn new_rows_look_as_those_of_an_earlier_version() {
    let app = App::start().await;
    let other = app.register(&slack("other", &["*"])).await;
    app.register(&slack("prod alerts", &["*"])).await;
    app.key("viewer").await;
    let mut rows = Vec::new();
    for (kind, name) in [
        ("CREDENTIAL#", "credential"),
        ("USE#", "use"),
        ("NAME#", "name"),
        ("COUNT#webhooks", "count_of_webhooks"),
        ("COUNT#api-keys", "count_of_keys"),
        ("org_acme", "organization"),
        ("aud_", "audit"),
    ] {
        let found = app.registry_rows(kind).await;
        rows.push((name, found[0].clone()));
    }
    let last = json!({"configuration": {"token": "xoxb-fake-other-token-for-tests"}});
    app.patch(&format!("/webhooks/{other}/"), &last).await;
    app.delete(&format!("/webhooks/{other}/")).await;
    let condemned = app.registry_rows("CONDEMNED#").await;
    rows.push(("condemned", condemned[0].clone()));
    for (name, row) in rows {
        let mut golden = shape(&golden(name));
        golden.remove("dead_since");
        // Only earlier versions have written it.
        golden.remove("is_deleted");
        assert_eq!(shape(&row), golden, "{name}");
    }
}
