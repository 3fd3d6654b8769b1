//! All of Carillon in one process: the same functions as on AWS, fed by the streams of an
//! embedded DynamoDB and by a queue in the process. `cargo run` and the tests start it
//! with the same call.

mod admin_key;
mod console;
mod doors;
mod eventbridge;
mod problem;
mod serving;
mod tables;
mod worker;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::middleware;
use axum::response::Redirect;
use axum::routing::{get, post};
use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{
    Clients, Credentials, EventStore, Failures, Lanes, Ledger, Quotas, Registry, Retention,
    SecretCache, SecretStore,
};
use carillon_chat::{ChatOrigin, Client, Kinds};
use carillon_cloud_events::{CloudEvents, Rules};
use carillon_delivery::Poster;
use carillon_dispatcher::Dispatcher;
use carillon_domain::OrganizationId;
use carillon_embedded::chat_sink::ChatSink;
use carillon_embedded::dynamodb::{DELIVERIES_TABLE, EVENTS_TABLE, Endpoint, REGISTRY_TABLE};
use carillon_embedded::feed;
use carillon_embedded::guard::{Guard, HostName};
use carillon_embedded::services::Services;
use carillon_embedded::{
    DataFolder, Journal, LocalDynamoDb, LocalFailures, LocalQueue, LocalSecrets,
};
use carillon_janitor::{Janitor, LaneSweep};
use carillon_notifier::{Notifier, Stores};
use carillon_runtime::clock::SystemClock;
use carillon_runtime::{Metrics, Settings};
use carillon_table_events::{TableEvents, Tables};
use carillon_webhook_api::{AdminKey, Api, ApiKeys};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Where messages go without `--live`.
const STAYS_HERE: &str = "built in: nothing leaves this machine";
/// Where what could not be handled is shown.
const FAILURES: &str = "/_local/failures";
/// Where an item can be tried with a description of its table.
const TRY_ITEM: &str = "/_local/tables/try";
const SECRET_PREFIX: &str = "carillon";
/// Where the API can be read: in the console.
const REFERENCE: &str = "/docs";
const ADMIN_KEY_SECRET: &str = "carillon/admin-key";
/// How long the deliveries in hand have at the end: a post's time-out and a little more.
const STOP_TIMEOUT: Duration = Duration::from_secs(12);
/// How long open connections have at the end: the page's stream never ends by itself.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// What can be chosen.
pub struct Options {
    /// The address that all ports listen on: the loopback address, unless others are to be let
    /// in.
    pub listen: IpAddr,
    /// Names that requests may be for, besides the loopback names and that address.
    pub allow_hosts: Vec<HostName>,
    /// The API's and the page's port; 0 for any.
    pub port: u16,
    /// The DynamoDB endpoint's port; 0 for any.
    pub dynamodb_port: u16,
    /// Where there is none, the folder's; made anew where there is none there either.
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
    log_in_code: SecretString,
    organization: OrganizationId,
    /// Where messages go, in words, unless they stay with the built-in platforms.
    leaves: Option<&'static str>,
    sink: ChatSink,
    janitor: Arc<Janitor>,
    stop_workers: CancellationToken,
    stop_servers: CancellationToken,
    servers: JoinSet<()>,
    workers: JoinSet<()>,
    /// Nobody else's until the end.
    _folder: Option<DataFolder>,
}

impl Local {
    /// Starts everything; it answers when this returns.
    ///
    /// # Errors
    /// Where a port is taken, the folder cannot be used, or a setting is bad.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let mut folder = options.data.as_deref().map(DataFolder::open).transpose()?;
        let path = folder.as_ref().map(DataFolder::path);
        let listener = bind(options.listen, options.port, "--port").await?;
        let dynamodb_listener =
            bind(options.listen, options.dynamodb_port, "--dynamodb-port").await?;
        let address = reached(listener.local_addr()?);
        let dynamodb_address = reached(dynamodb_listener.local_addr()?);
        let guard = Guard::new(options.listen, &options.allow_hosts);

        let journal = Arc::new(Journal::open(path)?);
        let database = LocalDynamoDb::open(path)?;
        let queue = LocalQueue::open(Arc::clone(&journal))?;
        let services = Services {
            dynamodb: database.clone(),
            secrets: LocalSecrets::open(folder.as_ref()).await?,
            queue: queue.clone(),
        };
        let Clients {
            dynamodb, secrets, ..
        } = Clients::new(&services.smooth());
        let admin_key = admin_key::settled(
            &secrets,
            &options.organization,
            options.admin_key,
            folder.as_ref(),
        )
        .await?;
        if let Some(folder) = &mut folder {
            folder.note_set_up()?;
        }
        let retention = Retention::default();
        let registry =
            Registry::new(dynamodb.clone(), REGISTRY_TABLE.into()).with_quotas(options.quotas);
        let events = EventStore::new(dynamodb.clone(), EVENTS_TABLE.into(), retention);
        let lanes = Lanes::new(dynamodb.clone(), DELIVERIES_TABLE.into(), retention);
        let ledger = Ledger::new(dynamodb, DELIVERIES_TABLE.into(), retention);
        let credentials = SecretStore::new(
            SECRET_PREFIX.into(),
            SecretCache::new(secrets.clone(), CACHE_PERIOD),
        );
        let sink = ChatSink::of(options.kinds.clone(), jiff::Timestamp::now);
        let (origin, leaves) = chat_origin(options.chat_origin, options.live, address)?;
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
                .with_stories(ledger.clone());
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
            metrics: Metrics::default(),
            latest: Mutex::default(),
        };
        let stores = Stores {
            registry,
            events,
            lanes,
            ledger,
            queue: Arc::new(queue.clone()),
            dead_letters: Some(Arc::new(failures.clone())),
        };
        let notifier = Arc::new(Notifier::new(stores, poster, Arc::new(SystemClock)));

        let stop_servers = CancellationToken::new();
        let mut servers = JoinSet::new();
        let endpoint = Endpoint::serve(
            database.clone(),
            guard.clone(),
            dynamodb_listener,
            stop_servers.clone(),
        );
        servers.spawn(endpoint);
        let log_in_code = ApiKeys::new_key();
        let place = json!({
            "local": true, "organization": options.organization,
            "chat": leaves.unwrap_or(STAYS_HERE), "live": leaves.is_some(),
        });
        let log_in = console::LogIn::new(log_in_code.clone(), admin_key.clone());
        let console = console::router(&place, log_in);
        let try_item = post(tables::try_item).with_state(Arc::clone(&tables));
        let bus = eventbridge::Bus {
            cloud_events,
            failures: failures.clone(),
        };
        let router = router(&sink, console, api, bus)
            .merge(failures.router(FAILURES))
            .route(TRY_ITEM, try_item)
            .layer(middleware::from_fn_with_state(guard, doors::keep));
        let stopped = stop_servers.clone();
        servers.spawn(serving::serve(
            listener,
            router,
            serving::Patience::default(),
            stopped,
        ));
        let stop_workers = CancellationToken::new();
        let mut workers = JoinSet::new();
        let stop = || stop_workers.clone();
        workers.spawn(worker::run_janitor(Arc::clone(&janitor), stop()));
        workers.spawn(worker::wake_lanes(sweep, stop()));
        workers.spawn(worker::expire_items(database.clone(), stop()));
        workers.spawn(worker::serve_queue(queue, notifier, stop()));
        let sources = tables::Sources {
            database: database.clone(),
            journal: Arc::clone(&journal),
            failures: failures.clone(),
            table_events: Arc::new(table_events),
            described: tables,
        };
        workers.spawn(sources.run(stop()));
        let stop = stop();
        workers.spawn(async move {
            let deadline = || SystemTime::now() + worker::FUNCTION_TIMEOUT;
            let handle = |batch| dispatcher.handle(batch, deadline());
            worker::feed(&database, &journal, &failures, &stop, EVENTS_TABLE, handle).await;
        });
        Ok(Self {
            address,
            dynamodb_address,
            admin_key,
            log_in_code,
            organization: options.organization,
            leaves,
            sink,
            janitor,
            stop_workers,
            stop_servers,
            servers,
            workers,
            _folder: folder,
        })
    }

    /// Where the console is, and the API below `/api/v1`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn dynamodb_url(&self) -> String {
        format!("http://{}", self.dynamodb_address)
    }

    /// The console, with a code that logs in once: after the `#`, which no browser sends.
    pub fn log_in_url(&self) -> String {
        format!(
            "{}/#log-in={}",
            self.url(),
            self.log_in_code.expose_secret()
        )
    }

    pub fn admin_key(&self) -> &SecretString {
        &self.admin_key
    }

    pub fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    /// Where messages go, in words.
    pub fn chat_description(&self) -> &'static str {
        self.leaves.unwrap_or(STAYS_HERE)
    }

    /// Whether messages go anywhere but to the built-in platforms.
    pub fn is_live(&self) -> bool {
        self.leaves.is_some()
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

fn router(sink: &ChatSink, console: Router, api: Api, bus: eventbridge::Bus) -> Router {
    let eventbridge = post(eventbridge::put).with_state(Arc::new(bus));
    let kinds = api.chat.kinds().clone();
    let api = carillon_webhook_api::service::<Body>(api);
    let api = carillon_webhook_api::with_console(api, &kinds);
    console
        .merge(feed::router(sink.clone()))
        .route(
            REFERENCE,
            get(|| async { Redirect::temporary("./#/reference") }),
        )
        .route(
            "/docs/",
            get(|| async { Redirect::temporary("../#/reference") }),
        )
        .nest("/_local/chat", sink.router())
        .merge(sink.plan_router("/_local/chat-plan"))
        .route("/_local/eventbridge", eventbridge.clone())
        // AWS's clients end an endpoint's path with a slash.
        .route("/_local/eventbridge/", eventbridge)
        // Not a route of its own: its path parameters would add to the API's.
        .fallback_service(api)
}

/// Where messages go: `CARILLON_CHAT_ORIGIN`, the platforms, or the built-in sink. In words, too,
/// where they leave this machine.
fn chat_origin(
    given: Option<ChatOrigin>,
    live: bool,
    address: SocketAddr,
) -> anyhow::Result<(Option<ChatOrigin>, Option<&'static str>)> {
    if given.is_some() {
        return Ok((given, Some("LIVE: messages go to CARILLON_CHAT_ORIGIN")));
    }
    if live {
        let whereto = "LIVE: messages go to the real Slack, Discord, Teams and webhooks";
        return Ok((None, Some(whereto)));
    }
    let sink = ChatOrigin::parse(&format!("http://{address}/_local/chat"))
        .map_err(anyhow::Error::msg)
        .context("the built-in chat sink")?;
    Ok((Some(sink), None))
}

async fn bind(address: IpAddr, port: u16, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind((address, port)).await.with_context(|| {
        format!("port {port} of {address} cannot be used; choose another with {option} N")
    })
}

/// How this machine reaches itself there.
fn reached(listens: SocketAddr) -> SocketAddr {
    let address = match listens.ip() {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    SocketAddr::new(address, listens.port())
}
