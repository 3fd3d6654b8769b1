//! The Lambda function: settings, clients, run.

use std::sync::Arc;

use carillon_aws::{Clients, EventStore, Failures, Retention, SqsQueue};
use carillon_runtime::{Settings, logs};
use carillon_table_events::{Batch, TableEvents, Tables};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init_json();
    let mut settings = Settings::from_environment();
    settings.required("AWS_REGION");
    let events_table = settings.required("EVENTS_TABLE");
    let failures = settings.optional("FAILURE_QUEUE_URL");
    let retention = settings.parsed("EVENT_RETENTION_DAYS", Retention::default());
    let tables = Tables::from_settings(&mut settings);
    settings.finish(())?;
    let clients = Clients::from_environment();
    let events = EventStore::new(clients.dynamodb, events_table, retention);
    let failures = failures.map(|url| SqsQueue::new(clients.sqs, url));
    let failures = failures.map(|queue| Arc::new(queue) as Arc<dyn Failures>);
    let table_events = &TableEvents::new(events, tables, failures);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Batch>| {
        Ok::<_, Error>(table_events.handle(event.payload).await)
    }))
    .await
}
