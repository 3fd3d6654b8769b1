//! The schemas of what clients send and get, with the limits that the domain has.
//!
//! What is read is read by hand, so that every fault of it is found; tests hold the
//! examples against the code that reads them.

use carillon_chat::Kinds;
use carillon_domain::api_key::MAX_KEY_NAME;
use carillon_domain::audit::{Action, ActorType, ObjectType};
use carillon_domain::{DeliveryStatus, Outcome, Role};
use serde_json::{Map, Value, json};

use super::texts::{choice, line, organization, time};
use super::{events, notifications, webhooks};

pub fn schemas(kinds: &Kinds) -> Map<String, Value> {
    let mut schemas = Map::new();
    events::add(&mut schemas);
    webhooks::add(kinds, &mut schemas);
    notifications::add(kinds, &mut schemas);
    let mut add = |name: &str, schema: Value| {
        schemas.insert(name.to_owned(), schema);
    };
    add("NewApiKey", new_api_key());
    add("ApiKeyPatch", api_key_patch());
    add("Actor", actor());
    add(
        "AuditAction",
        json!({"type": "string", "enum": [Action::Created, Action::Updated, Action::Removed]}),
    );
    add("AuditObject", audit_object());
    add("Message", message());
    add("Fault", fault());
    add(
        "DeliveryStatus",
        json!({"type": "string", "enum": DeliveryStatus::ALL.map(|(name, _)| name)}),
    );
    add("Outcome", json!({"type": "string", "enum": outcomes()}));
    schemas
}

fn new_api_key() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["name", "role"],
        "properties": {
            "name": line(MAX_KEY_NAME),
            "role": {"type": "string", "enum": Role::ALL.map(Role::as_str)},
            "expires_at": time("When it stops working, in the future; never, if left out"),
            "organization": organization(),
        },
    })
}

fn api_key_patch() -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "description": "The fields to change (RFC 7396)",
        "properties": {
            "name": line(MAX_KEY_NAME),
            "expires_at": time("When it stops working, in the future; null means never"),
            "role": choice(&Role::ALL.map(Role::as_str), "As it is"),
            "organization": organization(),
        },
    })
}

fn actor() -> Value {
    json!({
        "type": "object", "required": ["type", "id", "name"],
        "description": "Somebody who changed something",
        "properties": {
            "type": {"type": "string",
                     "enum": [ActorType::ApiKey, ActorType::DeploymentKey, ActorType::Jwt]},
            "id": {"type": "string", "description": "The key's id, or the JWT's subject"},
            "name": {"type": ["string", "null"], "description": "The key's name"},
        },
    })
}

fn audit_object() -> Value {
    json!({
        "type": "object", "required": ["type", "id", "name"],
        "description": "What was changed; its name is the one that it then had",
        "properties": {
            "type": {"type": "string", "enum": [ObjectType::Webhook, ObjectType::ApiKey]},
            "id": {"type": "string"},
            "name": {"type": "string"},
        },
    })
}

fn outcomes() -> Vec<Outcome> {
    use Outcome::{
        Blocked, CredentialDead, Delivered, DestinationDead, OurFault, PayloadRefused, RateLimited,
        Unavailable, Unknown, UnknownRefusal,
    };
    vec![
        Delivered,
        RateLimited,
        Unavailable,
        Unknown,
        PayloadRefused,
        UnknownRefusal,
        OurFault,
        CredentialDead,
        DestinationDead,
        Blocked,
    ]
}

fn message() -> Value {
    json!({
        "type": "object",
        "description": "Where the message stands on the platform",
        "properties": {
            "id": {"type": "string", "description": "Slack's ts, Discord's message id, or the id of the run that a Teams workflow has begun; an incoming webhook tells none"},
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
