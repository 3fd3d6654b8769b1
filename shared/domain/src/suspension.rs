//! Suspending a webhook that cannot work.

use jiff::Timestamp;

use crate::event::{Capture, Event, Resource, Status};
use crate::event_type::EventType;
use crate::ids::EventId;
use crate::webhook::{Webhook, WebhookStatus};

/// What the event calls a webhook's kind of resource.
const RESOURCE_TYPE: &str = "webhook";
/// And that of a credential that several webhooks share.
const CREDENTIAL: &str = "credential";
/// How many webhooks are named at most.
const NAMED: usize = 10;

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

/// The one event that tells of several webhooks, suspended together because the credential that
/// they share does not work any more.
pub fn event_of_several(suspended: &[Webhook], now: Timestamp) -> Event {
    let (first, others) = (&suspended[0], &suspended[1..]);
    let event = event(first, "", now);
    let names: Vec<&str> = suspended.iter().map(|it| it.name.as_str()).collect();
    let named = &names[..names.len().min(NAMED)];
    let more = match names.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let reason = first.status_reason.as_deref().unwrap_or_default();
    Event {
        resource: Some(Resource {
            resource_type: Some(CREDENTIAL.into()),
            id: Some(first.credential.id.to_string()),
            name: Some(match others.len() {
                1 => format!("{} and 1 other", first.name),
                others => format!("{} and {others} others", first.name),
            }),
            url: None,
        }),
        message: Some(format!(
            "{reason} It is the credential of {} webhooks: {}{more}.",
            names.len(),
            named.join(", ")
        )),
        ..event
    }
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

    #[test]
    fn of_a_shared_credential_one_event_tells_how_many_and_names_the_first() {
        let credential = webhook(1, &["*"]).credential;
        let sharing = (1..=12).map(|n| Webhook {
            credential: credential.clone(),
            ..webhook(n, &["*"])
        });
        let all: Vec<Webhook> = sharing
            .map(|webhook| suspended(&webhook, "Rotate the token.", now()))
            .collect();
        let told = event_of_several(&all, now());
        let message = told.message.clone().unwrap();
        assert!(message.starts_with("Rotate the token. It is the credential of 12 webhooks: "));
        assert!(message.ends_with(" and 2 more."), "{message}");
        assert!(message.contains(&all[9].name) && told.event_type == EventType::WebhookSuspended);
        assert!(all.iter().all(|webhook| !webhook.subscribes(&told)));
        assert!(webhook(13, &["*"]).wants(&told));
    }
}
