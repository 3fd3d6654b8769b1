//! The webhook: which events, filtered how, go to which destination.

mod registration;
mod update;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::delivery::Outgoing;
use crate::event::Event;
use crate::event_type::{EventType, EventTypePattern};
use crate::filters::Filters;
use crate::ids::{
    CredentialId, DeliveryId, Fingerprint, OrganizationId, WebhookId, digest_of, hex,
};
use crate::suspension;

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

/// A credential, without what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRef {
    /// Names the secret.
    #[serde(rename = "credential_id")]
    pub id: CredentialId,
    /// Tells whether another credential is the same.
    pub fingerprint: Fingerprint,
    /// The credential after which its destinations are named, where that is an earlier one:
    /// where a credential took another's place, new messages must not overtake waiting ones.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lane: Option<CredentialId>,
}

impl CredentialRef {
    /// The credential after which its destinations are named.
    pub fn lane(&self) -> &CredentialId {
        self.lane.as_ref().unwrap_or(&self.id)
    }
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

    /// Whether it would be delivered by this webhook, if that is not switched off. Nobody
    /// is told of a suspension by the webhook that was suspended.
    pub fn subscribes(&self, event: &Event) -> bool {
        self.organization == event.organization
            && !suspension::is_about(event, self)
            && self.names(event.event_type)
            && self.filters.matches(event)
    }

    /// Whether it is registered for events of a type.
    pub fn names(&self, event_type: EventType) -> bool {
        self.event_types
            .iter()
            .any(|pattern| pattern.matches(event_type))
    }

    /// Where a delivery goes today. A channel that the webhook has no longer, such as one
    /// that was archived and replaced since, gives way to one that is new: `channels` are all
    /// that there were, where they were several. None where nothing has come in its place;
    /// the others have deliveries of their own.
    pub fn channel_today<'a>(&'a self, channel: &'a str, channels: &[String]) -> Option<&'a str> {
        let today = self.configuration.channels();
        if today.contains(&channel) {
            return Some(channel);
        }
        if channels.len() < 2 {
            return Some(today.first().copied().unwrap_or(channel));
        }
        let mut gone = channels.iter().filter(|c| !today.contains(&c.as_str()));
        let rank = gone.position(|gone| gone == channel)?;
        let mut new = today
            .into_iter()
            .filter(|today| !channels.iter().any(|channel| channel == today));
        new.nth(rank)
    }

    /// The orders to deliver an event, one for each channel.
    pub fn orders(&self, event: &Event) -> Vec<Outgoing> {
        let channels = self.configuration.channels();
        let several: Vec<String> = match channels.as_slice() {
            [_] => Vec::new(),
            several => several.iter().map(|&channel| channel.into()).collect(),
        };
        let order = |channel: &str| Outgoing {
            delivery_id: DeliveryId::of(
                &event.organization,
                &event.id,
                event.received_at,
                &self.id,
                channel,
            ),
            webhook_id: self.id.clone(),
            channel: channel.to_owned(),
            generation: 0,
            channels: several.clone(),
            event: event.clone(),
        };
        channels.into_iter().map(order).collect()
    }

    /// Names the destination of one of the webhook's channels: deliveries of one
    /// destination keep their order, different destinations do not wait for each other.
    pub fn destination(&self, channel: &str) -> String {
        let channel = match self.configuration.kind {
            DestinationKind::SlackBot => channel.trim_start_matches('#'),
            DestinationKind::SlackWebhook | DestinationKind::DiscordWebhook => "",
        };
        let thread = self.configuration.thread_id.as_deref().unwrap_or_default();
        hex(
            &digest_of(&[self.credential.lane().as_str(), channel, thread]),
            40,
        )
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
    fn a_channel_that_is_gone_gives_way_to_a_new_one_but_never_to_one_that_has_the_event_too() {
        let mut webhook = webhook(&["*"]);
        let before: Vec<String> = ["infra", "ops", "audit"].map(String::from).into();
        let mut today = |channels: &[&str], channel: &str| {
            webhook.configuration.channels = channels.iter().map(|c| (*c).into()).collect();
            webhook
                .channel_today(channel, &before)
                .map(ToOwned::to_owned)
        };
        assert_eq!(today(&["infra"], "infra").as_deref(), Some("infra"));
        assert_eq!(today(&["infra"], "ops"), None);
        assert_eq!(today(&["new", "infra"], "ops").as_deref(), Some("new"));
        assert_eq!(today(&["new", "infra"], "audit"), None);
        let both = ["infra", "one", "two"];
        assert_eq!(today(&both, "ops").as_deref(), Some("one"));
        assert_eq!(today(&both, "audit").as_deref(), Some("two"));
        webhook.configuration.channels = vec!["renamed".into()];
        assert_eq!(webhook.channel_today("infra", &[]), Some("renamed"));
    }

    #[test]
    fn each_channel_of_a_bot_is_a_destination_of_its_own() {
        let webhook = webhook(&["*"]);
        assert_eq!(webhook.configuration.channels(), ["infra", "#alerts"]);
        assert_ne!(webhook.destination("infra"), webhook.destination("alerts"));
        assert_eq!(
            webhook.destination("#alerts"),
            webhook.destination("alerts")
        );
    }

    #[test]
    fn the_shown_configuration_has_the_masked_credential_under_its_own_name() {
        let shown = webhook(&["*"]).configuration.shown();
        assert_eq!(shown["token"], "xoxb-…wxyz");
        assert!(shown.get("kind").is_none() && shown.get("masked_credential").is_none());
    }
}
