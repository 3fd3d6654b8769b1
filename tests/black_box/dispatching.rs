//! A batch of events for many webhooks, which makes thousands of messages.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_lambda_events::streams::DynamoDbEventResponse;
use carillon_aws::queue::VisibilityChange;
use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{
    Clients, Credentials, DeliveryQueue, Error, EventStore, Lanes, Ledger, QueueMessage, Registry,
    Retention, SecretCache, SecretStore,
};
use carillon_dispatcher::{Dispatcher, Stores};
use carillon_domain::lane::Entry;
use carillon_domain::{EventId, EventType, sample};
use carillon_embedded::dynamodb::{DELIVERIES_TABLE, EVENTS_TABLE, REGISTRY_TABLE};
use carillon_embedded::services::Services;
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, secrets};
use jiff::Timestamp;
use secrecy::SecretString;

const WEBHOOKS: u128 = 50;
const EVENTS: usize = 100;

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

    async fn change_visibility(&self, _: &[VisibilityChange]) -> Result<(), Error> {
        Ok(())
    }

    async fn delete(&self, _: &[String]) -> Result<(), Error> {
        Ok(())
    }
}

/// What a batch has come to.
struct Dispatched {
    answer: DynamoDbEventResponse,
    /// The sequence numbers of its records.
    sequence: Vec<String>,
    lanes: Lanes,
}

impl Dispatched {
    /// The numbers of the events that wait in each lane.
    async fn waiting(&self) -> Vec<Vec<usize>> {
        let mut found = Vec::new();
        for n in 1..=WEBHOOKS {
            let webhook = sample::webhook(n, &["*"]);
            let lane = webhook.lane(&webhook.lanes.channels[0]);
            let (entries, _) = self.lanes.entries(&lane, None, 100).await.unwrap();
            let number = |entry: Entry| {
                let id = entry.waiting.event_id;
                id.as_str().strip_prefix("event-").unwrap().parse().unwrap()
            };
            found.push(entries.into_iter().map(number).collect());
        }
        found
    }
}

/// Dispatches the events for the webhooks.
async fn dispatch(queue: Arc<Recorder>) -> Dispatched {
    let database = LocalDynamoDb::open(None).unwrap();
    let journal = Arc::new(Journal::open(None).unwrap());
    let services = Services {
        dynamodb: database.clone(),
        secrets: secrets::http_client().await.unwrap(),
        queue: LocalQueue::open(journal).unwrap(),
    };
    let clients = Clients::new(&services.smooth());
    let registry = Registry::new(clients.dynamodb.clone(), REGISTRY_TABLE.into());
    let retention = Retention::default();
    let (dynamodb, secrets) = (clients.dynamodb, clients.secrets);
    let events = EventStore::new(dynamodb.clone(), EVENTS_TABLE.into(), retention);
    let lanes = Lanes::new(dynamodb.clone(), DELIVERIES_TABLE.into(), retention);
    let ledger = Ledger::new(dynamodb, DELIVERIES_TABLE.into(), retention);
    let cache = SecretCache::new(secrets.clone(), CACHE_PERIOD);
    let secrets = SecretStore::new(secrets, "carillon".into(), cache);
    let credentials = Credentials::new(registry.clone(), secrets);
    let token = SecretString::from("xoxb-fake-token-for-tests-wxyz");
    for n in 1..=WEBHOOKS {
        let mut webhook = sample::webhook(n, &["*"]);
        webhook.configuration.set("channel", format!("channel-{n}"));
        let organization = &webhook.organization;
        let opened = credentials.open(organization, &token, Timestamp::now());
        webhook.credential = opened.await.unwrap();
        registry.create(&webhook).await.unwrap();
    }
    for n in 0..EVENTS {
        let mut event = sample::event(EventType::Deploy);
        event.id = EventId::parse(&format!("event-{n}")).unwrap();
        events.put(&event).await.unwrap();
    }
    let journal = Journal::open(None).unwrap();
    let batch = database
        .next_batch(EVENTS_TABLE, &journal)
        .unwrap()
        .unwrap();
    let batch = batch.event().unwrap();
    assert_eq!(batch.records.len(), EVENTS);
    let sequence = batch.records.iter();
    let sequence = sequence.map(|record| record.change.sequence_number.clone().unwrap());
    let sequence = sequence.collect();
    let dispatcher = Dispatcher::new(Stores {
        registry,
        lanes: lanes.clone(),
        ledger,
        queue,
    });
    Dispatched {
        answer: dispatcher.handle(batch).await,
        sequence,
        lanes,
    }
}

#[tokio::test]
async fn thousands_of_deliveries_wait_in_the_order_of_their_events_and_wake_each_lane_hardly() {
    let queue = Arc::new(Recorder::default());
    let dispatched = dispatch(Arc::clone(&queue)).await;
    assert!(dispatched.answer.batch_item_failures.is_empty());
    for numbers in dispatched.waiting().await {
        assert_eq!(numbers, (0..EVENTS).collect::<Vec<_>>());
    }
    let woken = queue.woken.lock().unwrap();
    assert!(woken.len() <= 4 * 50, "{} wake-ups", woken.len());
}

#[tokio::test]
async fn where_nobody_can_be_woken_the_batch_goes_on_from_there_and_nothing_is_missing() {
    let queue = Arc::new(Recorder {
        refused: AtomicUsize::new(1),
        ..Recorder::default()
    });
    let dispatched = dispatch(Arc::clone(&queue)).await;
    let failed = dispatched.answer.batch_item_failures[0]
        .item_identifier
        .clone();
    let sequence = &dispatched.sequence;
    let failed = sequence.iter().position(|one| Some(one) == failed.as_ref());
    let failed = failed.unwrap();
    for numbers in dispatched.waiting().await {
        // What comes before the failure is complete, and nothing has a gap.
        assert_eq!(numbers, (0..numbers.len()).collect::<Vec<_>>());
        assert!(numbers.len() >= failed);
    }
}
