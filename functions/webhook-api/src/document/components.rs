//! The schemas of what clients send and get, with the limits that the domain has.
//!
//! What is read is read by hand, so that every fault of it is found; tests hold the
//! examples against the code that reads them.

use carillon_domain::event::{
    MAX_CHANGES, MAX_DETAIL, MAX_DETAILS, MAX_MESSAGE, MAX_NAME, MAX_URL, Period, Status,
};
use carillon_domain::webhook::{Digest, Grouping, MAX_WEBHOOK_NAME};
use carillon_domain::{DeliveryStatus, EventType, Outcome};
use serde_json::{Map, Value, json};

/// How many characters a text may have that is only looked at to say that it is wrong.
const MAX_CHOICE: usize = 256;

pub fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    let mut add = |name: &str, schema: Value| {
        schemas.insert(name.to_owned(), schema);
    };
    add("Event", event());
    add("NewEvent", new_event());
    add("NewEventBatch", new_event_batch());
    add(
        "Publication",
        json!({
            "description": "An event, or up to 100 of them",
            "anyOf": [
                {"$ref": "#/components/schemas/NewEvent"},
                {"$ref": "#/components/schemas/NewEventBatch"},
            ],
        }),
    );
    add(
        "PublicationAnswer",
        json!({
            "description": "What became of the event, or of each event of a batch, in the order sent",
            "anyOf": [
                {"$ref": "#/components/schemas/Published"},
                {"$ref": "#/components/schemas/PublishedBatch"},
            ],
        }),
    );
    add("CloudEvent", cloud_event());
    add("NewWebhook", new_webhook());
    add("WebhookPatch", webhook_patch());
    add("Configuration", configuration());
    add("Filters", filters());
    add("Message", message());
    add("Fault", fault());
    add(
        "DeliveryStatus",
        json!({"type": "string", "enum": delivery_statuses()}),
    );
    add("Outcome", json!({"type": "string", "enum": outcomes()}));
    add("PreviewOf", preview_of());
    schemas
}

/// A text that counts as absent where it is blank.
fn text(max: usize, description: &str) -> Value {
    json!({"type": ["string", "null"], "maxLength": max, "description": description})
}

fn time(description: &str) -> Value {
    json!({"type": ["string", "null"], "format": "date-time", "maxLength": 64, "description": description})
}

/// One of some names; null and blank count as absent.
fn choice(names: &[&str], description: &str) -> Value {
    json!({
        "description": description,
        "anyOf": [
            {"type": "string", "enum": names},
            {"type": "string", "pattern": r"^\s*$", "maxLength": MAX_CHOICE},
            {"type": "null"},
        ]
    })
}

fn statuses() -> Vec<&'static str> {
    Status::ALL.map(Status::as_str).to_vec()
}

fn publishable() -> Vec<&'static str> {
    EventType::ALL
        .iter()
        .filter(|known| known.is_publishable())
        .map(|known| known.as_str())
        .collect()
}

fn delivery_statuses() -> Vec<DeliveryStatus> {
    use DeliveryStatus::{Delivered, Failed, Pending, Retrying, Skipped};
    vec![Pending, Retrying, Delivered, Failed, Skipped]
}

fn outcomes() -> Vec<Outcome> {
    use Outcome::{
        Blocked, CredentialDead, Delivered, DestinationDead, OurFault, PayloadRefused, RateLimited,
        Unavailable, Unknown,
    };
    vec![
        Delivered,
        RateLimited,
        Unavailable,
        Unknown,
        PayloadRefused,
        OurFault,
        CredentialDead,
        DestinationDead,
        Blocked,
    ]
}

/// What an event may say beside its type and id.
fn event_fields() -> Value {
    let name = |description| text(MAX_NAME, description);
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
                "url": text(MAX_URL, "Where to look at it; http or https"),
            }
        },
        "provider": name("Such as aws"),
        "region": name("Such as eu-west-1"),
        "estimated_cost": {
            "type": ["object", "null"], "additionalProperties": false,
            "required": ["amount", "currency"],
            "properties": {
                "amount": {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$",
                           "description": "A decimal, never a float"},
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217"},
                "period": choice(&Period::ALL.map(Period::as_str), "What it is per"),
            }
        },
        "actor": name("Who did it"),
        "message": text(MAX_MESSAGE, "Free text"),
        "correlation_id": name("Groups the events of one operation"),
        "dry_run": {"type": ["boolean", "null"], "description": "Nothing was changed; the message says so"},
        "changes": {
            "type": ["array", "null"], "maxItems": MAX_CHANGES,
            "items": {"type": "string", "minLength": 1, "maxLength": MAX_NAME, "pattern": r"\S"},
            "description": "Names of changed attributes, never their values",
        },
        "details": {
            "type": ["object", "null"], "maxProperties": MAX_DETAILS,
            "propertyNames": {"maxLength": 100, "pattern": r"\S"},
            "additionalProperties": {"type": "string", "maxLength": MAX_DETAIL},
            "description": "Further facts, shown as fields",
        },
        "organization": text(1_000, "The caller's own, if named at all"),
    })
}

fn new_event() -> Value {
    let mut properties = event_fields();
    properties["id"] = json!({
        "type": ["string", "null"], "pattern": "^[A-Za-z0-9._:-]{1,128}$",
        "description": "Unique in the organization; an event whose id is there already changes nothing",
    });
    properties["type"] = json!({"type": "string", "enum": publishable()});
    json!({
        "type": "object", "additionalProperties": false, "required": ["type"],
        "description": "Something that happened; at most 16 KB as JSON",
        "properties": properties,
    })
}

fn new_event_batch() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["events"],
        "description": "Up to 100 events; with a fault in one, none is stored",
        "properties": {"events": {
            "type": "array", "minItems": 1, "maxItems": 100,
            "items": {"$ref": "#/components/schemas/NewEvent"}
        }},
    })
}

fn cloud_event() -> Value {
    json!({
        "type": "object", "required": ["specversion", "id", "source", "type"],
        "description": "A CloudEvent 1.0. The last segments of its type name an event type, such as com.acme.deploy or com.acme.parameter.updated",
        "properties": {
            "specversion": {"type": "string", "const": "1.0"},
            "id": {"type": "string", "minLength": 1},
            "source": {"type": "string", "minLength": 1},
            "type": {"type": "string", "minLength": 1},
            "subject": {"type": ["string", "null"]},
            "time": {"type": ["string", "null"], "format": "date-time"},
            "datacontenttype": {"type": ["string", "null"]},
            "data": {"description": "May have the fields of an event"},
        },
    })
}

/// An event as it is kept: what does not apply is left out.
fn event() -> Value {
    let line = json!({"type": "string"});
    json!({
        "type": "object",
        "required": ["id", "type", "occurred_at", "received_at", "organization", "dry_run"],
        "properties": {
            "id": line,
            "type": {"type": "string", "enum": EventType::ALL.iter().map(|known| known.as_str()).collect::<Vec<_>>()},
            "status": {"type": "string", "enum": statuses()},
            "occurred_at": {"type": "string", "format": "date-time"},
            "received_at": {"type": "string", "format": "date-time"},
            "organization": line, "environment": line, "project": line,
            "resource": {"type": "object", "properties": {
                "type": line, "id": line, "name": line, "url": line
            }},
            "provider": line, "region": line,
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

fn webhook_fields() -> Value {
    json!({
        "name": {"type": "string", "minLength": 1, "maxLength": MAX_WEBHOOK_NAME,
                 "description": "Unique in the organization; one line"},
        "type": {"type": "string", "enum": ["slack", "discord"]},
        "event_types": {
            "type": "array", "minItems": 1, "maxItems": 50,
            "items": {"type": "string", "minLength": 1, "maxLength": 256},
            "description": "Event types, or patterns with * that match at least one",
        },
        "filters": {"$ref": "#/components/schemas/Filters"},
        "configuration": {"$ref": "#/components/schemas/Configuration"},
        "enabled": {"type": ["boolean", "null"]},
        "organization": text(1_000, "The caller's own, if named at all"),
    })
}

fn new_webhook() -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "required": ["name", "type", "event_types", "configuration"],
        "properties": webhook_fields(),
    })
}

fn webhook_patch() -> Value {
    json!({
        "type": "object",
        "description": "The fields to change (RFC 7396): null removes, lists are replaced as a whole",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": MAX_WEBHOOK_NAME},
            "event_types": {"type": "array", "minItems": 1, "maxItems": 50, "items": {"type": "string"}},
            "filters": {"type": ["object", "null"]},
            "configuration": {"type": "object"},
            "enabled": {"type": ["boolean", "null"]},
        },
    })
}

fn filters() -> Value {
    let values = json!({
        "type": "array", "minItems": 1, "maxItems": 50,
        "items": {"type": "string", "minLength": 1, "maxLength": 256}
    });
    json!({
        "type": ["object", "null"], "additionalProperties": false,
        "description": "All keys must match; of a key, any value; * stands for any run of characters",
        "properties": {
            "environment": values, "project": values, "provider": values, "region": values,
            "status": values, "resource_type": values,
        },
    })
}

fn configuration() -> Value {
    let joining = |groupings: &[&str]| {
        json!({
            "grouping": choice(groupings, "Whether the events of one correlation_id share a thread, or later ones edit the first message"),
            "digest": choice(&Digest::ALL.map(|(name, _)| name), "Whether a backlog is sent as one message of up to 10 events"),
        })
    };
    let groupings = Grouping::ALL.map(|(name, _)| name);
    let variant = |title: &str, required: &[&str], own: Value, joining: Value| {
        let mut properties = joining;
        if let (Some(properties), Some(own)) = (properties.as_object_mut(), own.as_object()) {
            properties.extend(own.clone());
        }
        json!({
            "type": "object", "title": title, "additionalProperties": false,
            "required": required, "properties": properties,
        })
    };
    let channel = text(100, "A channel's name or id");
    let label = text(100, "A label; the URL decides where it posts");
    let labels = json!({"type": ["array", "null"], "maxItems": 1, "items": {"type": "string", "maxLength": 100}});
    let webhook_url = |form: &str| json!({"type": "string", "format": "uri", "description": format!("{form}; shown masked")});
    json!({
        "description": "One of three kinds. A masked credential sent back means 'unchanged'",
        "anyOf": [
            variant("Slack, bot token", &["token"], json!({
                "token": {"type": "string", "pattern": "^xoxb-", "maxLength": 255, "description": "Scope chat:write; shown masked"},
                "channel": channel,
                "channels": {"type": ["array", "null"], "minItems": 1, "maxItems": 10, "items": {"type": "string", "maxLength": 100},
                             "description": "Instead of channel: one delivery each"},
                "username": text(80, "Needs the scope chat:write.customize"),
                "icon_emoji": text(102, "Such as :bell:; needs the scope chat:write.customize"),
            }), joining(&groupings)),
            variant("Slack, incoming webhook", &["webhook_url"], json!({
                "webhook_url": webhook_url("https://hooks.slack.com/services/…"),
                "channel": label, "channels": labels,
            }), joining(&["none"])),
            variant("Discord", &["webhook_url"], json!({
                "webhook_url": webhook_url("https://discord.com/api/webhooks/…"),
                "channel": label, "channels": labels,
                "username": text(80, "The name that messages are posted under"),
                "avatar_url": text(2_048, "Of an image"),
                "thread_id": text(64, "A thread of the channel"),
            }), joining(&groupings)),
        ],
    })
}

fn message() -> Value {
    json!({
        "type": "object",
        "description": "Where the message stands on the platform",
        "properties": {
            "id": {"type": "string", "description": "Slack's ts or Discord's message id; an incoming webhook tells none"},
            "channel_id": {"type": "string"},
        },
    })
}

fn fault() -> Value {
    json!({
        "type": "object", "required": ["pointer", "detail", "code"],
        "properties": {
            "pointer": {"type": "string", "description": "JSON pointer into the body; /query/… and /headers/… for the rest of a request"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
        },
    })
}

fn preview_of() -> Value {
    json!({
        "description": "An event, a sample, or an event that was published",
        "anyOf": [
            {"$ref": "#/components/schemas/NewEvent"},
            {"type": "object", "additionalProperties": false, "required": ["sample"], "properties": {
                "sample": {"type": "string", "enum": EventType::ALL.iter().map(|known| known.as_str()).collect::<Vec<_>>()}
            }},
            {"type": "object", "additionalProperties": false, "required": ["event_id"], "properties": {
                "event_id": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$"}
            }},
        ],
    })
}
