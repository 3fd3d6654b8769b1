//! What the functions are given.

use carillon_domain::{DeliveryId, Event, EventId, EventType, Outgoing, Webhook, sample};
use carillon_embedded::queue::Received;
use jiff::Timestamp;
use serde_json::{Value, json};

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

pub fn outgoing(event: Event, webhook: &Webhook, channel: &str) -> anyhow::Result<Outgoing> {
    let (organization, received_at) = (&event.organization, event.received_at);
    let delivery_id = DeliveryId::of(organization, &event.id, received_at, &webhook.id, channel);
    // By its JSON, so that what may be left out is left out.
    Ok(serde_json::from_value(json!({
        "delivery_id": delivery_id, "webhook_id": webhook.id, "channel": channel,
        "event": event,
    }))?)
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

/// Messages for as many destinations, one each, of as many webhooks. Destinations take
/// turns, so that each has rested when it is its turn again.
pub fn messages(first: usize, count: usize, webhooks: &[Webhook]) -> anyhow::Result<Vec<Received>> {
    (first..first + count)
        .map(|number| {
            let webhook = &webhooks[number % webhooks.len()];
            let channels = &webhook.configuration.channels;
            let channel = &channels[number / webhooks.len() % channels.len()];
            let outgoing = outgoing(event(number), webhook, channel)?;
            Ok(Received {
                receipt: format!("none-{number}"),
                group: webhook.destination(channel),
                body: serde_json::to_string(&outgoing)?,
                receive_count: 1,
                sent_at_ms: jiff::Timestamp::now().as_millisecond(),
            })
        })
        .collect()
}

/// New events as the stream of the events table hands them over.
pub fn records(count: usize) -> anyhow::Result<Value> {
    let records: Vec<Value> = (0..count)
        .map(|number| {
            let image: serde_dynamo::Item = serde_dynamo::to_item(event(number))?;
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
