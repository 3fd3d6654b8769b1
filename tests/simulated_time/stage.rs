//! The notifier with everything that it stands on, on a clock that leaps.

mod changes;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{
    Clients, Credentials, DeliveryQueue, Error, EventFilter, EventStore, Lanes, Ledger,
    QueueMessage, Registry, Retention, SecretCache, SecretStore,
};
use carillon_chat::{ChatOrigin, Client};
use carillon_delivery::Poster;
use carillon_domain::lane::{Lane, Waiting};
use carillon_domain::webhook::Lanes as Channels;
use carillon_domain::{
    Configuration, Delivery, DeliveryId, Event, EventId, EventType, KindId, OrganizationId,
    Webhook, sample,
};
use carillon_embedded::chat_sink::ChatSink;
use carillon_embedded::dynamodb::{DELIVERIES_TABLE, EVENTS_TABLE, REGISTRY_TABLE};
use carillon_embedded::queue::{Limits, Received};
use carillon_embedded::services::{Course, Gate, Service, Services, Trouble};
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, LocalSecrets, SimulatedClock};
use carillon_janitor::LaneSweep;
use carillon_notifier::{Notifier, Stores};
use carillon_runtime::Metrics;
use carillon_runtime::clock::Clock;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const VISIBILITY: Duration = Duration::from_secs(180);
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(60);

/// The lines of metrics that functions write.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<Value>>>);

impl Lines {
    pub fn metrics(&self, function: &str) -> Metrics {
        let lines = Arc::clone(&self.0);
        Metrics::to(function, move |line| lines.lock().unwrap().push(line))
    }

    pub fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    /// What was written of a metric: a sum, or all values of it.
    pub fn values(&self, metric: &str) -> Vec<f64> {
        let lines = self.all();
        let values = lines.iter().filter_map(|line| line.get(metric));
        values
            .flat_map(|value| match value {
                Value::Array(values) => values.clone(),
                one => vec![one.clone()],
            })
            .filter_map(|value| value.as_f64())
            .collect()
    }
}

/// What the platforms fail over with status 500, wherever they read it.
pub const POISON: &str = "poison";

pub struct Stage {
    pub clock: SimulatedClock,
    pub sink: ChatSink,
    /// Whether the platforms answer everything with status 503.
    pub is_down: Arc<AtomicBool>,
    pub queue: LocalQueue,
    pub dead_letters: LocalQueue,
    /// How often the notifiers are still to panic.
    pub panics: Arc<AtomicUsize>,
    /// How often the queue is still to refuse to put messages off.
    pub refusals: Arc<AtomicUsize>,
    /// Whether Secrets Manager answers nothing.
    pub secrets_are_away: Arc<AtomicBool>,
    /// Whether no lane is written any more once an outcome was.
    pub dies_after_an_outcome: Arc<AtomicBool>,
    /// How often each operation of DynamoDB was called.
    pub calls: Arc<Mutex<BTreeMap<String, usize>>>,
    /// What the functions have counted and measured.
    pub lines: Lines,
    /// Who serves the queue; as many as there are instances of the function.
    notifiers: Vec<Notifier>,
    sweep: LaneSweep,
    pub registry: Registry,
    pub credentials: Credentials,
    events: EventStore,
    pub lanes: Lanes,
    pub ledger: Ledger,
    pub dynamodb: aws_sdk_dynamodb::Client,
    published: u64,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with_limits(Limits::default()).await
    }

    /// With a queue of these limits.
    pub async fn with_limits(limits: Limits) -> Self {
        let clock = SimulatedClock::at("2026-11-21T10:15:00Z".parse().unwrap());
        let time = clock.clone();
        let sink = ChatSink::with_clock(move || time.now());
        let chat = listen().await;
        let origin = format!("http://{}", chat.local_addr().unwrap());
        let is_down = Arc::new(AtomicBool::new(false));
        let down = Arc::clone(&is_down);
        let router =
            sink.router()
                .layer(middleware::from_fn(move |request: Request, next: Next| {
                    let is_down = down.load(Ordering::SeqCst);
                    async move {
                        let (parts, body) = request.into_parts();
                        let body = to_bytes(body, usize::MAX).await.unwrap();
                        let is_poison = String::from_utf8_lossy(&body).contains(POISON);
                        match (is_down, is_poison) {
                            (true, _) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                            (_, true) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                            _ => next.run(Request::from_parts(parts, body.into())).await,
                        }
                    }
                }));
        tokio::spawn(async move { axum::serve(chat, router).await });

        let database = LocalDynamoDb::open(None).unwrap();
        let journal = Arc::new(Journal::open(None).unwrap());
        let services = Services {
            dynamodb: database,
            secrets: LocalSecrets::open(None).await.unwrap(),
            queue: LocalQueue::open(journal).unwrap(),
        };
        let secrets_are_away = Arc::new(AtomicBool::new(false));
        let away = Arc::clone(&secrets_are_away);
        let calls: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
        let counted = Arc::clone(&calls);
        let dies_after_an_outcome = Arc::new(AtomicBool::new(false));
        let (dies, is_dead) = (Arc::clone(&dies_after_an_outcome), AtomicBool::new(false));
        let gate: Gate = Arc::new(move |call| {
            if call.service == Service::DynamoDb {
                *counted
                    .lock()
                    .unwrap()
                    .entry(call.operation.to_owned())
                    .or_default() += 1;
            }
            let dies = dies.load(Ordering::SeqCst);
            if dies && call.operation == "PutItem" {
                is_dead.store(true, Ordering::SeqCst);
            }
            if dies && call.operation == "UpdateItem" && is_dead.load(Ordering::SeqCst) {
                return Course::Refused(Trouble::Throttled);
            }
            match call.service == Service::SecretsManager && away.load(Ordering::SeqCst) {
                true => Course::Refused(Trouble::Throttled),
                false => Course::Smooth,
            }
        });
        let clients = Clients::new(&services.sdk_config(gate));
        let retention = Retention::default();
        let registry = Registry::new(clients.dynamodb.clone(), REGISTRY_TABLE.into());
        let events = EventStore::new(clients.dynamodb.clone(), EVENTS_TABLE.into(), retention);
        let table = DELIVERIES_TABLE.to_owned();
        let lanes = Lanes::new(clients.dynamodb.clone(), table.clone(), retention);
        let ledger = Ledger::new(clients.dynamodb.clone(), table, retention);
        let cache = SecretCache::new(clients.secrets, CACHE_PERIOD);
        let secrets = SecretStore::new("carillon".into(), cache);
        let queue = || {
            LocalQueue::open(Arc::new(Journal::open(None).unwrap()))
                .unwrap()
                .with_clock(Arc::new(clock.clone()))
                .with_limits(limits)
        };
        let (queue, dead_letters) = (queue(), queue());
        let panics = Arc::new(AtomicUsize::new(0));
        let refusals = Arc::new(AtomicUsize::new(0));
        let stores = Stores {
            registry: registry.clone(),
            events: events.clone(),
            lanes: lanes.clone(),
            ledger: ledger.clone(),
            queue: Arc::new(Stubborn {
                queue: queue.clone(),
                refusals: Arc::clone(&refusals),
            }),
            dead_letters: Some(Arc::new(dead_letters.clone())),
        };
        let origin = Some(ChatOrigin::parse(&origin).unwrap());
        let poster = Poster::new(secrets.clone(), Client::new(origin).unwrap());
        let lines = Lines::default();
        let notifier = || {
            Notifier::new(stores.clone(), poster.clone(), Arc::new(clock.clone()))
                .with_randomness(dice(Arc::clone(&panics)))
                .with_metrics(lines.metrics("NotifierFunction"))
        };
        let notifiers = vec![notifier(), notifier()];
        // As at a start of the function; the other one has missed its chance.
        notifiers[0].prepare().await;
        Self {
            notifiers,
            sweep: LaneSweep {
                lanes: lanes.clone(),
                ledger: ledger.clone(),
                events: events.clone(),
                queue: Arc::new(queue.clone()),
                clock: Arc::new(clock.clone()),
                metrics: lines.metrics("JanitorFunction"),
                latest: Mutex::default(),
            },
            lines,
            secrets_are_away,
            dies_after_an_outcome,
            calls,
            events,
            lanes,
            credentials: Credentials::new(registry.clone(), secrets),
            clock,
            sink,
            is_down,
            queue,
            dead_letters,
            panics,
            refusals,
            registry,
            ledger,
            dynamodb: clients.dynamodb,
            published: 0,
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The newest events of an organization.
    pub async fn events_of(&self, organization: &OrganizationId) -> Vec<Event> {
        let filter = EventFilter::default();
        let listed = self.events.list(organization, &filter, None, 100).await;
        listed.unwrap().0
    }

    /// Lets the functions serve the queue until it has nothing at this moment; in turns, so
    /// that each batch meets a process that knows nothing of the one before.
    pub async fn serve(&mut self) {
        let deadline = self.clock.now() + Duration::from_secs(1);
        self.sweep.sweep(deadline).await.unwrap();
        while self.serve_batch().await {}
    }

    /// One batch; false where there is none.
    pub async fn serve_batch(&mut self) -> bool {
        let received = self
            .queue
            .receive(10, VISIBILITY, self.clock.now())
            .unwrap();
        if received.is_empty() {
            return false;
        }
        self.notifiers.rotate_left(1);
        let deadline: SystemTime = (self.clock.now() + FUNCTION_TIMEOUT).into();
        let answer = self.notifiers[0].handle(batch(&received), deadline).await;
        let kept: Vec<&str> = answer
            .batch_item_failures
            .iter()
            .map(|failure| failure.item_identifier.as_str())
            .collect();
        let done: Vec<String> = received
            .into_iter()
            .map(|message| message.receipt)
            .filter(|receipt| !kept.contains(&receipt.as_str()))
            .collect();
        self.queue.delete(&done).await.unwrap();
        true
    }

    /// From here on there is one instance of the function.
    pub fn serve_with_one(&mut self) {
        self.notifiers.truncate(1);
    }

    /// As [`serve`](Self::serve), for this long.
    pub async fn serve_for(&mut self, time: Duration, step: Duration) {
        let end = self.clock.now() + time;
        self.serve().await;
        while self.clock.now() < end {
            self.clock.advance(step);
            self.serve().await;
        }
    }

    pub async fn delivery(&self, webhook: &Webhook, id: &DeliveryId) -> Delivery {
        let row = self.ledger.get(&webhook.id, id).await.unwrap();
        row.unwrap_or_else(|| self.waiting(webhook, id))
    }

    /// How the lane of a webhook's first channel stands.
    pub async fn lane(&self, webhook: &Webhook) -> Lane {
        let lane = webhook.lane(&webhook.lanes.channels[0]);
        let rows = self.lanes.read(std::slice::from_ref(&lane)).await;
        rows.unwrap().remove(&lane).unwrap()
    }

    /// A delivery that nobody has tried yet.
    fn waiting(&self, webhook: &Webhook, id: &DeliveryId) -> Delivery {
        let channel = &webhook.lanes.channels[0];
        let waiting = Waiting {
            delivery_id: id.clone(),
            event_id: EventId::parse("waiting").unwrap(),
            event_type: EventType::Deploy,
            traceparent: None,
            since: self.clock.now(),
            redelivery: 0,
        };
        let lane = webhook.lane(channel);
        Delivery::new(&webhook.organization, &lane, &channel.name, &waiting).unwrap()
    }

    /// Takes a delivery's row out of the ledger, as if it was never written.
    pub async fn unwrite(&self, webhook: &Webhook, id: &DeliveryId) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let delete = self.dynamodb.delete_item().table_name(DELIVERIES_TABLE);
        let delete = delete.key("webhook_id", text(webhook.id.as_str()));
        delete.key("id", text(id.as_str())).send().await.unwrap();
    }

    /// When messages arrived, in their order.
    pub fn arrivals(&self) -> Vec<Timestamp> {
        let messages = self.sink.messages();
        messages.iter().map(|message| message.received_at).collect()
    }
}

/// Takes one of what is left; false where nothing is.
fn take_one(left: &AtomicUsize) -> bool {
    let order = Ordering::SeqCst;
    left.fetch_update(order, order, |left| left.checked_sub(1))
        .is_ok()
}

/// Always the same number, as long as nothing is to go wrong.
fn dice(panics: Arc<AtomicUsize>) -> impl Fn() -> f64 + Send + Sync + 'static {
    move || {
        assert!(!take_one(&panics), "a test wants it");
        0.5
    }
}

/// The queue, which sometimes does not put messages off.
struct Stubborn {
    queue: LocalQueue,
    refusals: Arc<AtomicUsize>,
}

#[async_trait]
impl DeliveryQueue for Stubborn {
    async fn send(&self, messages: &[QueueMessage]) -> Result<(), Error> {
        self.queue.send(messages).await
    }

    async fn put_off(&self, receipt: &str, wait: Duration) -> Result<(), Error> {
        if take_one(&self.refusals) {
            return Err(Error::Call {
                operation: "putting off",
                cause: "a test wants it".into(),
            });
        }
        self.queue.put_off(receipt, wait).await
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), Error> {
        self.queue.delete(receipts).await
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}

fn batch(received: &[Received]) -> SqsEvent {
    let records: Vec<_> = received
        .iter()
        .map(|message| {
            json!({
                "messageId": message.receipt, "receiptHandle": message.receipt,
                "body": message.body, "messageAttributes": {}, "eventSource": "aws:sqs",
                "attributes": {
                    "MessageGroupId": message.group,
                    "ApproximateReceiveCount": message.receive_count.to_string(),
                    "SentTimestamp": message.sent_at_ms.to_string(),
                },
            })
        })
        .collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// A Slack bot's webhook that takes no digests.
pub fn slack(number: u128, channel: &str) -> Webhook {
    let mut webhook = sample::webhook(number, &["*"]);
    webhook.configuration.set("channel", channel);
    webhook.lanes = Channels::of(&[channel]);
    webhook.configuration.digest = carillon_domain::Digest::Off;
    webhook
}

/// A Discord webhook that takes no digests.
pub fn discord(number: u128) -> Webhook {
    let mut webhook = slack(number, "label");
    webhook.kind = KindId::new("discord");
    webhook.configuration = Configuration {
        digest: carillon_domain::Digest::Off,
        ..Configuration::default()
    };
    webhook
}

/// The URL of a Discord webhook with this number at its end.
pub fn discord_url(number: u64) -> String {
    let token = "fake-token-for-tests-".repeat(4);
    format!(
        "https://discord.com/api/webhooks/{}/{token}",
        100_000_000_000_000_000 + number
    )
}
