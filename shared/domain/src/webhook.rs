//! The webhook: which events, filtered how, go to which destination.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::Event;
use crate::event_type::EventTypePattern;
use crate::fault::{FaultCode, Faults, Pointer};
use crate::fields::Fields;
use crate::filters::Filters;
use crate::ids::{CredentialId, OrganizationId, WebhookId, digest_of, hex};

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
    pub credential_id: CredentialId,
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
        self.status == WebhookStatus::Active
            && self.organization == event.organization
            && self
                .event_types
                .iter()
                .any(|pattern| pattern.matches(event.event_type))
            && self.filters.matches(event)
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
            &digest_of(&[self.credential_id.as_str(), channel, thread]),
            40,
        )
    }
}

/// What a client asks to register, read and found to be right.
#[derive(Debug)]
pub struct Registration {
    pub name: String,
    pub platform: Platform,
    pub event_types: Vec<EventTypePattern>,
    pub filters: Filters,
    pub configuration: Configuration,
    pub credential: SecretString,
    pub enabled: bool,
}

impl Registration {
    /// Reads a client's webhook. `configuration` reads the part that each platform has rules of its own for.
    ///
    /// # Errors
    /// All faults of the document, the configuration's included.
    pub fn parse(
        value: &Value,
        organization: &OrganizationId,
        configuration: impl FnOnce(
            Platform,
            &Value,
            &Pointer,
            &mut Faults,
        ) -> Option<(Configuration, SecretString)>,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let registration = Self::read(value, organization, configuration, &mut faults);
        faults.into_result(registration)
    }

    fn read(
        value: &Value,
        organization: &OrganizationId,
        configuration: impl FnOnce(
            Platform,
            &Value,
            &Pointer,
            &mut Faults,
        ) -> Option<(Configuration, SecretString)>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let mut fields = Fields::of(value, Pointer::root(), faults)?;
        let name = fields.required_line("name", MAX_WEBHOOK_NAME);
        let platforms = Platform::ALL.map(|platform| (platform.as_str(), platform));
        let platform = fields.required_choice("type", &platforms);
        let event_types = event_types(&mut fields);
        let at = fields.at("filters");
        let filters = fields
            .value("filters")
            .map(|value| Filters::parse(value, &at, fields.faults()))
            .unwrap_or_default();
        let at = fields.at("configuration");
        let configured = match fields.value("configuration") {
            None => {
                fields.fault(
                    "configuration",
                    FaultCode::Required,
                    "`configuration` is required",
                );
                None
            }
            Some(value) => {
                platform.and_then(|platform| configuration(platform, value, &at, fields.faults()))
            }
        };
        let enabled = fields.boolean("enabled").unwrap_or(true);
        let named = fields.text("organization", 1_000);
        if named.is_some_and(|named| named != organization.as_str()) {
            fields.fault(
                "organization",
                FaultCode::WrongOrganization,
                "the key belongs to another organization; leave the field out",
            );
        }
        fields.finish();
        let (configuration, credential) = configured?;
        Some(Self {
            name: name?.trim().to_owned(),
            platform: platform?,
            event_types,
            filters,
            configuration,
            credential,
            enabled,
        })
    }
}

fn event_types(fields: &mut Fields) -> Vec<EventTypePattern> {
    let rule =
        "at least one event type, or a pattern such as \"*\" or \"parameter_*\", is required";
    if !fields.has("event_types") {
        fields.fault("event_types", FaultCode::Required, rule);
    }
    let Some(texts) = fields.texts("event_types", 50, 256) else {
        return Vec::new();
    };
    if texts.is_empty() {
        fields.fault("event_types", FaultCode::OutOfRange, rule);
    }
    let mut patterns = Vec::with_capacity(texts.len());
    for (at, text) in texts {
        match EventTypePattern::parse(&text) {
            Ok(pattern) => patterns.push(pattern),
            Err(detail) => fields.faults().add(at, FaultCode::UnknownValue, detail),
        }
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_type::EventType;
    use crate::sample;
    use serde_json::json;

    fn organization() -> OrganizationId {
        OrganizationId::parse("org_acme").unwrap()
    }

    fn register(value: &Value) -> Result<Registration, Faults> {
        Registration::parse(value, &organization(), |_, _, _, _| {
            let configuration = Configuration::new(DestinationKind::SlackBot, "xoxb-…wxyz".into());
            Some((configuration, SecretString::from("fake")))
        })
    }

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

    #[test]
    fn blank_and_broken_texts_are_faults_of_their_fields() {
        for (field, value) in [
            ("type", ""),
            ("type", " "),
            ("name", " "),
            ("name", "a\u{0}b"),
        ] {
            let mut document = json!({
                "name": "x", "type": "slack", "event_types": ["*"], "configuration": {}
            });
            document[field] = json!(value);
            let faults = register(&document).unwrap_err();
            let found: Vec<_> = faults.iter().map(|f| f.pointer.as_str()).collect();
            assert_eq!(found, [format!("/{field}")], "{value:?}");
        }
    }

    #[test]
    fn every_fault_of_a_registration_is_found_at_once() {
        let faults = register(&json!({
            "type": "teams", "event_types": ["depoly"], "filters": {"env": ["x"]},
            "enabled": 1, "organization": "org_other", "colour": "red"
        }))
        .unwrap_err();
        let found: Vec<_> = faults.iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(
            found,
            [
                "/name",
                "/type",
                "/event_types/0",
                "/filters/env",
                "/configuration",
                "/enabled",
                "/organization",
                "/colour"
            ]
        );
    }
}
