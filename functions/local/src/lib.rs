//! All of Carillon in one process: the same functions as on AWS, fed by the streams of an
//! embedded DynamoDB and by a queue in the process. `cargo run` and the tests start it
//! with the same call.

mod eventbridge;
mod problem;
mod serving;
mod tables;
mod worker;

use std::collections::HashMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::routing::post;
use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{
    Credentials, EventStore, Failures, Lanes, Ledger, Quotas, Registry, Retention, SecretCache,
    SecretStore, Stories,
};
use carillon_chat::{ChatOrigin, Client, Kinds};
use carillon_cloud_events::{CloudEvents, Rules};
use carillon_delivery::Poster;
use carillon_dispatcher::Dispatcher;
use carillon_domain::OrganizationId;
use carillon_embedded::chat_sink::ChatSink;
use carillon_embedded::dynamodb::{DELIVERIES_TABLE, EVENTS_TABLE, Endpoint, REGISTRY_TABLE};
use carillon_embedded::page::{self, PageInfo};
use carillon_embedded::{Journal, LocalDynamoDb, LocalFailures, LocalQueue};
use carillon_janitor::{Janitor, LaneSweep};
use carillon_notifier::{Notifier, Stores};
use carillon_runtime::Settings;
use carillon_runtime::clock::SystemClock;
use carillon_table_events::{TableEvents, Tables};
use carillon_webhook_api::{AdminKey, Api, ApiKeys};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Where what could not be handled is shown.
const FAILURES: &str = "/_local/failures";
/// Where an item can be tried with a description of its table.
const TRY_ITEM: &str = "/_local/tables/try";
const SECRET_PREFIX: &str = "carillon";
/// Where the API can be read, and where its document is.
const REFERENCE: &str = "/docs";
const DOCUMENT: &str = "/api/v1/openapi.json";
const ADMIN_KEY_SECRET: &str = "carillon/admin-key";
/// How long the deliveries in hand have at the end: a post's time-out and a little more.
const STOP_TIMEOUT: Duration = Duration::from_secs(12);
/// How long open connections have at the end: the page's stream never ends by itself.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// What can be chosen.
pub struct Options {
    /// The API's and the page's port; 0 for any.
    pub port: u16,
    /// The DynamoDB endpoint's port; 0 for any.
    pub dynamodb_port: u16,
    /// Made anew where there is none.
    pub admin_key: Option<SecretString>,
    pub organization: OrganizationId,
    /// Where everything is kept; in memory where there is none.
    pub data: Option<PathBuf>,
    /// Whether to post for real.
    pub live: bool,
    /// What webhooks can post to.
    pub kinds: Kinds,
    /// Where requests for Slack, Discord and Teams go instead; also instead of the built-in sink.
    pub chat_origin: Option<ChatOrigin>,
    /// How much each organization can have.
    pub quotas: Quotas,
    /// What the functions take from their environment on AWS.
    pub settings: HashMap<String, String>,
}

/// The running process.
pub struct Local {
    address: SocketAddr,
    dynamodb_address: SocketAddr,
    admin_key: SecretString,
    organization: OrganizationId,
    chat: &'static str,
    sink: ChatSink,
    janitor: Arc<Janitor>,
    stop_workers: CancellationToken,
    stop_servers: CancellationToken,
    servers: JoinSet<()>,
    workers: JoinSet<()>,
}

impl Local {
    /// Starts everything; it answers when this returns.
    ///
    /// # Errors
    /// Where a port is taken, the folder cannot be used, or a setting is bad.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let folder = options.data.as_deref();
        if let Some(folder) = folder {
            create_private_folder(folder)?;
        }
        let listener = bind(options.port, "--port").await?;
        let dynamodb_listener = bind(options.dynamodb_port, "--dynamodb-port").await?;
        let address = listener.local_addr()?;
        let dynamodb_address = dynamodb_listener.local_addr()?;
        // The functions talk to the embedded DynamoDB itself, others to what stands before it.
        let inner_listener = bind(0, "--dynamodb-port").await?;
        let inner_address = inner_listener.local_addr()?;

        let journal = Arc::new(Journal::open(folder)?);
        let database = LocalDynamoDb::open(folder)?;
        let queue = LocalQueue::open(Arc::clone(&journal))?;
        let secrets = carillon_embedded::secrets::client(folder).await?;
        let admin_key = options.admin_key.unwrap_or_else(new_key);
        store_admin_key(&secrets, &options.organization, &admin_key).await?;

        let config = carillon_embedded::secrets::sdk_config(&format!("http://{inner_address}"));
        let dynamodb = aws_sdk_dynamodb::Client::new(&config);
        let retention = Retention::default();
        let registry =
            Registry::new(dynamodb.clone(), REGISTRY_TABLE.into()).with_quotas(options.quotas);
        let events = EventStore::new(dynamodb.clone(), EVENTS_TABLE.into(), retention);
        let lanes = Lanes::new(dynamodb.clone(), DELIVERIES_TABLE.into(), retention);
        let stories = Stories::new(dynamodb.clone(), DELIVERIES_TABLE.into());
        let ledger = Ledger::new(dynamodb, DELIVERIES_TABLE.into(), retention);
        let credentials = SecretStore::new(
            secrets.clone(),
            SECRET_PREFIX.into(),
            SecretCache::new(secrets.clone(), CACHE_PERIOD),
        );
        let sink = ChatSink::new();
        let (origin, chat) = chat_origin(options.chat_origin, options.live, address)?;
        let client = Client::of(options.kinds, origin)?;
        let poster = Poster::new(credentials.clone(), client.clone());

        let kept = Credentials::new(registry.clone(), credentials);
        let janitor = Arc::new(Janitor::new(registry.clone(), kept.clone()));
        let api = Api {
            registry: registry.clone(),
            credentials: kept.clone(),
            events: events.clone(),
            lanes: lanes.clone(),
            ledger: ledger.clone(),
            queue: Arc::new(queue.clone()),
            chat: client,
            poster: poster.clone(),
            keys: ApiKeys::new(registry.clone()),
            admin_key: AdminKey::new(
                SecretCache::new(secrets, AdminKey::CACHE_PERIOD),
                ADMIN_KEY_SECRET.into(),
            ),
        };
        let mut settings = Settings::of(options.settings);
        let tables = Tables::from_settings(&mut settings);
        let rules = Rules::from_settings(&mut settings, Some(options.organization.clone()));
        let rules = settings.finish(rules)?.context("an organization")?;
        let failures = LocalFailures::new(Arc::clone(&journal));
        let kept_failures: Arc<dyn Failures> = Arc::new(failures.clone());
        let tables = Arc::new(tables.by_name());
        let table_events = TableEvents::new(
            events.clone(),
            Tables::clone(&tables),
            Some(Arc::clone(&kept_failures)),
        );
        let table_events = table_events.with_skips(Arc::clone(&kept_failures));
        let cloud_events =
            CloudEvents::new(events.clone(), rules, Some(Arc::clone(&kept_failures)))
                .with_stories(stories);
        let dispatcher = Dispatcher::new(carillon_dispatcher::Stores {
            registry: registry.clone(),
            lanes: lanes.clone(),
            ledger: ledger.clone(),
            queue: Arc::new(queue.clone()),
        });
        let dispatcher = Arc::new(dispatcher.with_failures(Some(kept_failures)));
        let sweep = LaneSweep {
            lanes: lanes.clone(),
            ledger: ledger.clone(),
            events: events.clone(),
            queue: Arc::new(queue.clone()),
            clock: Arc::new(SystemClock),
        };
        let stores = Stores {
            registry,
            events,
            lanes,
            ledger,
            queue: Arc::new(queue.clone()),
            dead_letters: Some(Arc::new(failures.clone())),
        };
        let notifier = Arc::new(Notifier::new(stores, poster));

        let stop_servers = CancellationToken::new();
        let mut servers = JoinSet::new();
        let served = database.clone();
        let stopped = stop_servers.clone();
        servers.spawn(async move { served.serve(inner_listener, stopped).await });
        let endpoint = Endpoint::serve(
            database.clone(),
            inner_address,
            dynamodb_listener,
            stop_servers.clone(),
        );
        servers.spawn(endpoint);
        let info = PageInfo::new(
            format!("http://{address}/api/v1"),
            options.organization.to_string(),
        );
        let try_item = post(tables::try_item).with_state(Arc::clone(&tables));
        let bus = eventbridge::Bus {
            cloud_events,
            failures: failures.clone(),
        };
        let router = router(&sink, info, api, bus)
            .merge(failures.router(FAILURES))
            .route(TRY_ITEM, try_item);
        let stopped = stop_servers.clone();
        servers.spawn(serving::serve(
            listener,
            router,
            serving::Patience::default(),
            stopped,
        ));
        let stop_workers = CancellationToken::new();
        let mut workers = JoinSet::new();
        worker::spawn_janitor(&mut workers, &janitor, &stop_workers);
        worker::spawn_sweep(&mut workers, sweep, &stop_workers);
        worker::spawn_expiry(&mut workers, &database, &stop_workers);
        worker::spawn_deliveries(&mut workers, &queue, &notifier, &stop_workers);
        let sources = tables::Sources {
            database: database.clone(),
            journal: Arc::clone(&journal),
            failures: failures.clone(),
            table_events: Arc::new(table_events),
            described: tables,
        };
        workers.spawn(sources.run(stop_workers.clone()));
        let stop = stop_workers.clone();
        workers.spawn(async move {
            let handle = |batch| dispatcher.handle(batch);
            worker::feed(&database, &journal, &failures, &stop, EVENTS_TABLE, handle).await;
        });
        Ok(Self {
            address,
            dynamodb_address,
            admin_key,
            organization: options.organization,
            chat,
            sink,
            janitor,
            stop_workers,
            stop_servers,
            servers,
            workers,
        })
    }

    /// Where the page is, and the API below `/api/v1`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn dynamodb_url(&self) -> String {
        format!("http://{}", self.dynamodb_address)
    }

    pub fn admin_key(&self) -> &SecretString {
        &self.admin_key
    }

    pub fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    /// Where messages go, in words.
    pub fn chat_description(&self) -> &'static str {
        self.chat
    }

    /// The built-in Slack, Discord and Teams.
    pub fn sink(&self) -> &ChatSink {
        &self.sink
    }

    /// What cleans up on a schedule, for those who cannot wait for that.
    pub fn janitor(&self) -> &Janitor {
        &self.janitor
    }

    /// Ends cleanly: begins nothing new, finishes what is in hand.
    pub async fn stop(mut self) {
        // What is in hand needs the servers to the end.
        self.stop_workers.cancel();
        // What does not finish in time is taken up by the next start.
        let _ = tokio::time::timeout(STOP_TIMEOUT, finish(&mut self.workers)).await;
        self.stop_servers.cancel();
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, finish(&mut self.servers)).await;
    }
}

async fn finish(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

fn router(sink: &ChatSink, info: PageInfo, api: Api, bus: eventbridge::Bus) -> Router {
    let eventbridge = post(eventbridge::put).with_state(Arc::new(bus));
    let api = carillon_webhook_api::service::<Body>(api);
    let reference = SwaggerUi::new(REFERENCE).config(Config::new([DOCUMENT]));
    page::router(sink.clone(), info)
        .merge(reference)
        .nest("/_local/chat", sink.router())
        .merge(sink.plan_router("/_local/chat-plan"))
        .route("/_local/eventbridge", eventbridge.clone())
        // AWS's clients end an endpoint's path with a slash.
        .route("/_local/eventbridge/", eventbridge)
        // Not a route of its own: its path parameters would add to the API's.
        .fallback_service(api)
}

/// Where messages go: `CARILLON_CHAT_ORIGIN`, the platforms, or the built-in sink.
fn chat_origin(
    given: Option<ChatOrigin>,
    live: bool,
    address: SocketAddr,
) -> anyhow::Result<(Option<ChatOrigin>, &'static str)> {
    if given.is_some() {
        return Ok((given, "goes to CARILLON_CHAT_ORIGIN"));
    }
    if live {
        return Ok((None, "LIVE: messages go to Slack, Discord and Teams"));
    }
    let sink = ChatOrigin::parse(&format!("http://{address}/_local/chat"))
        .map_err(anyhow::Error::msg)
        .context("the built-in chat sink")?;
    Ok((Some(sink), "built in: nothing leaves this machine"))
}

async fn bind(port: u16, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .with_context(|| format!("port {port} cannot be used; choose another with {option} N"))
}

fn create_private_folder(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("{} cannot be used as --data", folder.display()))
}

/// 256 random bits.
fn new_key() -> SecretString {
    let bits: [u8; 32] = rand::random();
    let digits: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
    SecretString::from(digits)
}

async fn store_admin_key(
    secrets: &aws_sdk_secretsmanager::Client,
    organization: &OrganizationId,
    key: &SecretString,
) -> anyhow::Result<()> {
    let value = json!({"organization": organization, "key": key.expose_secret()}).to_string();
    let created = secrets
        .create_secret()
        .name(ADMIN_KEY_SECRET)
        .secret_string(&value)
        .send()
        .await;
    if created.is_err() {
        // It is there from the last start.
        secrets
            .put_secret_value()
            .secret_id(ADMIN_KEY_SECRET)
            .secret_string(&value)
            .send()
            .await
            .context("storing the admin key")?;
    }
    Ok(())
}
