//! The Lambda function: settings, clients, run.

// What it runs is one future, with that of an SDK call at its bottom.
#![recursion_limit = "256"]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{
    Clients, Credentials, EventStore, Lanes, Ledger, Registry, Retention, SecretCache, SecretStore,
    SqsQueue,
};
use carillon_janitor::{Janitor, LaneSweep};
use carillon_runtime::clock::SystemClock;
use carillon_runtime::{Metrics, Settings, logs};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

/// How long before its end an invocation begins nothing new.
const RESERVE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init_json();
    let mut settings = Settings::from_environment();
    settings.required("AWS_REGION");
    let registry_table = settings.required("REGISTRY_TABLE");
    let secret_prefix = settings.required("SECRET_PREFIX");
    let events_table = settings.required("EVENTS_TABLE");
    let deliveries_table = settings.required("DELIVERIES_TABLE");
    let queue_url = settings.required("DELIVERY_QUEUE_URL");
    let retention = settings.parsed("EVENT_RETENTION_DAYS", Retention::default());
    let kms_key = settings.optional("KMS_KEY_ARN");
    settings.finish(())?;
    let clients = Clients::from_environment();
    let cache = SecretCache::new(clients.secrets, CACHE_PERIOD);
    let dynamodb = clients.dynamodb;
    let sweep = &LaneSweep {
        lanes: Lanes::new(dynamodb.clone(), deliveries_table.clone(), retention),
        ledger: Ledger::new(dynamodb.clone(), deliveries_table, retention),
        events: EventStore::new(dynamodb.clone(), events_table, retention),
        queue: Arc::new(SqsQueue::new(clients.sqs, queue_url)),
        clock: Arc::new(SystemClock),
        metrics: Metrics::from_environment(),
        latest: Mutex::default(),
    };
    let registry = Registry::new(dynamodb, registry_table);
    let secrets = SecretStore::new(secret_prefix, cache).encrypted_with(kms_key);
    let credentials = Credentials::new(registry.clone(), secrets);
    let janitor = &Janitor::new(registry, credentials);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let deadline = Timestamp::try_from(event.context.deadline())? - RESERVE;
        if event.payload.get("sweep").and_then(Value::as_str) == Some("lanes") {
            sweep.sweep(deadline).await?;
        } else {
            let now = Timestamp::now();
            let within = Duration::try_from(deadline.duration_since(now)).unwrap_or_default();
            janitor.round(now, within).await?;
        }
        Ok::<_, Error>(())
    }))
    .await
}
