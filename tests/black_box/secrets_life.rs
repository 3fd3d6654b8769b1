//! No secret is left behind and none is missing, whatever is called and wherever it dies.
//!
//! Random sequences of calls run over the API itself, with an embedded DynamoDB and Secrets
//! Manager. A call dies at a random call to AWS, before it is sent or after it was done,
//! as a process dies that is killed there.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use carillon_aws::{
    Clients, Credentials, EventStore, Lanes, Ledger, Registry, Retention, SecretCache, SecretStore,
    secrets::CACHE_PERIOD,
};
use carillon_chat::{ChatOrigin, Client};
use carillon_delivery::Poster;
use carillon_domain::{ApiKey, ApiKeyId, CredentialId, Fingerprint, OrganizationId, Role, Webhook};
use carillon_embedded::dynamodb::{DELIVERIES_TABLE, EVENTS_TABLE, REGISTRY_TABLE};
use carillon_embedded::services::{Call, Course, Services, Trouble};
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, LocalSecrets};
use carillon_tests::{App, hash};
use carillon_webhook_api::{AdminKey, Api, ApiKeys, ApiService};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tower::ServiceExt;

/// How many sequences, and of how many calls at most.
const SEQUENCES: u64 = 1_000;
const CALLS: u32 = 3;
/// How many organizations share the sequences: each runs its own one after the other, and
/// begins where the last one has left off.
const ORGANIZATIONS: u64 = 10;
/// So few that they meet often.
const TOKENS: u32 = 3;
const NAMES: u32 = 3;
/// When whatever was left behind has become old enough to be swept.
const LATE: Duration = Duration::from_secs(3_600);

/// When the process dies: at this call to AWS, before it is sent or after it was done.
struct Doom {
    calls_left: AtomicU32,
    after: bool,
    dead: AtomicBool,
}

tokio::task_local! {
    static DOOM: Arc<Doom>;
}

impl Doom {
    fn course(&self) -> Course {
        if self.dead.load(Ordering::SeqCst) {
            return Course::Refused(Trouble::Silence);
        }
        if self.calls_left.fetch_sub(1, Ordering::SeqCst) > 1 {
            return Course::Smooth;
        }
        self.dead.store(true, Ordering::SeqCst);
        match self.after {
            true => Course::AnswerLost(Trouble::Silence),
            false => Course::Refused(Trouble::Silence),
        }
    }
}

/// What becomes of a call to AWS, by whoever makes it.
fn course(_: &Call<'_>) -> Course {
    DOOM.try_with(|doom| doom.course())
        .unwrap_or(Course::Smooth)
}

/// Runs a call until it ends or dies; none where it died.
async fn until_death<T>(doom: Option<Arc<Doom>>, call: impl Future<Output = T>) -> Option<T> {
    let Some(doom) = doom else {
        return Some(call.await);
    };
    let mut call = pin!(DOOM.scope(Arc::clone(&doom), call));
    std::future::poll_fn(|context| {
        let polled = call.as_mut().poll(context);
        match doom.dead.load(Ordering::SeqCst) {
            true => Poll::Ready(None),
            false => polled.map(Some),
        }
    })
    .await
}

/// A deployment, seen from inside.
#[derive(Clone)]
struct World {
    service: ApiService<Body>,
    registry: Registry,
    credentials: Credentials,
    store: SecretStore,
    clients: Clients,
}

impl World {
    /// The platforms are those of `app`.
    async fn start(app: &App) -> Self {
        let journal = Arc::new(Journal::open(None).unwrap());
        let services = Services {
            dynamodb: LocalDynamoDb::open(None).unwrap(),
            secrets: LocalSecrets::open(None).await.unwrap(),
            queue: LocalQueue::open(journal).unwrap(),
        };
        let clients = Clients::new(&services.sdk_config(Arc::new(course)));
        let (dynamodb, secrets) = (clients.dynamodb.clone(), clients.secrets.clone());

        let registry = Registry::new(dynamodb.clone(), REGISTRY_TABLE.into());
        let cache = || SecretCache::new(secrets.clone(), CACHE_PERIOD);
        let store = SecretStore::new("carillon".into(), cache());
        let credentials = Credentials::new(registry.clone(), store.clone());
        let origin = ChatOrigin::parse(&format!("{}/_local/chat", app.url())).unwrap();
        let chat = Client::new(Some(origin)).unwrap();
        let admin_key = json!({"organization": "org_admin", "key": "fake-admin-key"});
        secrets
            .create_secret()
            .name("admin-key")
            .secret_string(admin_key.to_string())
            .send()
            .await
            .unwrap();
        let retention = Retention::default();
        let service = carillon_webhook_api::service(Api {
            registry: registry.clone(),
            credentials: credentials.clone(),
            events: EventStore::new(dynamodb.clone(), EVENTS_TABLE.into(), retention),
            lanes: Lanes::new(dynamodb.clone(), DELIVERIES_TABLE.into(), retention),
            ledger: Ledger::new(dynamodb, DELIVERIES_TABLE.into(), retention),
            queue: Arc::new(services.queue.clone()),
            poster: Poster::new(store.clone(), chat.clone()),
            chat,
            keys: ApiKeys::new(registry.clone()),
            admin_key: AdminKey::new(cache(), "admin-key".into()),
        });
        Self {
            service,
            registry,
            credentials,
            store,
            clients,
        }
    }

    /// All secrets of credentials by organization: the credential's id and its value.
    async fn secrets(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut pages = self.clients.secrets.list_secrets().into_paginator().send();
        while let Some(page) = pages.next().await {
            for secret in page.unwrap().secret_list.unwrap_or_default() {
                let name = secret.name.unwrap();
                if let Some((organization, id)) = name
                    .strip_prefix("carillon/")
                    .and_then(|rest| rest.split_once('/'))
                {
                    let of_it = found.entry(organization.to_owned()).or_default();
                    of_it.insert(id.to_owned());
                }
            }
        }
        found
    }
}

/// An organization, and what happens in it.
struct Organization {
    world: World,
    id: OrganizationId,
    key: String,
    random: StdRng,
    /// What was done, for whoever must find out what went wrong.
    done: Vec<String>,
    webhooks: Vec<Webhook>,
}

/// A call, and when it dies.
struct Planned {
    request: Request<Body>,
    doom: Option<Arc<Doom>>,
    text: String,
}

impl Organization {
    async fn new(world: World, seed: u64, number: u64) -> Self {
        let id = OrganizationId::parse(&format!("org_{number}")).unwrap();
        let key = format!("crl_fake-key-{number}");
        let row = ApiKey {
            id: ApiKeyId::generate(ulid::Ulid::from(u128::from(number) + 1)),
            organization: id.clone(),
            name: "tests".into(),
            role: Role::Admin,
            created_at: Timestamp::now(),
            expires_at: None,
            last_used_at: None,
        };
        world.registry.create_key(&row, &hash(&key)).await.unwrap();
        Self {
            world,
            id,
            key,
            random: StdRng::seed_from_u64(seed.wrapping_add(number)),
            done: vec![format!("seed {seed}, organization {number}")],
            webhooks: Vec::new(),
        }
    }

    fn token(&mut self) -> Value {
        let number = self.random.random_range(0..TOKENS);
        json!(format!("xoxb-fake-token-for-tests-{number:04}"))
    }

    fn name(&mut self) -> Value {
        json!(format!("webhook {}", self.random.random_range(0..NAMES)))
    }

    /// A random call: method, path, body.
    fn random_call(&mut self) -> (&'static str, String, Value) {
        let which = self.random.random_range(0..10);
        if self.webhooks.is_empty() || which < 3 {
            let body = json!({
                "name": self.name(), "type": "slack", "event_types": ["*"],
                "configuration": {"token": self.token(), "channel": "infra"}
            });
            return ("POST", "/webhooks/?verify=false".to_owned(), body);
        }
        let at = self.random.random_range(0..self.webhooks.len());
        let id = self.webhooks[at].id.to_string();
        match which {
            3 | 4 => {
                let body = json!({"configuration": {"token": self.token()}});
                ("PATCH", format!("/webhooks/{id}/?verify=false"), body)
            }
            5 => {
                let body = json!({"name": self.name()});
                ("PATCH", format!("/webhooks/{id}/"), body)
            }
            6 | 7 => {
                let everywhere = self.random.random_bool(0.5);
                let body = json!({"token": self.token(), "everywhere": everywhere});
                ("POST", format!("/webhooks/{id}/rotate/?verify=false"), body)
            }
            8 => ("POST", format!("/webhooks/{id}/test/"), json!({})),
            _ => ("DELETE", format!("/webhooks/{id}/"), json!({})),
        }
    }

    fn plan(&mut self) -> Planned {
        let (method, path, body) = self.random_call();
        let doom = self.random.random_bool(0.4).then(|| Doom {
            calls_left: AtomicU32::new(self.random.random_range(1..12)),
            after: self.random.random(),
            dead: AtomicBool::new(false),
        });
        let fate = match &doom {
            None => String::new(),
            Some(doom) if doom.after => format!(", dies after {:?}", doom.calls_left),
            Some(doom) => format!(", dies before {:?}", doom.calls_left),
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        Planned {
            request: request.unwrap(),
            doom: doom.map(Arc::new),
            text: format!("{method} {path} {body}{fate}"),
        }
    }

    /// One or two calls, at once or one after the other; now and then, a sweep.
    async fn sequence(&mut self) {
        let mut planned: Vec<Planned> = (0..self.random.random_range(1..=CALLS))
            .map(|_| self.plan())
            .collect();
        let service = self.world.service.clone();
        if self.random.random_bool(0.5) {
            self.done.push("at once:".to_owned());
            let calls = planned.drain(..).map(|planned| perform(&service, planned));
            let done = futures::future::join_all(calls).await;
            self.done.extend(done);
        }
        for planned in planned {
            let done = perform(&service, planned).await;
            self.done.push(done);
        }
        if self.random.random_bool(0.3) {
            self.sweep_late().await;
        }
        self.webhooks = self.check_webhooks().await;
    }

    /// A webhook's secrets are there as long as it is, and are what it was given.
    async fn check_webhooks(&self) -> Vec<Webhook> {
        let webhooks = self.world.registry.webhooks(&self.id).await.unwrap();
        let mut seen = BTreeMap::new();
        for webhook in &webhooks {
            for credential in std::iter::once(&webhook.credential).chain(&webhook.fallback) {
                let id = &credential.id;
                if !seen.contains_key(id) {
                    let found = self.world.store.refresh(&self.id, id).await.unwrap();
                    let found = found.unwrap_or_else(|| panic!("{webhook:?} {:#?}", self.done));
                    seen.insert(id.clone(), found.expose_secret().to_owned());
                }
            }
            let masked = webhook.configuration.text("token").unwrap();
            let tail = masked.rsplit('…').next().unwrap();
            let value = &seen[&webhook.credential.id];
            assert!(value.ends_with(tail), "{webhook:?} {:#?}", self.done);
        }
        webhooks
    }

    /// Sweeps when whatever was left behind has become old enough.
    async fn sweep_late(&mut self) {
        let late = Timestamp::now() + LATE;
        let swept = self.world.credentials.sweep(&self.id, late).await;
        swept.unwrap();
        self.done.push("swept".to_owned());
    }

    /// The credentials that are in use at the end.
    async fn end(&mut self) -> BTreeSet<String> {
        self.sweep_late().await;
        let webhooks = self.check_webhooks().await;
        let used: BTreeMap<&CredentialId, &Fingerprint> = webhooks
            .iter()
            .flat_map(|webhook| std::iter::once(&webhook.credential).chain(&webhook.fallback))
            .map(|credential| (&credential.id, &credential.fingerprint))
            .collect();
        let different: BTreeSet<_> = used.values().map(ToString::to_string).collect();
        assert_eq!(
            different.len(),
            used.len(),
            "equal ones share a secret: {:#?}",
            self.done
        );
        used.keys().map(ToString::to_string).collect()
    }
}

/// Makes a call; tells what became of it.
async fn perform(service: &ApiService<Body>, planned: Planned) -> String {
    let service = service.clone();
    let answer = until_death(planned.doom, async move {
        let answer = service.oneshot(planned.request).await.unwrap();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    })
    .await;
    let Some((status, body)) = answer else {
        return format!("{}: {DIED}", planned.text);
    };
    let expected =
        status.is_success() || matches!(status, StatusCode::CONFLICT | StatusCode::NOT_FOUND);
    assert!(expected, "{}: {body}", planned.text);
    format!("{}: {status}", planned.text)
}

const DIED: &str = "died";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_thousand_random_sequences_the_secrets_are_those_in_use() {
    let seed = rand::random();
    println!("seed {seed}");
    let begun = Instant::now();
    let platforms = App::start().await;
    let world = World::start(&platforms).await;
    let mut running = JoinSet::new();
    for number in 0..ORGANIZATIONS {
        let world = world.clone();
        running.spawn(async move {
            let mut organization = Organization::new(world, seed, number).await;
            for _ in 0..SEQUENCES / ORGANIZATIONS {
                organization.sequence().await;
            }
            let used = organization.end().await;
            (organization.id.to_string(), used, organization.done)
        });
    }
    let ended = running.join_all().await;
    let mut kept = world.secrets().await;
    let mut died = 0;
    for (organization, used, done) in ended {
        let kept = kept.remove(&organization).unwrap_or_default();
        assert_eq!(kept, used, "{done:#?}");
        died += done.iter().filter(|call| call.ends_with(DIED)).count();
    }
    assert!(kept.is_empty(), "seed {seed}: {kept:?}");
    assert!(died > 100, "{died} calls died");
    println!(
        "{SEQUENCES} sequences, {died} deaths, {:?}",
        begun.elapsed()
    );
}
