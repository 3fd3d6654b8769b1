//! Reading a client's event: every fault of it at once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Capture, EstimatedCost, Event, MAX_CHANGES, MAX_DETAIL, MAX_DETAILS, MAX_EVENT_BYTES,
    MAX_MESSAGE, MAX_NAME, MAX_URL, Period, Resource, Severity, Status, is_web_url,
};
use crate::event_type::EventType;
use crate::fault::{FaultCode, Faults, Pointer};
use crate::fields::{Fields, kind, text_of};
use crate::ids::EventId;
use crate::trace::TraceParent;

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
            faults.add(at.clone(), FaultCode::OutOfRange, detail);
            return None;
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
        let event_type = event_type(&mut fields);
        let id = id(&mut fields);
        fields.own_organization(&capture.organization);
        let event = Self {
            status: fields.choice("status", &Status::ALL.map(|s| (s.as_str(), s))),
            occurred_at: fields.time("occurred_at").unwrap_or(capture.now),
            environment: fields.remark("environment", MAX_NAME),
            project: fields.remark("project", MAX_NAME),
            resource: resource(&mut fields),
            provider: fields.remark("provider", MAX_NAME),
            account: fields.remark("account", MAX_NAME),
            region: fields.remark("region", MAX_NAME),
            severity: fields.choice("severity", &Severity::ALL.map(|s| (s.as_str(), s))),
            estimated_cost: estimated_cost(&mut fields),
            actor: fields.remark("actor", MAX_NAME),
            message: fields.remark("message", MAX_MESSAGE),
            correlation_id: fields.remark("correlation_id", MAX_NAME),
            traceparent: traceparent(&mut fields),
            dry_run: fields.boolean("dry_run").unwrap_or(false),
            changes: fields
                .texts("changes", MAX_CHANGES, MAX_NAME)
                .unwrap_or_default()
                .into_iter()
                .map(|(_, name)| name)
                .collect(),
            details: details(&mut fields),
            id: id.unwrap_or_else(|| capture.fallback_id.clone()),
            ..Self::bare(event_type.unwrap_or(EventType::Ping), capture)
        };
        fields.finish();
        (faults.iter().count() == before).then_some(event)
    }
}

fn event_type(fields: &mut Fields) -> Option<EventType> {
    let name = fields.required_text("type", 1_000)?;
    let found = EventType::parse(&name).filter(|found| found.is_publishable());
    if found.is_none() {
        let detail = match EventType::parse(&name) {
            Some(own) => format!("`{own}` is raised by Carillon itself and cannot be published"),
            None => EventType::unknown(&name, EventType::is_publishable),
        };
        fields.fault("type", FaultCode::UnknownValue, detail);
    }
    found
}

fn id(fields: &mut Fields) -> Option<EventId> {
    let value = fields.value("id")?;
    let Some(text) = value.as_str() else {
        let detail = format!("must be a string, not {}", kind(value));
        fields.fault("id", FaultCode::WrongType, detail);
        return None;
    };
    let id = EventId::parse(text);
    if id.is_none() {
        fields.fault("id", FaultCode::Malformed, EventId::RULE);
    }
    id
}

fn traceparent(fields: &mut Fields) -> Option<TraceParent> {
    let text = fields.remark("traceparent", MAX_NAME)?;
    let read = TraceParent::parse(&text);
    if read.is_none() {
        fields.fault("traceparent", FaultCode::Malformed, TraceParent::RULE);
    }
    read
}

fn resource(fields: &mut Fields) -> Option<Resource> {
    let value = fields.value("resource")?;
    let at = fields.at("resource");
    let mut inner = Fields::of(value, at, fields.faults())?;
    let resource = Resource {
        resource_type: inner.remark("type", MAX_NAME),
        id: inner.remark("id", 1_024),
        name: inner.remark("name", MAX_NAME),
        url: inner.remark("url", MAX_URL),
    };
    if resource.url.as_deref().is_some_and(|url| !is_web_url(url)) {
        inner.fault(
            "url",
            FaultCode::Malformed,
            "must be an http or https URL without spaces",
        );
    }
    inner.finish();
    (resource != Resource::default()).then_some(resource)
}

fn estimated_cost(fields: &mut Fields) -> Option<EstimatedCost> {
    let value = fields.value("estimated_cost")?;
    let at = fields.at("estimated_cost");
    let mut inner = Fields::of(value, at, fields.faults())?;
    let amount = inner.value("amount");
    match amount {
        Some(Value::String(text)) if is_decimal(text) => {}
        Some(_) => inner.fault(
            "amount",
            FaultCode::Malformed,
            "must be a decimal string such as \"41.20\", at most 15 digits before and 6 after the point",
        ),
        None => inner.fault("amount", FaultCode::Required, "`amount` is required"),
    }
    let currency = inner.required_text("currency", 64);
    if let Some(currency) = &currency
        && !(currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase()))
    {
        inner.fault(
            "currency",
            FaultCode::Malformed,
            "must be an ISO 4217 code such as USD",
        );
    }
    let period = inner.choice("period", &Period::ALL.map(|p| (p.as_str(), p)));
    inner.finish();
    Some(EstimatedCost {
        amount: amount?.as_str()?.to_owned(),
        currency: currency?,
        period,
    })
}

fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str, max: usize| {
        (1..=max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    digits(whole, 15) && digits(fraction, 6)
}

fn details(fields: &mut Fields) -> BTreeMap<String, String> {
    let mut details = BTreeMap::new();
    let Some(value) = fields.value("details") else {
        return details;
    };
    let at = fields.at("details");
    let Some(object) = value.as_object() else {
        let detail = format!("must be an object of strings, not {}", kind(value));
        fields.fault("details", FaultCode::WrongType, detail);
        return details;
    };
    if object.len() > MAX_DETAILS {
        let detail = format!("may have {MAX_DETAILS} entries; it has {}", object.len());
        fields.fault("details", FaultCode::OutOfRange, detail);
    }
    for (key, value) in object {
        let shown = crate::text::shorten(key, 100);
        let here = at.field(&shown);
        if key.trim().is_empty() || key.chars().count() > 100 {
            fields.faults().add(
                here,
                FaultCode::OutOfRange,
                "a detail's name must have 1 to 100 characters",
            );
            continue;
        }
        if let Some(text) = text_of(value, here, MAX_DETAIL, fields.faults()) {
            details.insert(key.clone(), text);
        }
    }
    details
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrganizationId;
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
