//! The fields of an event, described: what reads them and what the API's document says of them.

use serde_json::{Value, json};

use super::parts::{Cost, Details, ResourceRule};
use super::{MAX_CHANGES, MAX_MESSAGE, MAX_NAME, Severity, Status};
use crate::event_type::EventType;
use crate::fault::{FaultCode, Faults, Pointer};
use crate::field::{
    Described, Field, Flag, Formed, Named, Object, OneOf, Remark, Rule, Said, Texts, Time,
    reference, schema,
};
use crate::fields::ORGANIZATION;
use crate::ids::EventId;
use crate::trace::TraceParent;
use crate::values::{NOT_BLANK, said};

pub(super) const TYPE: Field<PublishableType> = Field::required("type", "", PublishableType);
pub(super) const ID: Field<Formed<EventId>> = Field::optional(
    "id",
    "Unique in the organization; an event whose id is there already changes nothing",
    EventId::FORM,
);
pub(super) const STATUS: Field<OneOf<Status>> = Field::optional("status", "", OneOf::NAMES);
pub(super) const OCCURRED_AT: Field<Time> =
    Field::optional("occurred_at", "When it happened; now, if left out", Time);
pub(super) const ENVIRONMENT: Field<Said> = key("environment", "Where");
pub(super) const PROJECT: Field<Said> = key("project", "Of which project");
pub(super) const RESOURCE: Field<ResourceRule> =
    Field::optional("resource", "What it is about", ResourceRule);
pub(super) const PROVIDER: Field<Said> = key("provider", "Such as `aws`");
pub(super) const ACCOUNT: Field<Said> = key("account", "Of the provider, such as `111122223333`");
pub(super) const REGION: Field<Said> = key("region", "Such as `eu-west-1`");
pub(super) const SEVERITY: Field<OneOf<Severity>> = Field::optional("severity", "", OneOf::NAMES);
pub(super) const ESTIMATED_COST: Field<Cost> = Field::optional("estimated_cost", "", Cost);
pub(super) const ACTOR: Field<Remark> = name("actor", "Who did it");
pub(super) const MESSAGE: Field<Remark> =
    Field::optional("message", "Free text", Remark(MAX_MESSAGE));
pub(super) const CORRELATION_ID: Field<Said> =
    key("correlation_id", "Groups the events of one operation");
pub(super) const TRACEPARENT: Field<Formed<TraceParent>> = Field::optional(
    "traceparent",
    "The W3C trace that it belongs to; the request's header of this name, if left out",
    TraceParent::FORM,
);
pub(super) const DRY_RUN: Field<Flag> =
    Field::optional("dry_run", "Nothing was changed; the message says so", Flag);
pub(super) const CHANGES: Field<Texts> = Field::optional(
    "changes",
    "Names of changed attributes, never their values",
    Texts {
        most: MAX_CHANGES,
        max: MAX_NAME,
    },
);
pub(super) const DETAILS: Field<Details> =
    Field::optional("details", "Further facts, shown as fields", Details);

/// What decides who is told, and in which thread: blank, it would mean another than its sender's.
const fn key(name: &'static str, about: &'static str) -> Field<Said> {
    Field::optional(name, about, Said(MAX_NAME))
}

const fn name(name: &'static str, about: &'static str) -> Field<Remark> {
    Field::optional(name, about, Remark(MAX_NAME))
}

/// An event that a client publishes.
pub const NEW_EVENT: Object = Object {
    about: "Something that happened; at most 16 KB as JSON",
    fields: &[
        &TYPE,
        &ID,
        &STATUS,
        &OCCURRED_AT,
        &ENVIRONMENT,
        &PROJECT,
        &RESOURCE,
        &PROVIDER,
        &ACCOUNT,
        &REGION,
        &SEVERITY,
        &ESTIMATED_COST,
        &ACTOR,
        &MESSAGE,
        &CORRELATION_ID,
        &TRACEPARENT,
        &DRY_RUN,
        &CHANGES,
        &DETAILS,
        &ORGANIZATION,
    ],
};

/// The type of an event that clients can publish.
pub struct PublishableType;

impl PublishableType {
    /// What the API's document calls them.
    pub const SET: &'static str = "PublishableEventType";

    /// The types as a JSON Schema.
    pub fn types() -> Value {
        let all = EventType::ALL.iter().filter(|known| known.is_publishable());
        let names: Vec<&str> = all.map(|known| known.as_str()).collect();
        let about = "The name of an event type that clients can publish";
        json!({"type": "string", "enum": names, "description": about})
    }
}

impl Rule for PublishableType {
    type Value = EventType;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<EventType> {
        let name = said(value, at, 1_000, NOT_BLANK, faults)?;
        let detail = match EventType::parse(&name) {
            Some(found) if found.is_publishable() => return Some(found),
            Some(own) => format!("`{own}` is raised by Carillon itself and cannot be published"),
            None => EventType::unknown(&name, EventType::is_publishable),
        };
        faults.reject(at, FaultCode::UnknownValue, detail)
    }

    fn schema(&self) -> Value {
        reference(Self::SET)
    }
}

/// An event as it is kept, as a JSON Schema: what does not apply is left out.
pub fn kept() -> Value {
    let mut properties = NEW_EVENT.properties();
    for field in [&TYPE as &dyn Described, &OCCURRED_AT, &DRY_RUN] {
        properties.remove(field.name());
    }
    let mut event = schema::unlimited(&schema::object(
        &[
            "id",
            "type",
            "occurred_at",
            "received_at",
            "organization",
            "dry_run",
        ],
        properties,
    ));
    event["description"] = "An event as it is kept".into();
    let own = json!({
        "id": {"type": "string"},
        "type": reference(EventType::SET),
        "occurred_at": {"type": "string", "format": "date-time",
                        "description": "When it happened, as the source says"},
        "received_at": {"type": "string", "format": "date-time",
                        "description": "When Carillon captured it"},
        "organization": {"type": "string"},
        "dry_run": {"type": "boolean", "description": DRY_RUN.about},
    });
    for (name, schema) in own.as_object().into_iter().flatten() {
        event["properties"][name] = schema.clone();
    }
    event
}
