//! What the functions are given.

use carillon_aws::WakeUp;
use carillon_domain::lane::{Entry, Position, Waiting};
use carillon_domain::{DeliveryId, Event, EventId, EventType, LaneId, Webhook, sample};
use carillon_embedded::queue::Received;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cloud::Cloud;

pub fn event(number: usize) -> Event {
    let mut event = sample::event(EventType::Deploy);
    event.correlation_id = None;
    event.project = Some(project(number));
    event.received_at = Timestamp::now();
    if let Some(id) = EventId::parse(&format!("event-{number}")) {
        event.id = id;
    }
    if let Some(resource) = &mut event.resource {
        resource.name = Some(name(number));
    }
    event
}

/// One of fifty.
pub fn project(number: usize) -> String {
    format!("project-{}", number % 50)
}

/// What the event is known by in messages.
pub fn name(number: usize) -> String {
    format!("mkq{number:06}")
}

/// What a lane has of an event, in the order of the events' numbers.
pub fn entry(event: &Event, number: usize, lane: &LaneId) -> Entry {
    let (organization, received_at) = (&event.organization, event.received_at);
    Entry {
        position: Position::of(&number.to_string()),
        waiting: Waiting {
            delivery_id: DeliveryId::of(organization, &event.id, received_at, lane),
            event_id: event.id.clone(),
            event_type: event.event_type,
            traceparent: None,
            since: received_at,
            redelivery: 0,
        },
    }
}

/// A batch as SQS hands it over.
pub fn batch(messages: &[Received]) -> Value {
    let records: Vec<Value> = messages
        .iter()
        .map(|message| {
            json!({
                "messageId": message.receipt, "receiptHandle": message.receipt,
                "body": message.body, "messageAttributes": {}, "eventSource": "aws:sqs",
                "attributes": {
                    "MessageGroupId": message.group,
                    "ApproximateReceiveCount": message.receive_count.to_string(),
                },
            })
        })
        .collect();
    json!({"Records": records})
}

/// Messages for as many destinations, one each, of as many webhooks; for each an event waits in
/// its lane. Destinations take turns, so that each has rested when it is its turn again.
pub async fn messages(
    cloud: &Cloud,
    first: usize,
    count: usize,
    webhooks: &[Webhook],
) -> anyhow::Result<Vec<Received>> {
    let (mut events, mut slices) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut messages = Vec::with_capacity(count);
    for number in first..first + count {
        let webhook = &webhooks[number % webhooks.len()];
        let channels = &webhook.lanes.channels;
        let lane = webhook.lane(&channels[number / webhooks.len() % channels.len()]);
        let event = event(number);
        slices.push((lane.clone(), vec![entry(&event, number, &lane)]));
        let wake_up = WakeUp::new(webhook.organization.clone(), lane.clone());
        let wake_up = wake_up.for_event(Some(event.id.clone()));
        events.push(event);
        messages.push(Received {
            receipt: format!("none-{number}"),
            group: lane.to_string(),
            body: serde_json::to_string(&wake_up)?,
            receive_count: 1,
            sent_at_ms: Timestamp::now().as_millisecond(),
        });
    }
    cloud.append(&events, slices).await?;
    Ok(messages)
}

/// New events as the stream of the events table hands them over.
pub fn records(count: usize) -> anyhow::Result<Value> {
    records_of((0..count).map(event))
}

/// The same of these events.
pub fn records_of(events: impl IntoIterator<Item = Event>) -> anyhow::Result<Value> {
    let records: Vec<Value> = events
        .into_iter()
        .enumerate()
        .map(|(number, event)| {
            let image: serde_dynamo::Item = serde_dynamo::to_item(event)?;
            Ok(json!({
                "eventID": number.to_string(), "eventName": "INSERT",
                "eventSource": "aws:dynamodb", "awsRegion": "eu-west-1",
                "dynamodb": {
                    "SequenceNumber": number.to_string(), "NewImage": image, "Keys": {},
                    "SizeBytes": 500, "StreamViewType": "NEW_IMAGE",
                },
            }))
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(json!({"Records": records}))
}
