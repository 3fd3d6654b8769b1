//! Who wants an event: turns each new event into a delivery for every channel of every
//! webhook that subscribed to it, and puts those on the queue in the events' order.
//!
//! A batch that is handled again gives the same deliveries with the same ids, which the
//! queue and the ledger know already.

mod lanes;
mod plan;

use std::collections::HashMap;
use std::sync::Arc;

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use aws_lambda_events::streams::DynamoDbEventResponse;
use carillon_aws::{DeliveryQueue, Failures, Registry};
use carillon_domain::{Event, OrganizationId, Webhook};
use carillon_runtime::batch;
use serde_json::json;

use crate::lanes::Planned;

/// The handler; one for a process.
pub struct Dispatcher {
    registry: Registry,
    queue: Arc<dyn DeliveryQueue>,
    failures: Option<Arc<dyn Failures>>,
}

/// How far a batch was planned.
struct Plan {
    planned: Vec<Planned>,
    /// The record that could not be planned, if any: the batch goes on from there.
    stopped_at: Option<usize>,
}

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
    pub async fn handle(&self, batch: StreamEvent) -> DynamoDbEventResponse {
        let records = batch.records;
        let Plan {
            planned,
            stopped_at,
        } = self.plan(&records).await;
        let unsent = lanes::send(&*self.queue, planned).await;
        let failed = stopped_at.into_iter().chain(unsent).min();
        match failed.and_then(|failed| records.get(failed)) {
            None => DynamoDbEventResponse::default(),
            Some(record) => batch::stream_failure(record),
        }
    }

    async fn plan(&self, records: &[EventRecord]) -> Plan {
        let mut webhooks: HashMap<OrganizationId, Vec<Webhook>> = HashMap::new();
        let mut planned: Vec<Planned> = Vec::new();
        for (number, record) in records.iter().enumerate() {
            // The outbox only ever grows: changes and removals (by TTL) are no news.
            if record.event_name != "INSERT" {
                continue;
            }
            let event = match read(record) {
                Ok(event) => event,
                Err(error) => {
                    if self.set_aside(record, &error).await {
                        continue;
                    }
                    return stopped(planned, number);
                }
            };
            if !webhooks.contains_key(&event.organization) {
                match self.registry.webhooks(&event.organization).await {
                    Ok(found) => webhooks.insert(event.organization.clone(), found),
                    Err(error) => {
                        let organization = event.organization.as_str();
                        tracing::error!(organization, %error, "the webhooks could not be read");
                        return stopped(planned, number);
                    }
                };
            }
            let deliveries = plan::deliveries(&event, &webhooks[&event.organization]);
            tracing::info!(
                event_id = event.id.as_str(),
                event_type = event.event_type.as_str(),
                deliveries = deliveries.len(),
                "dispatched"
            );
            planned.extend(deliveries.into_iter().map(|message| Planned {
                record: number,
                message,
            }));
        }
        Plan {
            planned,
            stopped_at: None,
        }
    }

    /// Reports a record that is no event, so that those behind it need not wait until the
    /// stream has given it up. Its position says where to find it; what it holds stays there.
    async fn set_aside(&self, record: &EventRecord, error: &serde_dynamo::Error) -> bool {
        let sequence_number = record.change.sequence_number.as_deref();
        tracing::error!(sequence_number, %error, "a stream record is not an event");
        let Some(failures) = &self.failures else {
            return false;
        };
        let position = json!({
            "streamArn": record.event_source_arn,
            "sequenceNumber": sequence_number,
            "eventID": record.event_id,
        });
        let reason = format!("not an event: {error}");
        match failures.keep("dispatcher", &reason, &position).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(sequence_number, %error, "it could not be set aside");
                false
            }
        }
    }
}

fn stopped(planned: Vec<Planned>, at: usize) -> Plan {
    Plan {
        planned,
        stopped_at: Some(at),
    }
}

fn read(record: &EventRecord) -> Result<Event, serde_dynamo::Error> {
    serde_dynamo::from_item(record.change.new_image.clone())
}
