//! Suspending a webhook that cannot work.

use jiff::Timestamp;

use crate::event::{Capture, Event, Resource, Status};
use crate::event_type::EventType;
use crate::ids::EventId;
use crate::webhook::{Webhook, WebhookStatus};

/// What the event calls a webhook's kind of resource.
const RESOURCE_TYPE: &str = "webhook";

/// The webhook as suspended for `reason`.
#[must_use]
pub fn suspended(webhook: &Webhook, reason: &str, now: Timestamp) -> Webhook {
    Webhook {
        status: WebhookStatus::Suspended,
        status_reason: Some(reason.to_owned()),
        modified_at: now,
        version: webhook.version + 1,
        ..webhook.clone()
    }
}

/// The event that tells of it. Its id says which suspension of the webhook it was, so that
/// each is told once.
pub fn event(suspended: &Webhook, channel: &str, now: Timestamp) -> Event {
    let capture = Capture {
        organization: suspended.organization.clone(),
        now,
        fallback_id: EventId::from_source(
            EventType::WebhookSuspended.as_str(),
            &format!("{}:{}", suspended.id, suspended.version),
        ),
    };
    let details = [
        ("platform", suspended.kind.api_type()),
        ("channel", channel),
    ];
    Event {
        status: Some(Status::Failed),
        resource: Some(Resource {
            resource_type: Some(RESOURCE_TYPE.into()),
            id: Some(suspended.id.to_string()),
            name: Some(suspended.name.clone()),
            url: None,
        }),
        actor: Some("Carillon".into()),
        message: suspended.status_reason.clone(),
        details: details
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        ..Event::bare(EventType::WebhookSuspended, capture)
    }
}

/// Whether an event tells of the suspension of this webhook.
pub(crate) fn is_about(event: &Event, webhook: &Webhook) -> bool {
    event.event_type == EventType::WebhookSuspended
        && event
            .resource
            .as_ref()
            .and_then(|resource| resource.id.as_deref())
            == Some(webhook.id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::webhook;

    fn now() -> Timestamp {
        "2026-11-21T10:15:00Z".parse().unwrap()
    }

    #[test]
    fn a_suspension_is_told_once_to_others_and_the_next_one_again() {
        let (one, other) = (webhook(1, &["*"]), webhook(2, &["webhook_suspended"]));
        let first = suspended(&one, "invite the bot", now());
        let told = event(&first, "infra", now());
        assert_eq!(told, event(&first, "infra", now()));
        assert!(other.wants(&told) && !one.wants(&told));
        assert_eq!(told.message.as_deref(), Some("invite the bot"));
        let again = suspended(&suspended(&one, "x", now()), "y", now());
        assert_ne!(event(&again, "infra", now()).id, told.id);
    }
}
