//! What an entry means to the API: the same webhook in the API's own words, so that the
//! same rules are for both.

use carillon_chat::Kinds;
use carillon_domain::field::{Field, Given, Object};
use carillon_domain::fields::ORGANIZATION;
use carillon_domain::filters::FILTER_VALUES;
use carillon_domain::webhook::{DESTINATION_TYPE, ENABLED, ENTRY_EVENTS, FILTERS, MESSAGE};
use carillon_domain::{FaultCode, Faults, Fields, OrganizationId, Pointer, Registration, Webhook};
use serde_json::{Map, Value, json};

use super::document::Entry;
use crate::registration;

/// The event types of an entry that names none.
const DEFAULT_EVENTS: [&str; 3] = ["deploy", "destroy", "error"];

const PROVIDER: Field<Given> = Field::required("provider", "", Given(DESTINATION_TYPE));
const ENVIRONMENTS: Field<Given> = Field::optional(
    "environments",
    "Short for `filters.environment`",
    Given(FILTER_VALUES),
);

/// What an entry says beside its configuration.
pub const ENTRY: Object = Object {
    about: "A webhook; its name is the entry's key",
    fields: &[
        &PROVIDER,
        &ENABLED,
        &ENTRY_EVENTS,
        &ENVIRONMENTS,
        &FILTERS,
        &MESSAGE,
        &ORGANIZATION,
    ],
};

/// What the API calls otherwise than an entry does, and what to write instead.
const API_WORDS: [(&str, &str); 4] = [
    ("type", "is called `provider` here"),
    ("event_types", "is called `events` here"),
    ("name", "is not needed: the entry's key is the name"),
    (
        "configuration",
        "is not needed: its fields stand directly in the entry",
    ),
];

/// Reads an entry that is to replace `current`, if there is such a webhook. Every fault is
/// added to `faults`.
pub(super) fn read(
    kinds: &Kinds,
    entry: &Entry,
    organization: &OrganizationId,
    current: Option<&Webhook>,
    faults: &mut Faults,
) -> Option<Registration> {
    let before = faults.iter().count();
    let (document, origins) = translate(kinds, entry, organization, faults)?;
    match registration::read(kinds, &document, organization, current) {
        Ok(registration) if faults.iter().count() == before => Some(registration),
        Ok(_) => None,
        Err(inner) => {
            for fault in inner.iter() {
                let within = origins.iter().filter_map(|(target, origin)| {
                    Some((target, origin.join(&fault.pointer.inside(target)?)))
                });
                let nearest = within.max_by_key(|(target, _)| target.as_str().len());
                let at = nearest.map(|(_, at)| at).unwrap_or_default();
                faults.add(at, fault.code, fault.detail.clone());
            }
            None
        }
    }
}

/// An entry in the API's words, and where each part of it stands in the file.
fn translate(
    kinds: &Kinds,
    entry: &Entry,
    organization: &OrganizationId,
    faults: &mut Faults,
) -> Option<(Value, Vec<(Pointer, Pointer)>)> {
    let at = &entry.at;
    let mut fields = Fields::of(&entry.value, at.clone(), faults)?;
    let types = kinds.types();
    let types: Vec<(&str, &str)> = types.iter().map(|name| (&**name, &**name)).collect();
    let api_type = fields
        .required_choice(PROVIDER.name, &types)
        .map(str::to_owned)
        // The fault is found; the rest is read all the same.
        .unwrap_or_else(|| guessed(kinds, &entry.value));
    let enabled = fields.value("enabled").cloned();
    let events = fields.value(ENTRY_EVENTS.name).cloned();
    let environments = fields.value(ENVIRONMENTS.name).cloned();
    let mut filters = fields.value("filters").cloned();
    let mut environments_at = at.field("filters").field("environment");
    if let Some(environments) = environments {
        let map = filters.get_or_insert_with(|| json!({})).as_object_mut();
        match map {
            Some(map) if map.get("environment").is_none_or(Value::is_null) => {
                map.insert("environment".into(), environments);
                environments_at = at.field("environments");
            }
            Some(_) => fields.fault(
                "environments",
                FaultCode::NotAllowed,
                "is short for `environment` under `filters`, which is there too: give one of them",
            ),
            // The fault of `filters` is found when it is read.
            None => {}
        }
    }
    let message = fields.value("message");
    let own = kinds.iter().flat_map(|kind| kind.about().fields);
    let configuration: Map<String, Value> = own
        .map(|field| field.name)
        .chain(["grouping", "digest", "summary_after"])
        .filter_map(|name| Some((name.to_owned(), fields.value(name)?.clone())))
        .collect();
    let mut document = json!({
        "name": entry.name,
        "type": api_type,
        "enabled": enabled.unwrap_or(Value::Bool(true)),
        "event_types": events.unwrap_or(json!(DEFAULT_EVENTS)),
        "filters": filters,
        "message": message,
        "configuration": configuration,
    });
    if let Some(document) = document.as_object_mut() {
        // What is absent takes no room.
        document.retain(|_, value| !value.is_null());
    }
    for (word, instead) in API_WORDS {
        if fields.has(word) {
            fields.fault(word, FaultCode::UnknownField, format!("`{word}` {instead}"));
            fields.value(word);
        }
    }
    fields.own_organization(organization);
    fields.finish_as(&ENTRY);
    let target = |name: &str| Pointer::root().field(name);
    let origins = vec![
        (Pointer::root(), at.clone()),
        (target("name"), at.clone()),
        (target("type"), at.field("provider")),
        (target("event_types"), at.field("events")),
        (target("filters").field("environment"), environments_at),
        (target("configuration"), at.clone()),
    ];
    Some((document, origins))
}

/// The `type` of an entry that does not name one: whose credential it looks like.
fn guessed(kinds: &Kinds, entry: &Value) -> String {
    let meant = registration::kind_of(kinds, |field| entry[field].as_str());
    let meant = meant.or_else(|| kinds.iter().next());
    meant.map_or_else(String::new, |kind| kind.id().api_type().to_owned())
}
