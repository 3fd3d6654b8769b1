//! The webhook: which events, filtered how, go to which destination.

mod configuration;
mod described;
mod kind;
mod lanes;
mod message;
mod registration;
mod update;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::event::Event;
use crate::event_type::{EventType, EventTypePattern};
use crate::filters::Filters;
use crate::ids::{CredentialId, Fingerprint, OrganizationId, WebhookId};
use crate::lane::LaneId;
use crate::named::named;

pub use configuration::{Configuration, Digest, Grouping};
pub use described::{
    DESTINATION_TYPE, ENABLED, ENTRY_EVENTS, EventTypes, FILTERS, MESSAGE, MESSAGE_TEMPLATE,
    NEW_WEBHOOK, SUMMARY_AFTER,
};
pub use kind::KindId;
pub use lanes::{Channel, Lanes};
pub use message::{LinkTemplate, MentionRule, MessageTemplate};
pub use registration::{Configured, Credential, MAX_WEBHOOK_BYTES, Made, Registration};
pub use update::Update;

/// The longest a webhook's name may be, in characters.
pub const MAX_WEBHOOK_NAME: usize = 100;

named! {
    WebhookStatus "WebhookStatus" "Whether a webhook delivers (`active`), or was switched off by \
        its owner (`disabled`) or by the system (`suspended`)" {
        Active "active",
        Disabled "disabled",
        Suspended "suspended",
    }
}

/// A reference to a stored credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CredentialRef {
    /// Names the secret.
    #[serde(rename = "credential_id")]
    pub id: CredentialId,
    /// Tells whether another credential is the same.
    pub fingerprint: Fingerprint,
}

/// A registration.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    pub id: WebhookId,
    pub organization: OrganizationId,
    pub name: String,
    /// What it posts to.
    pub kind: KindId,
    pub event_types: Vec<EventTypePattern>,
    #[serde(skip_serializing_if = "Filters::is_empty", default)]
    pub filters: Filters,
    pub configuration: Configuration,
    pub message: Option<MessageTemplate>,
    pub lanes: Lanes,
    /// Which secret holds the credential.
    #[serde(flatten)]
    pub credential: CredentialRef,
    /// The credential before the last rotation, until the new one has delivered once.
    pub fallback: Option<CredentialRef>,
    pub status: WebhookStatus,
    pub status_reason: Option<String>,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    /// Counts the changes; shown as `ETag`.
    pub version: u64,
}

impl Webhook {
    /// Its credential, and the one before where there still is one.
    pub fn credentials(&self) -> impl Iterator<Item = &CredentialRef> {
        std::iter::once(&self.credential).chain(&self.fallback)
    }

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
        if self.is_subject(event) {
            return Some("the event is about the webhook itself".into());
        }
        if !self.names(event.event_type) {
            return Some(format!("it is not registered for `{}`", event.event_type));
        }
        self.filters.why_not(event)
    }

    /// Whether an event tells of the suspension of this webhook, alone or with those that share its
    /// credential.
    fn is_subject(&self, event: &Event) -> bool {
        let resource = event.resource.as_ref();
        let id = resource.and_then(|resource| resource.id.as_deref());
        let is_own = id == Some(self.id.as_str());
        let is_shared = id == Some(self.credential.id.as_str()) && self.fallback.is_none();
        event.event_type == EventType::WebhookSuspended && (is_own || is_shared)
    }

    /// As [`why_not`](Self::why_not), of the webhook as it is now: it may be switched off.
    pub fn why_not_now(&self, event: &Event) -> Option<String> {
        self.why_not(event).or_else(|| match self.status {
            WebhookStatus::Active => None,
            WebhookStatus::Disabled => Some("it is disabled".into()),
            WebhookStatus::Suspended => Some(match &self.status_reason {
                Some(reason) => format!("it is suspended: {reason}"),
                None => "it is suspended".into(),
            }),
        })
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
        Webhook {
            lanes: Lanes::of(&["infra", "#alerts"]),
            ..sample::webhook(1, event_types)
        }
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
    fn it_says_what_keeps_an_event_from_being_sent() {
        let mut webhook = webhook(&["deploy"]);
        let why_not = |webhook: &Webhook| webhook.why_not_now(&sample::event(EventType::Deploy));
        assert_eq!(why_not(&webhook), None);
        webhook.status = WebhookStatus::Disabled;
        assert_eq!(why_not(&webhook).unwrap(), "it is disabled");
        webhook.status = WebhookStatus::Suspended;
        assert_eq!(why_not(&webhook).unwrap(), "it is suspended");
        webhook.status_reason = Some("the token was revoked".into());
        let told = "it is suspended: the token was revoked";
        assert_eq!(why_not(&webhook).unwrap(), told);
        // What will not change by itself comes first.
        let scale = webhook.why_not_now(&sample::event(EventType::Scale));
        assert_eq!(scale.unwrap(), "it is not registered for `scale`");
    }

    #[test]
    fn a_webhook_never_gets_another_organizations_events() {
        let mut event = sample::event(EventType::Deploy);
        event.organization = OrganizationId::parse("org_other").unwrap();
        assert!(!webhook(&["*"]).wants(&event));
    }

    #[test]
    fn each_channel_has_a_lane_of_its_own() {
        let webhook = webhook(&["*"]);
        let [infra, alerts] = &webhook.lanes.channels[..] else {
            panic!("two channels");
        };
        assert_ne!(webhook.lane(infra), webhook.lane(alerts));
        assert_eq!(webhook.channel(&webhook.lane(alerts)), Some("#alerts"));
        assert_eq!(webhook.channel(&LaneId::of(&webhook.id, 7)), None);
    }
}
