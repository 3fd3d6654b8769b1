//! A batch of events for many webhooks, which makes thousands of messages.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::streams::DynamoDbEventResponse;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{
    Change, Clients, Credentials, DeliveryQueue, Error, EventStore, Lanes, Ledger, QueueMessage,
    Registry, Retention, SecretCache, SecretStore, Start, entries_of,
};
use carillon_dispatcher::{Dispatcher, Stores};
use carillon_domain::lane::{Entry, Lane, Wait};
use carillon_domain::{EventId, EventType, LaneId, OrganizationId, Webhook, sample};
use carillon_embedded::dynamodb::{DELIVERIES_TABLE, EVENTS_TABLE, REGISTRY_TABLE};
use carillon_embedded::services::{Call, Course, Gate, Services};
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, LocalSecrets, SimulatedClock};
use carillon_runtime::clock::Clock;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::spoiling;

const WEBHOOKS: u128 = 50;
const EVENTS: usize = 100;
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(60);

/// A queue that remembers which lanes it wakes, and refuses so many calls.
#[derive(Default)]
struct Recorder {
    woken: Mutex<Vec<String>>,
    refused: AtomicUsize,
}

#[async_trait]
impl DeliveryQueue for Recorder {
    async fn send(&self, messages: &[QueueMessage]) -> Result<(), Error> {
        let order = Ordering::SeqCst;
        let refused = self
            .refused
            .fetch_update(order, order, |left| left.checked_sub(1));
        if refused.is_ok() {
            return Err(Error::Call {
                operation: "sending",
                cause: "refused".into(),
            });
        }
        let groups = messages.iter().map(|message| message.group.clone());
        self.woken.lock().unwrap().extend(groups);
        Ok(())
    }

    async fn put_off(&self, _: &str, _: Duration) -> Result<(), Error> {
        Ok(())
    }

    async fn delete(&self, _: &[String]) -> Result<(), Error> {
        Ok(())
    }
}

/// The dispatcher with what it stands on.
struct Bench {
    database: LocalDynamoDb,
    journal: Journal,
    dynamodb: aws_sdk_dynamodb::Client,
    clock: SimulatedClock,
    queue: Arc<Recorder>,
    registry: Registry,
    credentials: Credentials,
    events: EventStore,
    lanes: Lanes,
    dispatcher: Dispatcher,
}

/// What a batch has come to.
struct Dispatched {
    answer: DynamoDbEventResponse,
    /// The sequence numbers of its records.
    sequence: Vec<String>,
}

impl Dispatched {
    /// The number of the record from which the stream goes on.
    fn failed(&self) -> Option<usize> {
        let failed = self.answer.batch_item_failures.first()?;
        let mut sequence = self.sequence.iter();
        sequence.position(|one| Some(one) == failed.item_identifier.as_ref())
    }
}

impl Bench {
    /// With a queue that refuses so many calls.
    async fn new(refused: usize) -> Self {
        Self::with_gate(refused, |_, _| {}).await
    }

    /// With something that happens at each call to AWS.
    async fn with_gate(
        refused: usize,
        happens: impl Fn(&SimulatedClock, &Call<'_>) + Send + Sync + 'static,
    ) -> Self {
        let clock = SimulatedClock::at("2026-11-21T10:15:00Z".parse().unwrap());
        let queue = Arc::new(Recorder {
            refused: AtomicUsize::new(refused),
            ..Recorder::default()
        });
        let database = LocalDynamoDb::open(None).unwrap();
        let journal = Arc::new(Journal::open(None).unwrap());
        let services = Services {
            dynamodb: database.clone(),
            secrets: LocalSecrets::open(None).await.unwrap(),
            queue: LocalQueue::open(journal).unwrap(),
        };
        let time = clock.clone();
        let gate: Gate = Arc::new(move |call| {
            happens(&time, call);
            Course::Smooth
        });
        let clients = Clients::new(&services.sdk_config(gate));
        let retention = Retention::default();
        let (dynamodb, secrets) = (clients.dynamodb, clients.secrets);
        let registry = Registry::new(dynamodb.clone(), REGISTRY_TABLE.into());
        let lanes = Lanes::new(dynamodb.clone(), DELIVERIES_TABLE.into(), retention);
        let cache = SecretCache::new(secrets, CACHE_PERIOD);
        let secrets = SecretStore::new("carillon".into(), cache);
        let stores = Stores {
            registry: registry.clone(),
            lanes: lanes.clone(),
            ledger: Ledger::new(dynamodb.clone(), DELIVERIES_TABLE.into(), retention),
            queue: queue.clone(),
        };
        Self {
            dispatcher: Dispatcher::new(stores).with_clock(Arc::new(clock.clone())),
            credentials: Credentials::new(registry.clone(), secrets),
            events: EventStore::new(dynamodb.clone(), EVENTS_TABLE.into(), retention),
            database,
            journal: Journal::open(None).unwrap(),
            dynamodb,
            clock,
            queue,
            registry,
            lanes,
        }
    }

    async fn register(&self, webhooks: RangeInclusive<u128>) {
        for n in webhooks {
            self.register_one(sample::webhook(n, &["*"])).await;
        }
    }

    async fn register_one(&self, mut webhook: Webhook) {
        let token = SecretString::from("xoxb-fake-token-for-tests-wxyz");
        let channel = format!("channel-{}", webhook.id);
        webhook.configuration.set("channel", channel);
        let organization = &webhook.organization;
        let opened = self
            .credentials
            .open(organization, &token, Timestamp::now());
        webhook.credential = opened.await.unwrap();
        let change = Change::new(None, Some(&webhook));
        self.registry.change_together(&[change]).await.unwrap();
    }

    async fn publish(&self, count: usize) {
        for n in 0..count {
            let mut event = sample::event(EventType::Deploy);
            event.id = EventId::parse(&format!("event-{n}")).unwrap();
            self.events.put(&event).await.unwrap();
        }
    }

    /// Dispatches all that the stream still has, in one batch.
    async fn dispatch(&self) -> Dispatched {
        let batch = self.database.next_batch(EVENTS_TABLE, &self.journal);
        let mut batch = batch.unwrap().unwrap();
        let event = batch.event().unwrap();
        let sequence = event.records.iter();
        let sequence = sequence.map(|record| record.change.sequence_number.clone().unwrap());
        let sequence = sequence.collect();
        let deadline = self.clock.now() + FUNCTION_TIMEOUT;
        let answer = self.dispatcher.handle(event, deadline.into()).await;
        assert!(self.clock.now() < deadline, "Lambda has ended it");
        batch.settle(&answer);
        batch.write_down(&self.journal).unwrap();
        Dispatched { sequence, answer }
    }

    async fn entries(&self, lane: &LaneId) -> Vec<Entry> {
        let start = Start::of(&Lane::default());
        let (pieces, _) = self.lanes.pieces(lane, &start, 100).await.unwrap();
        entries_of(pieces)
    }

    /// The numbers of the events that wait in the lane of a webhook.
    async fn waiting(&self, webhook: u128) -> Vec<usize> {
        let entries = self.entries(&lane(webhook)).await;
        let number = |entry: Entry| {
            let id = entry.waiting.event_id;
            id.as_str().strip_prefix("event-").unwrap().parse().unwrap()
        };
        entries.into_iter().map(number).collect()
    }

    /// Writes a delivery's row that nobody can read.
    async fn spoil_delivery(&self, webhook: u128, id: &str) {
        let webhook = sample::webhook(webhook, &["*"]).id;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = self.dynamodb.put_item().table_name(DELIVERIES_TABLE);
        let put = put.item("webhook_id", text(webhook.as_str()));
        let put = put.item("id", text(id)).item("status", text("spoilt"));
        put.send().await.unwrap();
    }

    /// The lanes that were woken, as often as they were.
    fn woken(&self) -> Vec<String> {
        self.queue.woken.lock().unwrap().clone()
    }
}

fn lane(webhook: u128) -> LaneId {
    let webhook = sample::webhook(webhook, &["*"]);
    webhook.lane(&webhook.lanes.channels[0])
}

#[tokio::test]
async fn thousands_of_deliveries_wait_in_the_order_of_their_events_and_wake_each_lane_hardly() {
    let queries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&queries);
    let bench = Bench::with_gate(0, move |_, call| {
        let is_query = call.operation == "Query";
        counted.fetch_add(usize::from(is_query), Ordering::SeqCst);
    })
    .await;
    bench.register(1..=WEBHOOKS).await;
    bench.publish(EVENTS).await;
    queries.store(0, Ordering::SeqCst);
    assert_eq!(bench.dispatch().await.failed(), None);
    assert_eq!(queries.load(Ordering::SeqCst), 1, "of all webhooks");
    for webhook in 1..=WEBHOOKS {
        assert_eq!(bench.waiting(webhook).await, Vec::from_iter(0..EVENTS));
    }
    let woken = bench.woken().len();
    assert!(woken <= 4 * 50, "{woken} wake-ups");
}

#[tokio::test]
async fn where_nobody_can_be_woken_the_batch_goes_on_from_there_and_nothing_is_missing() {
    let bench = Bench::new(1).await;
    bench.register(1..=WEBHOOKS).await;
    bench.publish(EVENTS).await;
    let failed = bench.dispatch().await.failed().unwrap();
    for webhook in 1..=WEBHOOKS {
        // What comes before the failure is complete, and nothing has a gap.
        let numbers = bench.waiting(webhook).await;
        assert_eq!(numbers, Vec::from_iter(0..numbers.len()));
        assert!(numbers.len() >= failed);
    }
}

#[tokio::test]
async fn a_lane_whose_row_nobody_can_read_is_woken_and_stops_no_other() {
    let bench = Bench::new(0).await;
    bench.register(1..=3).await;
    let (spoilt, now) = (lane(2), bench.clock.now());
    let organization = sample::webhook(2, &["*"]).organization;
    let created = bench.lanes.create(&organization, &spoilt, now);
    created.await.unwrap();
    spoiling::lane(&bench.dynamodb, &spoilt).await;
    bench.publish(1).await;
    assert_eq!(bench.dispatch().await.failed(), None);
    let woken: BTreeSet<String> = bench.woken().into_iter().collect();
    let all = [1, 2, 3].map(|webhook| lane(webhook).to_string());
    assert_eq!(woken, BTreeSet::from(all));
    assert!(bench.lanes.read(&[spoilt]).await.is_err(), "left as it is");
}

#[tokio::test]
async fn a_delivery_whose_row_nobody_can_read_counts_as_known_and_stops_no_other() {
    let bench = Bench::new(1).await;
    bench.register(1..=2).await;
    bench.publish(2).await;
    assert_eq!(bench.dispatch().await.failed(), Some(0));
    let (first, now) = (lane(1), bench.clock.now());
    let entries = bench.entries(&first).await;
    let row = Lane {
        version: 1,
        offset: Some(entries[1].position.clone()),
        ..Lane::default()
    };
    let organization = sample::webhook(1, &["*"]).organization;
    let saved = bench.lanes.save(&organization, &first, 0, &row, now);
    assert!(saved.await.unwrap().is_some());
    let id = entries[0].waiting.delivery_id.as_str();
    bench.spoil_delivery(1, id).await;
    assert_eq!(bench.dispatch().await.failed(), None);
    let woken: BTreeSet<String> = bench.woken().into_iter().collect();
    assert!(woken.contains(lane(2).as_str()), "{woken:?}");
    // The other one, which the ledger does not know, is late.
    let late = bench.lanes.redo(&first, None, 100).await.unwrap();
    let late: Vec<_> = late.into_iter().map(|redo| redo.waiting).collect();
    assert_eq!(late, [entries[1].waiting.clone()]);
}

#[tokio::test]
async fn what_comes_in_one_piece_with_something_late_is_met_by_whoever_has_come_further() {
    let database = Arc::new(OnceLock::<LocalDynamoDb>::new());
    let further = Arc::new(Mutex::new(Vec::<Value>::new()));
    let (stored, states) = (Arc::clone(&database), Arc::clone(&further));
    let bench = Bench::with_gate(1, move |_, call| {
        let is_appending = call.operation == "BatchWriteItem" && call.body.contains("LOG#");
        if let (true, Some(database)) = (is_appending, stored.get())
            && let Some(update) = states.lock().unwrap().pop()
        {
            database.execute("UpdateItem", &update.to_string());
        }
    })
    .await;
    assert!(database.set(bench.database.clone()).is_ok());
    bench.register(1..=1).await;
    bench.publish(4).await;
    assert_eq!(bench.dispatch().await.failed(), Some(0));
    let (lane, now) = (lane(1), bench.clock.now());
    let entries = bench.entries(&lane).await;
    // As if they were settled, and the ledger did not know.
    let row = Lane {
        version: 1,
        settled: Some(entries[1].position.clone()),
        ..Lane::default()
    };
    let organization = sample::webhook(1, &["*"]).organization;
    let saved = bench.lanes.save(&organization, &lane, 0, &row, now);
    assert!(saved.await.unwrap().is_some());
    // When the second piece is appended, the lane comes further.
    let (_, rows) = bench
        .database
        .execute("Scan", r#"{"TableName": "deliveries"}"#);
    let rows: Value = serde_json::from_str(&rows).unwrap();
    let is_lane = |row: &&Value| row["id"]["S"] == lane.as_str();
    let found = rows["Items"].as_array().unwrap().iter().find(is_lane);
    let mut state = found.unwrap()["state"].clone();
    state["M"]["settled"]["S"] = json!(entries[2].position.as_str());
    let key = json!({"webhook_id": found.unwrap()["webhook_id"], "id": found.unwrap()["id"]});
    let update = json!({
        "TableName": "deliveries", "Key": key, "UpdateExpression": "SET #state = :state",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":state": state},
    });
    let nothing = json!({
        "TableName": "deliveries", "Key": key, "UpdateExpression": "SET expires_at = expires_at",
    });
    *further.lock().unwrap() = vec![update, nothing];
    assert_eq!(bench.dispatch().await.failed(), None);
    assert!(further.lock().unwrap().is_empty());
    let late = bench.lanes.redo(&lane, None, 100).await.unwrap();
    let late: BTreeSet<_> = late.into_iter().map(|redo| redo.waiting.event_id).collect();
    let expected = entries[..3].iter().map(|it| it.waiting.event_id.clone());
    assert_eq!(late, expected.collect());
    let row = Lane {
        offset: Some(entries[2].position.clone()),
        ..Lane::default()
    };
    let start = Start::of(&row);
    let (pieces, _) = bench.lanes.pieces(&lane, &start, 10).await.unwrap();
    assert_eq!(entries_of(pieces), entries[3..]);
}

#[tokio::test]
async fn a_lane_whose_wait_ends_while_a_slice_is_written_is_woken() {
    let bench = Bench::with_gate(0, |clock, call| {
        if call.operation == "BatchWriteItem" {
            clock.advance(Duration::from_secs(5));
        }
    })
    .await;
    bench.register(1..=1).await;
    let (waiting, now) = (lane(1), bench.clock.now());
    let row = Lane {
        version: 1,
        wait: Some(Wait {
            place: None,
            from: now,
            until: now + Duration::from_secs(3),
            asked: None,
            binding_until: None,
        }),
        ..Lane::default()
    };
    let organization = sample::webhook(1, &["*"]).organization;
    let saved = bench.lanes.save(&organization, &waiting, 0, &row, now);
    assert!(saved.await.unwrap().is_some());
    bench.publish(1).await;
    assert_eq!(bench.dispatch().await.failed(), None);
    assert_eq!(bench.woken(), [waiting.to_string()]);
}

#[tokio::test]
async fn a_batch_that_takes_too_long_goes_on_behind_what_is_done() {
    let bench = Bench::with_gate(0, |clock, call| {
        if call.operation == "Query" {
            clock.advance(Duration::from_secs(25));
        }
    })
    .await;
    for n in 1..=5 {
        let mut webhook = sample::webhook(n, &["*"]);
        let mut event = sample::event(EventType::Deploy);
        webhook.organization = OrganizationId::parse(&format!("org_{n}")).unwrap();
        event.organization = webhook.organization.clone();
        event.id = EventId::parse("event-0").unwrap();
        bench.register_one(webhook).await;
        bench.events.put(&event).await.unwrap();
    }
    assert_eq!(bench.dispatch().await.failed(), Some(2));
    assert_eq!(bench.dispatch().await.failed(), Some(2));
    assert_eq!(bench.dispatch().await.failed(), None);
    for webhook in 1..=5 {
        assert_eq!(bench.waiting(webhook).await, [0]);
    }
}
