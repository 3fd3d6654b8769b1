//! Who wants an event: turns each new event into a delivery for every channel of every
//! webhook that subscribed to it, and puts those on the queue in the events' order.
//!
//! A batch that is handled again gives the same deliveries with the same ids, which the
//! queue and the ledger know already.

mod lanes;
mod plan;

use std::collections::HashMap;
use std::sync::Arc;

use aws_lambda_events::streams::DynamoDbEventResponse;
use carillon_aws::{DeliveryQueue, Failures, Registry};
use carillon_domain::{Event, OrganizationId, Webhook};
use carillon_runtime::guard::Panicked;
use carillon_runtime::stream::{Batch, Record};
use carillon_runtime::{batch, guarded};
use serde_json::json;

use crate::lanes::Planned;

/// The handler; one for a process.
pub struct Dispatcher {
    registry: Registry,
    queue: Arc<dyn DeliveryQueue>,
    failures: Option<Arc<dyn Failures>>,
}

/// How many messages are held in memory at once, give or take those of one event; all of a
/// batch could be hundreds of megabytes.
const SLICE: usize = 2_000;

/// Why webhooks miss an event whose registrations are spoilt.
const UNREADABLE: &str = "registrations cannot be read";

impl Dispatcher {
    pub fn new(registry: Registry, queue: Arc<dyn DeliveryQueue>) -> Self {
        Self {
            registry,
            queue,
            failures: None,
        }
    }

    /// Reports records that nobody can read here, and goes on. Without it the stream goes
    /// on from such a record until it gives up.
    #[must_use]
    pub fn with_failures(self, failures: Option<Arc<dyn Failures>>) -> Self {
        Self { failures, ..self }
    }

    /// Dispatches a batch. On a failure, the records before it are done and the stream
    /// goes on from the one that is named.
    pub async fn handle(&self, batch: impl Into<Batch>) -> DynamoDbEventResponse {
        let records = batch.into().records;
        match self.dispatch(&records).await {
            None => DynamoDbEventResponse::default(),
            Some(failed) => batch::stream_failure(&records[failed].position),
        }
    }

    /// Gives the number of the first record that could not be dispatched, if any. Nothing
    /// behind the slice that it stands in is sent.
    async fn dispatch(&self, records: &[Record]) -> Option<usize> {
        let mut webhooks: HashMap<OrganizationId, (Vec<Webhook>, Vec<String>)> = HashMap::new();
        let mut planned: Vec<Planned> = Vec::new();
        for (number, record) in records.iter().enumerate() {
            // The outbox only ever grows: changes and removals (by TTL) are no news.
            if record
                .read
                .as_ref()
                .is_some_and(|read| read.event_name != "INSERT")
            {
                continue;
            }
            let event = match read(record) {
                Ok(event) => event,
                Err(reason) => {
                    if self.set_aside(record, &reason).await {
                        continue;
                    }
                    return self.stop(planned, number).await;
                }
            };
            if !webhooks.contains_key(&event.organization) {
                match self.registry.all_webhooks(&event.organization).await {
                    Ok(found) => webhooks.insert(event.organization.clone(), found),
                    Err(error) => {
                        let organization = event.organization.as_str();
                        tracing::error!(organization, %error, "the webhooks could not be read");
                        return self.stop(planned, number).await;
                    }
                };
            }
            let (readable, unreadable) = &webhooks[&event.organization];
            let plan = plan::deliveries(&event, readable);
            let failing: Vec<String> = plan.failing.iter().map(ToString::to_string).collect();
            let kept = self.report(&event, unreadable, UNREADABLE).await
                && self.report(&event, &failing, &Panicked.to_string()).await;
            // What a mended version may make something of is not just dropped.
            let is_dropped = !failing.is_empty() && self.failures.is_none();
            if !kept || is_dropped {
                return self.stop(planned, number).await;
            }
            tracing::info!(
                event_id = event.id.as_str(),
                event_type = event.event_type.as_str(),
                deliveries = plan.messages.len(),
                "dispatched"
            );
            planned.extend(plan.messages.into_iter().map(|message| Planned {
                record: number,
                message,
            }));
            if planned.len() >= SLICE {
                let unsent = lanes::send(&*self.queue, std::mem::take(&mut planned)).await;
                if unsent.is_some() {
                    return unsent;
                }
            }
        }
        lanes::send(&*self.queue, planned).await
    }

    /// Keeps, for people, what webhooks miss whose registrations cannot be read, or handled:
    /// whether they want it, nobody knows. False where it could not be kept.
    async fn report(&self, event: &Event, webhooks: &[String], reason: &str) -> bool {
        if webhooks.is_empty() {
            return true;
        }
        let event_id = event.id.as_str();
        tracing::error!(
            event_id,
            ?webhooks,
            reason,
            "not dispatched to these webhooks"
        );
        let Some(failures) = &self.failures else {
            return true;
        };
        let missed = json!({
            "organization": event.organization, "event_id": event.id, "webhooks": webhooks,
        });
        let kept = failures.keep("dispatcher", reason, &missed).await;
        kept.inspect_err(|error| tracing::error!(event_id, %error, "it could not be kept"))
            .is_ok()
    }

    /// Sends what stands before a record that could not be planned.
    async fn stop(&self, planned: Vec<Planned>, at: usize) -> Option<usize> {
        lanes::send(&*self.queue, planned).await.or(Some(at))
    }

    /// Reports a record that nobody here can make anything of, so that those behind it need
    /// not wait until the stream has given it up. Its position says where to find it; what it
    /// holds stays there.
    async fn set_aside(&self, record: &Record, reason: &str) -> bool {
        let sequence_number = record.position.sequence_number.as_str();
        tracing::error!(
            sequence_number,
            reason,
            "a stream record cannot be dispatched"
        );
        let Some(failures) = &self.failures else {
            return false;
        };
        let position = record.position.to_json();
        match failures.keep("dispatcher", reason, &position).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(sequence_number, %error, "it could not be set aside");
                false
            }
        }
    }
}

fn read(record: &Record) -> Result<Event, String> {
    let Some(read) = &record.read else {
        return Err("not of the documented form".to_owned());
    };
    let event = guarded(|| serde_dynamo::from_item(read.change.new_image.clone()));
    event
        .map_err(|panicked| panicked.to_string())?
        .map_err(|error: serde_dynamo::Error| format!("not an event: {error}"))
}
