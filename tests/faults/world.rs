//! What there is in a run: the stores and the queue, which outlive a process, and the functions,
//! which die with it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::SqsEvent;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{
    Clients, Credentials, DeliveryQueue, EventStore, Lanes, Ledger, Registry, Retention,
    SecretCache, SecretStore, SqsQueue,
};
use carillon_chat::Client;
use carillon_delivery::Poster;
use carillon_dispatcher::Dispatcher;
use carillon_embedded::chat_sink::ChatSink;
use carillon_embedded::dynamodb::{DELIVERIES_TABLE, EVENTS_TABLE, REGISTRY_TABLE};
use carillon_embedded::queue::Received;
use carillon_embedded::services::Services;
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, LocalSecrets, SimulatedClock};
use carillon_janitor::LaneSweep;
use carillon_notifier::{Notifier, Stores};
use carillon_runtime::Metrics;
use carillon_runtime::clock::Clock;
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::chat::{Platforms, Stage};
use crate::fate::Fate;
use crate::people::People;

const VISIBILITY: Duration = Duration::from_secs(180);
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(60);
const BATCH: usize = 10;

/// What outlives a process.
pub struct World {
    pub fate: Arc<Fate>,
    pub clock: SimulatedClock,
    pub services: Services,
    pub journal: Arc<Journal>,
    /// The records that are dispatched, where others before them are not.
    pub dispatched: Mutex<HashSet<String>>,
    pub chat: Stage,
    pub client: Client,
    /// How often the most patient message was received.
    pub receives: u32,
}

/// What dies with it.
pub struct Process {
    pub events: EventStore,
    pub dispatcher: Dispatcher,
    pub notifier: Notifier,
    pub registry: Registry,
    pub credentials: Credentials,
    pub lanes: Lanes,
    pub ledger: Ledger,
    pub queue: Arc<dyn DeliveryQueue>,
    pub sweep: LaneSweep,
}

impl Process {
    pub fn people(&self, now: Timestamp) -> People<'_> {
        People {
            registry: &self.registry,
            lanes: &self.lanes,
            ledger: &self.ledger,
            queue: &*self.queue,
            now,
        }
    }
}

impl World {
    pub async fn new(seed: u64, platforms: &Platforms, tells: bool) -> Self {
        let clock = SimulatedClock::at(Timestamp::from_second(1_795_262_400).unwrap());
        let journal = Arc::new(Journal::open(None).unwrap());
        let queue = LocalQueue::open(Arc::clone(&journal)).unwrap();
        let time = clock.clone();
        let fate = Arc::new(Fate::new(seed, tells));
        let chat = Stage {
            sink: ChatSink::with_clock(move || time.now()),
            fate: Arc::clone(&fate),
            posted: Arc::default(),
            shown: Arc::default(),
            poison: Arc::default(),
            revoked: Arc::default(),
            clock: clock.clone(),
        };
        let client = platforms.client(seed, chat.clone());
        Self {
            fate,
            services: Services {
                dynamodb: LocalDynamoDb::open(None).unwrap(),
                secrets: LocalSecrets::open(None).await.unwrap(),
                queue: queue.with_clock(Arc::new(clock.clone())),
            },
            clock,
            journal,
            dispatched: Mutex::default(),
            chat,
            client,
            receives: 0,
        }
    }

    /// Starts a process, with empty caches. Its clients do not try again by themselves, so
    /// that each failure is seen.
    pub fn start(&self, seed: u64) -> Process {
        let fate = Arc::clone(&self.fate);
        let config = self
            .services
            .sdk_config(Arc::new(move |call| fate.of_call(call)));
        let config = config
            .into_builder()
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        let clients = Clients::new(&config);
        let retention = Retention::default();
        let registry = Registry::new(clients.dynamodb.clone(), REGISTRY_TABLE.into());
        let events = EventStore::new(clients.dynamodb.clone(), EVENTS_TABLE.into(), retention);
        let table = DELIVERIES_TABLE.to_owned();
        let lanes = Lanes::new(clients.dynamodb.clone(), table.clone(), retention);
        let ledger = Ledger::new(clients.dynamodb, table, retention);
        let cache = SecretCache::new(clients.secrets, CACHE_PERIOD);
        let secrets = SecretStore::new("carillon".into(), cache);
        let queue: Arc<dyn DeliveryQueue> = Arc::new(SqsQueue::new(
            clients.sqs,
            "https://sqs.example/queue".into(),
        ));
        let stores = Stores {
            registry: registry.clone(),
            events: events.clone(),
            lanes: lanes.clone(),
            ledger: ledger.clone(),
            queue: Arc::clone(&queue),
            dead_letters: None,
        };
        let poster = Poster::new(secrets.clone(), self.client.clone());
        let random = Mutex::new(StdRng::seed_from_u64(seed));
        let notifier = Notifier::new(stores, poster, Arc::new(self.clock.clone()))
            .with_randomness(move || random.lock().unwrap().random());
        let clock = Arc::new(self.clock.clone());
        let dispatcher = Dispatcher::new(carillon_dispatcher::Stores {
            registry: registry.clone(),
            lanes: lanes.clone(),
            ledger: ledger.clone(),
            queue: Arc::clone(&queue),
        });
        Process {
            dispatcher: dispatcher.with_clock(clock.clone()),
            sweep: LaneSweep {
                lanes: lanes.clone(),
                ledger: ledger.clone(),
                events: events.clone(),
                queue: Arc::clone(&queue),
                clock,
                metrics: Metrics::default(),
                latest: Mutex::default(),
            },
            events,
            lanes,
            queue,
            notifier,
            credentials: Credentials::new(registry.clone(), secrets),
            registry,
            ledger,
        }
    }

    pub fn deadline(&self) -> SystemTime {
        SystemTime::from(self.clock.now()) + FUNCTION_TIMEOUT
    }

    /// Whether the stream has nothing more.
    pub fn is_drained(&self) -> bool {
        let next = self
            .services
            .dynamodb
            .next_batch(EVENTS_TABLE, &self.journal);
        next.unwrap().is_none()
    }

    /// Forgets wake-ups, some or all: they are not what is to be delivered.
    pub async fn forget(&self, random: &mut StdRng) {
        self.fate.tell(|| "wake-ups are lost".to_owned());
        let queue = &self.services.queue;
        if random.random_bool(0.5) {
            return queue.purge().unwrap();
        }
        let received = queue.receive(BATCH, VISIBILITY, self.clock.now()).unwrap();
        let receipts: Vec<_> = received.into_iter().map(|it| it.receipt).collect();
        queue.delete(&receipts).await.unwrap();
    }

    pub fn receive(&mut self, random: &mut StdRng) -> Vec<Received> {
        let now = self.clock.now();
        let most = random.random_range(1..=BATCH);
        let received = self.services.queue.receive(most, VISIBILITY, now).unwrap();
        let receives = received.iter().map(|message| message.receive_count).max();
        self.receives = self.receives.max(receives.unwrap_or_default());
        shuffled(received, random)
    }

    pub async fn deliver(&self, process: &Process, received: Vec<Received>, repeats: bool) {
        self.fate
            .tell(|| format!("delivering {} at {}", received.len(), self.clock.now()));
        let response = process
            .notifier
            .handle(to_event(&received), self.deadline())
            .await;
        let kept: Vec<String> = response
            .batch_item_failures
            .into_iter()
            .map(|failure| failure.item_identifier)
            .collect();
        let done: Vec<String> = received
            .into_iter()
            .map(|message| message.receipt)
            .filter(|receipt| !kept.contains(receipt))
            .collect();
        // The queue may hand them out again.
        if !repeats {
            self.services.queue.delete(&done).await.unwrap();
        }
    }
}

/// Mixes the groups of a batch; each keeps its order.
fn shuffled(received: Vec<Received>, random: &mut StdRng) -> Vec<Received> {
    let mut groups: Vec<String> = received.iter().map(|m| m.group.clone()).collect();
    groups.shuffle(random);
    let mut rest: Vec<Option<Received>> = received.into_iter().map(Some).collect();
    let next = |group: String| {
        let found = rest
            .iter_mut()
            .find(|message| message.as_ref().is_some_and(|m| m.group == group));
        found.and_then(Option::take)
    };
    groups.into_iter().filter_map(next).collect()
}

fn to_event(received: &[Received]) -> SqsEvent {
    let records: Vec<Value> = received
        .iter()
        .map(|message| {
            json!({
                "messageId": message.receipt, "receiptHandle": message.receipt,
                "body": message.body, "messageAttributes": {}, "eventSource": "aws:sqs",
                "attributes": {
                    "MessageGroupId": message.group,
                    "ApproximateReceiveCount": message.receive_count.to_string(),
                },
            })
        })
        .collect();
    serde_json::from_value(json!({"Records": records})).unwrap()
}
