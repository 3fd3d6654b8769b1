mod details;

use super::*;
use crate::event::Status;
use crate::ids::OrganizationId;
use serde_json::json;

fn capture() -> Capture {
    Capture {
        organization: OrganizationId::parse("org_acme").unwrap(),
        now: "2026-11-21T10:15:00Z".parse().unwrap(),
        fallback_id: EventId::parse("evt_1").unwrap(),
    }
}

/// A CloudEvent with these members beside, or instead of, the required ones.
fn with(extra: Value) -> Value {
    let mut value = json!({
        "specversion": "1.0", "id": "a1", "source": "/acme/ci", "type": "com.acme.deploy"
    });
    for (name, more) in extra.as_object().unwrap() {
        value[name] = more.clone();
    }
    value
}

fn read(extra: Value) -> Event {
    read_structured(&with(extra), capture()).unwrap().event
}

fn pointers(faults: &Faults) -> Vec<&str> {
    faults.iter().map(|fault| fault.pointer.as_str()).collect()
}

fn faults(extra: Value) -> Faults {
    read_structured(&with(extra), capture()).unwrap_err()
}

fn binary(
    headers: &[(&str, &str)],
    content_type: Option<&str>,
    body: &str,
) -> Result<Event, Faults> {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()));
    read_binary(headers, content_type, body.as_bytes(), capture()).map(|read| read.event)
}

const REQUIRED: [(&str, &str); 4] = [
    ("ce-specversion", "1.0"),
    ("ce-id", "a1"),
    ("ce-source", "/acme/ci"),
    ("ce-type", "com.acme.deploy"),
];

#[test]
fn the_mode_is_told_from_content_type_and_headers() {
    for (content_type, headers, mode) in [
        (
            Some("application/cloudevents+json"),
            &[][..],
            Some(Mode::Structured),
        ),
        (
            Some("Application/CloudEvents+JSON; charset=utf-8"),
            &["ce-id"],
            Some(Mode::Structured),
        ),
        (
            Some("application/cloudevents-batch+json"),
            &[],
            Some(Mode::Batch),
        ),
        (Some("application/cloudevents+avro"), &["ce-id"], None),
        (
            Some("application/json"),
            &["host", "CE-Type"],
            Some(Mode::Binary),
        ),
        (None, &["ce-id"], Some(Mode::Binary)),
        (Some("application/json"), &["host", "cell"], None),
    ] {
        assert_eq!(
            Mode::of(content_type, headers.iter().copied()),
            mode,
            "{content_type:?}"
        );
    }
}

#[test]
fn attributes_become_what_they_mean() {
    let event = read(json!({
        "type": "com.acme.parameter.updated", "subject": "DATABASE_URL",
        "time": "2026-11-20T10:00:00.5+01:00", "environment": "production", "dryrun": true,
        "correlationid": "release-42", "actor": "alice", "resourcetype": "parameter",
        "build": 7, "traceparent": "00-0af7-b7ad-01", "dataschema": "https://example.com/x"
    }));
    let mut stored = serde_json::to_value(&event).unwrap();
    stored.as_object_mut().unwrap().remove("received_at");
    assert_eq!(
        stored,
        json!({
            "id": "a1", "type": "parameter_updated", "occurred_at": "2026-11-20T09:00:00.5Z",
            "organization": "org_acme", "environment": "production", "actor": "alice",
            "resource": {"name": "DATABASE_URL", "type": "parameter"},
            "correlation_id": "release-42", "dry_run": true,
            "details": {"source": "/acme/ci", "build": "7"}
        })
    );
}

#[test]
fn data_has_the_fields_of_an_event() {
    let event = read(json!({"data": {
        "type": "deploy", "status": "failed", "environment": "production",
        "resource": {"type": "aws_rds_cluster", "id": "db-1"}, "changes": ["size"],
        "estimated_cost": {"amount": "41.20", "currency": "USD"}, "details": {"commit": "9fceb02"},
        "occurred_at": "2026-11-20T09:00:00Z", "message": null
    }}));
    assert_eq!(event.status, Some(Status::Failed));
    assert_eq!(event.occurred_at.to_string(), "2026-11-20T09:00:00Z");
    assert_eq!(event.changes, ["size"]);
    assert_eq!(event.estimated_cost.unwrap().amount, "41.20");
    assert_eq!(event.details["commit"], "9fceb02");
    assert_eq!(event.details["source"], "/acme/ci");
}

#[test]
fn data_that_is_no_object_is_a_message_or_only_mentioned() {
    for (extra, message, data) in [
        (
            json!({"data": "all well", "datacontenttype": "text/plain"}),
            Some("all well"),
            None,
        ),
        (json!({"data": "all well"}), Some("all well"), None),
        (json!({"data": 7}), None, Some("7")),
        (json!({"data": [1, 2]}), None, Some("1, 2")),
        (
            json!({"data_base64": "AAEC"}),
            None,
            Some("3 bytes of application/octet-stream, not shown"),
        ),
        (
            json!({"data_base64": "AAEC", "datacontenttype": "image/png"}),
            None,
            Some("3 bytes of image/png, not shown"),
        ),
        (
            json!({"data_base64": "YWxsIHdlbGw=", "datacontenttype": "text/plain"}),
            Some("all well"),
            None,
        ),
        (
            json!({"data_base64": "eyJtZXNzYWdlIjoiYWxsIHdlbGwifQ=="}),
            Some("all well"),
            None,
        ),
        (json!({"data": ""}), None, None),
    ] {
        let event = read(extra.clone());
        assert_eq!(event.message.as_deref(), message, "{extra}");
        assert_eq!(
            event.details.get("data").map(String::as_str),
            data,
            "{extra}"
        );
    }
    let event = read(json!({"data": "\"é\u{0}".repeat(9_000)}));
    assert!(event.message.unwrap().contains("characters cut"));
}

#[test]
fn every_fault_is_found_at_once_where_the_producer_put_it() {
    let found = faults(json!({
        "specversion": "0.3", "id": 7, "type": "com.acme.depoly", "time": "yesterday",
        "Environment": "x", "correlation_id": "x", "nested": {}, "datacontenttype": "json",
        "status": "done", "dryrun": "perhaps", "resourceurl": "javascript:alert(1)",
        "data": {
            "resource": {"kind": "x"}, "estimated_cost": {"amount": 1.5}, "details": {"a": 1},
            "organization": "org_other"
        }
    }));
    let mut pointers = pointers(&found);
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/Environment",
            "/correlation_id",
            "/data/organization",
            "/datacontenttype",
            "/id",
            "/nested",
            "/specversion",
            "/time",
            "/type",
        ]
    );
    let text = found.to_string();
    assert!(text.contains("did you mean `environment`?"), "{text}");
    assert!(text.contains("did you mean `correlationid`?"), "{text}");
    assert!(text.contains("did you mean `deploy`?"), "{text}");
}

#[test]
fn the_required_attributes_are_required() {
    let found = read_structured(&json!({"id": " ", "subject": null}), capture()).unwrap_err();
    assert_eq!(
        pointers(&found),
        ["/specversion", "/id", "/source", "/type"]
    );
    assert_eq!(
        pointers(&binary(&[], None, "").unwrap_err()),
        [
            "/headers/ce-specversion",
            "/headers/ce-id",
            "/headers/ce-source",
            "/headers/ce-type"
        ]
    );
    for value in [json!([]), json!("x"), json!(null)] {
        let found = read_structured(&value, capture()).unwrap_err();
        assert_eq!(pointers(&found), [""]);
    }
    let long = json!({"source": "x".repeat(1_025), "id": "x".repeat(1_025)});
    assert_eq!(pointers(&faults(long)), ["/id", "/source"]);
}

#[test]
fn headers_carry_a_cloudevent_too() {
    let mut headers = REQUIRED.to_vec();
    headers.extend([
        ("CE-Subject", "bil%20ling%E2%82%AC"),
        ("ce-time", "2026-11-20T09:00:00Z"),
        ("ce-actor", "\"al\\\"ice\""),
        ("ce-dryrun", "True"),
        ("content-type", "application/json"),
        ("cell", "x"),
    ]);
    let event = binary(
        &headers,
        Some("application/json"),
        r#"{"environment": "production"}"#,
    )
    .unwrap();
    assert_eq!(event.resource.unwrap().name.as_deref(), Some("bil ling€"));
    assert_eq!(event.actor.as_deref(), Some("al\"ice"));
    assert_eq!(event.environment.as_deref(), Some("production"));
    assert!(event.dry_run);
}

#[test]
fn an_attribute_that_is_never_blank_is_a_fault_where_it_is() {
    let blank = json!({"subject": " ", "time": "", "dataschema": "", "environment": ""});
    assert_eq!(
        pointers(&faults(blank)),
        ["/dataschema", "/subject", "/time"]
    );
    let mut headers = REQUIRED.to_vec();
    headers.push(("ce-time", ""));
    let found = binary(&headers, None, "").unwrap_err();
    assert_eq!(pointers(&found), ["/headers/ce-time"]);
}

#[test]
fn a_header_that_is_no_utf_8_is_latin_1() {
    let mut headers: Vec<(&str, &[u8])> = REQUIRED
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect();
    headers.push(("ce-actor", b"Zo\xeb"));
    let read = read_binary(headers, None, b"", capture()).unwrap();
    assert_eq!(read.event.actor.as_deref(), Some("Zoë"));
}

#[test]
fn the_body_is_read_as_what_it_says_it_is() {
    for (content_type, body, message, data) in [
        (
            Some("application/json"),
            r#"{"message": "hi"}"#,
            Some("hi"),
            None,
        ),
        (
            Some("application/vnd.acme+json; v=1"),
            r#"{"message": "hi"}"#,
            Some("hi"),
            None,
        ),
        (None, r#"{"message": "hi"}"#, Some("hi"), None),
        (None, r#""hi""#, Some("hi"), None),
        (None, "hi", Some("hi"), None),
        (
            Some("text/plain"),
            r#"{"message": "hi"}"#,
            Some(r#"{"message": "hi"}"#),
            None,
        ),
        (
            Some("application/xml"),
            "<hi/>",
            None,
            Some("5 bytes of application/xml, not shown"),
        ),
        (Some("application/json"), "", None, None),
        (
            Some("application/json"),
            "\u{feff}{\"message\": \"hi\"}",
            Some("hi"),
            None,
        ),
        // As the SDK for JavaScript sends a text.
        (
            Some("application/json; charset=utf-8"),
            "hi there",
            Some("hi there"),
            None,
        ),
    ] {
        let event = binary(&REQUIRED, content_type, body).unwrap();
        assert_eq!(event.message.as_deref(), message, "{content_type:?} {body}");
        assert_eq!(event.details.get("data").map(String::as_str), data);
    }
    for broken in ["{", r#"{"status": "failed", "status": "succeeded"}"#] {
        let broken = binary(&REQUIRED, Some("application/json"), broken).unwrap_err();
        assert_eq!(pointers(&broken), [""]);
    }
}

#[test]
fn faults_of_headers_and_body_are_found_at_once() {
    let mut headers = REQUIRED.to_vec();
    headers[3] = ("ce-type", "com.acme.order");
    headers.extend([
        ("ce-id", "again"),
        ("ce-data", "x"),
        ("ce-correlation-id", "x"),
        ("ce-actor", "%FF"),
        ("ce-status", "done"),
        ("ce-region", "a%00b"),
    ]);
    let found = binary(&headers, None, r#"{"environment": 7, "details": []}"#).unwrap_err();
    let mut pointers = pointers(&found);
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/headers/ce-actor",
            "/headers/ce-correlation-id",
            "/headers/ce-data",
            "/headers/ce-id",
            "/headers/ce-region",
            "/headers/ce-type",
        ]
    );
}

#[test]
fn a_batch_is_read_whole_or_not_at_all() {
    let batch = json!([with(json!({})), with(json!({"id": "a2"}))]);
    let read = read_batch(&batch, capture).unwrap();
    let ids: Vec<_> = read.iter().map(|read| read.event.id.as_str()).collect();
    assert_eq!(ids, ["a1", "a2"]);

    let batch = json!([
        with(json!({})),
        7,
        with(json!({"type": "x", "data": {"status": "x"}}))
    ]);
    let found = read_batch(&batch, capture).unwrap_err();
    assert_eq!(pointers(&found), ["/1", "/2/type"]);

    assert_eq!(read_batch(&json!([]), capture).unwrap(), []);
    for value in [json!({}), Value::Array(vec![with(json!({})); 101])] {
        assert_eq!(pointers(&read_batch(&value, capture).unwrap_err()), [""]);
    }
}

#[test]
fn an_id_of_another_kind_stays_distinct_and_a_clash_of_sources_is_told() {
    let id = |id: &str| read(json!({ "id": id })).id;
    assert_eq!(id("a:1.b-c_d").as_str(), "a:1.b-c_d");
    assert_ne!(id("a/1"), id("a-1"));
    assert_eq!(id("a/1"), id("a/1"));

    let from =
        |source: &str| read_structured(&with(json!({ "source": source })), capture()).unwrap();
    let (one, other) = (from("/one"), from("/other"));
    assert_eq!(one.event.id, other.event.id);
    assert_ne!(one.alternative_id, other.alternative_id);
    assert_eq!(one.alternative_id, alternative_id("/one", "a1"));
    assert!(EventId::parse(one.alternative_id.as_str()).is_some());
    assert!(one.is_another_than(&other.event) && !one.is_another_than(&one.event));
    let published = crate::sample::event(crate::EventType::Deploy);
    assert!(!one.is_another_than(&published));
}
