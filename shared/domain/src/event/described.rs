//! The fields of an event, described: what reads them, every fault at once, and what the API's
//! document says of them.

use serde_json::{Value, json};

use super::parts::{Cost, Details, ResourceRule};
use super::{
    Capture, Event, MAX_CHANGES, MAX_EVENT_BYTES, MAX_MESSAGE, MAX_NAME, Severity, Status,
};
use crate::event_type::EventType;
use crate::fault::{FaultCode, Faults, Pointer};
use crate::field::{
    Described, Field, Flag, Formed, Named, Object, OneOf, Remark, Rule, Said, Texts, Time,
    reference, schema,
};
use crate::fields::{Fields, ORGANIZATION};
use crate::ids::EventId;
use crate::trace::TraceParent;
use crate::values::{NOT_BLANK, said};

const TYPE: Field<PublishableType> = Field::required("type", "", PublishableType);
const ID: Field<Formed<EventId>> = Field::optional(
    "id",
    "Unique in the organization; an event whose id is there already changes nothing",
    EventId::FORM,
);
const STATUS: Field<OneOf<Status>> = Field::optional("status", "", OneOf::NAMES);
const OCCURRED_AT: Field<Time> =
    Field::optional("occurred_at", "When it happened; now, if left out", Time);
const ENVIRONMENT: Field<Said> = key("environment", "Where");
const PROJECT: Field<Said> = key("project", "Of which project");
const RESOURCE: Field<ResourceRule> = Field::optional("resource", "What it is about", ResourceRule);
const PROVIDER: Field<Said> = key("provider", "Such as `aws`");
const ACCOUNT: Field<Said> = key("account", "Of the provider, such as `111122223333`");
const REGION: Field<Said> = key("region", "Such as `eu-west-1`");
const SEVERITY: Field<OneOf<Severity>> = Field::optional("severity", "", OneOf::NAMES);
const ESTIMATED_COST: Field<Cost> = Field::optional("estimated_cost", "", Cost);
const ACTOR: Field<Remark> = Field::optional("actor", "Who did it", Remark(MAX_NAME));
const MESSAGE: Field<Remark> = Field::optional("message", "Free text", Remark(MAX_MESSAGE));
const CORRELATION_ID: Field<Said> = key("correlation_id", "Groups the events of one operation");
const TRACEPARENT: Field<Formed<TraceParent>> = Field::optional(
    "traceparent",
    "The W3C trace that it belongs to; the request's header of this name, if left out",
    TraceParent::FORM,
);
const DRY_RUN: Field<Flag> =
    Field::optional("dry_run", "Nothing was changed; the message says so", Flag);
const CHANGES: Field<Texts> = Field::optional(
    "changes",
    "Names of changed attributes, never their values",
    Texts {
        most: MAX_CHANGES,
        max: MAX_NAME,
    },
);
const DETAILS: Field<Details> =
    Field::optional("details", "Further facts, shown as fields", Details);

/// What decides who is told, and in which thread: blank, it would mean another than its sender's.
const fn key(name: &'static str, about: &'static str) -> Field<Said> {
    Field::optional(name, about, Said(MAX_NAME))
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

impl Event {
    /// Reads a client's event that stands at `at`. Every fault is added to `faults`;
    /// the event is there only where none was found.
    pub fn parse(
        value: &Value,
        at: &Pointer,
        capture: Capture,
        faults: &mut Faults,
    ) -> Option<Self> {
        let size = value.to_string().len();
        if size > MAX_EVENT_BYTES {
            let detail = format!("an event may have {MAX_EVENT_BYTES} bytes; it has {size}");
            return faults.reject(at, FaultCode::OutOfRange, detail);
        }
        Self::parse_fields(value, at, capture, faults)
    }

    /// As [`parse`](Self::parse), of any size.
    pub(super) fn parse_fields(
        value: &Value,
        at: &Pointer,
        capture: Capture,
        faults: &mut Faults,
    ) -> Option<Self> {
        let before = faults.iter().count();
        let mut fields = Fields::of(value, at.clone(), faults)?;
        let event_type = fields.get(&TYPE);
        let id = fields.get(&ID);
        fields.own_organization(&capture.organization);
        let event = Self {
            status: fields.get(&STATUS),
            occurred_at: fields.get(&OCCURRED_AT).unwrap_or(capture.now),
            environment: fields.get(&ENVIRONMENT),
            project: fields.get(&PROJECT),
            resource: fields.get(&RESOURCE),
            provider: fields.get(&PROVIDER),
            account: fields.get(&ACCOUNT),
            region: fields.get(&REGION),
            severity: fields.get(&SEVERITY),
            estimated_cost: fields.get(&ESTIMATED_COST),
            actor: fields.get(&ACTOR),
            message: fields.get(&MESSAGE),
            correlation_id: fields.get(&CORRELATION_ID),
            traceparent: fields.get(&TRACEPARENT),
            dry_run: fields.get(&DRY_RUN).unwrap_or(false),
            changes: fields.get(&CHANGES).unwrap_or_default(),
            details: fields.get(&DETAILS).unwrap_or_default(),
            id: id.unwrap_or_else(|| capture.fallback_id.clone()),
            ..Self::bare(event_type.unwrap_or(EventType::Ping), capture)
        };
        fields.finish_as(&NEW_EVENT);
        (faults.iter().count() == before).then_some(event)
    }
}

/// The type of an event that clients can publish.
pub struct PublishableType;

impl PublishableType {
    /// What the API's document calls them.
    pub const SET: &'static str = "PublishableEventType";

    /// The types as a JSON Schema.
    pub fn types() -> Value {
        let about = "The name of an event type that clients can publish";
        json!({"type": "string", "enum": EventType::publishable(), "description": about})
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{EventId, OrganizationId};
    use serde_json::json;

    fn capture() -> Capture {
        Capture {
            organization: OrganizationId::parse("org_acme").unwrap(),
            now: "2026-11-21T10:15:00Z".parse().unwrap(),
            fallback_id: EventId::parse("evt_1").unwrap(),
        }
    }

    fn parse(value: &Value) -> Result<Event, Faults> {
        let mut faults = Faults::default();
        let event = Event::parse(value, &Pointer::root(), capture(), &mut faults);
        faults.into_result(event)
    }

    fn pointers(value: &Value) -> Vec<String> {
        let faults = parse(value).unwrap_err();
        faults.iter().map(|f| f.pointer.to_string()).collect()
    }

    #[test]
    fn only_the_type_is_required() {
        let event = parse(&json!({"type": "deploy"})).unwrap();
        assert_eq!(event.id.as_str(), "evt_1");
        assert_eq!(event.occurred_at, capture().now);
        assert_eq!(pointers(&json!({})), ["/type"]);
    }

    #[test]
    fn a_full_event_survives_a_round_trip() {
        let value = json!({
            "id": "deploy-7f3a", "type": "deploy", "status": "succeeded",
            "occurred_at": "2026-11-21T10:15:00Z", "organization": "org_acme",
            "environment": "production", "project": "billing",
            "resource": {"type": "aws_rds_cluster", "id": "db-1", "name": "billing-db", "url": "https://example.com/x"},
            "provider": "aws", "account": "111122223333", "region": "eu-west-1",
            "severity": "warning",
            "estimated_cost": {"amount": "41.20", "currency": "USD", "period": "month"},
            "actor": "alice", "message": "free text", "correlation_id": "release-42",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "dry_run": false, "changes": ["description", "rotation"], "details": {"commit": "9fceb02"}
        });
        let event = parse(&value).unwrap();
        let mut stored = serde_json::to_value(&event).unwrap();
        assert_eq!(
            serde_json::from_value::<Event>(stored.clone()).unwrap(),
            event
        );
        stored.as_object_mut().unwrap().remove("received_at");
        assert_eq!(stored, value);
    }

    #[test]
    fn every_fault_of_an_event_is_found_at_once() {
        let found = pointers(&json!({
            "type": "depoly", "id": "a b", "status": "done", "occurred_at": "yesterday",
            "resource": {"url": "javascript:alert(1)", "kind": "x"},
            "estimated_cost": {"amount": 41.2, "currency": "usd", "period": "week"},
            "dry_run": "no", "changes": "all", "details": {"a": 1}, "organization": "org_other",
            "enviroment": "x", "traceparent": "00-0-0-00"
        }));
        for pointer in [
            "/type",
            "/id",
            "/status",
            "/occurred_at",
            "/resource/url",
            "/resource/kind",
            "/estimated_cost/amount",
            "/estimated_cost/currency",
            "/estimated_cost/period",
            "/dry_run",
            "/changes",
            "/details/a",
            "/organization",
            "/enviroment",
            "/traceparent",
        ] {
            assert!(found.iter().any(|f| f == pointer), "{pointer} in {found:?}");
        }
        assert_eq!(found.len(), 15, "{found:?}");
    }

    #[test]
    fn times_are_rfc_3339_and_nothing_else() {
        for good in [
            "2026-11-21T10:15:00Z",
            "2026-11-21T10:15:00.5+01:00",
            "2026-11-21t10:15:00z",
        ] {
            assert!(
                parse(&json!({"type": "deploy", "occurred_at": good})).is_ok(),
                "{good}"
            );
        }
        for bad in [
            "2026-11-21 10:15Z",
            "2026-11-21 10:15:00Z",
            "2026-11-21T10:15:00+01:00[Europe/Berlin]",
            "2026-11-21T10Z",
            "20261121T101500Z",
            "2026-11-21T10:15:00",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(
                pointers(&json!({"type": "deploy", "occurred_at": bad})),
                ["/occurred_at"]
            );
        }
    }

    #[test]
    fn system_events_cannot_be_published() {
        assert_eq!(pointers(&json!({"type": "ping"})), ["/type"]);
    }

    #[test]
    fn an_event_over_sixteen_kilobytes_is_refused() {
        let details: serde_json::Map<_, _> = (0..20)
            .map(|n| (format!("d{n}"), json!("x".repeat(1_000))))
            .collect();
        assert_eq!(
            pointers(&json!({"type": "deploy", "details": details})),
            [""]
        );
    }
}
