//! The Lambda function: settings, clients, run.

// What it runs is one future, with that of an SDK call at its bottom.
#![recursion_limit = "256"]

use std::sync::Arc;

use aws_lambda_events::sqs::SqsEvent;
use carillon_aws::{Clients, EventStore, Failures, Ledger, Retention, SqsQueue};
use carillon_cloud_events::{CloudEvents, Rules};
use carillon_domain::OrganizationId;
use carillon_runtime::{Settings, logs};
use lambda_runtime::{Error, LambdaEvent, service_fn};

/// As in the template.
const ORGANIZATION: &str = "default";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init_json();
    let mut settings = Settings::from_environment();
    settings.required("AWS_REGION");
    let events_table = settings.required("EVENTS_TABLE");
    let deliveries_table = settings.required("DELIVERIES_TABLE");
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
    let stories = Ledger::new(clients.dynamodb.clone(), deliveries_table, retention);
    let events = EventStore::new(clients.dynamodb, events_table, retention);
    let failures = failures.map(|url| SqsQueue::new(clients.sqs, url));
    let failures = failures.map(|queue| Arc::new(queue) as Arc<dyn Failures>);
    let cloud_events = &CloudEvents::new(events, rules, failures).with_stories(stories);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(cloud_events.handle_batch(event.payload).await)
    }))
    .await
}
