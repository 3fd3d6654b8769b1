//! The Lambda function: settings, clients, run.

// What it runs is one future, with that of an SDK call at its bottom.
#![recursion_limit = "256"]

use std::sync::Arc;

use carillon_aws::{Clients, Failures, Lanes, Ledger, Registry, Retention, SqsQueue};
use carillon_dispatcher::{Dispatcher, Stores};
use carillon_runtime::stream::Batch;
use carillon_runtime::{Settings, logs};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init_json();
    let mut settings = Settings::from_environment();
    settings.required("AWS_REGION");
    let registry_table = settings.required("REGISTRY_TABLE");
    let deliveries_table = settings.required("DELIVERIES_TABLE");
    let retention = settings.parsed("EVENT_RETENTION_DAYS", Retention::default());
    let queue_url = settings.required("DELIVERY_QUEUE_URL");
    let failure_queue_url = settings.optional("FAILURE_QUEUE_URL");
    settings.finish(())?;
    let clients = Clients::from_environment();
    let dynamodb = clients.dynamodb;
    let failures = failure_queue_url.map(|url| SqsQueue::new(clients.sqs.clone(), url));
    let failures = failures.map(|queue| Arc::new(queue) as Arc<dyn Failures>);
    let stores = Stores {
        registry: Registry::new(dynamodb.clone(), registry_table),
        lanes: Lanes::new(dynamodb.clone(), deliveries_table.clone(), retention),
        ledger: Ledger::new(dynamodb, deliveries_table, retention),
        queue: Arc::new(SqsQueue::new(clients.sqs, queue_url)),
    };
    let dispatcher = &Dispatcher::new(stores).with_failures(failures);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Batch>| {
        let deadline = event.context.deadline();
        Ok::<_, Error>(dispatcher.handle(event.payload, deadline).await)
    }))
    .await
}
