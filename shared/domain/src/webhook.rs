//! The webhook: which events, filtered how, go to which destination.

mod lanes;
mod registration;
mod update;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::Event;
use crate::event_type::{EventType, EventTypePattern};
use crate::filters::Filters;
use crate::ids::{CredentialId, Fingerprint, OrganizationId, WebhookId};
use crate::lane::LaneId;
use crate::suspension;

pub use lanes::{Channel, Lanes};
pub use registration::{Credential, MAX_WEBHOOK_BYTES, Registration};
pub use update::Update;

/// The longest a webhook's name may be, in characters.
pub const MAX_WEBHOOK_NAME: usize = 100;

/// A chat platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    Slack,
    Discord,
}

impl Platform {
    pub const ALL: [Self; 2] = [Self::Slack, Self::Discord];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Discord => "discord",
        }
    }
}

/// How a destination is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DestinationKind {
    /// Slack's `chat.postMessage` with a bot token.
    SlackBot,
    /// A Slack incoming webhook: posts into the one channel it was made for.
    SlackWebhook,
    /// A Discord webhook.
    DiscordWebhook,
}

impl DestinationKind {
    pub fn platform(self) -> Platform {
        match self {
            Self::SlackBot | Self::SlackWebhook => Platform::Slack,
            Self::DiscordWebhook => Platform::Discord,
        }
    }

    /// The configuration's field that holds the credential.
    pub fn credential_field(self) -> &'static str {
        match self {
            Self::SlackBot => "token",
            Self::SlackWebhook | Self::DiscordWebhook => "webhook_url",
        }
    }
}

/// What joins messages that belong together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    #[default]
    None,
    /// The events of one correlation id share a thread.
    Thread,
    /// A later status edits the first message.
    Update,
}

impl Grouping {
    pub const ALL: [(&'static str, Self); 3] = [
        ("none", Self::None),
        ("thread", Self::Thread),
        ("update", Self::Update),
    ];
}

/// Whether a backlog is sent as one message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Digest {
    #[default]
    Auto,
    Off,
}

impl Digest {
    pub const ALL: [(&'static str, Self); 2] = [("auto", Self::Auto), ("off", Self::Off)];
}

/// A webhook's configuration as it is stored and shown: the credential only masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    pub kind: DestinationKind,
    /// The credential as it may be shown.
    pub masked_credential: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channel: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub channels: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub icon_emoji: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub avatar_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thread_id: Option<String>,
    #[serde(default)]
    pub grouping: Grouping,
    #[serde(default)]
    pub digest: Digest,
}

impl Configuration {
    /// One with nothing but its credential.
    pub fn new(kind: DestinationKind, masked_credential: String) -> Self {
        Self {
            kind,
            masked_credential,
            channel: None,
            channels: Vec::new(),
            username: None,
            icon_emoji: None,
            avatar_url: None,
            thread_id: None,
            grouping: Grouping::None,
            digest: Digest::Auto,
        }
    }

    /// The channels that get a delivery each. A destination with a channel of its own
    /// gets one delivery, under its label (blank where it has none).
    pub fn channels(&self) -> Vec<&str> {
        let named = self.channel.iter().chain(&self.channels);
        match self.kind {
            DestinationKind::SlackBot => named.map(String::as_str).collect(),
            DestinationKind::SlackWebhook | DestinationKind::DiscordWebhook => {
                vec![named.map(String::as_str).next().unwrap_or_default()]
            }
        }
    }

    /// The configuration as callers see it.
    pub fn shown(&self) -> Value {
        let mut shown = serde_json::to_value(self).unwrap_or_default();
        if let Some(fields) = shown.as_object_mut() {
            fields.remove("kind");
            if let Some(masked) = fields.remove("masked_credential") {
                fields.insert(self.kind.credential_field().to_owned(), masked);
            }
        }
        shown
    }
}

/// Whether a webhook delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookStatus {
    Active,
    /// Switched off by its owner.
    Disabled,
    /// Switched off by the system, because it cannot work.
    Suspended,
}

impl WebhookStatus {
    pub const ALL: [(&'static str, Self); 3] = [
        ("active", Self::Active),
        ("disabled", Self::Disabled),
        ("suspended", Self::Suspended),
    ];
}

/// A reference to a stored credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRef {
    /// Names the secret.
    #[serde(rename = "credential_id")]
    pub id: CredentialId,
    /// Tells whether another credential is the same.
    pub fingerprint: Fingerprint,
}

/// A registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    pub id: WebhookId,
    pub organization: OrganizationId,
    pub name: String,
    #[serde(rename = "type")]
    pub platform: Platform,
    pub event_types: Vec<EventTypePattern>,
    #[serde(skip_serializing_if = "Filters::is_empty", default)]
    pub filters: Filters,
    pub configuration: Configuration,
    /// Its channels, each with its lane.
    pub lanes: Lanes,
    /// Which secret holds the credential.
    #[serde(flatten)]
    pub credential: CredentialRef,
    /// The credential before the last rotation, until the new one has delivered once.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fallback: Option<CredentialRef>,
    pub status: WebhookStatus,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status_reason: Option<String>,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    /// Counts the changes; shown as `ETag`.
    pub version: u64,
}

impl Webhook {
    /// Whether an event is to be delivered by this webhook.
    pub fn wants(&self, event: &Event) -> bool {
        self.status == WebhookStatus::Active && self.subscribes(event)
    }

    /// Whether it would be delivered by this webhook, if that is not switched off.
    pub fn subscribes(&self, event: &Event) -> bool {
        self.why_not(event).is_none()
    }

    /// Why this webhook does not get an event, if it does not. Nobody is told of a suspension by
    /// the webhook that was suspended.
    pub fn why_not(&self, event: &Event) -> Option<String> {
        if self.organization != event.organization {
            return Some("it belongs to another organization".into());
        }
        if suspension::is_about(event, self) {
            return Some("the event is about the webhook itself".into());
        }
        if !self.names(event.event_type) {
            return Some(format!("it is not registered for `{}`", event.event_type));
        }
        self.filters.why_not(event)
    }

    /// Whether it is registered for events of a type.
    pub fn names(&self, event_type: EventType) -> bool {
        self.event_types
            .iter()
            .any(|pattern| pattern.matches(event_type))
    }

    /// The lane of one of its channels.
    pub fn lane(&self, channel: &Channel) -> LaneId {
        LaneId::of(&self.id, channel.lane)
    }

    /// Where what waits in a lane goes; none where its channel was taken out.
    pub fn channel(&self, lane: &LaneId) -> Option<&str> {
        let number = lane.number()?;
        let mut channels = self.lanes.channels.iter();
        let found = channels.find(|channel| channel.lane == number)?;
        Some(&found.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn webhook(event_types: &[&str]) -> Webhook {
        let mut webhook = sample::webhook(1, event_types);
        webhook.configuration.channel = None;
        webhook.configuration.channels = vec!["infra".into(), "#alerts".into()];
        webhook
    }

    #[test]
    fn an_active_webhook_wants_what_it_subscribed_to() {
        let mut webhook = webhook(&["deploy", "*_deleted"]);
        assert!(webhook.wants(&sample::event(EventType::Deploy)));
        assert!(webhook.wants(&sample::event(EventType::ValueDeleted)));
        assert!(!webhook.wants(&sample::event(EventType::Scale)));
        webhook.status = WebhookStatus::Disabled;
        assert!(!webhook.wants(&sample::event(EventType::Deploy)));
    }

    #[test]
    fn a_webhook_never_gets_another_organizations_events() {
        let mut event = sample::event(EventType::Deploy);
        event.organization = OrganizationId::parse("org_other").unwrap();
        assert!(!webhook(&["*"]).wants(&event));
    }

    #[test]
    fn each_channel_has_a_lane_of_its_own() {
        let mut webhook = webhook(&["*"]);
        assert_eq!(webhook.configuration.channels(), ["infra", "#alerts"]);
        webhook.lanes = Lanes::of(&webhook.configuration.channels());
        let [infra, alerts] = &webhook.lanes.channels[..] else {
            panic!("two channels");
        };
        assert_ne!(webhook.lane(infra), webhook.lane(alerts));
        assert_eq!(webhook.channel(&webhook.lane(alerts)), Some("#alerts"));
        assert_eq!(webhook.channel(&LaneId::of(&webhook.id, 7)), None);
    }

    #[test]
    fn the_shown_configuration_has_the_masked_credential_under_its_own_name() {
        let shown = webhook(&["*"]).configuration.shown();
        assert_eq!(shown["token"], "xoxb-…wxyz");
        assert!(shown.get("kind").is_none() && shown.get("masked_credential").is_none());
    }
}
