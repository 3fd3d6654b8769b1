//! The Lambda function: settings, clients, run.

use aws_lambda_events::dynamodb::Event as StreamEvent;
use carillon_aws::{Clients, EventStore, Retention};
use carillon_runtime::{Settings, logs};
use carillon_table_events::{Attributes, TableEvents};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    logs::init_json();
    let mut settings = Settings::from_environment();
    settings.required("AWS_REGION");
    let events_table = settings.required("EVENTS_TABLE");
    let retention = settings.parsed("EVENT_RETENTION_DAYS", Retention::default());
    let attributes = Attributes::from_settings(&mut settings);
    settings.finish(())?;
    let clients = Clients::from_environment().await;
    let events = EventStore::new(clients.dynamodb, events_table, retention);
    let table_events = &TableEvents::new(events, attributes);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<StreamEvent>| {
        Ok::<_, Error>(table_events.handle(event.payload).await)
    }))
    .await
}
