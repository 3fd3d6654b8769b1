//! What an entry means to the API: the same webhook in the API's own words, so that the
//! same rules are for both.

use carillon_domain::fault::Fault;
use carillon_domain::{
    FaultCode, Faults, Fields, OrganizationId, Platform, Pointer, Registration, Webhook,
};
use serde_json::{Map, Value, json};

use super::document::Entry;

/// The event types of an entry that names none.
const DEFAULT_EVENTS: [&str; 3] = ["deploy", "destroy", "error"];

/// The fields of an entry that are fields of a webhook's configuration.
const CONFIGURATION: [&str; 10] = [
    "token",
    "webhook_url",
    "channel",
    "channels",
    "username",
    "icon_emoji",
    "avatar_url",
    "thread_id",
    "grouping",
    "digest",
];

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
    entry: &Entry,
    organization: &OrganizationId,
    current: Option<&Webhook>,
    faults: &mut Faults,
) -> Option<Registration> {
    let before = faults.iter().count();
    let translated = translate(entry, organization, faults)?;
    let read = Registration::parse(
        &translated.document,
        organization,
        current,
        carillon_chat::configuration,
    );
    match read {
        Ok(registration) if faults.iter().count() == before => Some(registration),
        Ok(_) => None,
        Err(inner) => {
            for Fault {
                pointer,
                detail,
                code,
            } in inner.iter()
            {
                faults.add(translated.origin_of(pointer), *code, detail.clone());
            }
            None
        }
    }
}

/// An entry in the API's words, and where each part of it stands in the file.
struct Translated {
    document: Value,
    origins: Vec<(Pointer, Pointer)>,
}

impl Translated {
    fn origin_of(&self, pointer: &Pointer) -> Pointer {
        self.origins
            .iter()
            .filter_map(|(target, origin)| Some((target, origin.join(&pointer.inside(target)?))))
            .max_by_key(|(target, _)| target.as_str().len())
            .map(|(_, origin)| origin)
            .unwrap_or_default()
    }
}

fn translate(
    entry: &Entry,
    organization: &OrganizationId,
    faults: &mut Faults,
) -> Option<Translated> {
    let at = &entry.at;
    let mut fields = Fields::of(&entry.value, at.clone(), faults)?;
    let platforms = Platform::ALL.map(|platform| (platform.as_str(), platform));
    let platform = fields
        .required_choice("provider", &platforms)
        // The fault is found; the rest is read all the same.
        .unwrap_or_else(|| guessed(&entry.value));
    let mut document = Map::new();
    document.insert("name".into(), json!(entry.name));
    document.insert("type".into(), json!(platform));
    let enabled = fields.value("enabled").cloned();
    document.insert("enabled".into(), enabled.unwrap_or(Value::Bool(true)));
    let events = fields.value("events").cloned();
    document.insert(
        "event_types".into(),
        events.unwrap_or(json!(DEFAULT_EVENTS)),
    );
    let environments = fields.value("environments").cloned();
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
    document.extend(filters.map(|filters| ("filters".to_owned(), filters)));
    let configuration: Map<String, Value> = CONFIGURATION
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), fields.value(name)?.clone())))
        .collect();
    document.insert("configuration".into(), Value::Object(configuration));
    for (word, instead) in API_WORDS {
        if fields.has(word) {
            fields.fault(word, FaultCode::UnknownField, format!("`{word}` {instead}"));
            fields.value(word);
        }
    }
    fields.own_organization(organization);
    fields.finish();
    let target = |name: &str| Pointer::root().field(name);
    Some(Translated {
        document: Value::Object(document),
        origins: vec![
            (Pointer::root(), at.clone()),
            (target("name"), at.clone()),
            (target("type"), at.field("provider")),
            (target("event_types"), at.field("events")),
            (target("filters").field("environment"), environments_at),
            (target("configuration"), at.clone()),
        ],
    })
}

/// The platform of an entry that does not name one.
fn guessed(entry: &Value) -> Platform {
    let url = entry["webhook_url"].as_str().unwrap_or_default();
    match url.contains("discord") {
        true => Platform::Discord,
        false => Platform::Slack,
    }
}
