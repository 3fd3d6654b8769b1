//! What the attributes and the data of a CloudEvent mean to an event.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::attributes::{Attribute, Attributes};
use super::data::{Content, Data};
use super::extras::Extras;
use super::{CloudEvent, SOURCE, alternative_id, event_type};
use crate::event::{Capture, Event, MAX_DETAIL, MAX_NAME};
use crate::event_type::EventType;
use crate::fault::{Fault, FaultCode, Faults, Pointer};
use crate::ids::EventId;
use crate::text::{clean, fit};

/// The extension attributes that are fields of an event, and which ones. Their names cannot
/// have the `_` that the fields have.
pub(super) const EXTENSIONS: [(&str, &[&str]); 14] = [
    ("organization", &["organization"]),
    ("status", &["status"]),
    ("environment", &["environment"]),
    ("project", &["project"]),
    ("provider", &["provider"]),
    ("region", &["region"]),
    ("actor", &["actor"]),
    ("message", &["message"]),
    ("correlationid", &["correlation_id"]),
    ("dryrun", &["dry_run"]),
    ("resourcetype", &["resource", "type"]),
    ("resourceid", &["resource", "id"]),
    ("resourcename", &["resource", "name"]),
    ("resourceurl", &["resource", "url"]),
];

/// Extension attributes that are for those who carry and trace events (CloudEvents,
/// documented extensions), not for those who read them.
const OF_TRANSPORT: [&str; 9] = [
    "traceparent",
    "tracestate",
    "baggage",
    "partitionkey",
    "sequence",
    "sequencetype",
    "sampledrate",
    "recordedtime",
    "expirytime",
];

/// The fields of an event that `data` may have.
const FIELDS: [&str; 14] = [
    "organization",
    "status",
    "environment",
    "project",
    "resource",
    "provider",
    "region",
    "estimated_cost",
    "actor",
    "message",
    "correlation_id",
    "dry_run",
    "changes",
    "details",
];

/// The longest text that is taken as a message, in UTF-16 units: with every character of
/// three bytes, an event has room for it.
const MAX_TEXT: usize = 4_000;

/// An event's JSON in the making, and where each part of it came from.
#[derive(Default)]
struct Draft {
    fields: Map<String, Value>,
    origins: Vec<(Pointer, Pointer)>,
}

impl Draft {
    fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.fields.get(*first)?, |value, name| value.get(name))
            .filter(|value| !value.is_null())
    }

    /// Sets a field that is not there yet.
    fn set(&mut self, path: &[&str], value: Value, origin: Pointer) {
        let target = path.iter().fold(Pointer::root(), |at, name| at.field(name));
        match path {
            [name] => {
                self.fields.insert((*name).to_owned(), value);
            }
            [outer, name] => {
                let outer = self.fields.entry(*outer).or_insert_with(|| json!({}));
                // Where it is no object, that is a fault of its own.
                if let Some(outer) = outer.as_object_mut() {
                    outer.insert((*name).to_owned(), value);
                }
            }
            _ => {}
        }
        self.origins.push((target, origin));
    }

    /// Sets a field that two places may name, if they agree.
    fn agree(&mut self, path: &[&str], value: Value, origin: Pointer, faults: &mut Faults) {
        match self.get(path) {
            None => self.set(path, value, origin),
            Some(there) if *there == value => {}
            Some(_) => {
                let detail = format!("differs from what `data` says as `{}`", path.join("."));
                faults.add(origin, FaultCode::NotAllowed, detail);
            }
        }
    }

    /// A fault of the event's JSON, where the caller can find it.
    fn origin_of(&self, pointer: &Pointer, at: &Pointer) -> Pointer {
        self.origins
            .iter()
            .filter_map(|(target, origin)| Some((target, origin.join(&pointer.inside(target)?))))
            .max_by_key(|(target, _)| target.as_str().len())
            .map_or_else(|| at.clone(), |(_, origin)| origin)
    }
}

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
    let mut draft = Draft::default();
    let mut extras = Extras::default();
    read_data(data, &mut draft, &mut extras);
    read_type(&meaning, &mut draft, &attributes, faults);
    if let Some(time) = attributes.take("time") {
        read_time(time, &mut draft, faults);
    }
    read_extensions(&mut attributes, &mut draft, &mut extras, faults);
    if let Some(subject) = attributes.take("subject") {
        read_subject(subject, &mut draft, &mut extras);
    }
    let event_id = id
        .as_ref()
        .map(|id| EventId::parse(&id.text).unwrap_or_else(|| EventId::from_source("ce", &id.text)));
    let mut inner = Faults::default();
    let fields = Value::Object(std::mem::take(&mut draft.fields));
    let event = Event::parse(&fields, &Pointer::root(), capture, &mut inner);
    for Fault {
        pointer,
        detail,
        code,
    } in inner.iter()
    {
        faults.add(draft.origin_of(pointer, at), *code, detail.clone());
    }
    let (id, source) = (id?, source?);
    let mut event = Event {
        id: event_id?,
        ..event?
    };
    if let Some(other) = event.details.insert(SOURCE.to_owned(), source.text.clone())
        && other != source.text
    {
        extras.add(&format!("{SOURCE} (data)"), &other);
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

fn read_data(data: Data, draft: &mut Draft, extras: &mut Extras) {
    let object = match data.content {
        Content::None => return,
        Content::Text(text) => {
            let text = fit(&clean(&text), MAX_TEXT, str::to_owned);
            return draft.set(&["message"], Value::String(text), data.at);
        }
        Content::Opaque { bytes, media_type } => {
            return extras.add("data", &format!("{bytes} bytes of {media_type}, not shown"));
        }
        Content::Json(Value::Object(object)) => object,
        Content::Json(other) => return extras.add_leaves("data", &other),
    };
    for (name, value) in object {
        let at = data.at.field(&name);
        match name.as_str() {
            _ if value.is_null() => {}
            "type" | "occurred_at" => draft.set(&[&name], value, at),
            field if FIELDS.contains(&field) => draft.set(&[field], value, at),
            // The producer's own, `id` among them: that of the event is an attribute.
            other => extras.add_leaves(other, &value),
        }
    }
}

/// The attribute decides. Data may have a `type` of its own that says the same, or nothing
/// that could be taken for an event type.
fn read_type(
    meaning: &Option<event_type::Meaning>,
    draft: &mut Draft,
    attributes: &Attributes,
    faults: &mut Faults,
) {
    let at = attributes.at("type");
    let in_data = draft.fields.remove("type");
    let named = in_data
        .as_ref()
        .and_then(Value::as_str)
        .and_then(EventType::parse);
    if let (Some(named), Some(meaning)) = (named, meaning)
        && named != meaning.event_type
    {
        let here = draft.origin_of(&Pointer::root().field("type"), &at);
        let detail = format!(
            "differs from the type of the CloudEvent, which means `{}`; leave it out",
            meaning.event_type
        );
        faults.add(here, FaultCode::NotAllowed, detail);
    }
    // Of an unknown type the fault is known; the rest is read all the same.
    let name = meaning
        .as_ref()
        .map_or(EventType::Deploy, |meaning| meaning.event_type);
    draft.set(&["type"], json!(name), at.clone());
    if let Some(status) = meaning.as_ref().and_then(|meaning| meaning.status) {
        draft.agree(&["status"], json!(status), at, faults);
    }
}

fn read_time(time: Attribute, draft: &mut Draft, faults: &mut Faults) {
    let instant = |text: &str| text.parse::<Timestamp>().ok();
    let in_data = draft.get(&["occurred_at"]).and_then(Value::as_str);
    let same = in_data
        .is_some_and(|text| instant(text).is_some_and(|known| Some(known) == instant(&time.text)));
    if !same {
        draft.agree(&["occurred_at"], Value::String(time.text), time.at, faults);
    }
}

fn read_extensions(
    attributes: &mut Attributes,
    draft: &mut Draft,
    extras: &mut Extras,
    faults: &mut Faults,
) {
    for name in ["datacontenttype", "dataschema"] {
        attributes.take(name);
    }
    for (name, path) in EXTENSIONS {
        let Some(Attribute { at, text }) = attributes.take(name) else {
            continue;
        };
        let value = match (name, text.to_ascii_lowercase().as_str()) {
            ("dryrun", "true") => Value::Bool(true),
            ("dryrun", "false") => Value::Bool(false),
            _ => Value::String(text),
        };
        draft.agree(path, value, at, faults);
    }
    for (name, Attribute { text, .. }) in &attributes.by_name {
        let carries = OF_TRANSPORT.contains(&name.as_str()) || name.starts_with("knative");
        if !carries && name != "subject" {
            extras.add(name, text);
        }
    }
}

/// The subject names the resource, where nothing else does.
fn read_subject(subject: Attribute, draft: &mut Draft, extras: &mut Extras) {
    let Attribute { at, text } = subject;
    let known = |name| draft.get(&["resource", name]).and_then(Value::as_str);
    match (known("name"), known("id")) {
        (None, None) if text.chars().count() <= MAX_NAME => {
            draft.set(&["resource", "name"], Value::String(text), at);
        }
        (None, None) => draft.set(&["resource", "id"], Value::String(text), at),
        (name, id) if [name, id].contains(&Some(text.as_str())) => {}
        _ => extras.add("subject", &text),
    }
}
