//! The schemas of webhooks, as they are registered, changed and rotated.

use carillon_chat::form::schema;
use carillon_chat::{Kind, Kinds, message};
use carillon_domain::event::{MAX_NAME, Severity, Status};
use carillon_domain::webhook::MAX_WEBHOOK_NAME;
use carillon_domain::{EventType, WebhookStatus, pattern};
use serde_json::{Map, Value, json};

use super::texts::{
    choice, form, line, listed, object, optional, or_null, organization, said, time,
};
use crate::rotation::can_be_made;

pub fn add(kinds: &Kinds, schemas: &mut Map<String, Value>) {
    let mut add = |name: &str, schema: Value| {
        schemas.insert(name.to_owned(), schema);
    };
    add("NewWebhook", new_webhook(kinds));
    add("WebhookReplacement", replacement(kinds));
    add("WebhookPatch", patch(kinds));
    add(
        "DestinationType",
        json!({"type": "string", "enum": kinds.types()}),
    );
    for kind in kinds.iter() {
        add(&configuration_name(kind), kind.schema(false));
    }
    add("Filters", filters());
    add("MessageTemplate", message(kinds.iter(), &filters()));
    add("Rotation", rotation(kinds));
    add("Recovery", recovery("^dl_[A-Za-z0-9]{26}$"));
    let place = "^wh_[A-Za-z0-9]{26}(?::dl_[A-Za-z0-9]{26})?$";
    add("RecoveryOfAll", recovery(place));
    add("Nothing", nothing());
}

/// What the document calls the configuration of a kind, such as `SlackBotConfiguration`.
fn configuration_name(kind: &dyn Kind) -> String {
    let id = kind.id();
    let words = id.as_str().split(['/', '_']);
    let words = words.map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_uppercase())
    });
    format!("{}Configuration", words.collect::<String>())
}

/// The fields of both, those of the second before the first's.
fn joined(mut fields: Value, more: &Value) -> Value {
    if let (Some(fields), Some(more)) = (fields.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    fields
}

fn event_types() -> Value {
    let names: Vec<&str> = EventType::ALL.iter().map(|known| known.as_str()).collect();
    let item = json!({"anyOf": [
        {"type": "string", "enum": names}, form(256, &pattern::event_types()),
    ]});
    listed(
        1,
        50,
        item,
        "Event types, or patterns with * that match at least one, such as parameter_*",
    )
}

fn fields() -> Value {
    let mut name = line(MAX_WEBHOOK_NAME);
    name["description"] = "Unique in the organization".into();
    json!({
        "name": name,
        "event_types": event_types(),
        "filters": {"$ref": "#/components/schemas/Filters"},
        "enabled": {"type": ["boolean", "null"]},
        "organization": organization(),
    })
}

/// The words that webhooks of these kinds may have of their own.
pub fn message<'k>(kinds: impl Iterator<Item = &'k dyn Kind>, filters: &Value) -> Value {
    let mut refusals = Vec::new();
    let mut forms: Vec<Value> = Vec::new();
    for kind in kinds {
        match kind.message() {
            Ok(mentions) => {
                let schema = message::schema::message(mentions, filters);
                if !forms.contains(&schema) {
                    forms.push(schema);
                }
            }
            Err(why) => refusals.push(why),
        }
    }
    match (forms.as_slice(), refusals.first()) {
        ([one], _) => one.clone(),
        ([], Some(why)) => json!({"type": "null", "description": format!("Not here: {why}")}),
        (several, _) => json!({ "anyOf": several }),
    }
}

/// A webhook of each type, whose configuration is that of a kind of the type.
fn of_types(
    kinds: &Kinds,
    fields: &Value,
    configuration: impl Fn(&dyn Kind) -> Value,
    about: &str,
) -> Value {
    let variants = kinds.types().into_iter().map(|api_type| {
        let configurations: Vec<Value> = kinds.of_type(&api_type).map(&configuration).collect();
        let own = json!({
            "type": {"type": "string", "const": api_type},
            "configuration": {
                "description": "A masked credential that is sent back means 'unchanged'",
                "anyOf": configurations,
            },
            "message": message(kinds.of_type(&api_type), &reference("Filters")),
        });
        let required = ["name", "type", "event_types", "configuration"];
        object(&required, joined(fields.clone(), &own))
    });
    let variants: Vec<Value> = variants.collect();
    json!({"description": about, "anyOf": variants})
}

/// What an entry of a file may say beside its configuration.
pub fn entry_fields() -> Value {
    let environments = listed(1, 50, said(MAX_NAME), "Short for filters.environment");
    json!({
        "enabled": {"type": ["boolean", "null"]},
        "events": or_null(event_types()),
        "environments": or_null(environments),
        "filters": {"$ref": "#/components/schemas/Filters"},
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn new_webhook(kinds: &Kinds) -> Value {
    let configuration = |kind: &dyn Kind| reference(&configuration_name(kind));
    of_types(kinds, &fields(), configuration, "At most 16 KB as JSON")
}

/// What the server adds. It may be sent back as it was read, and not otherwise.
fn read_only() -> Value {
    json!({
        "id": optional("Its own", &[said(1_000)]),
        "status": choice(
            &WebhookStatus::ALL.map(|(name, _)| name),
            "As it is, or with an `enabled` that says the same",
        ),
        "status_reason": optional("As it was read", &[said(16_384)]),
        "created_at": time("As it is"),
        "modified_at": time("As it was read"),
        "verification": {"description": "Of an answer; not looked at"},
        "rotated": {"description": "Of an answer; not looked at"},
    })
}

fn replacement(kinds: &Kinds) -> Value {
    of_types(
        kinds,
        &joined(fields(), &read_only()),
        |kind| kind.schema(true),
        "The whole webhook; what the server adds may be sent back as it was read",
    )
}

fn patch(kinds: &Kinds) -> Value {
    let mut properties = joined(fields(), &read_only());
    properties["type"] = reference("DestinationType");
    let mut configuration: Map<String, Value> = Map::new();
    for kind in kinds.iter() {
        let schema = kind.schema(true);
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let any = configuration
                .entry(name.clone())
                .or_insert_with(|| json!([{"type": "null"}]));
            if let Some(any) = any.as_array_mut()
                && !any.contains(schema)
            {
                any.push(schema.clone());
            }
        }
    }
    let configuration: Map<String, Value> = configuration
        .into_iter()
        .map(|(name, any)| (name, json!({ "anyOf": any })))
        .collect();
    properties["configuration"] = object(&[], configuration.into());
    properties["message"] = message(kinds.iter(), &reference("Filters"));
    let mut patch = object(&[], properties);
    patch["description"] =
        "The fields to change (RFC 7396): null removes, lists are replaced as a whole".into();
    patch
}

pub fn filters() -> Value {
    let any = "Any of these; * stands for any run of characters";
    let values = |item: Value| or_null(listed(1, 50, item, any));
    let names = || values(said(MAX_NAME));
    let one_of = |names: &[&str], globs: String| json!({"anyOf": [{"type": "string", "enum": names}, form(MAX_NAME, &globs)]});
    let statuses = one_of(&Status::ALL.map(Status::as_str), pattern::statuses());
    let severities = one_of(&Severity::ALL.map(Severity::as_str), pattern::severities());
    json!({
        "type": ["object", "null"], "additionalProperties": false,
        "description": "All keys must match; of a key, any value; * stands for any run of characters",
        "properties": {
            "environment": names(), "project": names(), "provider": names(), "account": names(),
            "region": names(), "status": values(statuses), "severity": values(severities),
            "resource_type": names(),
        },
    })
}

/// For each kind, its parts of the credential, and none of the others'.
fn rotation(kinds: &Kinds) -> Value {
    let foreign = kinds.iter().flat_map(|kind| kind.secret_fields());
    let foreign: Map<String, Value> = foreign
        .map(|field| (field.name.to_owned(), json!({"type": "null"})))
        .collect();
    let variant = |kind: &dyn Kind| {
        let own: Map<String, Value> = kind
            .secret_fields()
            .map(|field| (field.name.to_owned(), schema::field(field, false)))
            .collect();
        let common = json!({
            "everywhere": {
                "type": ["boolean", "null"],
                "description": "Whether all webhooks that share the old credential get the new one; \
                                only for credentials of one part",
            },
            "organization": organization(),
        });
        let properties = joined(joined(foreign.clone().into(), &own.into()), &common);
        let mut fields = kind.secret_fields();
        let required = match (fields.next(), fields.next()) {
            // Of several parts, some may stay.
            (Some(only), None) if !can_be_made(only) => vec![only.name],
            _ => Vec::new(),
        };
        let mut variant = object(&required, properties);
        variant["title"] = kind.title().into();
        variant
    };
    let variants: Vec<Value> = kinds.iter().map(variant).collect();
    json!({
        "description": "A new credential, under the name that it has in the webhook's configuration",
        "anyOf": variants,
    })
}

fn recovery(place: &str) -> Value {
    object(
        &[],
        json!({
            "since": time("What failed or was skipped then or later; everything, if left out"),
            "until": time("What failed or was skipped before then"),
            "after": optional(
                "To go on where an answer before has ended: its `next_after`",
                &[form(100, place)],
            ),
            "organization": organization(),
        }),
    )
}

fn nothing() -> Value {
    object(&[], json!({"organization": organization()}))
}
