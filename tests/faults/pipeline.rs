//! One run: publishing, dispatching and delivering in any order, with deaths in between.

use std::sync::atomic::Ordering;
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
use carillon_domain::{Event, LaneId, WebhookStatus};
use carillon_embedded::chat_sink::ChatSink;
use carillon_embedded::dynamodb::{DELIVERIES_TABLE, EVENTS_TABLE, REGISTRY_TABLE};
use carillon_embedded::queue::Received;
use carillon_embedded::services::Services;
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, SimulatedClock, secrets};
use carillon_janitor::LaneSweep;
use carillon_notifier::{Notifier, Stores};
use carillon_runtime::Metrics;
use carillon_runtime::clock::Clock;
use futures::future::join_all;
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::chat::{PLATFORMS, Platforms, Stage};
use crate::check::{self, Totals};
use crate::fate::Fate;
use crate::people::People;
use crate::scenario::{self, Registered};

/// As in the template.
const VISIBILITY: Duration = Duration::from_secs(180);
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(60);
const BATCH: usize = 10;
const MOST_RECORDS: usize = 4;
/// How many digits the stream's positions have.
const DIGITS: [usize; 2] = [21, 40];
/// In how many steps wake-ups are lost, in a run in which that happens.
const LOSSES: f64 = 0.02;
/// A run that takes more steps than this does not come to an end.
const MOST_STEPS: usize = 3_000;

/// What outlives a process.
pub struct World {
    pub fate: Arc<Fate>,
    pub clock: SimulatedClock,
    services: Services,
    journal: Arc<Journal>,
    pub chat: Stage,
    client: Client,
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
    pub lanes: Lanes,
    pub ledger: Ledger,
    queue: Arc<dyn DeliveryQueue>,
    sweep: LaneSweep,
}

impl Process {
    fn people(&self, now: Timestamp) -> People<'_> {
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
    async fn new(seed: u64, platforms: &Platforms, tells: bool) -> Self {
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
                secrets: secrets::http_client().await.unwrap(),
                queue: queue.with_clock(Arc::new(clock.clone())),
            },
            clock,
            journal,
            chat,
            client,
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
        let table = DELIVERIES_TABLE.to_owned();
        let lanes = Lanes::new(clients.dynamodb.clone(), table.clone(), retention);
        let ledger = Ledger::new(clients.dynamodb, table, retention);
        let cache = SecretCache::new(clients.secrets.clone(), CACHE_PERIOD);
        let secrets = SecretStore::new(clients.secrets, "carillon".into(), cache);
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
        let notifier = Notifier::new(stores, poster)
            .with_clock(Arc::new(self.clock.clone()))
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

    fn deadline(&self) -> SystemTime {
        SystemTime::from(self.clock.now()) + FUNCTION_TIMEOUT
    }

    /// Hands the stream's next records to the dispatcher. False where there were none.
    async fn dispatch(&self, process: &Process, random: &mut StdRng) -> bool {
        let dynamodb = &self.services.dynamodb;
        // A batch that comes again is cut elsewhere.
        let most = random.random_range(1..=MOST_RECORDS);
        let batch = dynamodb.next_batch_of(EVENTS_TABLE, &self.journal, most);
        let Some(mut batch) = batch.unwrap() else {
            return false;
        };
        let event = batch.event().unwrap();
        let response = process.dispatcher.handle(event, self.deadline()).await;
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

    /// Forgets wake-ups, some or all: they are not what is to be delivered.
    async fn forget(&self, random: &mut StdRng) {
        self.fate.tell(|| "wake-ups are lost".to_owned());
        let queue = &self.services.queue;
        if random.random_bool(0.5) {
            return queue.purge().unwrap();
        }
        let received = queue.receive(BATCH, VISIBILITY, self.clock.now()).unwrap();
        let receipts: Vec<_> = received.into_iter().map(|it| it.receipt).collect();
        queue.delete(&receipts).await.unwrap();
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
            .open(organization, &registered.secret, now)
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
    if random.random_bool(0.5) {
        let digits = *DIGITS.choose(&mut random).unwrap();
        let dynamodb = &world.services.dynamodb;
        dynamodb.stretch_sequence_numbers(digits).unwrap();
    }
    let has_people = random.random_bool(0.3);
    if random.random_bool(0.2) {
        let until = world.clock.now() + Duration::from_secs(random.random_range(600..3_000));
        let mark = scenario::mark(random.random_range(0..2));
        *world.chat.poison.lock().unwrap() = Some((mark, until));
    }
    // Somebody has to mend it.
    if has_people && random.random_bool(0.5) {
        let until = world.clock.now() + Duration::from_secs(random.random_range(5..300));
        let platform = *PLATFORMS.choose(&mut random).unwrap();
        *world.chat.revoked.lock().unwrap() = Some((platform, until));
    }
    let losses = if random.random_bool(0.1) { LOSSES } else { 0.0 };

    let count = random.random_range(2..=6);
    let mut published: Vec<Event> = Vec::new();
    let mut uncertain = 0;
    let mut steps = 0;
    let mut idle = 0;
    let mut is_due = false;
    loop {
        steps += 1;
        if steps > MOST_STEPS {
            return Err(format!("no end after {steps} steps"));
        }
        world
            .clock
            .advance(Duration::from_millis(random.random_range(0..400)));
        if random.random_bool(losses) {
            world.forget(&mut random).await;
        }
        let first = if published.len() < count { 0 } else { 1 };
        let choice = match is_due || random.random_bool(0.1) {
            true => 3,
            false if has_people && random.random_bool(0.05) => 4,
            false => random.random_range(first..3),
        };
        is_due = false;
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
                4 => {
                    world.fate.tell(|| "somebody does something".to_owned());
                    let webhook = &webhooks.choose(&mut random).unwrap().webhook;
                    let people = process.people(world.clock.now());
                    match random.random_range(0..3) {
                        0 => people.switch(webhook, WebhookStatus::Disabled).await,
                        1 => people.switch(webhook, WebhookStatus::Active).await,
                        _ => people.recover(webhook).await,
                    };
                    None
                }
                3 => {
                    busy = false;
                    let soon = world.clock.now() + Duration::from_secs(1);
                    if let Err(error) = process.sweep.sweep(soon).await {
                        world.fate.tell(|| format!("swept in part: {error}"));
                    }
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
                uncertain += open_posts(&world, &process, &webhooks).await;
            }
        }
        idle = if busy { 0 } else { idle + 1 };
        if idle > 4 && published.len() == count {
            let (waiting, next) = world.services.queue.waiting(world.clock.now()).unwrap();
            let due = next_due(&world, &process).await;
            match next.into_iter().chain(due).min() {
                None if waiting == 0 && world.is_drained() => {
                    if waits_in(&world, &process, &webhooks).await == 0 {
                        if has_people && tidy(&world, &process, &webhooks).await {
                            continue;
                        }
                        break;
                    }
                    // Its wake-up is lost: the daily walk finds it.
                    world.clock.advance(Duration::from_secs(86_400));
                    is_due = true;
                }
                None => {}
                Some(next) => {
                    is_due = true;
                    world.clock.advance_to(next.max(world.clock.now()));
                }
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

fn lanes_of(webhooks: &[Registered]) -> Vec<LaneId> {
    let webhooks = webhooks.iter().map(|registered| &registered.webhook);
    webhooks
        .flat_map(|webhook| webhook.lanes.channels.iter().map(|it| webhook.lane(it)))
        .collect()
}

/// How many posts were in somebody's hands.
async fn open_posts(world: &World, process: &Process, webhooks: &[Registered]) -> u64 {
    world.fate.pause();
    let rows = process.lanes.read(&lanes_of(webhooks)).await.unwrap();
    let mut count = 0;
    for (lane, row) in rows {
        let Some(open) = row.open.filter(|open| open.is_in_flight) else {
            continue;
        };
        let webhook = lane.webhook().unwrap();
        let first = process.ledger.get(&webhook, &open.deliveries[0]).await;
        let is_known = first.unwrap().is_some_and(|row| row.post == open.version);
        count += u64::from(!is_known);
    }
    world.fate.begin();
    count
}

/// When the next lane is due.
async fn next_due(world: &World, process: &Process) -> Option<Timestamp> {
    world.fate.pause();
    let far = world.clock.now() + Duration::from_secs(86_400 * 400);
    let due = process.lanes.due(far, 1).await.unwrap();
    world.fate.begin();
    due.first().map(|due| due.at)
}

/// Whether people had to do something so that all comes to its end.
async fn tidy(world: &World, process: &Process, webhooks: &[Registered]) -> bool {
    world.fate.pause();
    if let Some((_, until)) = world.chat.revoked.lock().unwrap().take() {
        world.clock.advance_to(until.max(world.clock.now()));
    }
    let people = process.people(world.clock.now());
    let mut is_done = false;
    for registered in webhooks {
        is_done |= people.tidy(&registered.webhook).await;
    }
    world.fate.begin();
    is_done
}

/// How many deliveries still wait in lanes.
async fn waits_in(world: &World, process: &Process, webhooks: &[Registered]) -> usize {
    world.fate.pause();
    let lanes = lanes_of(webhooks);
    let rows = process.lanes.read(&lanes).await.unwrap();
    let mut count = 0;
    for lane in lanes {
        let row = rows.get(&lane);
        let after = row.and_then(|row| row.settled_up_to());
        let waiting = process.lanes.entries(&lane, after, 100).await;
        count += waiting.unwrap().0.len();
        count += process.lanes.redo(&lane, None, 100).await.unwrap().len();
        if let Some(open) = row.and_then(|row| row.open.as_ref()) {
            for id in &open.deliveries {
                let row = process
                    .ledger
                    .get(&lane.webhook().unwrap(), id)
                    .await
                    .unwrap();
                count += usize::from(row.is_none_or(|row| !row.status.is_settled()));
            }
        }
    }
    world.fate.begin();
    count
}
