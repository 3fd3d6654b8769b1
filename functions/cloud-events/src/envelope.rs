//! An event as EventBridge delivers it.

use carillon_domain::event::MAX_NAME;
use carillon_domain::fault::FaultCode;
use carillon_domain::values::{kind, wrong_type};
use carillon_domain::{Event, EventId, Faults, Pointer};
use jiff::Timestamp;
use serde_json::Value;

use crate::detail::as_text;

/// The source of events that are passed on as they are.
pub(crate) const PASSED_ON: &str = "carillon.event";

/// What all events of EventBridge have in common.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    /// Blank where a passed-on event has an id of its own.
    pub id: String,
    pub source: String,
    pub detail_type: String,
    pub account: Option<String>,
    pub region: Option<String>,
    pub time: Option<Timestamp>,
    /// ARNs of what it is about.
    pub resources: Vec<String>,
    pub detail: Value,
}

impl Envelope {
    /// Reads an event. What Carillon does not need may be missing or odd; what it needs is
    /// named all at once where it is missing.
    pub fn read(payload: Value) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let Value::Object(mut fields) = payload else {
            let kind = kind(&payload);
            let detail = format!("an EventBridge event is an object, not {kind}");
            return Err(Faults::only(Pointer::root(), FaultCode::WrongType, detail));
        };
        let text = |name: &str| {
            let text = fields.get(name).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (id, source) = (text("id"), text("source"));
        // Some of AWS's own examples are spelled like this.
        let detail_type = text("detail-type").or_else(|| text("detailType"));
        let account = fields.get("account").and_then(account);
        let region = text("region");
        let time = text("time").and_then(|time| time.parse().ok());
        let resources = fields.get("resources").and_then(Value::as_array);
        let resources = resources.into_iter().flatten().filter_map(Value::as_str);
        let resources = resources.map(|arn| arn.trim().to_owned()).collect();
        let detail = fields.remove("detail").unwrap_or_default();
        let passed_on = source.as_deref() == Some(PASSED_ON);
        for (name, there) in [
            (
                "id",
                id.is_some() || passed_on && as_text(&detail["id"]).is_some(),
            ),
            ("source", source.is_some()),
            ("detail-type", detail_type.is_some() || passed_on),
        ] {
            if !there {
                let detail = format!("`{name}` is required and must be a text");
                faults.add(Pointer::root().field(name), FaultCode::Required, detail);
            }
        }
        if !detail.is_object() {
            let at = Pointer::root().field("detail");
            wrong_type::<()>(&detail, &at, "an object", &mut faults);
        }
        let envelope = Self {
            id: id.unwrap_or_default(),
            source: source.unwrap_or_default(),
            detail_type: detail_type.unwrap_or_default(),
            account,
            region,
            time,
            resources,
            detail,
        };
        faults.into_result(Some(envelope))
    }

    /// The id of the event of Carillon, where it has none of its own.
    pub fn event_id(&self) -> EventId {
        EventId::from_source("aws", &self.id)
    }

    /// The id that an event gets where [`event_id`](Self::event_id) is taken by another.
    pub fn alternative_id(&self) -> EventId {
        let time = self.written_time();
        let content = format!("{}\n{time}\n{}", self.detail_type, self.detail);
        self.event_id().apart_by(&content)
    }

    /// Whether `stored`, which has the id of `event`, says something else, so that `event`
    /// is no repetition of it. EventBridge never gives an id twice, but people who write
    /// events by hand do: AWS's own examples share a few. An id that the event itself or its
    /// service names is their word.
    pub fn is_another_than(&self, stored: &Event, event: &Event, in_story: bool) -> bool {
        if event.id != self.event_id() {
            return false;
        }
        let mut stored = stored.clone();
        stored.received_at = event.received_at;
        if self.time.is_none() {
            // It was made up on arrival.
            stored.occurred_at = event.occurred_at;
        }
        if in_story {
            // What it says may depend on what came before; by now, that may be over.
            (stored.status, stored.severity) = (event.status, event.severity);
            stored.message.clone_from(&event.message);
            stored.correlation_id.clone_from(&event.correlation_id);
        }
        stored != *event
    }

    /// When it happened, as a part of an id; blank where it does not say.
    pub fn written_time(&self) -> String {
        self.time.map(|time| time.to_string()).unwrap_or_default()
    }

    /// Groups what AWS gives no operation for: the events of something on one day. Without
    /// the day, what happens next year would be a late reply to what happened today.
    pub fn of_the_day(&self, what: &str) -> String {
        let day = self.time.map(|time| time.strftime("%Y-%m-%d").to_string());
        format!("{what} {}", day.unwrap_or_default())
            .trim_end()
            .to_owned()
    }

    /// The ARN of what it is about, where it has just one or this is the first.
    pub fn resource(&self) -> Option<&str> {
        self.resources.first().map(String::as_str)
    }
}

/// An account's number. As a JSON number it has lost the zeros in front.
fn account(value: &Value) -> Option<String> {
    let text = as_text(value).filter(|text| text.chars().count() <= MAX_NAME)?;
    Some(match value {
        Value::Number(_) => format!("{text:0>12}"),
        _ => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointers(payload: Value) -> Vec<String> {
        let faults = Envelope::read(payload).unwrap_err();
        faults.iter().map(|f| f.pointer.to_string()).collect()
    }

    #[test]
    fn everything_that_is_missing_is_named_at_once() {
        assert_eq!(
            pointers(json!({"id": " ", "source": 7})),
            ["/id", "/source", "/detail-type", "/detail"]
        );
        assert_eq!(pointers(json!([])), [""]);
        assert_eq!(pointers(Value::Null), [""]);
    }

    #[test]
    fn an_odd_time_and_a_missing_account_are_no_fault() {
        let envelope = Envelope::read(json!({
            "id": "1", "source": "aws.ecs", "detail-type": "ECS Service Action", "detail": {},
            "time": "yyyy-mm-ddThh:mm:ssZ", "resources": [null, "arn:aws:ecs:x"]
        }))
        .unwrap();
        assert_eq!(envelope.time, None);
        assert_eq!(envelope.resource(), Some("arn:aws:ecs:x"));
    }

    #[test]
    fn the_spellings_of_older_examples_are_read_as_well() {
        let read = |account: Value| {
            let event = json!({
                "id": "1", "source": "aws.ecs", "detailType": "ECS Service Action",
                "account": account, "detail": {}
            });
            Envelope::read(event).unwrap()
        };
        let envelope = read(json!(111_122_223_333_u64));
        assert_eq!(envelope.detail_type, "ECS Service Action");
        assert_eq!(envelope.account.as_deref(), Some("111122223333"));
        let envelope = read(json!(11_122_223_333_u64));
        assert_eq!(envelope.account.as_deref(), Some("011122223333"));
        assert_eq!(read(json!(" ")).account, None);
        assert_eq!(read(json!([])).account, None);
    }
}
