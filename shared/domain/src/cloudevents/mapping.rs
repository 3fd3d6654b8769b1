//! What the attributes and the data of a CloudEvent mean to an event.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::attributes::{Attribute, Attributes, EXTENSIONS};
use super::data::{Content, Data};
use super::extras::Extras;
use super::{CloudEvent, SOURCE, alternative_id, event_type};
use crate::event::{Capture, Event, MAX_DETAIL, MAX_EVENT_BYTES, MAX_MESSAGE, MAX_NAME, NEW_EVENT};
use crate::event_type::EventType;
use crate::fault::{FaultCode, Faults, Pointer};
use crate::ids::{EventId, OrganizationId};
use crate::text::{Escaped, clean, fit};
use crate::trace::TraceParent;

/// Extension attributes that are for those who carry and trace events (CloudEvents,
/// documented extensions), not for those who read them.
const OF_TRANSPORT: &str =
    "tracestate baggage partitionkey sequence sequencetype sampledrate recordedtime expirytime";

/// The fields of an event that are attributes of a CloudEvent: in `data`, they are the producer's
/// own.
const ATTRIBUTES: [&str; 2] = ["id", "traceparent"];

/// The event, where it has no faults.
pub(super) fn event(
    mut attributes: Attributes,
    data: Data,
    at: &Pointer,
    capture: Capture,
    faults: &mut Faults,
) -> Option<CloudEvent> {
    specversion(&mut attributes, faults);
    let id = required(&mut attributes, "id", faults);
    let source = required(&mut attributes, "source", faults);
    let meaning = event_type(&mut attributes, faults);
    let time = attributes.take("time");
    let time_at = time.as_ref().map(|time| time.at.clone());
    let mut reader = Reader {
        organization: &capture.organization,
        draft: json!({}),
        extras: Extras::default(),
        traceparent: None,
    };
    reader.data(data, faults);
    reader.event_type(meaning.as_ref());
    reader.time(time);
    reader.extensions(&mut attributes, faults);
    if let Some(subject) = attributes.take("subject") {
        reader.subject(subject.text);
    }
    let Reader {
        mut draft,
        extras,
        traceparent,
        ..
    } = reader;
    let message = draft.as_object_mut().and_then(|it| it.remove("message"));
    let mut inner = Faults::default();
    let event = Event::parse(&draft, &Pointer::root(), capture, &mut inner);
    // What does not fit is not in the draft, but for what the attributes say.
    for fault in inner.iter() {
        let at = match (fault.pointer.as_str(), &time_at) {
            ("/occurred_at", Some(time)) => time,
            _ => at,
        };
        faults.add(at.clone(), fault.code, fault.detail.as_str());
    }
    let (id, source) = (id?, source?);
    let event_id = EventId::parse(&id.text).unwrap_or_else(|| EventId::from_source("ce", &id.text));
    let mut event = Event {
        id: event_id,
        message: message.and_then(|text| text.as_str().map(str::to_owned)),
        traceparent,
        ..event?
    };
    event.details.insert(SOURCE.to_owned(), source.text.clone());
    if event.size() > MAX_EVENT_BYTES {
        event = event.fitted();
    }
    extras.put_into(&mut event);
    Some(CloudEvent {
        alternative_id: alternative_id(&source.text, &id.text),
        event,
    })
}

fn specversion(attributes: &mut Attributes, faults: &mut Faults) {
    let Some(version) = required(attributes, "specversion", faults) else {
        return;
    };
    if version.text != "1.0" {
        let detail = "must be 1.0, the version of CloudEvents that is understood here";
        faults.add(version.at, FaultCode::UnknownValue, detail);
    }
}

fn required(
    attributes: &mut Attributes,
    name: &'static str,
    faults: &mut Faults,
) -> Option<Attribute> {
    let found = attributes.take(name);
    match &found {
        None => {
            // One that was there and wrong has its fault already.
            let at = attributes.at(name);
            if !faults.iter().any(|fault| fault.pointer == at) {
                let detail = format!("`{name}` is required in every CloudEvent");
                faults.add(at, FaultCode::Required, detail);
            }
        }
        Some(found) if found.text.chars().count() > MAX_DETAIL => {
            let detail = format!("must have at most {MAX_DETAIL} characters");
            faults.add(found.at.clone(), FaultCode::OutOfRange, detail);
        }
        Some(_) => {}
    }
    found
}

fn event_type(attributes: &mut Attributes, faults: &mut Faults) -> Option<event_type::Meaning> {
    let found = required(attributes, "type", faults)?;
    match event_type::read(&found.text) {
        Ok(meaning) => Some(meaning),
        Err(detail) => {
            faults.add(found.at, FaultCode::UnknownValue, detail);
            None
        }
    }
}

/// Puts a value into an event's JSON.
fn set(event: &mut Value, path: &[&str], value: Value) {
    *path.iter().fold(event, |part, name| &mut part[*name]) = value;
}

/// Whether an event can have this value as this field.
fn fits(path: &[&str], value: &Value) -> bool {
    let capture = Capture {
        organization: OrganizationId::parse("org").expect("a constant id is valid"),
        now: Timestamp::UNIX_EPOCH,
        fallback_id: EventId::parse("id").expect("a constant id is valid"),
    };
    let mut event = json!({"type": "deploy"});
    set(&mut event, path, value.clone());
    Event::parse(&event, &Pointer::root(), capture, &mut Faults::default()).is_some()
}

/// What has been read of a CloudEvent. Its attributes decide; what an event has no field
/// for, or what does not fit there, becomes details.
struct Reader<'o> {
    organization: &'o OrganizationId,
    /// The event as JSON: an object with fields that an event can have.
    draft: Value,
    extras: Extras,
    traceparent: Option<TraceParent>,
}

impl Reader<'_> {
    fn data(&mut self, data: Data, faults: &mut Faults) {
        let object = match data.content {
            Content::None => return,
            Content::Text(text) => return self.message(&text),
            Content::Opaque { bytes, media_type } => {
                let text = format!("{bytes} bytes of {media_type}, not shown");
                return self.extras.add("data", &text);
            }
            Content::Json(Value::Object(object)) => object,
            Content::Json(other) => return self.extras.add_leaves("data", &other),
        };
        let fields = NEW_EVENT.names();
        for (name, value) in object {
            match (name.as_str(), value) {
                (_, Value::Null) => {}
                ("organization", Value::String(named)) => {
                    self.own_organization(&named, data.at.field(&name), faults);
                }
                ("message", Value::String(text)) => self.message(&text),
                ("type", value) => set(&mut self.draft, &["type"], value),
                ("resource", Value::Object(parts)) => {
                    for (part, value) in parts {
                        self.field(&["resource", &part], value);
                    }
                }
                ("details", Value::Object(details)) => {
                    for (name, value) in details {
                        self.detail(&name, &value);
                    }
                }
                (field, value) if fields.contains(&field) && !ATTRIBUTES.contains(&field) => {
                    self.field(&[field], value);
                }
                (other, value) => self.extras.add_leaves(other, &value),
            }
        }
    }

    fn message(&mut self, text: &str) {
        let text = fit(&clean(text), MAX_MESSAGE, Escaped::plain);
        if !text.is_empty() {
            self.decide(&["message"], Value::String(text));
        }
    }

    /// Sets a field of the event, where the value is one that it can have.
    fn field(&mut self, path: &[&str], value: Value) {
        match fits(path, &value) {
            true => set(&mut self.draft, path, value),
            false => self.extras.add_leaves(&path.join("."), &value),
        }
    }

    fn detail(&mut self, name: &str, value: &Value) {
        // This one says where the CloudEvent came from.
        let name = match name {
            SOURCE => "source (data)",
            name => name,
        };
        match value {
            Value::String(text) => self.extras.add_as_it_is(name, text),
            value => self.extras.add_leaves(name, value),
        }
    }

    /// Sets a field to what an attribute says. What data says instead becomes a detail.
    fn decide(&mut self, path: &[&str], value: Value) {
        let other = path.iter().fold(&self.draft, |part, name| &part[*name]);
        if *other != value {
            let name = format!("data.{}", path.join("."));
            self.extras.add_leaves(&name, other);
        }
        set(&mut self.draft, path, value);
    }

    fn event_type(&mut self, meaning: Option<&event_type::Meaning>) {
        // Of an unknown type the fault is known; the rest is read all the same.
        let name = meaning.map_or(EventType::Deploy, |meaning| meaning.event_type);
        self.decide(&["type"], json!(name));
        if let Some(status) = meaning.and_then(|meaning| meaning.status) {
            self.decide(&["status"], json!(status));
        }
    }

    fn time(&mut self, time: Option<Attribute>) {
        let Some(time) = time else {
            return;
        };
        let instant = |text: &str| text.parse::<Timestamp>().ok();
        let in_data = self.draft["occurred_at"].as_str().and_then(instant);
        if in_data.is_some() && in_data == instant(&time.text) {
            set(&mut self.draft, &["occurred_at"], Value::Null);
        }
        self.decide(&["occurred_at"], Value::String(time.text));
    }

    fn extensions(&mut self, attributes: &mut Attributes, faults: &mut Faults) {
        for name in ["datacontenttype", "dataschema"] {
            attributes.take(name);
        }
        // One that is not valid counts as none (W3C Trace Context).
        let trace = attributes.take("traceparent");
        self.traceparent = trace.and_then(|trace| TraceParent::parse(&trace.text));
        for (name, path) in EXTENSIONS {
            let Some(Attribute { at, text }) = attributes.take(name) else {
                continue;
            };
            let value = match (name, text.to_ascii_lowercase().as_str()) {
                ("organization", _) => {
                    self.own_organization(&text, at, faults);
                    continue;
                }
                ("dryrun", "true") => Value::Bool(true),
                ("dryrun", "false") => Value::Bool(false),
                _ => Value::String(text.clone()),
            };
            match (name, fits(path, &value)) {
                ("message", _) => self.message(&text),
                (_, true) => self.decide(path, value),
                (_, false) => self.extras.add(name, &text),
            }
        }
        for (name, Attribute { text, .. }) in &attributes.by_name {
            let carries =
                OF_TRANSPORT.split(' ').any(|known| known == name) || name.starts_with("knative");
            if !carries && name != "subject" {
                self.extras.add(name, text);
            }
        }
    }

    /// The subject names the resource, where nothing else does.
    fn subject(&mut self, text: String) {
        let known = |name| self.draft["resource"][name].as_str();
        match (known("name"), known("id")) {
            (None, None) if text.chars().count() <= MAX_NAME => {
                set(&mut self.draft, &["resource", "name"], text.into());
            }
            (None, None) => self.field(&["resource", "id"], Value::String(text)),
            (name, id) if [name, id].contains(&Some(text.as_str())) => {}
            _ => self.extras.add("subject", &text),
        }
    }

    fn own_organization(&self, named: &str, at: Pointer, faults: &mut Faults) {
        if !named.trim().is_empty() && named != self.organization.as_str() {
            let detail = "the key belongs to another organization; leave it out";
            faults.add(at, FaultCode::WrongOrganization, detail);
        }
    }
}
