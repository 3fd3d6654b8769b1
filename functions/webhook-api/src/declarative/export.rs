//! The webhooks as a file that, applied again, changes nothing.

use carillon_chat::{Kind, Kinds};
use carillon_domain::webhook::{Digest, Grouping};
use carillon_domain::{Webhook, WebhookStatus};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;

use super::tree::NOTIFICATIONS;

/// The `notifications:` block of an organization, credentials masked.
pub struct Notifications<'k> {
    pub kinds: &'k Kinds,
    pub webhooks: Vec<Webhook>,
}

impl Notifications<'_> {
    /// As YAML.
    ///
    /// # Errors
    /// Where a text cannot be written.
    pub fn to_yaml(&self) -> Result<String, serde_saphyr::ser::Error> {
        serde_saphyr::to_string(self)
    }
}

impl Serialize for Notifications<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(NOTIFICATIONS, Block(self))])
    }
}

struct Block<'w>(&'w Notifications<'w>);

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Notifications { kinds, webhooks } = self.0;
        let entries = webhooks.iter().map(|webhook| {
            let kind = kinds.get(&webhook.kind);
            (&webhook.name, Entry { kind, webhook })
        });
        serializer.collect_map(entries)
    }
}

struct Entry<'w> {
    kind: Option<&'w dyn Kind>,
    webhook: &'w Webhook,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Entry { kind, webhook } = self;
        let configuration = &webhook.configuration;
        let mut entry = serializer.serialize_map(None)?;
        // What the system has suspended is still what its owner wants.
        let enabled = webhook.status != WebhookStatus::Disabled;
        entry.serialize_entry("enabled", &enabled)?;
        entry.serialize_entry("provider", webhook.kind.api_type())?;
        for field in kind.iter().flat_map(|kind| kind.about().fields) {
            if let Some(value) = configuration.own.get(field.name) {
                entry.serialize_entry(field.name, value)?;
            }
        }
        entry.serialize_entry("events", &webhook.event_types)?;
        let mut filters = serde_json::to_value(&webhook.filters).unwrap_or_default();
        let environments = filters
            .as_object_mut()
            .and_then(|f| f.remove("environment"));
        if let Some(environments) = environments {
            entry.serialize_entry("environments", &environments)?;
        }
        if !filters.is_null() && filters != json!({}) {
            entry.serialize_entry("filters", &filters)?;
        }
        if let Some(message) = &webhook.message {
            entry.serialize_entry("message", message)?;
        }
        if configuration.grouping != Grouping::None {
            entry.serialize_entry("grouping", &json!(configuration.grouping))?;
        }
        if configuration.digest != Digest::Auto {
            entry.serialize_entry("digest", &json!(configuration.digest))?;
        }
        if let Some(after) = &configuration.summary_after {
            entry.serialize_entry("summary_after", after)?;
        }
        entry.end()
    }
}

#[cfg(test)]
mod tests;
