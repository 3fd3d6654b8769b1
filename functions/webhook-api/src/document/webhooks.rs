//! The schemas of webhooks: as they are registered, answered, replaced, changed and declared. Each type of
//! destination has schemas of its own, told apart by `type`.

use carillon_chat::form::schema::field;
use carillon_chat::message::{self, MentionForm};
use carillon_chat::{Kind, Kinds};
use carillon_domain::field::{Described, Line, Rule, reference, schema};
use carillon_domain::fields::ORGANIZATION;
use carillon_domain::text::capitalized;
use carillon_domain::webhook::{MAX_WEBHOOK_NAME, MESSAGE_TEMPLATE, NEW_WEBHOOK};
use serde_json::{Map, Value, json};

use super::Schemas;
use crate::declarative::ENTRY;
use crate::rotation::EVERYWHERE;

const CONFIGURATION: &str = "configuration";

/// Adds them all, where there is the webhook as it is answered whatever its type.
pub fn add(kinds: &Kinds, schemas: &mut Schemas) {
    let answered = schemas.remove("Webhook").unwrap_or_default();
    let read_only = read_only(&answered);
    let types = kinds.types();
    for kind in kinds.iter() {
        let name = kind.about().schema_name;
        schemas.insert(format!("{name}Configuration"), kind.schema(false));
        schemas.insert(format!("Shown{name}Configuration"), shown(kind));
    }
    for api_type in &types {
        let name = type_name(kinds, api_type);
        let names: Vec<String> = kinds
            .of_type(api_type)
            .map(|kind| kind.about().schema_name.to_owned())
            .collect();
        let configuration = configuration_of(schemas, "", &name, &names);
        let shown = configuration_of(schemas, "Shown", &name, &names);
        let own = |configuration: Value| {
            [
                ("type", json!({"type": "string", "const": api_type})),
                (CONFIGURATION, configuration),
            ]
        };
        let mut new = NEW_WEBHOOK.schema();
        let for_people = kinds.of_type(api_type).any(<dyn Kind>::is_for_people);
        if !for_people {
            new = without(new, ["message"]);
        }
        set(&mut new, own(configuration.clone()));
        let mut replacement = new.clone();
        let either = json!({
            "description": "As a new one, or as it was shown: what is masked is unchanged",
            "anyOf": [configuration, shown],
        });
        set(&mut replacement, read_only.clone());
        undescribed(&mut replacement);
        set(&mut replacement, own(either));
        // It is shown as null where there is none, and a webhook as it was read fits in here.
        let message = schema::or_null(reference(MESSAGE_TEMPLATE));
        set(&mut replacement, [("message", message)]);
        replacement["description"] =
            "The whole webhook; what the server adds may be sent back as it was read".into();
        let mut specific = json!({"type": "object", "required": ["type", CONFIGURATION]});
        set(&mut specific, own(shown));
        schemas.insert(format!("New{name}Webhook"), new);
        schemas.insert(format!("{name}WebhookReplacement"), replacement);
        schemas.insert(
            format!("{name}Webhook"),
            json!({"allOf": [reference(COMMON), specific]}),
        );
    }
    let mut add = |begin: &str, end: &str, about: &Value| {
        let name = |api_type: &str| format!("{begin}{}{end}", type_name(kinds, api_type));
        let names = types.iter().map(|it| (it.clone(), name(it)));
        let union = union("type", names.collect(), about);
        schemas.insert(format!("{begin}{end}"), union);
    };
    let replacement = "A webhook in the place of the one that is there";
    add("New", "Webhook", &NEW_WEBHOOK.about.into());
    add("", "Webhook", &answered["description"]);
    add("", "WebhookReplacement", &replacement.into());
    schemas.insert(COMMON.into(), without(answered, ["type", CONFIGURATION]));
    schemas.insert("WebhookPatch".into(), patch());
    schemas.insert("ConfigurationPatch".into(), configuration_patch(kinds));
    schemas.insert(MESSAGE_TEMPLATE.into(), message_template(kinds));
    schemas.insert("Rotation".into(), rotation(kinds));
    let types = json!({"type": "string", "enum": types, "description": "A type of destination"});
    schemas.insert("DestinationType".into(), types);
    notifications(kinds, schemas);
}

/// The words that webhooks may have of their own; whom they may mention depends on the kind.
fn message_template(kinds: &Kinds) -> Value {
    let mut forms: Vec<MentionForm> = Vec::new();
    for form in kinds
        .iter()
        .flat_map(|kind| kind.about().mentions.unwrap_or_default())
    {
        if forms.iter().all(|known| known.name != form.name) {
            forms.push(*form);
        }
    }
    message::schema(&forms, &reference("Filters"))
}

/// What webhooks of all types have in common.
const COMMON: &str = "WebhookCommon";

/// Refers to the configuration of the only one of these kinds, or to the union of theirs, which
/// is added: their credentials tell them apart.
fn configuration_of(schemas: &mut Schemas, begin: &str, whole: &str, kinds: &[String]) -> Value {
    let schema = |name: &String| reference(&format!("{begin}{name}Configuration"));
    if let [only] = kinds {
        return schema(only);
    }
    let any: Vec<Value> = kinds.iter().map(schema).collect();
    let name = format!("{begin}{whole}Configuration");
    let reference = reference(&name);
    schemas.insert(name, json!({ "anyOf": any }));
    reference
}

/// Takes out what properties are for: it is said elsewhere.
fn undescribed(object: &mut Value) {
    let properties = object["properties"].as_object_mut().into_iter().flatten();
    for (_, property) in properties {
        if let Some(property) = property.as_object_mut() {
            property.retain(|name, _| !matches!(name.as_str(), "description" | "example"));
        }
    }
}

fn set(object: &mut Value, properties: impl IntoIterator<Item = (impl Into<String>, Value)>) {
    for (name, schema) in properties {
        object["properties"][name.into()] = schema;
    }
}

fn without<const N: usize>(mut object: Value, names: [&str; N]) -> Value {
    if let Some(properties) = object["properties"].as_object_mut() {
        properties.retain(|name, _| !names.contains(&name.as_str()));
    }
    if let Some(required) = object["required"].as_array_mut() {
        required.retain(|name| !names.iter().any(|it| name == it));
    }
    object
}

/// One of some schemas, told apart by the value of a field.
fn union(by: &str, names: Vec<(String, String)>, about: &Value) -> Value {
    let mapping = names.iter().map(|(value, name)| {
        let path = format!("#/components/schemas/{name}");
        (value.clone(), path.into())
    });
    let mapping: Map<String, Value> = mapping.collect();
    let any: Vec<Value> = names.iter().map(|(_, name)| reference(name)).collect();
    json!({
        "oneOf": any,
        "discriminator": {"propertyName": by, "mapping": mapping},
        "description": about,
    })
}

/// What the document calls a type of destinations: `Slack`.
fn type_name(kinds: &Kinds, api_type: &str) -> String {
    let of_type: Vec<&dyn Kind> = kinds.of_type(api_type).collect();
    match of_type[..] {
        [only] => only.about().schema_name.to_owned(),
        _ => capitalized(api_type),
    }
}

/// What the server adds to a webhook: it may be sent back as it was read, and not otherwise.
fn read_only(answered: &Value) -> Map<String, Value> {
    let known = NEW_WEBHOOK.names();
    let properties = answered["properties"].as_object().into_iter().flatten();
    let added = properties.filter(|(name, _)| !known.contains(&name.as_str()));
    added
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            schema["readOnly"] = true.into();
            (name.clone(), schema)
        })
        .collect()
}

/// A configuration as answers show it: in the stored form, its credential masked.
fn shown(kind: &dyn Kind) -> Value {
    let mut schema = schema::unlimited(&kind.schema(true));
    undescribed(&mut schema);
    if let Some(required) = schema["required"].as_array_mut() {
        required.extend(["grouping".into(), "digest".into()]);
    }
    schema
}

fn patch() -> Value {
    let mut properties = NEW_WEBHOOK.patch();
    properties.insert(CONFIGURATION.into(), reference("ConfigurationPatch"));
    let about = "The fields to change (RFC 7396): null removes, lists are replaced as a whole";
    schema::described(schema::object(&[], properties), about)
}

/// The fields of all kinds: a patch need not say the type.
fn configuration_patch(kinds: &Kinds) -> Value {
    let mut fields = Map::new();
    for kind in kinds.iter() {
        let schema = kind.schema(true);
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            join(&mut fields, name, schema.clone());
        }
    }
    let fields = fields.into_iter();
    let fields = fields.map(|(name, field)| (name, schema::or_null(field)));
    let mut patch = schema::object(&[], fields.collect());
    undescribed(&mut patch);
    let about = "The fields to change: null removes. Which there are depends on the webhook's type";
    schema::described(patch, about)
}

/// The parts of the credentials of all kinds.
fn rotation(kinds: &Kinds) -> Value {
    let mut fields = Map::new();
    for field_of in kinds.iter().flat_map(|kind| kind.secret_fields()) {
        if let Some(schema) = field(field_of, false) {
            join(&mut fields, field_of.name, schema);
        }
    }
    let mut rotation = schema::object(&[], fields);
    undescribed(&mut rotation);
    let own = [&EVERYWHERE as &dyn Described, &ORGANIZATION];
    set(
        &mut rotation,
        own.map(|field| (field.name(), field.schema())),
    );
    let about = "The parts of the new credential, under the names that they have in the webhook's \
                 configuration";
    schema::described(rotation, about)
}

/// Adds a field that other kinds may have, too. What each of them takes of it is for the
/// webhook's type to say.
fn join(fields: &mut Map<String, Value>, name: &str, schema: Value) {
    match fields.get_mut(name) {
        None => {
            fields.insert(name.to_owned(), schema);
        }
        Some(known) if *known == schema => {}
        Some(known) => {
            *known = schema::unlimited(known);
            known["description"] = "As in a configuration of the webhook's type".into();
        }
    }
}

fn notifications(kinds: &Kinds, schemas: &mut Schemas) {
    let names = kinds
        .iter()
        .map(|kind| format!("{}Entry", kind.about().schema_name));
    let names: Vec<String> = names.collect();
    for (kind, name) in kinds.iter().zip(&names) {
        schemas.insert(name.clone(), entry(kind));
    }
    let any: Vec<Value> = names.iter().map(|name| reference(name)).collect();
    // The provider tells them apart, and where it has several kinds, the credential.
    schemas.insert(
        "Entry".into(),
        json!({"anyOf": any, "description": ENTRY.about}),
    );
    schemas.insert("Notifications".into(), file());
}

/// An entry whose destination is of this kind. An exported file has masked credentials, which
/// mean 'unchanged' to a webhook that is there.
fn entry(kind: &dyn Kind) -> Value {
    let mut entry = kind.schema(true);
    undescribed(&mut entry);
    if let Some(properties) = entry["properties"].as_object_mut() {
        properties.extend(ENTRY.properties());
        let provider = json!({"type": "string", "const": kind.id().api_type()});
        properties.insert("provider".into(), provider);
        if !kind.is_for_people() {
            properties.remove("message");
        }
    }
    match entry["required"].as_array_mut() {
        Some(required) => required.push("provider".into()),
        None => entry["required"] = json!(["provider"]),
    }
    entry
}

/// A file with the block; everything beside it is somebody else's.
fn file() -> Value {
    json!({
        "type": "object", "required": ["notifications"], "additionalProperties": true,
        "description": "A file; what is beside `notifications` is ignored",
        "properties": {"notifications": {
            "type": "object", "description": "The webhooks by their names",
            "propertyNames": Line(MAX_WEBHOOK_NAME).schema(),
            "additionalProperties": reference("Entry"),
        }},
    })
}
