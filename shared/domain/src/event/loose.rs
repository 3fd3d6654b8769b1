//! Reading an event that a template made of something else: a template puts values in as
//! they are, and can neither shorten them nor turn a number into a text.

use serde_json::{Map, Value};

use super::{Capture, Event, MAX_DETAIL, MAX_MESSAGE, MAX_NAME, MAX_URL};
use crate::fault::{Faults, Pointer};
use crate::text::{clean, fit, shorten};

/// The longest a resource's id may be, in characters.
const MAX_ID: usize = 1_024;

impl Event {
    /// As [`parse`](Self::parse), but numbers and truth values among the details are taken
    /// as texts, and what is too long is cut. Everything else is a fault as ever: a typo in
    /// a template should not wait for somebody to miss the field.
    pub fn parse_loosely(
        value: &Value,
        at: &Pointer,
        capture: Capture,
        faults: &mut Faults,
    ) -> Option<Self> {
        let mut value = value.clone();
        if let Some(fields) = value.as_object_mut() {
            loosen(fields);
        }
        Self::parse_fields(&value, at, capture, faults).map(Self::fitted)
    }
}

fn loosen(fields: &mut Map<String, Value>) {
    for name in [
        "environment",
        "project",
        "provider",
        "region",
        "actor",
        "correlation_id",
    ] {
        cut(fields.get_mut(name), MAX_NAME);
    }
    if let Some(Value::String(text)) = fields.get_mut("message")
        && is_longer(text, MAX_MESSAGE)
    {
        *text = fit(&clean(text), MAX_MESSAGE, str::to_owned);
    }
    if let Some(resource) = fields.get_mut("resource").and_then(Value::as_object_mut) {
        cut(resource.get_mut("type"), MAX_NAME);
        cut(resource.get_mut("name"), MAX_NAME);
        cut(resource.get_mut("id"), MAX_ID);
        // A part of a URL leads nowhere.
        if resource
            .get("url")
            .is_some_and(|url| matches!(url, Value::String(url) if is_longer(url, MAX_URL)))
        {
            resource.remove("url");
        }
    }
    if let Some(changes) = fields.get_mut("changes").and_then(Value::as_array_mut) {
        changes
            .iter_mut()
            .for_each(|name| cut(Some(name), MAX_NAME));
    }
    if let Some(details) = fields.get_mut("details").and_then(Value::as_object_mut) {
        details.retain(|_, value| !value.is_null());
        for value in details.values_mut() {
            if value.is_number() || value.is_boolean() {
                *value = Value::String(value.to_string());
            }
            cut(Some(value), MAX_DETAIL);
        }
    }
}

fn cut(value: Option<&mut Value>, limit: usize) {
    if let Some(Value::String(text)) = value
        && is_longer(text, limit)
    {
        *text = shorten(text, limit);
    }
}

fn is_longer(text: &str, limit: usize) -> bool {
    text.chars().count() > limit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::MAX_EVENT_BYTES;
    use crate::ids::{EventId, OrganizationId};
    use serde_json::json;

    fn parse(value: &Value) -> Result<Event, Faults> {
        let capture = Capture {
            organization: OrganizationId::parse("org_acme").unwrap(),
            now: "2026-11-21T10:15:00Z".parse().unwrap(),
            fallback_id: EventId::parse("evt_1").unwrap(),
        };
        let mut faults = Faults::default();
        let event = Event::parse_loosely(value, &Pointer::root(), capture, &mut faults);
        faults.into_result(event)
    }

    #[test]
    fn numbers_and_truth_values_of_details_are_texts() {
        let event = parse(&json!({
            "type": "deploy",
            "details": {"attempt": 2, "ratio": 0.5, "forced": true, "none": null, "text": "x"}
        }))
        .unwrap();
        let details: Vec<_> = event
            .details
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            details,
            [
                ("attempt", "2"),
                ("forced", "true"),
                ("ratio", "0.5"),
                ("text", "x")
            ]
        );
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let long = "é".repeat(30_000);
        let event = parse(&json!({
            "type": "error", "message": format!("{long}the cause"), "project": long, "actor": long,
            "resource": {"type": long, "id": long, "name": long,
                         "url": format!("https://example.com/{long}")},
            "changes": [long], "details": {"output": long}
        }))
        .unwrap();
        assert!(event.message.as_deref().unwrap().ends_with("the cause"));
        assert!(event.project.unwrap().chars().count() <= MAX_NAME);
        assert_eq!(event.resource.unwrap().url, None);
        let json = parse(&json!({"type": "error", "message": long})).unwrap();
        assert!(serde_json::to_vec(&json).unwrap().len() <= MAX_EVENT_BYTES);
    }

    #[test]
    fn what_is_wrong_stays_wrong() {
        let faults = parse(&json!({
            "type": "deploy", "stauts": "failed", "project": 7, "details": {"list": [1]},
            "estimated_cost": {"amount": 41.2, "currency": "USD"}
        }))
        .unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/project",
                "/estimated_cost/amount",
                "/details/list",
                "/stauts"
            ]
        );
    }
}
