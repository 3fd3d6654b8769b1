//! The audit log: who changed what. It has the names of what changed, and no values.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api_key::ApiKey;
use crate::webhook::{Configuration, Webhook, WebhookStatus};

/// How somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorType {
    /// By a key that an admin made.
    ApiKey,
    /// By the key that was made at deployment.
    DeploymentKey,
    Jwt,
}

/// Somebody who changes something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    #[serde(rename = "type")]
    pub actor_type: ActorType,
    /// The key's id, or the JWT's subject.
    pub id: String,
    /// The key's name.
    pub name: Option<String>,
}

/// Who changes something, in which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    pub actor: Actor,
    pub request_id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Created,
    Updated,
    Removed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectType {
    Webhook,
    ApiKey,
}

/// What is changed; its name is the one that it then has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    #[serde(rename = "type")]
    pub object_type: ObjectType,
    pub id: String,
    pub name: String,
}

impl From<&Webhook> for Object {
    fn from(webhook: &Webhook) -> Self {
        Self {
            object_type: ObjectType::Webhook,
            id: webhook.id.to_string(),
            name: webhook.name.clone(),
        }
    }
}

impl From<&ApiKey> for Object {
    fn from(key: &ApiKey) -> Self {
        Self {
            object_type: ObjectType::ApiKey,
            id: key.id.to_string(),
            name: key.name.clone(),
        }
    }
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Sorts as the entries were made.
    pub id: String,
    pub at: Timestamp,
    pub actor: Actor,
    pub action: Action,
    pub object: Object,
    /// The names of the fields that an update changed.
    pub changed: Vec<String>,
    pub request_id: String,
}

/// The names of a webhook's fields that differ.
pub fn changed_fields(before: &Webhook, after: &Webhook) -> Vec<String> {
    let is_off = |webhook: &Webhook| webhook.status == WebhookStatus::Disabled;
    let enabled = is_off(before) != is_off(after);
    let status = before.status != after.status && !enabled;
    let fields = [
        ("name", before.name != after.name),
        ("type", before.kind.api_type() != after.kind.api_type()),
        ("event_types", before.event_types != after.event_types),
        ("filters", before.filters != after.filters),
        ("message", before.message != after.message),
        ("enabled", enabled),
        ("status", status),
        ("credential", before.credential != after.credential),
    ];
    let names = differing(&fields).into_iter().map(str::to_owned);
    let settings = changed_settings(&before.configuration, &after.configuration);
    names.chain(settings).collect()
}

fn changed_settings(before: &Configuration, after: &Configuration) -> Vec<String> {
    let mut names: Vec<&str> = before.own.keys().map(String::as_str).collect();
    names.extend(after.own.keys().map(String::as_str));
    names.sort_unstable();
    names.dedup();
    names.retain(|name| before.own.get(*name) != after.own.get(*name));
    names.extend(differing(&[
        ("grouping", before.grouping != after.grouping),
        ("digest", before.digest != after.digest),
        ("summary_after", before.summary_after != after.summary_after),
    ]));
    let inside = |name: &str| format!("configuration.{name}");
    names.into_iter().map(inside).collect()
}

fn differing<'n>(fields: &[(&'n str, bool)]) -> Vec<&'n str> {
    let fields = fields.iter().filter(|(_, differs)| *differs);
    fields.map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn changed_fields_are_told_by_their_names_alone() {
        let before = sample::webhook(1, &["deploy"]);
        assert_eq!(changed_fields(&before, &before), [] as [&str; 0]);
        let mut after = sample::webhook(1, &["scale"]);
        after.id = before.id.clone();
        after.name = "another".into();
        after.status = WebhookStatus::Disabled;
        after.configuration.set("channel", "elsewhere");
        after.configuration.digest = crate::Digest::Off;
        assert_eq!(
            changed_fields(&before, &after),
            [
                "name",
                "event_types",
                "enabled",
                "configuration.channel",
                "configuration.digest"
            ]
        );
        let mut resumed = before.clone();
        resumed.status = WebhookStatus::Suspended;
        assert_eq!(changed_fields(&resumed, &before), ["status"]);
    }
}
