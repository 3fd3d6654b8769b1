//! The Lambda function: settings, clients, run.

use std::sync::Arc;

use carillon_aws::{Clients, EventStore, FailureQueue, Failures, Retention};
use carillon_cloud_events::{CloudEvents, Rules};
use carillon_domain::OrganizationId;
use carillon_runtime::{Settings, logs};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

/// As in the template.
const ORGANIZATION: &str = "default";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init_json();
    let mut settings = Settings::from_environment();
    settings.required("AWS_REGION");
    let events_table = settings.required("EVENTS_TABLE");
    let failures = settings.optional("FAILURE_QUEUE_URL");
    let organization = match settings.optional("ORGANIZATION") {
        None => OrganizationId::parse(ORGANIZATION),
        Some(_) => settings.checked("ORGANIZATION", |text| {
            OrganizationId::parse(text).ok_or_else(|| "is no organization id".to_owned())
        }),
    };
    let retention = settings.parsed("EVENT_RETENTION_DAYS", Retention::default());
    let rules = Rules::from_settings(&mut settings, organization);
    let rules = settings.finish(rules)?.ok_or("ORGANIZATION")?;
    let clients = Clients::from_environment();
    let events = EventStore::new(clients.dynamodb, events_table, retention);
    let failures = failures.map(|url| FailureQueue::new(clients.sqs, url));
    let failures = failures.map(|queue| Arc::new(queue) as Arc<dyn Failures>);
    let cloud_events = &CloudEvents::new(events, rules, failures);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        cloud_events
            .handle(event.payload)
            .await
            .map_err(Error::from)
    }))
    .await
}
