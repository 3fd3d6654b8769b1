//! The Lambda function: settings, clients, run.

use std::sync::Arc;

use carillon_aws::{Clients, FailureQueue, Failures, Registry, SqsQueue};
use carillon_dispatcher::Dispatcher;
use carillon_runtime::stream::Batch;
use carillon_runtime::{Settings, logs};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init_json();
    let mut settings = Settings::from_environment();
    settings.required("AWS_REGION");
    let registry_table = settings.required("REGISTRY_TABLE");
    let queue_url = settings.required("DELIVERY_QUEUE_URL");
    let failure_queue_url = settings.optional("FAILURE_QUEUE_URL");
    settings.finish(())?;
    let clients = Clients::from_environment();
    let registry = Registry::new(clients.dynamodb, registry_table);
    let failures = failure_queue_url.map(|url| FailureQueue::new(clients.sqs.clone(), url));
    let failures = failures.map(|queue| Arc::new(queue) as Arc<dyn Failures>);
    let queue = Arc::new(SqsQueue::new(clients.sqs, queue_url));
    let dispatcher = &Dispatcher::new(registry, queue).with_failures(failures);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Batch>| {
        Ok::<_, Error>(dispatcher.handle(event.payload).await)
    }))
    .await
}
