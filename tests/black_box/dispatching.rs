//! A batch of events for many webhooks, which makes thousands of messages.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_lambda_events::streams::DynamoDbEventResponse;
use carillon_aws::queue::VisibilityChange;
use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{
    Clients, Credentials, DeliveryQueue, Error, EventStore, QueueMessage, Registry, Retention,
    SecretCache, SecretStore,
};
use carillon_dispatcher::Dispatcher;
use carillon_domain::{EventId, EventType, Outgoing, sample};
use carillon_embedded::dynamodb::{EVENTS_TABLE, REGISTRY_TABLE};
use carillon_embedded::{Journal, LocalDynamoDb, secrets};
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const WEBHOOKS: u128 = 50;
const EVENTS: usize = 100;

/// A queue that remembers what it takes, and takes nothing of one event.
#[derive(Default)]
struct Recorder {
    taken: Mutex<Vec<(String, usize)>>,
    refused: Option<usize>,
}

fn number(message: &QueueMessage) -> usize {
    let order: Outgoing = serde_json::from_str(&message.body).unwrap();
    let id = order.event.id.as_str();
    id.strip_prefix("event-").unwrap().parse().unwrap()
}

#[async_trait]
impl DeliveryQueue for Recorder {
    async fn send(&self, messages: &[QueueMessage]) -> Result<(), Error> {
        let numbers: Vec<usize> = messages.iter().map(number).collect();
        if numbers.iter().any(|number| Some(*number) == self.refused) {
            return Err(Error::Call {
                operation: "sending",
                cause: "refused".into(),
            });
        }
        let groups = messages.iter().map(|message| message.group.clone());
        self.taken.lock().unwrap().extend(groups.zip(numbers));
        Ok(())
    }

    async fn change_visibility(&self, _: &[VisibilityChange]) -> Result<(), Error> {
        Ok(())
    }

    async fn delete(&self, _: &[String]) -> Result<(), Error> {
        Ok(())
    }
}

/// Dispatches the events for the webhooks; gives the answer with the sequence numbers of
/// all records.
async fn dispatch(queue: Arc<Recorder>) -> (DynamoDbEventResponse, Vec<String>) {
    let database = LocalDynamoDb::open(None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let served = database.clone();
    tokio::spawn(async move { served.serve(listener, CancellationToken::new()).await });
    let clients = Clients::new(&secrets::sdk_config(&endpoint));
    let registry = Registry::new(clients.dynamodb.clone(), REGISTRY_TABLE.into());
    let events = EventStore::new(clients.dynamodb, EVENTS_TABLE.into(), Retention::default());
    let secrets = secrets::client(None).await.unwrap();
    let cache = SecretCache::new(secrets.clone(), CACHE_PERIOD);
    let secrets = SecretStore::new(secrets, "carillon".into(), cache);
    let credentials = Credentials::new(registry.clone(), secrets);
    let token = SecretString::from("xoxb-fake-token-for-tests-wxyz");
    for n in 1..=WEBHOOKS {
        let mut webhook = sample::webhook(n, &["*"]);
        webhook.configuration.channel = Some(format!("channel-{n}"));
        let organization = &webhook.organization;
        let opened = credentials.open(organization, &token, None, Timestamp::now());
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
    (
        Dispatcher::new(registry, queue).handle(batch).await,
        sequence,
    )
}

#[tokio::test]
async fn thousands_of_messages_leave_in_the_order_of_their_events() {
    let queue = Arc::new(Recorder::default());
    let (answer, _) = dispatch(Arc::clone(&queue)).await;
    assert!(answer.batch_item_failures.is_empty());
    let mut by_group: HashMap<String, Vec<usize>> = HashMap::new();
    for (group, number) in queue.taken.lock().unwrap().iter() {
        by_group.entry(group.clone()).or_default().push(*number);
    }
    assert_eq!(by_group.len(), 50);
    for numbers in by_group.values() {
        assert_eq!(*numbers, (0..EVENTS).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn after_a_failure_its_event_is_named_and_the_rest_of_a_large_batch_is_not_sent() {
    let queue = Arc::new(Recorder {
        refused: Some(20),
        ..Recorder::default()
    });
    let (answer, sequence) = dispatch(Arc::clone(&queue)).await;
    let failed = answer.batch_item_failures[0].item_identifier.clone();
    let failed = sequence.iter().position(|one| Some(one) == failed.as_ref());
    let failed = failed.unwrap();
    assert!((11..=20).contains(&failed), "{failed}");
    let taken = queue.taken.lock().unwrap();
    assert!(taken.len() <= 2_000, "{}", taken.len());
    // Nothing overtakes, and what comes before the failure is complete.
    let latest = taken.iter().map(|(_, number)| *number).max();
    assert!(latest < Some(41), "{latest:?}");
    let before = taken.iter().filter(|(_, number)| *number < failed);
    assert_eq!(before.count(), failed * 50);
}
