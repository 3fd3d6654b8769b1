//! The Lambda function: settings, clients, run.

// What it runs is one future, with that of an SDK call at its bottom.
#![recursion_limit = "256"]

use std::sync::Arc;

use aws_lambda_events::sqs::SqsEvent;
use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{
    Clients, DeliveryQueue, EventStore, Lanes, Ledger, Registry, Retention, SecretCache,
    SecretStore, SqsQueue,
};
use carillon_chat::signed::Reach;
use carillon_chat::{ChatOrigin, Client, Kinds};
use carillon_delivery::Poster;
use carillon_notifier::{Notifier, Stores};
use carillon_runtime::clock::SystemClock;
use carillon_runtime::{Settings, logs};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init_json();
    let mut settings = Settings::from_environment();
    settings.required("AWS_REGION");
    let registry_table = settings.required("REGISTRY_TABLE");
    let events_table = settings.required("EVENTS_TABLE");
    let deliveries_table = settings.required("DELIVERIES_TABLE");
    let queue_url = settings.required("DELIVERY_QUEUE_URL");
    let dead_letter_queue_url = settings.optional("DEAD_LETTER_QUEUE_URL");
    let secret_prefix = settings.required("SECRET_PREFIX");
    let retention = settings.parsed("EVENT_RETENTION_DAYS", Retention::default());
    let origin = settings.checked("CARILLON_CHAT_ORIGIN", ChatOrigin::parse);
    let function = settings.optional("AWS_LAMBDA_FUNCTION_NAME");
    let reach = settings.checked("CARILLON_ALLOW_PRIVATE", |text| {
        Reach::parse(text, function.as_deref())
    });
    let own_hosts = settings.optional("OWN_HOSTS").unwrap_or_default();
    let reach = reach.unwrap_or_default().without_all(&own_hosts);
    settings.finish(())?;
    let clients = Clients::from_environment();
    let cache = SecretCache::new(clients.secrets, CACHE_PERIOD);
    let stores = Stores {
        registry: Registry::new(clients.dynamodb.clone(), registry_table),
        events: EventStore::new(clients.dynamodb.clone(), events_table, retention),
        lanes: Lanes::new(
            clients.dynamodb.clone(),
            deliveries_table.clone(),
            retention,
        ),
        ledger: Ledger::new(clients.dynamodb, deliveries_table, retention),
        dead_letters: dead_letter_queue_url
            .map(|url| Arc::new(SqsQueue::new(clients.sqs.clone(), url)) as Arc<dyn DeliveryQueue>),
        queue: Arc::new(SqsQueue::new(clients.sqs, queue_url)),
    };
    let secrets = SecretStore::new(secret_prefix, cache);
    let notifier = &Notifier::new(
        stores,
        Poster::new(secrets, Client::of(Kinds::reaching(reach), origin)?),
        Arc::new(SystemClock),
    );
    notifier.prepare().await;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let deadline = event.context.deadline();
        Ok::<_, Error>(notifier.handle(event.payload, deadline).await)
    }))
    .await
}
