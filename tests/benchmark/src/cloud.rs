//! What the functions call: AWS's services of this process over HTTP, which counts the
//! calls, and the chat sink.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::ensure;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use carillon_aws::{
    Change, Clients, Credentials, EventStore, Lanes, Registry, Retention, SecretCache, SecretStore,
};
use carillon_domain::lane::Entry;
use carillon_domain::webhook::{CredentialRef, Lanes as Channels};
use carillon_domain::{Configuration, Event, Filters, LaneId, Webhook, sample};
use carillon_embedded::chat_sink::ChatSink;
use carillon_embedded::dynamodb::{DELIVERIES_TABLE, EVENTS_TABLE, REGISTRY_TABLE};
use carillon_embedded::services::{Course, Services};
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, LocalSecrets, sqs};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const SECRET_PREFIX: &str = "carillon";
const ADMIN_KEY_SECRET: &str = "carillon/admin-key";

pub const ADMIN_KEY: &str = "fake-admin-key-of-the-benchmark";

/// The token of a webhook.
pub fn token(number: u128) -> String {
    format!("xoxb-benchmark-{}-not-a-real-token", number % CREDENTIALS)
}

/// How many tokens there are.
const CREDENTIALS: u128 = 10;

/// What the functions asked of AWS. What this process does itself is not in it.
#[derive(Default)]
pub struct Calls {
    /// How often each operation was called.
    pub operations: BTreeMap<String, u64>,
    /// How many items DynamoDB was to write, in whatever calls.
    pub items_written: usize,
    /// How many of the calls were SQS's.
    pub of_queue: usize,
}

/// The services, and what was asked of them.
#[derive(Clone)]
pub struct Cloud {
    pub queue: LocalQueue,
    pub sink: ChatSink,
    dynamodb: LocalDynamoDb,
    clients: Clients,
    calls: Arc<Mutex<Calls>>,
    address: String,
}

impl Cloud {
    pub async fn start() -> anyhow::Result<Self> {
        let queue = LocalQueue::open(Arc::new(Journal::open(None)?))?;
        let dynamodb = LocalDynamoDb::open(None)?;
        let services = Services {
            dynamodb: dynamodb.clone(),
            secrets: LocalSecrets::open(None).await?,
            queue: queue.clone(),
        };
        let clients = Clients::new(&services.sdk_config(Arc::new(|_| Course::Smooth)));
        let organization = sample::webhook(1, &["*"]).organization;
        let admin_key = json!({"organization": organization, "key": ADMIN_KEY}).to_string();
        let create = clients.secrets.create_secret().name(ADMIN_KEY_SECRET);
        create.secret_string(admin_key).send().await?;
        let sink = ChatSink::new();
        sink.behave(|behaviour| behaviour.rate_limits = false);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let cloud = Self {
            queue,
            sink: sink.clone(),
            dynamodb,
            clients,
            calls: Arc::default(),
            address: format!("http://{}", listener.local_addr()?),
        };
        let router = Router::new()
            .route("/", post(answer))
            .with_state(cloud.clone())
            .nest("/chat", sink.router());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(cloud)
    }

    pub fn chat_origin(&self) -> String {
        format!("{}/chat", self.address)
    }

    /// The settings of all functions.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.address.clone()),
            ("REGISTRY_TABLE", REGISTRY_TABLE.to_owned()),
            ("EVENTS_TABLE", EVENTS_TABLE.to_owned()),
            ("DELIVERIES_TABLE", DELIVERIES_TABLE.to_owned()),
            ("DELIVERY_QUEUE_URL", format!("{}/queue", self.address)),
            ("SECRET_PREFIX", SECRET_PREFIX.to_owned()),
            ("ADMIN_KEY_SECRET", ADMIN_KEY_SECRET.to_owned()),
            ("MAX_WEBHOOKS", "100000".to_owned()),
            ("CARILLON_CHAT_ORIGIN", self.chat_origin()),
        ]
    }

    /// Registers a bot that wants everything in as many channels of its own. Webhooks whose
    /// numbers end alike have the same token. Its lanes have their rows, as after a first event.
    pub async fn register(
        &self,
        number: u128,
        channels: usize,
        filters: Filters,
    ) -> anyhow::Result<Webhook> {
        let registry = Registry::new(self.clients.dynamodb.clone(), REGISTRY_TABLE.into());
        let cache = SecretCache::new(
            self.clients.secrets.clone(),
            carillon_aws::secrets::CACHE_PERIOD,
        );
        let store = SecretStore::new(SECRET_PREFIX.into(), cache);
        let mut webhook = sample::webhook(number, &["*"]);
        webhook.filters = filters;
        let channels: Vec<String> = (0..channels).map(|n| format!("c{number}-{n}")).collect();
        webhook.lanes = Channels::of(&channels);
        webhook.configuration = Configuration::default().with("channels", channels);
        let token = SecretString::from(token(number));
        let credential: CredentialRef = Credentials::new(registry.clone(), store)
            .open(&webhook.organization, &token, Timestamp::now())
            .await?;
        webhook.credential = credential;
        let change = Change::new(None, Some(&webhook));
        registry.change_together(&[change]).await?;
        let lanes = self.lanes();
        for channel in &webhook.lanes.channels {
            let lane = webhook.lane(channel);
            let now = Timestamp::now();
            lanes.create(&webhook.organization, &lane, now).await?;
        }
        Ok(webhook)
    }

    fn lanes(&self) -> Lanes {
        let dynamodb = self.clients.dynamodb.clone();
        Lanes::new(dynamodb, DELIVERIES_TABLE.into(), Retention::default())
    }

    /// Has events wait in lanes, as whoever publishes them and the dispatcher do.
    pub async fn append(
        &self,
        events: &[Event],
        slices: Vec<(LaneId, Vec<Entry>)>,
    ) -> anyhow::Result<()> {
        let dynamodb = self.clients.dynamodb.clone();
        let store = EventStore::new(dynamodb, EVENTS_TABLE.into(), Retention::default());
        for event in events {
            store.put(event).await?;
        }
        let refused = self.lanes().append(slices, Timestamp::now()).await?;
        ensure!(refused.is_empty(), "not appended to {refused:?}");
        Ok(())
    }

    /// What was asked since the last time.
    pub fn take_calls(&self) -> Calls {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn secret(&self, operation: &str, body: &str) -> (u16, String) {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let secrets = &self.clients.secrets;
        let answer = match operation {
            "CreateSecret" => {
                let create = secrets.create_secret().name(text("Name"));
                let made = create.secret_string(text("SecretString")).send().await;
                made.map(|made| json!({"Name": made.name(), "ARN": made.arn()}))
                    .map_err(|_| "ResourceExistsException")
            }
            _ => {
                let read = secrets.get_secret_value().secret_id(text("SecretId"));
                let read = read.send().await.map(|found| {
                    json!({
                        "Name": found.name(), "ARN": found.arn(), "VersionId": found.version_id(),
                        "SecretString": found.secret_string(),
                    })
                });
                read.map_err(|_| "ResourceNotFoundException")
            }
        };
        match answer {
            Ok(answer) => (200, answer.to_string()),
            Err(kind) => (400, json!({"__type": kind}).to_string()),
        }
    }
}

async fn answer(State(cloud): State<Cloud>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|v| v.to_str().ok());
    let (service, operation) = target.and_then(|t| t.rsplit_once('.')).unwrap_or_default();
    let body = String::from_utf8_lossy(&body);
    let (status, answer) = match service {
        "AmazonSQS" => sqs::execute(&cloud.queue, operation, &body).await,
        "secretsmanager" => cloud.secret(operation, &body).await,
        _ => cloud.dynamodb.execute(operation, &body),
    };
    {
        let mut calls = cloud.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.operations.entry(operation.to_owned()).or_default() += 1;
        calls.items_written += items_written(operation, &body);
        calls.of_queue += usize::from(service == "AmazonSQS");
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
    (status, json, answer).into_response()
}

/// How many items a call is to write, of the calls that the functions make. Those that DynamoDB
/// refuses because of their conditions are among them: they cost as much.
fn items_written(operation: &str, body: &str) -> usize {
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => 1,
        "BatchWriteItem" => {
            let body: Value = serde_json::from_str(body).unwrap_or_default();
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables
                .map(|(_, items)| items.as_array().map_or(0, Vec::len))
                .sum()
        }
        _ => 0,
    }
}
