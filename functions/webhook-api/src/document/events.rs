//! The schemas of events and CloudEvents.

use carillon_domain::event::{
    MAX_CHANGES, MAX_DETAIL, MAX_DETAILS, MAX_MESSAGE, MAX_NAME, MAX_URL, Period, Severity, Status,
};
use carillon_domain::{EventType, pattern};
use serde_json::{Map, Value, json};

use super::texts::{choice, form, listed, optional, or_null, organization, said, text, time};

const EVENT_ID: &str = r"^\.{0,127}[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,127}$";

pub fn add(schemas: &mut Map<String, Value>) {
    let mut add = |name: &str, schema: Value| {
        schemas.insert(name.to_owned(), schema);
    };
    add("Event", event());
    add("NewEvent", new_event());
    add("NewEventBatch", new_event_batch());
    add(
        "Publication",
        either(
            "An event, or up to 100 of them",
            &["NewEvent", "NewEventBatch"],
        ),
    );
    add(
        "PublicationAnswer",
        either(
            "What became of the event, or of each event of a batch, in the order sent",
            &["Published", "PublishedBatch"],
        ),
    );
    add("CloudEvent", cloud_event());
    add("CloudEventBatch", cloud_event_batch());
    add("PreviewOf", preview_of());
}

fn either(description: &str, names: &[&str]) -> Value {
    let all = names
        .iter()
        .map(|name| json!({"$ref": format!("#/components/schemas/{name}")}));
    json!({"description": description, "anyOf": all.collect::<Vec<_>>()})
}

fn statuses() -> Vec<&'static str> {
    Status::ALL.map(Status::as_str).to_vec()
}

fn severities() -> Vec<&'static str> {
    Severity::ALL.map(Severity::as_str).to_vec()
}

fn names(among: impl Fn(EventType) -> bool) -> Vec<&'static str> {
    let all = EventType::ALL.iter().copied().filter(|known| among(*known));
    all.map(EventType::as_str).collect()
}

/// What an event may say beside its type and id.
fn event_fields() -> Value {
    let name = |description| text(MAX_NAME, description);
    let url = form(MAX_URL, pattern::web_url());
    let blank = form(MAX_URL, &pattern::blank());
    let cost = json!({
        "type": "object", "additionalProperties": false,
        "required": ["amount", "currency"],
        "properties": {
            "amount": {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$",
                       "description": "A decimal, never a float"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217"},
            "period": choice(&Period::ALL.map(Period::as_str), "What it is per"),
        }
    });
    let changes = "Names of changed attributes, never their values";
    json!({
        "status": choice(&statuses(), "How the operation stands"),
        "occurred_at": time("When it happened (RFC 3339, since 1970); now, if left out"),
        "environment": name("Where"),
        "project": name("Of which project"),
        "resource": {
            "type": ["object", "null"], "additionalProperties": false,
            "description": "What it is about",
            "properties": {
                "type": name("Such as aws_rds_cluster"),
                "id": text(1_024, "The provider's id"),
                "name": name("What people call it"),
                "url": optional("Where to look at it; http or https", &[url, blank]),
            }
        },
        "provider": name("Such as aws"),
        "account": name("Of the provider, such as 111122223333"),
        "region": name("Such as eu-west-1"),
        "severity": choice(&severities(), "How much it matters"),
        "estimated_cost": or_null(cost),
        "actor": name("Who did it"),
        "message": text(MAX_MESSAGE, "Free text"),
        "correlation_id": name("Groups the events of one operation"),
        "traceparent": name("The W3C trace that it belongs to; the request's header of this name, if left out"),
        "dry_run": {"type": ["boolean", "null"], "description": "Nothing was changed; the message says so"},
        "changes": or_null(listed(0, MAX_CHANGES, said(MAX_NAME), changes)),
        "details": {
            "type": ["object", "null"], "maxProperties": MAX_DETAILS,
            "propertyNames": said(100),
            "additionalProperties": {"type": "string", "maxLength": MAX_DETAIL},
            "description": "Further facts, shown as fields",
        },
        "organization": organization(),
    })
}

fn new_event() -> Value {
    let mut properties = event_fields();
    properties["id"] = json!({
        "type": ["string", "null"], "pattern": EVENT_ID,
        "description": "Unique in the organization; an event whose id is there already changes nothing",
    });
    properties["type"] = json!({"type": "string", "enum": names(EventType::is_publishable)});
    json!({
        "type": "object", "additionalProperties": false, "required": ["type"],
        "description": "Something that happened; at most 16 KB as JSON",
        "properties": properties,
    })
}

fn new_event_batch() -> Value {
    let item = json!({"$ref": "#/components/schemas/NewEvent"});
    json!({
        "type": "object", "additionalProperties": false, "required": ["events"],
        "description": "Up to 100 events; with a fault in one, none is stored",
        "properties": {
            "events": listed(1, 100, item, "In their order"),
            "organization": organization(),
        },
    })
}

fn cloud_event() -> Value {
    let required = form(MAX_DETAIL, &pattern::required_attribute());
    let optional_attribute = json!({"type": ["string", "null"], "pattern": pattern::attribute()});
    let spaces = json!({"type": "string", "pattern": "^ *$"});
    let time = json!({
        "description": "When it happened (RFC 3339, since 1970)",
        "anyOf": [
            {"type": "string", "format": "date-time", "pattern": pattern::time(), "maxLength": 64},
            spaces,
            {"type": "null"},
        ]
    });
    json!({
        "type": "object", "required": ["specversion", "id", "source", "type"],
        "description": "A CloudEvent 1.0. What an event has no field for becomes a detail",
        "properties": {
            "specversion": {"type": "string", "const": "1.0"},
            "id": required,
            "source": required,
            "type": {
                "type": "string", "maxLength": MAX_DETAIL, "pattern": pattern::cloud_event_type(),
                "description": "Its last segments name an event type, such as com.acme.deploy, \
                                com.acme.parameter.updated or com.acme.deploy.failed.v1",
            },
            "subject": optional_attribute,
            "time": time,
            "datacontenttype": {
                "type": ["string", "null"],
                "pattern": r"^ *[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+ *(?:;[^\u0000-\u001f\u007f-\u009f]*)?$",
            },
            "dataschema": optional_attribute,
            "organization": organization(),
            "data": {"description": "May have the fields of an event"},
            "data_base64": {
                "type": ["string", "null"], "contentEncoding": "base64",
                "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$",
            },
        },
        "patternProperties": {
            // An extension attribute.
            "^(?!data$)[a-z0-9]{1,100}$": {
                "type": ["string", "number", "boolean", "null"], "pattern": pattern::attribute(),
            },
        },
        "additionalProperties": false,
        "not": {
            "required": ["data", "data_base64"],
            "properties": {"data": {"not": {"type": "null"}}, "data_base64": {"type": "string"}},
        },
    })
}

fn cloud_event_batch() -> Value {
    let item = json!({"$ref": "#/components/schemas/CloudEvent"});
    listed(
        0,
        100,
        item,
        "Up to 100; with a fault in one, none is stored",
    )
}

/// An event as it is kept: what does not apply is left out.
fn event() -> Value {
    let line = json!({"type": "string"});
    json!({
        "type": "object",
        "required": ["id", "type", "occurred_at", "received_at", "organization", "dry_run"],
        "properties": {
            "id": line,
            "type": {"type": "string", "enum": names(|_| true)},
            "status": {"type": "string", "enum": statuses()},
            "occurred_at": {"type": "string", "format": "date-time"},
            "received_at": {"type": "string", "format": "date-time"},
            "organization": line, "environment": line, "project": line,
            "resource": {"type": "object", "properties": {
                "type": line, "id": line, "name": line, "url": line
            }},
            "provider": line, "account": line, "region": line,
            "severity": {"type": "string", "enum": severities()},
            "estimated_cost": {"type": "object", "required": ["amount", "currency"], "properties": {
                "amount": line, "currency": line, "period": line
            }},
            "actor": line, "message": line, "correlation_id": line,
            "dry_run": {"type": "boolean"},
            "changes": {"type": "array", "items": line},
            "details": {"type": "object", "additionalProperties": line},
        },
    })
}

fn preview_of() -> Value {
    json!({
        "description": "An event, a sample, or an event that was published",
        "anyOf": [
            {"$ref": "#/components/schemas/NewEvent"},
            {"type": "object", "additionalProperties": false, "required": ["sample"], "properties": {
                "sample": {"type": "string", "enum": names(|_| true)}
            }},
            {"type": "object", "additionalProperties": false, "required": ["event_id"], "properties": {
                "event_id": {"type": "string", "pattern": EVENT_ID, "description": "Of an event that is there"}
            }},
        ],
    })
}
