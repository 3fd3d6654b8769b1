//! What is sent: the event as the API shows it, in one of two envelopes.

use carillon_domain::{Event, TraceParent};
use jiff::Timestamp;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::draft::json;

/// The envelopes, by the names that a configuration calls them by. The first is the one where
/// none is named.
pub(super) const FORMATS: &[&str] = &["standard", CLOUD_EVENTS];
const CLOUD_EVENTS: &str = "cloudevents";

/// The `type` of several events in one message.
const BATCH: &str = "batch";

/// As Standard Webhooks advises.
#[derive(Serialize)]
struct Standard<'e, D> {
    #[serde(rename = "type")]
    message_type: &'e str,
    timestamp: Timestamp,
    data: D,
}

/// CloudEvents 1.0 in its JSON format.
#[skip_serializing_none]
#[derive(Serialize)]
struct CloudEvent<'e> {
    specversion: &'static str,
    id: &'e str,
    source: String,
    #[serde(rename = "type")]
    event_type: String,
    time: Timestamp,
    subject: Option<&'e str>,
    /// Of the extension for distributed tracing.
    traceparent: Option<&'e TraceParent>,
    datacontenttype: &'static str,
    data: &'e Event,
}

/// The media type and the body of one event, or of several in their order.
pub(super) fn of(format: Option<&str>, events: &[&Event]) -> (&'static str, String) {
    let events = events.iter().copied();
    if format == Some(CLOUD_EVENTS) {
        let all: Vec<CloudEvent> = events.map(cloud_event).collect();
        return match all.as_slice() {
            [one] => ("application/cloudevents+json", json(one)),
            all => ("application/cloudevents-batch+json", json(&all)),
        };
    }
    let all: Vec<Standard<&Event>> = events.map(standard).collect();
    let body = match all.as_slice() {
        [one] => json(one),
        all => json(&Standard {
            message_type: BATCH,
            timestamp: all
                .iter()
                .map(|one| one.timestamp)
                .max()
                .unwrap_or_default(),
            data: all,
        }),
    };
    ("application/json", body)
}

fn standard(event: &Event) -> Standard<'_, &Event> {
    Standard {
        message_type: event.event_type.as_str(),
        timestamp: event.occurred_at,
        data: event,
    }
}

fn cloud_event(event: &Event) -> CloudEvent<'_> {
    let resource = event.resource.as_ref();
    let subject = resource.and_then(|it| it.id.as_deref().or(it.name.as_deref()));
    CloudEvent {
        specversion: "1.0",
        id: event.id.as_str(),
        source: format!("urn:carillon:{}", event.organization),
        event_type: format!("carillon.{}", event.event_type),
        time: event.occurred_at,
        // An empty one is not allowed.
        subject: subject.filter(|subject| !subject.is_empty()),
        traceparent: event.traceparent.as_ref(),
        datacontenttype: "application/json",
        data: event,
    }
}
