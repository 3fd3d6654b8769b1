//! The event that something is tried out with: given, a sample, or one that was published.

use carillon_domain::{
    Capture, Event, EventId, EventType, FaultCode, Faults, Fields, OrganizationId, Pointer,
    cloudevents, sample,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Api;
use crate::problem::Problem;

/// Reads an event, a CloudEvent (structured), `{"sample": "<event type>"}`, or
/// `{"event_id": "<id>"}`.
pub async fn read(
    api: &Api,
    organization: &OrganizationId,
    body: &Value,
) -> Result<Event, Problem> {
    if body.get("event_id").is_none() {
        return given(organization, body).map_err(Problem::Invalid);
    }
    let id = published(body).map_err(Problem::Invalid)?;
    let found = api
        .events
        .get(organization, &id)
        .await
        .map_err(Problem::internal("looking for a published event"))?;
    found.ok_or_else(|| {
        let mut faults = Faults::default();
        let at = Pointer::root().field("event_id");
        let detail = "there is no event with this id";
        faults.add(at, FaultCode::UnknownValue, detail);
        Problem::Invalid(faults)
    })
}

/// What an event has that nobody publishes.
pub fn capture(organization: &OrganizationId) -> Capture {
    Capture {
        organization: organization.clone(),
        now: Timestamp::now(),
        fallback_id: EventId::generate(ulid::Ulid::generate()),
    }
}

fn given(organization: &OrganizationId, body: &Value) -> Result<Event, Faults> {
    if body.get("sample").is_some() {
        return sampled(organization, body);
    }
    if body.get("specversion").is_some() {
        let read = cloudevents::read_structured(body, capture(organization));
        return read.map(|read| read.event);
    }
    let mut faults = Faults::default();
    let root = Pointer::root();
    if *body == json!({}) {
        let detail = "give an event, of which only `type` is required, {\"sample\": \"deploy\"}, or \
                      the {\"event_id\": …} of one that was published";
        faults.add(root.field("type"), FaultCode::Required, detail);
        return Err(faults);
    }
    let event = Event::parse(body, &root, capture(organization), &mut faults);
    faults.into_result(event)
}

fn sampled(organization: &OrganizationId, body: &Value) -> Result<Event, Faults> {
    let mut faults = Faults::default();
    let mut event = None;
    if let Some(mut fields) = Fields::of(body, Pointer::root(), &mut faults) {
        if let Some(name) = fields.required_text("sample", 1_000) {
            event = EventType::parse(&name).map(|event_type| Event {
                organization: organization.clone(),
                ..sample::event(event_type)
            });
            if event.is_none() {
                let detail = EventType::unknown(&name, |_| true);
                fields.fault("sample", FaultCode::UnknownValue, detail);
            }
        }
        fields.finish();
    }
    faults.into_result(event)
}

fn published(body: &Value) -> Result<EventId, Faults> {
    let mut faults = Faults::default();
    let mut id = None;
    if let Some(mut fields) = Fields::of(body, Pointer::root(), &mut faults) {
        if let Some(text) = fields.required_text("event_id", 1_000) {
            id = EventId::parse(&text);
            if id.is_none() {
                fields.fault("event_id", FaultCode::Malformed, EventId::RULE);
            }
        }
        fields.finish();
    }
    faults.into_result(id)
}
