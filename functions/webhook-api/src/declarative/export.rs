//! The webhooks as a file that, applied again, changes nothing.

use carillon_domain::webhook::{Digest, Grouping};
use carillon_domain::{Webhook, WebhookStatus};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

/// The `notifications:` block of an organization, credentials masked.
pub struct Notifications(pub Vec<Webhook>);

impl Notifications {
    /// As YAML.
    ///
    /// # Errors
    /// Where a text cannot be written.
    pub fn to_yaml(&self) -> Result<String, serde_saphyr::ser::Error> {
        serde_saphyr::to_string(self)
    }
}

impl Serialize for Notifications {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut top = serializer.serialize_map(Some(1))?;
        top.serialize_entry(super::document::NOTIFICATIONS, &Block(&self.0))?;
        top.end()
    }
}

struct Block<'w>(&'w [Webhook]);

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|webhook| (&webhook.name, Entry(webhook))))
    }
}

struct Entry<'w>(&'w Webhook);

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let webhook = self.0;
        let configuration = &webhook.configuration;
        let kind = configuration.kind;
        let mut entry = serializer.serialize_map(None)?;
        // What the system has suspended is still what its owner wants.
        let enabled = webhook.status != WebhookStatus::Disabled;
        entry.serialize_entry("enabled", &enabled)?;
        entry.serialize_entry("provider", webhook.platform.as_str())?;
        entry.serialize_entry(kind.credential_field(), &configuration.masked_credential)?;
        if let Some(channel) = &configuration.channel {
            entry.serialize_entry("channel", channel)?;
        }
        if !configuration.channels.is_empty() {
            entry.serialize_entry("channels", &configuration.channels)?;
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
        for (name, text) in [
            ("username", &configuration.username),
            ("icon_emoji", &configuration.icon_emoji),
            ("avatar_url", &configuration.avatar_url),
            ("thread_id", &configuration.thread_id),
        ] {
            if let Some(text) = text {
                entry.serialize_entry(name, text)?;
            }
        }
        let value = |value: &Value| value.clone();
        if configuration.grouping != Grouping::None {
            entry.serialize_entry("grouping", &value(&json!(configuration.grouping)))?;
        }
        if configuration.digest != Digest::Auto {
            entry.serialize_entry("digest", &value(&json!(configuration.digest)))?;
        }
        entry.end()
    }
}

#[cfg(test)]
mod tests;
