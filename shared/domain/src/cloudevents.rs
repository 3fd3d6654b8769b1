//! CloudEvents 1.0 in all three modes of its HTTP binding, read into events.
//!
//! The attributes that CloudEvents defines say what, when and whence; extension attributes
//! and `data` may have the fields of an event. What an event has no field for, or what does
//! not fit there, becomes a detail, because the producer's schema is its own: unlike in our
//! own events, it is no typo. Only what the attributes themselves must be can be a fault,
//! and an organization other than the caller's.

mod attributes;
mod data;
mod event_type;
mod extras;
mod mapping;
pub mod schema;

use serde_json::Value;

use crate::event::{Capture, Event};
use crate::fault::{FaultCode, Faults, Pointer};
use crate::ids::EventId;
use crate::values::wrong_type;

/// How many events a batch may have.
pub const MAX_BATCH: usize = 100;

/// The detail that keeps where a CloudEvent came from.
pub const SOURCE: &str = "source";

/// How a request carries CloudEvents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One, as a JSON document.
    Structured,
    /// Several, as a JSON list.
    Batch,
    /// One, with its attributes in headers and its data in the body.
    Binary,
}

impl Mode {
    /// The mode of a request with this `Content-Type` and these headers; none where it
    /// carries no CloudEvents, or in a format other than JSON.
    pub fn of<'h>(
        content_type: Option<&str>,
        header_names: impl IntoIterator<Item = &'h str>,
    ) -> Option<Self> {
        match data::essence(content_type).as_str() {
            "application/cloudevents+json" => Some(Self::Structured),
            "application/cloudevents-batch+json" => Some(Self::Batch),
            other if other.starts_with("application/cloudevents") => None,
            _ => header_names
                .into_iter()
                .any(|name| attributes::of_header(name).is_some())
                .then_some(Self::Binary),
        }
    }
}

/// An event that came as a CloudEvent.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudEvent {
    pub event: Event,
    /// The id that it gets where another source has used its id already: CloudEvents are
    /// unique by source and id together, events by their id.
    pub alternative_id: EventId,
}

impl CloudEvent {
    /// Whether `stored`, which has the same id, is an event of another source, so that this
    /// one is no repetition of it.
    pub fn is_another_than(&self, stored: &Event) -> bool {
        match (self.event.details.get(SOURCE), stored.details.get(SOURCE)) {
            (Some(source), Some(other)) => source != other,
            _ => false,
        }
    }
}

/// The id of an event whose own id is taken by one of another source.
pub fn alternative_id(source: &str, id: &str) -> EventId {
    // Neither may have control characters, so that no two pairs look alike.
    EventId::from_source("ce", &format!("{source}\n{id}"))
}

/// Reads one CloudEvent in the structured mode.
///
/// # Errors
/// Every fault, with pointers into the document.
pub fn read_structured(value: &Value, capture: Capture) -> Result<CloudEvent, Faults> {
    Faults::of(|faults| structured(value, &Pointer::root(), capture, faults))
}

/// Reads a batch. Each of its events gets a capture of its own.
///
/// # Errors
/// Every fault of every event, with pointers that begin with its number.
pub fn read_batch(value: &Value, capture: impl Fn() -> Capture) -> Result<Vec<CloudEvent>, Faults> {
    let root = Pointer::root();
    Faults::of(|faults| {
        let list = value.as_array().filter(|list| list.len() <= MAX_BATCH);
        let Some(list) = list else {
            let detail = format!("a batch is a list of at most {MAX_BATCH} CloudEvents");
            return faults.reject(&root, FaultCode::OutOfRange, detail);
        };
        let events = list.iter().enumerate();
        let events =
            events.filter_map(|(n, value)| structured(value, &root.index(n), capture(), faults));
        Some(events.collect())
    })
}

/// Reads a CloudEvent in the binary mode from all headers of the request and its body.
///
/// # Errors
/// Every fault: those of attributes at `/headers/ce-…`, those of the data at their place in
/// the body.
pub fn read_binary<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    content_type: Option<&str>,
    body: &[u8],
    capture: Capture,
) -> Result<CloudEvent, Faults> {
    Faults::of(|faults| {
        let attributes = attributes::from_headers(headers, faults);
        let data = data::from_body(content_type, body, faults);
        mapping::event(attributes, data, &Pointer::root(), capture, faults)
    })
}

fn structured(
    value: &Value,
    at: &Pointer,
    capture: Capture,
    faults: &mut Faults,
) -> Option<CloudEvent> {
    let Some(object) = value.as_object() else {
        let detail = "must be one CloudEvent; send a list as application/cloudevents-batch+json";
        return match value {
            Value::Array(_) => faults.reject(at, FaultCode::WrongType, detail),
            _ => wrong_type(value, at, "a CloudEvent, which is an object", faults),
        };
    };
    let before = faults.iter().count();
    let attributes = attributes::from_object(object, at, faults);
    let data = data::from_object(object, at, faults);
    let event = mapping::event(attributes, data, at, capture, faults);
    event.filter(|_| faults.iter().count() == before)
}

#[cfg(test)]
mod tests;
