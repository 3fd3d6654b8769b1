//! One run: publishing, dispatching and delivering in any order, with deaths in between.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::SqsEvent;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{
    Clients, Credentials, DeliveryQueue, EventStore, Ledger, Registry, Retention, SecretCache,
    SecretStore, SqsQueue,
};
use carillon_delivery::Poster;
use carillon_dispatcher::Dispatcher;
use carillon_domain::Event;
use carillon_embedded::chat_sink::ChatSink;
use carillon_embedded::dynamodb::{DELIVERIES_TABLE, EVENTS_TABLE, REGISTRY_TABLE};
use carillon_embedded::queue::Received;
use carillon_embedded::services::Services;
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, SimulatedClock, secrets};
use carillon_notifier::{Notifier, Stores};
use carillon_runtime::clock::Clock;
use futures::future::join_all;
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::chat::{Platforms, Stage};
use crate::check::{self, Totals};
use crate::fate::Fate;
use crate::scenario::{self, Expected, Registered};

/// As in the template.
const VISIBILITY: Duration = Duration::from_secs(180);
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(60);
const BATCH: usize = 10;
/// A run that takes more steps than this does not come to an end.
const MOST_STEPS: usize = 3_000;

/// What outlives a process.
pub struct World {
    pub fate: Arc<Fate>,
    pub clock: SimulatedClock,
    services: Services,
    journal: Arc<Journal>,
    pub chat: Stage,
    platforms: Platforms,
    /// How often the most patient message was received.
    pub receives: u32,
}

/// What dies with it.
struct Process {
    events: EventStore,
    dispatcher: Dispatcher,
    notifier: Notifier,
    registry: Registry,
    credentials: Credentials,
    pub ledger: Ledger,
}

impl World {
    async fn new(seed: u64, platforms: &Platforms, tells: bool) -> Self {
        let clock = SimulatedClock::at(Timestamp::from_second(1_795_262_400).unwrap());
        let journal = Arc::new(Journal::open(None).unwrap());
        let queue = LocalQueue::open(Arc::clone(&journal)).unwrap();
        let time = clock.clone();
        let fate = Arc::new(Fate::new(seed, tells));
        let chat = Stage {
            sink: ChatSink::with_clock(move || time.now()),
            fate: Arc::clone(&fate),
            posted: Arc::new(Mutex::new(Vec::new())),
        };
        platforms.set(chat.clone());
        Self {
            fate,
            services: Services {
                dynamodb: LocalDynamoDb::open(None).unwrap(),
                secrets: secrets::http_client().await.unwrap(),
                queue: queue.with_clock(Arc::new(clock.clone())),
            },
            clock,
            journal,
            chat,
            platforms: platforms.clone(),
            receives: 0,
        }
    }

    /// Starts a process, with empty caches. Its clients do not try again by themselves, so
    /// that each failure is seen.
    fn start(&self, seed: u64) -> Process {
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
        let ledger = Ledger::new(clients.dynamodb, DELIVERIES_TABLE.into(), retention);
        let cache = SecretCache::new(clients.secrets.clone(), CACHE_PERIOD);
        let secrets = SecretStore::new(clients.secrets, "carillon".into(), cache);
        let queue: Arc<dyn DeliveryQueue> = Arc::new(SqsQueue::new(
            clients.sqs,
            "https://sqs.example/queue".into(),
        ));
        let stores = Stores {
            registry: registry.clone(),
            events: events.clone(),
            ledger: ledger.clone(),
            queue: Arc::clone(&queue),
            dead_letters: None,
        };
        let poster = Poster::new(secrets.clone(), self.platforms.client.clone());
        let random = Mutex::new(StdRng::seed_from_u64(seed));
        let notifier = Notifier::new(stores, poster)
            .with_clock(Arc::new(self.clock.clone()))
            .with_randomness(move || random.lock().unwrap().random());
        Process {
            events,
            dispatcher: Dispatcher::new(registry.clone(), queue),
            notifier,
            credentials: Credentials::new(registry.clone(), secrets),
            registry,
            ledger,
        }
    }

    fn deadline(&self) -> SystemTime {
        SystemTime::from(self.clock.now()) + FUNCTION_TIMEOUT
    }

    /// Hands the stream's next records to the dispatcher. False where there were none.
    async fn dispatch(&self, process: &Process, random: &mut StdRng) -> bool {
        let dynamodb = &self.services.dynamodb;
        let Some(mut batch) = dynamodb.next_batch(EVENTS_TABLE, &self.journal).unwrap() else {
            return false;
        };
        let response = process.dispatcher.handle(batch.event().unwrap()).await;
        let failed = batch.settle(&response);
        self.fate
            .tell(|| format!("dispatched, {}", if failed { "in part" } else { "all" }));
        // Lambda may hand them over again.
        if !random.random_bool(0.1) {
            batch.write_down(&self.journal).unwrap();
        }
        true
    }

    /// Whether the stream has nothing more.
    fn is_drained(&self) -> bool {
        let next = self
            .services
            .dynamodb
            .next_batch(EVENTS_TABLE, &self.journal);
        next.unwrap().is_none()
    }

    fn receive(&mut self, random: &mut StdRng) -> Vec<Received> {
        let now = self.clock.now();
        let most = random.random_range(1..=BATCH);
        let received = self.services.queue.receive(most, VISIBILITY, now).unwrap();
        let receives = received.iter().map(|message| message.receive_count).max();
        self.receives = self.receives.max(receives.unwrap_or_default());
        shuffled(received, random)
    }

    async fn deliver(&self, process: &Process, received: Vec<Received>, repeats: bool) {
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

async fn register(process: &Process, webhooks: &mut [Registered], now: Timestamp) {
    for registered in webhooks {
        let organization = &registered.webhook.organization;
        let opened = process
            .credentials
            .open(organization, &registered.secret, None, now)
            .await;
        registered.webhook.credential = opened.unwrap();
        process.registry.create(&registered.webhook).await.unwrap();
    }
}

pub async fn run(seed: u64, platforms: &Platforms, tells: bool) -> Result<Totals, String> {
    let mut random = StdRng::seed_from_u64(seed ^ 0x5eed);
    let mut world = World::new(seed, platforms, tells).await;
    let mut webhooks = scenario::webhooks(&mut random);
    let mut process = world.start(seed);
    register(&process, &mut webhooks, world.clock.now()).await;
    world.fate.begin();

    let count = random.random_range(2..=6);
    let mut published: Vec<Event> = Vec::new();
    let mut uncertain = 0;
    let mut steps = 0;
    let mut idle = 0;
    loop {
        steps += 1;
        if steps > MOST_STEPS {
            return Err(format!("no end after {steps} steps"));
        }
        world
            .clock
            .advance(Duration::from_millis(random.random_range(0..400)));
        let choice = match published.len() < count {
            true => random.random_range(0..3),
            false => random.random_range(1..3),
        };
        let fate = Arc::clone(&world.fate);
        let mut busy = true;
        let batches: Vec<_> = match choice {
            2 => (0..random.random_range(1..=2))
                .map(|_| world.receive(&mut random))
                .filter(|received| !received.is_empty())
                .collect(),
            _ => Vec::new(),
        };
        let work = async {
            match choice {
                0 => {
                    let event = scenario::event(published.len(), world.clock.now(), &mut random);
                    publish(&process, &event).await.then_some(event)
                }
                1 => {
                    busy = world.dispatch(&process, &mut random).await;
                    None
                }
                _ => {
                    busy = !batches.is_empty();
                    let repeats = random.random_bool(0.1);
                    let delivered = batches
                        .into_iter()
                        .map(|received| world.deliver(&process, received, repeats));
                    join_all(delivered).await;
                    None
                }
            }
        };
        let outcome = tokio::select! {
            biased;
            () = fate.killed() => None,
            stored = work => Some(stored),
        };
        match outcome {
            Some(Some(event)) => {
                // What a first try has stored counts, not what a second one said.
                world.fate.pause();
                let stored = process.events.get(&event.organization, &event.id).await;
                published.push(stored.unwrap().unwrap());
                world.fate.begin();
            }
            Some(None) => {}
            None => {
                fate.tell(|| "killed".to_owned());
                fate.reborn();
                process = world.start(seed + steps as u64);
                uncertain += open_claims(&world, &process, &published, &webhooks).await;
            }
        }
        idle = if busy { 0 } else { idle + 1 };
        if idle > 4 && published.len() == count {
            let (waiting, next) = world.services.queue.waiting(world.clock.now()).unwrap();
            match next {
                None if waiting == 0 && world.is_drained() => break,
                None => {}
                Some(next) => world.clock.advance_to(next),
            }
        }
    }
    world.fate.end();
    let expected = scenario::expected(&published, &webhooks);
    let ledger = &process.ledger;
    let mut totals = check::check(&world, ledger, &expected, uncertain)
        .await
        .map_err(|fault| format!("{fault}\n{}", world.fate.story().join("\n")))?;
    totals.steps = steps as u64;
    totals.kills = world.fate.kills.load(Ordering::Relaxed);
    totals.faults = world.fate.faults.load(Ordering::Relaxed);
    Ok(totals)
}

/// Publishes as a client does that has no answer: again, with the same id.
async fn publish(process: &Process, event: &Event) -> bool {
    for _ in 0..20 {
        if process.events.put(event).await.is_ok() {
            return true;
        }
    }
    false
}

/// How many deliveries were in somebody's hands; also those of an event that was stored when
/// its publisher died, and of which nobody else knows yet.
async fn open_claims(
    world: &World,
    process: &Process,
    published: &[Event],
    webhooks: &[Registered],
) -> u64 {
    world.fate.pause();
    let mut known = published.to_vec();
    let (organization, id) = scenario::key(published.len());
    known.extend(process.events.get(&organization, &id).await.unwrap());
    let mut open = 0;
    for Expected { webhook, id, .. } in scenario::expected(&known, webhooks) {
        let row = process.ledger.get(&webhook.id, &id).await.unwrap();
        open += u64::from(row.is_some_and(|row| row.claimed_until.is_some()));
    }
    world.fate.begin();
    open
}
