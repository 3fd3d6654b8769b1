//! Reading an event that a template made of something else: a template puts values in as
//! they are, and can neither shorten them, nor turn a number into a text, nor one word into
//! another.

use serde_json::{Map, Value};

use super::{Capture, Event, MAX_DETAIL, MAX_DETAILS, MAX_MESSAGE, MAX_NAME, MAX_URL, foreign};
use crate::fault::{Faults, Pointer};
use crate::ids::EventId;
use crate::text::{Escaped, clean, fit, shorten};

/// The longest a resource's id may be, in characters.
const MAX_ID: usize = 1_024;

impl Event {
    /// As [`parse`](Self::parse), but details of any kind and numbers as ids are taken as
    /// texts, what is too long is cut, statuses, severities and times may be written as AWS
    /// does, and what is blank is left out. A status or severity that nobody knows becomes a
    /// detail. Everything else is a fault as ever: a typo in a template should not wait for
    /// somebody to miss the field.
    pub fn parse_loosely(
        value: &Value,
        at: &Pointer,
        capture: Capture,
        faults: &mut Faults,
    ) -> Option<Self> {
        let mut value = value.clone();
        loosen(&mut value);
        Self::parse_fields(&value, at, capture, faults).map(Self::fitted)
    }
}

/// What may be a number instead of a text.
const NUMBERS: &str = "/id /correlation_id /severity /resource/id";
/// What is on one line, of at most [`MAX_NAME`] characters.
const NAMES: &str = "/environment /project /provider /account /region /actor /correlation_id \
                     /resource/type /resource/name";

fn loosen(event: &mut Value) {
    let Some(fields) = event.as_object_mut() else {
        return;
    };
    // What a template leaves of a value that is not there.
    fields.retain(|name, value| name == "type" || !is_blank(value));
    for name in ["resource", "estimated_cost"] {
        let Some(Value::Object(parts)) = fields.get_mut(name) else {
            continue;
        };
        let were_there = !parts.is_empty();
        parts.retain(|_, part| !is_blank(part));
        let is_nothing = match name {
            "estimated_cost" => !parts.contains_key("amount"),
            _ => parts.is_empty(),
        };
        if were_there && is_nothing {
            fields.remove(name);
        }
    }
    for at in NUMBERS.split(' ') {
        if let Some(number @ Value::Number(_)) = event.pointer_mut(at) {
            *number = Value::String(number.to_string());
        }
    }
    if let Some(account @ Value::Number(_)) = event.get_mut("account") {
        // As a number it has lost the zeros in front.
        *account = Value::String(format!("{:0>12}", account.to_string()));
    }
    for at in NAMES.split(' ') {
        cut(event.pointer_mut(at), MAX_NAME);
    }
    cut(event.pointer_mut("/resource/id"), MAX_ID);
    let Some(fields) = event.as_object_mut() else {
        return;
    };
    own_id(fields);
    word(fields, "status", |word| {
        Some(foreign::status(word)?.as_str())
    });
    word(fields, "severity", |word| {
        Some(foreign::severity(word)?.as_str())
    });
    if let Some(time) = fields.get_mut("occurred_at")
        && let Some(read) = foreign::time(time)
    {
        *time = Value::String(read.to_string());
    }
    if let Some(message) = fields.get_mut("message") {
        cut_lines(message, MAX_MESSAGE);
    }
    if let Some(resource) = fields.get_mut("resource").and_then(Value::as_object_mut) {
        // A part of a URL leads nowhere.
        let url = resource.get("url").and_then(Value::as_str);
        if url.is_some_and(|url| is_longer(url, MAX_URL)) {
            resource.remove("url");
        }
    }
    if let Some(changes) = fields.get_mut("changes").and_then(Value::as_array_mut) {
        for name in changes {
            cut(Some(name), MAX_NAME);
        }
    }
    if let Some(details) = fields.get_mut("details").and_then(Value::as_object_mut) {
        details.retain(|_, value| !value.is_null());
        for value in details.values_mut() {
            if !value.is_string() {
                *value = Value::String(in_words(value));
            }
            cut_lines(value, MAX_DETAIL);
        }
    }
}

/// An id as people and machines write them: blank is none, and one with other characters than an
/// id may have is one that has not.
fn own_id(fields: &mut Map<String, Value>) {
    let Some(Value::String(text)) = fields.get("id") else {
        return;
    };
    let text = text.trim().to_owned();
    if text.is_empty() {
        fields.remove("id");
    } else if EventId::parse(&text).is_none() {
        let id = EventId::from_source("event", &text);
        fields.insert("id".into(), Value::String(id.as_str().to_owned()));
    }
}

/// Puts our word for AWS's. What nobody knows becomes a detail: a state is never told as
/// something that it may not be.
fn word(fields: &mut Map<String, Value>, name: &str, ours: impl Fn(&str) -> Option<&'static str>) {
    let Some(Value::String(text)) = fields.get(name) else {
        return;
    };
    let text = text.clone();
    if let Some(ours) = ours(&text) {
        fields.insert(name.into(), ours.into());
        return;
    }
    fields.remove(name);
    let details = fields
        .entry("details")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(details) = details.as_object_mut().filter(|it| it.len() < MAX_DETAILS) {
        details.entry(name).or_insert(Value::String(text));
    }
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// "a, b" of a list; JSON of what is no text inside.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(entries) => entries.iter().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn cut(value: Option<&mut Value>, limit: usize) {
    if let Some(Value::String(text)) = value
        && is_longer(text, limit)
    {
        *text = shorten(text, limit);
    }
}

/// As [`cut`], of a text that may have several lines.
fn cut_lines(value: &mut Value, limit: usize) {
    if let Value::String(text) = value
        && is_longer(text, limit)
    {
        *text = fit(&clean(text), limit, Escaped::plain);
    }
}

fn is_longer(text: &str, limit: usize) -> bool {
    text.chars().count() > limit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::MAX_EVENT_BYTES;
    use crate::event::{Severity, Status};
    use crate::ids::OrganizationId;
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
    fn what_a_service_of_aws_writes_is_understood() {
        let event = parse(&json!({
            "type": "error", "id": "arn:aws:states:eu-west-1:1:execution/nightly 7",
            "status": "TIMED_OUT", "severity": "HIGH", "account": 11_122_223_333_u64,
            "occurred_at": 1_795_256_100_000_u64, "correlation_id": 42,
            "resource": {"id": 7}
        }))
        .unwrap();
        assert_eq!(event.status, Some(Status::Failed));
        assert_eq!(event.severity, Some(Severity::Error));
        assert_eq!(event.account.as_deref(), Some("011122223333"));
        assert_eq!(event.occurred_at.to_string(), "2026-11-21T10:15:00Z");
        assert_eq!(event.correlation_id.as_deref(), Some("42"));
        assert_eq!(event.resource.unwrap().id.as_deref(), Some("7"));
        assert!(event.id.as_str().starts_with("event:"), "{}", event.id);
        let blank = parse(&json!({"type": "error", "id": " "})).unwrap();
        assert_eq!(blank.id.as_str(), "evt_1");
    }

    #[test]
    fn what_a_template_leaves_blank_is_left_out() {
        let event = parse(&json!({
            "type": "deploy", "occurred_at": "", "status": " ", "changes": "", "details": "",
            "resource": {"id": "", "name": ""}, "estimated_cost": {"amount": "", "currency": "USD"},
            "severity": 7
        }))
        .unwrap();
        assert_eq!(event.status, None);
        assert_eq!(event.resource, None);
        assert_eq!(event.estimated_cost, None);
        assert_eq!(event.occurred_at.to_string(), "2026-11-21T10:15:00Z");
        assert_eq!(event.details["severity"], "7");
        let faults = parse(&json!({"type": " "})).unwrap_err();
        assert_eq!(faults.iter().count(), 1);
    }

    #[test]
    fn a_state_that_nobody_knows_is_a_detail_and_no_status() {
        let event = parse(&json!({"type": "deploy", "status": "SUPERSEDED"})).unwrap();
        assert_eq!(event.status, None);
        assert_eq!(event.details["status"], "SUPERSEDED");
    }

    #[test]
    fn details_of_any_kind_are_texts() {
        let event = parse(&json!({
            "type": "deploy",
            "details": {"attempt": 2, "ratio": 0.5, "forced": true, "none": null, "text": "x",
                        "list": ["a", 7], "object": {"a": 1}}
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
                ("list", "a, 7"),
                ("object", r#"{"a":1}"#),
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
            "type": "deploy", "stauts": "failed", "project": 7, "details": "x",
            "estimated_cost": {"amount": 41.2, "currency": "USD"}
        }))
        .unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            ["/project", "/estimated_cost/amount", "/details", "/stauts"]
        );
    }
}
