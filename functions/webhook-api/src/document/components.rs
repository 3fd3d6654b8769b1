//! The schemas of what clients send and get: from what the domain says of its fields, and from
//! what the answers say of themselves.

use carillon_chat::Kinds;
use carillon_domain::api_key::{KEY_CHANGE, NEW_KEY};
use carillon_domain::audit::{Action, ActorType, ObjectType};
use carillon_domain::cloudevents;
use carillon_domain::event::{Cost, NEW_EVENT, Period, PublishableType, ResourceRule, Severity};
use carillon_domain::event_type::{EventGroup, NameOrPattern};
use carillon_domain::field::{Named, reference, schema};
use carillon_domain::fields::OWN_ORGANIZATION;
use carillon_domain::filters::{FILTER_VALUES, FiltersRule, filter_values};
use carillon_domain::webhook::{EventTypes, SUMMARY_AFTER};
use carillon_domain::{
    DeliveryStatus, Digest, EventType, Grouping, Outcome, Role, Status, WebhookStatus, event,
};
use serde_json::{Value, json};

use super::{Schemas, webhooks};
use crate::routes::{NOTHING, PREVIEWED, RECOVERY, RECOVERY_OF_ALL};
use crate::{publishing, tried_event};

pub fn complete(kinds: &Kinds, schemas: &mut Schemas) {
    pages(schemas);
    sets(schemas);
    events(schemas);
    webhooks::add(kinds, schemas);
    let key_patch = schema::object(&[], KEY_CHANGE.patch());
    let key_patch = schema::described(key_patch, KEY_CHANGE.about);
    let others = [
        ("NewApiKey", NEW_KEY.schema()),
        ("ApiKeyPatch", key_patch),
        ("Recovery", RECOVERY.schema()),
        ("RecoveryOfAll", RECOVERY_OF_ALL.schema()),
        ("Nothing", NOTHING.schema()),
        ("Previewed", PREVIEWED.schema()),
        ("Actor", actor()),
        (
            "AuditAction",
            json!({"type": "string", "enum": [Action::Created, Action::Updated, Action::Removed]}),
        ),
        ("AuditObject", audit_object()),
        ("Message", message()),
        ("Fault", fault()),
        ("TooManyRequests", too_many_requests()),
    ];
    schemas.extend(others.map(|(name, schema)| (name.to_owned(), schema)));
}

/// The items of pages have names of their own.
fn pages(schemas: &mut Schemas) {
    for (name, page) in schemas.iter_mut() {
        if let Some(item) = name.strip_prefix("Page_") {
            page["properties"]["results"] = json!({"type": "array", "items": reference(item)});
        }
    }
}

fn sets(schemas: &mut Schemas) {
    fn add<T: Named>(schemas: &mut Schemas) {
        schemas.insert(T::SET.to_owned(), T::schema());
    }
    add::<Role>(schemas);
    add::<EventType>(schemas);
    add::<EventGroup>(schemas);
    add::<Status>(schemas);
    add::<Severity>(schemas);
    add::<Period>(schemas);
    add::<WebhookStatus>(schemas);
    add::<DeliveryStatus>(schemas);
    add::<Outcome>(schemas);
    add::<Grouping>(schemas);
    add::<Digest>(schemas);
    schemas.insert(SUMMARY_AFTER.rule.name.into(), SUMMARY_AFTER.rule.form());
}

fn events(schemas: &mut Schemas) {
    let mut add = |name: &str, schema: Value| {
        schemas.insert(name.to_owned(), schema);
    };
    add(PublishableType::SET, PublishableType::types());
    add(OWN_ORGANIZATION.name, OWN_ORGANIZATION.form());
    add(schema::LINE, schema::form_of_line());
    add(NameOrPattern::NAME, NameOrPattern::schema());
    add(EventTypes::NAME, EventTypes::list());
    add(FILTER_VALUES, filter_values());
    add(FiltersRule::NAME, FiltersRule::object());
    add(ResourceRule::NAME, ResourceRule::OBJECT.schema());
    add(Cost::NAME, Cost::OBJECT.schema());
    add("Event", event::kept());
    add("NewEvent", NEW_EVENT.schema());
    add("NewEventBatch", publishing::BATCH.schema());
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
    add(
        cloudevents::schema::CLOUD_EVENT,
        cloudevents::schema::cloud_event(),
    );
    add("CloudEventBatch", cloudevents::schema::batch());
    add("SampleEvent", tried_event::SAMPLED.schema());
    add("PublishedEvent", tried_event::PUBLISHED.schema());
    add(
        "TriedEvent",
        either(
            "An event, a sample, or an event that was published",
            &["NewEvent", "SampleEvent", "PublishedEvent"],
        ),
    );
}

/// One of several, none of which has the fields of another.
fn either(about: &str, names: &[&str]) -> Value {
    let any: Vec<Value> = names.iter().map(|name| reference(name)).collect();
    json!({"anyOf": any, "description": about})
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

/// What API Gateway answers by itself.
fn too_many_requests() -> Value {
    json!({"type": "object", "properties": {"message": {"type": "string"}}})
}

fn fault() -> Value {
    json!({
        "type": "object", "required": ["pointer", "detail", "code"],
        "description": "A fault of the input",
        "properties": {
            "pointer": {"type": "string", "description": "JSON pointer into the body; /query/… and /headers/… for the rest of a request"},
            "detail": {"type": "string", "description": "What would be right, for people"},
            "code": {"type": "string", "description": "For programs"},
        },
    })
}
