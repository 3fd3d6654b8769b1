//! Publishing events, however they come: as JSON or as CloudEvents.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::Request;
use axum::http::HeaderMap;
use carillon_domain::cloudevents::{self, CloudEvent, Mode};
use carillon_domain::field::{Field, Object, Rule, listed, reference};
use carillon_domain::fields::ORGANIZATION;
use carillon_domain::{Capture, Event, EventId, FaultCode, Faults, Fields, Pointer, TraceParent};
use jiff::Timestamp;
use serde_json::Value;

use crate::auth::Scope;
use crate::problem::Problem;
use crate::{Api, body, idempotency, request_id};

/// How many events a batch may have.
const MAX_BATCH: usize = 100;

const EVENTS: Field<Events> = Field::required("events", "In their order", Events);

/// Several events.
pub const BATCH: Object = Object {
    about: "Up to 100 events; with a fault in one, none is stored",
    fields: &[&EVENTS, &ORGANIZATION],
};

/// The events of a batch; each is read by itself.
struct Events;

impl Rule for Events {
    type Value = ();

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<()> {
        let count = value.as_array().map_or(0, Vec::len);
        if (1..=MAX_BATCH).contains(&count) {
            return Some(());
        }
        let detail = format!("must be a list of 1 to {MAX_BATCH} events");
        faults.reject(at, FaultCode::OutOfRange, detail)
    }

    fn schema(&self) -> Value {
        listed(1, MAX_BATCH, &reference("NewEvent"))
    }
}

const TAKEN: &str =
    "application/json, application/cloudevents+json or application/cloudevents-batch+json";

/// An event that was read and is to be stored.
pub enum Incoming {
    Event(Event),
    CloudEvent(CloudEvent),
}

/// Reads the events of a request; says whether it is a batch. An `Idempotency-Key` stands for the
/// ids that they lack, so that a repeat stores nothing twice.
pub async fn read(request: Request, api: &Scope) -> Result<(bool, Vec<Incoming>), Problem> {
    let headers = request.headers().clone();
    let key = idempotency::key_of(&headers)?;
    let places = AtomicU32::new(0);
    let fallback_id = || match key {
        Some(key) => {
            let place = places.fetch_add(1, Ordering::Relaxed).to_string();
            EventId::of_key(&[&api.caller_id(), key, &place])
        }
        None => EventId::generate(carillon_aws::rising_ulid()),
    };
    let capture = || Capture {
        organization: api.organization.clone(),
        // Each its own: deliveries are sorted by when their events arrived.
        now: Timestamp::now(),
        fallback_id: fallback_id(),
    };
    let (is_batch, mut events) = read_as_sent(request, &headers, capture).await?;
    let trace = request_id::traceparent(&headers);
    for incoming in &mut events {
        let event = match incoming {
            Incoming::Event(event) | Incoming::CloudEvent(CloudEvent { event, .. }) => event,
        };
        // What an event says itself is nearer to where it came from.
        if event.traceparent.is_none() {
            event.traceparent.clone_from(&trace);
        }
    }
    Ok((is_batch, events))
}

async fn read_as_sent(
    request: Request,
    headers: &HeaderMap,
    capture: impl Fn() -> Capture,
) -> Result<(bool, Vec<Incoming>), Problem> {
    let content_type = body::content_type(headers);
    let mode = Mode::of(content_type, headers.keys().map(|name| name.as_str()));
    let is_known = mode.is_some() || body::is_json(&request);
    // The data of a binary one may be anything.
    let is_readable = mode == Some(Mode::Binary) || body::is_utf8(&request);
    if !is_known || !is_readable {
        return Err(body::unsupported(&request, TAKEN));
    }
    let bytes = body::read(request, body::MAX_BODY_BYTES).await?;
    let one = |event| vec![Incoming::CloudEvent(event)];
    let read = match mode {
        None => return plain(&body::parse(&bytes)?, capture),
        Some(Mode::Structured) => {
            cloudevents::read_structured(&body::parse(&bytes)?, capture()).map(one)
        }
        Some(Mode::Batch) => cloudevents::read_batch(&body::parse(&bytes)?, capture)
            .map(|events| events.into_iter().map(Incoming::CloudEvent).collect()),
        Some(Mode::Binary) => {
            let headers = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_bytes()));
            cloudevents::read_binary(headers, content_type, &bytes, capture()).map(one)
        }
    };
    Ok((mode == Some(Mode::Batch), read?))
}

/// Our own form: an event, or `{"events": [...]}`.
fn plain(body: &Value, capture: impl Fn() -> Capture) -> Result<(bool, Vec<Incoming>), Problem> {
    if let Some(mistaken) = mistaken(body) {
        let at = Pointer::root();
        return Err(Problem::fault(at, FaultCode::WrongType, mistaken));
    }
    let is_batch = body.get("events").is_some() && body.get("type").is_none();
    let root = Pointer::root();
    let events = match is_batch {
        true => read_batch(body, capture)?,
        false => vec![Faults::of(|faults| {
            Event::parse(body, &root, capture(), faults)
        })?],
    };
    let events = events.into_iter().map(Incoming::Event);
    Ok((is_batch, events.collect()))
}

/// What somebody has sent who means another form of the body, and what to do instead.
fn mistaken(body: &Value) -> Option<&'static str> {
    let is_cloud_event = |value: &Value| value.get("specversion").is_some();
    let has_cloud_event =
        |list: Option<&Vec<Value>>| list.into_iter().flatten().any(is_cloud_event);
    match body {
        Value::Array(list) if list.iter().any(is_cloud_event) => Some(
            "is a batch of CloudEvents: send it with `Content-Type: \
             application/cloudevents-batch+json`",
        ),
        Value::Array(_) => Some("must be an object: send a list as {\"events\": [...]}"),
        body if has_cloud_event(body["events"].as_array()) => Some(
            "has CloudEvents: send them as a list, without `events`, with `Content-Type: \
             application/cloudevents-batch+json`",
        ),
        body if is_cloud_event(body) => {
            Some("is a CloudEvent: send it with `Content-Type: application/cloudevents+json`")
        }
        _ => None,
    }
}

fn read_batch(body: &Value, capture: impl Fn() -> Capture) -> Result<Vec<Event>, Faults> {
    Fields::read(body, &BATCH, |fields| {
        fields.own_organization(&capture().organization);
        let at = fields.at(EVENTS.name);
        fields.get(&EVENTS)?;
        let list = body[EVENTS.name].as_array();
        let list = list.into_iter().flatten().enumerate();
        let events = list
            .filter_map(|(n, value)| Event::parse(value, &at.index(n), capture(), fields.faults()));
        Some(events.collect())
    })
}

/// Stores an event unless it is there already; gives its id, and whether it was.
pub async fn store(api: &Api, incoming: Incoming) -> Result<(EventId, bool), Problem> {
    let mut event = match &incoming {
        Incoming::Event(event) | Incoming::CloudEvent(CloudEvent { event, .. }) => event.clone(),
    };
    let mut there = api.events.put(&event).await?;
    if let (Incoming::CloudEvent(read), Some(stored)) = (incoming, &there)
        && read.is_another_than(stored)
    {
        event.id = read.alternative_id;
        there = api.events.put(&event).await?;
    }
    let (event_id, event_type) = (event.id.as_str(), event.event_type.as_str());
    let duplicate = there.is_some();
    let traceparent = event.traceparent.as_ref().map(TraceParent::as_str);
    tracing::info!(event_id, event_type, traceparent, duplicate, "captured");
    Ok((event.id, duplicate))
}
