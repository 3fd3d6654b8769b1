//! Who wants an event: turns each new event into a delivery for every channel of every
//! webhook that subscribed to it, and puts those on the queue in the events' order.
//!
//! A batch that is handled again gives the same deliveries with the same ids, which the
//! queue and the ledger know already.

mod plan;

use std::collections::HashMap;
use std::sync::Arc;

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use aws_lambda_events::streams::DynamoDbEventResponse;
use carillon_aws::{DeliveryQueue, QueueMessage, Registry};
use carillon_domain::{Event, OrganizationId, Webhook};
use carillon_runtime::batch;

/// How many deliveries go to the queue in one call: what SQS takes.
const SEND_BATCH: usize = 10;

/// The handler; one for a process.
pub struct Dispatcher {
    registry: Registry,
    queue: Arc<dyn DeliveryQueue>,
}

impl Dispatcher {
    pub fn new(registry: Registry, queue: Arc<dyn DeliveryQueue>) -> Self {
        Self { registry, queue }
    }

    /// Dispatches a batch. On a failure, the records before it are done and the stream
    /// goes on from the one that is named.
    pub async fn handle(&self, batch: StreamEvent) -> DynamoDbEventResponse {
        match self.dispatch(&batch.records).await {
            Ok(()) => DynamoDbEventResponse::default(),
            Err(failed) => batch::stream_failure(failed),
        }
    }

    async fn dispatch<'r>(&self, records: &'r [EventRecord]) -> Result<(), &'r EventRecord> {
        let mut webhooks: HashMap<OrganizationId, Vec<Webhook>> = HashMap::new();
        let mut planned: Vec<(&EventRecord, QueueMessage)> = Vec::new();
        for record in records {
            // The outbox only ever grows: changes and removals (by TTL) are no news.
            if record.event_name != "INSERT" {
                continue;
            }
            let event = match read(record) {
                Ok(event) => event,
                Err(error) => {
                    let sequence_number = record.change.sequence_number.as_deref();
                    tracing::error!(sequence_number, %error, "a stream record is not an event");
                    return self.send(planned).await.and(Err(record));
                }
            };
            if !webhooks.contains_key(&event.organization) {
                match self.registry.webhooks(&event.organization).await {
                    Ok(found) => webhooks.insert(event.organization.clone(), found),
                    Err(error) => {
                        let organization = event.organization.as_str();
                        tracing::error!(organization, %error, "the webhooks could not be read");
                        return self.send(planned).await.and(Err(record));
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
            planned.extend(deliveries.into_iter().map(|message| (record, message)));
        }
        self.send(planned).await
    }

    async fn send<'r>(
        &self,
        planned: Vec<(&'r EventRecord, QueueMessage)>,
    ) -> Result<(), &'r EventRecord> {
        let (records, messages): (Vec<_>, Vec<_>) = planned.into_iter().unzip();
        for (records, messages) in records.chunks(SEND_BATCH).zip(messages.chunks(SEND_BATCH)) {
            if let Err(error) = self.queue.send(messages).await {
                tracing::error!(%error, "deliveries could not be queued");
                return Err(records[0]);
            }
        }
        Ok(())
    }
}

fn read(record: &EventRecord) -> Result<Event, serde_dynamo::Error> {
    serde_dynamo::from_item(record.change.new_image.clone())
}
