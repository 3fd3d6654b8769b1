//! Events of anybody: nothing that can be sent makes us panic, and what is taken fits.

use carillon_fuzzing::mangled;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::event::MAX_EVENT_BYTES;
use crate::{
    Capture, Event, EventId, EventType, Faults, OrganizationId, Pointer, cloudevents, sample,
};

fn capture() -> Capture {
    Capture {
        organization: OrganizationId::parse("org_acme").unwrap(),
        now: "2026-11-21T10:15:00Z".parse().unwrap(),
        fallback_id: EventId::parse("evt_1").unwrap(),
    }
}

fn events() -> Vec<Value> {
    let event = |event_type: &EventType| {
        let mut event = serde_json::to_value(sample::event(*event_type)).unwrap();
        let fields = event.as_object_mut().unwrap();
        for own in ["received_at", "organization"] {
            fields.remove(own);
        }
        event
    };
    EventType::ALL.iter().map(event).collect()
}

fn cloud_events() -> Vec<Value> {
    let wrapped = |data: Value| {
        json!({
            "specversion": "1.0", "id": "1", "source": "/ci", "type": "com.example.deploy",
            "time": "2026-11-21T10:15:00Z", "subject": "billing", "dataschema": "https://a.example/s",
            "datacontenttype": "application/json", "severity": "error", "data": data,
        })
    };
    events().into_iter().map(wrapped).collect()
}

proptest! {
    #[test]
    fn a_foreign_event_is_taken_or_refused_with_reasons(body in mangled(events())) {
        let mut faults = Faults::default();
        match Event::parse(&body, &Pointer::root(), capture(), &mut faults) {
            Some(event) => {
                let stored = serde_json::to_string(&event).unwrap();
                prop_assert!(stored.len() < 2 * MAX_EVENT_BYTES);
                let read: Event = serde_json::from_str(&stored).unwrap();
                prop_assert_eq!(read, event);
            }
            None => prop_assert!(faults.iter().count() > 0),
        }
    }

    #[test]
    fn a_foreign_cloud_event_is_taken_or_refused_with_reasons(body in mangled(cloud_events())) {
        if let Err(faults) = cloudevents::read_structured(&body, capture()) {
            prop_assert!(faults.iter().count() > 0);
        }
    }
}
