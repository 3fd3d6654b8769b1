//! What has no field of an event, or does not fit there.

use super::*;

#[test]
fn of_two_places_that_say_different_things_the_attribute_decides() {
    for (extra, field, value, detail) in [
        (
            json!({"environment": "a", "data": {"environment": "b"}}),
            "/environment",
            "a",
            Some(("data.environment", "b")),
        ),
        (
            json!({"resourceid": "a", "data": {"resource": {"id": "b"}}}),
            "/resource/id",
            "a",
            Some(("data.resource.id", "b")),
        ),
        (
            json!({"data": {"type": "destroy"}}),
            "/type",
            "deploy",
            Some(("data.type", "destroy")),
        ),
        (
            json!({"time": "2026-11-20T09:00:00Z", "data": {"occurred_at": "2026-11-20T09:00:01Z"}}),
            "/occurred_at",
            "2026-11-20T09:00:00Z",
            Some(("data.occurred_at", "2026-11-20T09:00:01Z")),
        ),
        (
            json!({"type": "com.acme.deploy.failed", "data": {"status": "succeeded"}}),
            "/status",
            "failed",
            Some(("data.status", "succeeded")),
        ),
        (
            json!({"environment": "a", "data": {"environment": "a"}}),
            "/environment",
            "a",
            None,
        ),
        (
            json!({"time": "2026-11-20T10:00:00+01:00", "data": {"occurred_at": "2026-11-20T09:00:00Z"}}),
            "/occurred_at",
            "2026-11-20T09:00:00Z",
            None,
        ),
    ] {
        let event = read(extra.clone());
        let stored = serde_json::to_value(&event).unwrap();
        assert_eq!(stored.pointer(field), Some(&json!(value)), "{extra}");
        let mut details: Vec<_> = event
            .details
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        details.retain(|(name, _)| *name != SOURCE);
        assert_eq!(details, detail.into_iter().collect::<Vec<_>>(), "{extra}");
    }
    assert!(read(json!({"dryrun": "True", "data": {"dry_run": true}})).dry_run);
}

#[test]
fn what_does_not_fit_a_field_of_an_event_becomes_a_detail() {
    for (data, name, value) in [
        (json!({"status": "SUCCESS"}), "status", "SUCCESS"),
        (json!({"resource": "db-1"}), "resource", "db-1"),
        (json!({"resource": {"kind": "db"}}), "resource.kind", "db"),
        (json!({"resource": {"id": 7}}), "resource.id", "7"),
        (json!({"details": {"count": 3}}), "count", "3"),
        (json!({"details": {"a": {"b": true}}}), "a.b", "true"),
        (json!({"details": {"source": "x"}}), "source (data)", "x"),
        (json!({"details": "none"}), "details", "none"),
        (json!({"changes": "all"}), "changes", "all"),
        (
            json!({"changes": [{"field": "size"}]}),
            "left out",
            "1 more in the CloudEvent",
        ),
        (json!({"environment": 7}), "environment", "7"),
        (json!({"dry_run": "perhaps"}), "dry_run", "perhaps"),
        (json!({"occurred_at": "noon"}), "occurred_at", "noon"),
        (json!({"message": {"text": "hi"}}), "message.text", "hi"),
        (
            json!({"estimated_cost": {"amount": 1.5}}),
            "estimated_cost.amount",
            "1.5",
        ),
        (json!({"organization": {"id": 7}}), "organization.id", "7"),
    ] {
        let event = read(json!({ "data": data }));
        assert_eq!(
            event.details.get(name).map(String::as_str),
            Some(value),
            "{data} {event:?}"
        );
    }
    let long = "é".repeat(3_000);
    let event = read(json!({"environment": long, "subject": long, "data": {"project": long}}));
    for name in ["environment", "resource.id", "project"] {
        assert!(event.details[name].contains("characters cut"), "{name}");
    }
    let event = read(json!({"status": "done", "resourceurl": "javascript:alert(1)"}));
    assert_eq!(event.details["status"], "done");
    assert_eq!(event.details["resourceurl"], "javascript:alert(1)");
}

#[test]
fn twenty_details_are_all_that_an_event_gets() {
    for (count, expected, left_out) in [
        (18, 19, None),
        (19, 20, None),
        (20, 20, Some(2)),
        (30, 20, Some(12)),
    ] {
        let details: serde_json::Map<_, _> = (0..count)
            .map(|n| (format!("d{n:02}"), json!("x")))
            .collect();
        let event = read(json!({"data": {"details": details}}));
        assert_eq!(event.details.len(), expected, "{count}");
        assert_eq!(event.details["source"], "/acme/ci");
        let told = left_out.map(|n| format!("{n} more in the CloudEvent"));
        assert_eq!(event.details.get("left out"), told.as_ref(), "{count}");
    }
}

#[test]
fn however_much_a_cloudevent_says_an_event_keeps_to_its_size() {
    let long = "é\"".repeat(6_000);
    let details: serde_json::Map<_, _> =
        (0..20).map(|n| (format!("d{n:02}"), json!(long))).collect();
    let changes: Vec<String> = (0..100)
        .map(|n| format!("{n}{}", "x".repeat(250)))
        .collect();
    let event = read(json!({
        "source": "x".repeat(1_000),
        "data": {"message": long, "changes": changes, "details": details}
    }));
    let size = serde_json::to_vec(&event).unwrap().len();
    assert!(size <= crate::event::MAX_EVENT_BYTES + 100, "{size}");
    assert!(event.message.unwrap().contains("characters cut"));
    assert!(event.details.contains_key("source"));
}

#[test]
fn what_has_no_room_is_counted() {
    let data: Value = (0..40)
        .map(|n| (format!("f{n:02}"), json!("x")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let event = read(json!({ "data": data }));
    assert_eq!(event.details.len(), 20);
    assert_eq!(event.details["left out"], "22 more in the CloudEvent");

    let long: Value = (0..18)
        .map(|n| (format!("f{n:02}"), json!("é".repeat(5_000))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let event = read(json!({ "data": long }));
    assert!(serde_json::to_vec(&event).unwrap().len() <= crate::event::MAX_EVENT_BYTES + 100);
    assert!(event.details.contains_key("left out"));
}

#[test]
fn secrets_and_values_of_configuration_are_not_shown() {
    let data = json!({
        "dbPassword": "hunter2", "auth": {"api_key": "hunter2"}, "old_value": "hunter2",
        "credentials": {"user": "hunter2"}, "keyboard": "shown"
    });
    for (kind, hidden) in [("com.acme.deploy", 3), ("com.acme.value.updated", 4)] {
        let event = read(json!({"type": kind, "data": data}));
        let count = event
            .details
            .values()
            .filter(|value| *value == "(not shown)")
            .count();
        assert_eq!(
            (count, event.details["keyboard"].as_str()),
            (hidden, "shown")
        );
    }
}

#[test]
fn what_the_producer_says_beyond_that_becomes_details() {
    let event = read(json!({
        "subject": "release 42",
        "data": {
            "id": 17, "resource": {"id": "db-1"}, "commit": {"sha": "9fceb02", "author": {"name": "Bo"}},
            "tags": ["a", 2, true], "empty": [], "nested": [{"x": 1}], "nothing": null
        }
    }));
    let details: Vec<_> = event
        .details
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        details,
        [
            ("commit.author.name", "Bo"),
            ("commit.sha", "9fceb02"),
            ("id", "17"),
            ("left out", "1 more in the CloudEvent"),
            ("source", "/acme/ci"),
            ("subject", "release 42"),
            ("tags", "a, 2, true"),
        ]
    );
}
