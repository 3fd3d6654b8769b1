//! The API as API Gateway and the Lambda runtime call it, over an embedded DynamoDB and
//! Secrets Manager that note each call.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use carillon_aws::{
    Clients, Credentials, EventStore, Lanes, Ledger, Registry, Retention, SecretCache, SecretStore,
    secrets::CACHE_PERIOD,
};
use carillon_chat::Client;
use carillon_delivery::Poster;
use carillon_dispatcher::Dispatcher;
use carillon_embedded::dynamodb::{DELIVERIES_TABLE, EVENTS_TABLE, REGISTRY_TABLE};
use carillon_embedded::services::{Call, Course, Services, Trouble};
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, LocalSecrets};
use carillon_webhook_api::{AdminKey, Api, ApiKeys, ApiService};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, LambdaEvent, Service};
use serde_json::{Value, json};

/// The key of the deployment's admin.
pub const ADMIN_KEY: &str = "fake-admin-key";

pub struct Inside {
    service: ApiService<lambda_http::Body>,
    pub registry: Registry,
    pub events: EventStore,
    pub lanes: Lanes,
    pub ledger: Ledger,
    database: LocalDynamoDb,
    dispatcher: Dispatcher,
    calls: Arc<Mutex<Vec<String>>>,
    refused: Arc<Mutex<Option<Refused>>>,
}

/// Calls that do not come through.
struct Refused {
    call: &'static str,
    /// How many of them still do.
    spared: usize,
}

/// An answer, as it goes back to API Gateway.
pub struct Answer {
    pub status: u64,
    pub body: Value,
}

impl Inside {
    pub async fn start() -> Self {
        let journal = Arc::new(Journal::open(None).unwrap());
        let services = Services {
            dynamodb: LocalDynamoDb::open(None).unwrap(),
            secrets: LocalSecrets::open(None).await.unwrap(),
            queue: LocalQueue::open(journal).unwrap(),
        };
        let calls = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&calls);
        let refused: Arc<Mutex<Option<Refused>>> = Arc::default();
        let refusing = Arc::clone(&refused);
        let gate = move |call: &Call<'_>| {
            let call = format!("{:?} {}", call.service, call.operation);
            let is_refused = match &mut *refusing.lock().unwrap() {
                Some(refused) if refused.call == call && refused.spared == 0 => true,
                Some(refused) if refused.call == call => {
                    refused.spared -= 1;
                    false
                }
                _ => false,
            };
            noted.lock().unwrap().push(call);
            match is_refused {
                true => Course::Refused(Trouble::Broken),
                false => Course::Smooth,
            }
        };
        let clients = Clients::new(&services.sdk_config(Arc::new(gate)));
        let (dynamodb, secrets) = (clients.dynamodb, clients.secrets);
        let registry = Registry::new(dynamodb.clone(), REGISTRY_TABLE.into());
        let cache = || SecretCache::new(secrets.clone(), CACHE_PERIOD);
        let store = SecretStore::new("carillon".into(), cache());
        let chat = Client::new(None).unwrap();
        let admin_key = json!({"organization": "org_admin", "key": ADMIN_KEY});
        secrets
            .create_secret()
            .name("admin-key")
            .secret_string(admin_key.to_string())
            .send()
            .await
            .unwrap();
        let retention = Retention::default();
        let events = EventStore::new(dynamodb.clone(), EVENTS_TABLE.into(), retention);
        let lanes = Lanes::new(dynamodb.clone(), DELIVERIES_TABLE.into(), retention);
        let ledger = Ledger::new(dynamodb, DELIVERIES_TABLE.into(), retention);
        let dispatcher = Dispatcher::new(carillon_dispatcher::Stores {
            registry: registry.clone(),
            lanes: lanes.clone(),
            ledger: ledger.clone(),
            queue: Arc::new(services.queue.clone()),
        });
        let service = carillon_webhook_api::service(Api {
            registry: registry.clone(),
            credentials: Credentials::new(registry.clone(), store.clone()),
            events: events.clone(),
            lanes: lanes.clone(),
            ledger: ledger.clone(),
            queue: Arc::new(services.queue.clone()),
            poster: Poster::new(store, chat.clone()),
            chat,
            keys: ApiKeys::new(registry.clone()),
            admin_key: AdminKey::new(cache(), "admin-key".into()),
        });
        Self {
            service,
            registry,
            events,
            lanes,
            ledger,
            database: services.dynamodb,
            dispatcher,
            calls,
            refused,
        }
    }

    /// From now on such a call to AWS does not come through, as `SecretsManager GetSecretValue`;
    /// all do where it is none.
    pub fn refuse(&self, call: Option<&'static str>) {
        *self.refused.lock().unwrap() = call.map(|call| Refused { call, spared: 0 });
    }

    /// As [`refuse`](Self::refuse), once so many of these calls have come through.
    pub fn refuse_after(&self, spared: usize, call: &'static str) {
        *self.refused.lock().unwrap() = Some(Refused { call, spared });
    }

    /// Calls the API, as somebody whom the gateway knows by these claims of a JWT.
    pub async fn call(&self, claims: &Value, method: &str, path: &str, body: &Value) -> Answer {
        let jwt = json!({"jwt": {"claims": claims, "scopes": null}});
        self.invoke(&event(jwt, method, path, body, json!({})))
            .await
    }

    /// Calls the API without a JWT.
    pub async fn call_with(&self, headers: Value, method: &str, path: &str) -> Answer {
        let event = event(Value::Null, method, path, &Value::Null, headers);
        self.invoke(&event).await
    }

    async fn invoke(&self, event: &Value) -> Answer {
        let request: LambdaRequest = serde_json::from_value(event.clone()).unwrap();
        let mut adapter = Adapter::from(self.service.clone());
        let event = LambdaEvent::new(request, Context::default());
        let answer = serde_json::to_value(adapter.call(event).await.unwrap()).unwrap();
        let body = answer["body"].as_str().unwrap_or_default();
        Answer {
            status: answer["statusCode"].as_u64().unwrap(),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
        }
    }

    /// Dispatches the events that have been stored.
    pub async fn dispatch(&self) {
        let journal = Journal::open(None).unwrap();
        let batch = self.database.next_batch(EVENTS_TABLE, &journal);
        let batch = batch.unwrap().unwrap().event().unwrap();
        let deadline = SystemTime::now() + Duration::from_secs(60);
        let answer = self.dispatcher.handle(batch, deadline).await;
        assert!(answer.batch_item_failures.is_empty());
    }

    /// The calls to AWS since the last time.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }
}

/// An event of API Gateway in the form 2.0.
fn event(authorizer: Value, method: &str, path: &str, body: &Value, headers: Value) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let path = format!("/api/v1{path}");
    let mut all = json!({"host": "a1.execute-api.eu-west-1.amazonaws.com"});
    let mut sent = None;
    if !body.is_null() {
        all["content-type"] = json!("application/json");
        sent = Some(body.to_string());
    }
    for (name, value) in headers.as_object().unwrap() {
        all[name] = value.clone();
    }
    let mut context = json!({
        "accountId": "111122223333", "apiId": "a1", "stage": "$default", "requestId": "r1",
        "domainName": "a1.execute-api.eu-west-1.amazonaws.com", "domainPrefix": "a1",
        "routeKey": "$default", "time": "21/Nov/2026:10:15:00 +0000", "timeEpoch": 1,
        "http": {"method": method, "path": path, "protocol": "HTTP/1.1",
                 "sourceIp": "192.0.2.1", "userAgent": "test"},
    });
    if !authorizer.is_null() {
        context["authorizer"] = authorizer;
    }
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": all, "requestContext": context, "body": sent, "isBase64Encoded": false
    })
}
