//! Suspending a webhook that cannot work.

use jiff::Timestamp;

use crate::event::{Capture, Event, Resource, Status};
use crate::event_type::EventType;
use crate::ids::EventId;
use crate::text::first_of;
use crate::webhook::{Webhook, WebhookStatus};

/// What the event calls a webhook's kind of resource.
const RESOURCE_TYPE: &str = "webhook";
/// And that of a credential that several webhooks share.
const CREDENTIAL: &str = "credential";

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

/// From how many deliveries on it is not told exactly how many are kept: no more are counted.
pub const MANY: usize = 100;

/// The event that tells of it, and of the `kept` deliveries that wait. Its id says which
/// suspension of the webhook it was, so that each is told once.
pub fn event(suspended: &Webhook, channel: &str, kept: usize, now: Timestamp) -> Event {
    let capture = Capture {
        organization: suspended.organization.clone(),
        now,
        fallback_id: EventId::from_source(
            EventType::WebhookSuspended.as_str(),
            &format!("{}:{}", suspended.id, suspended.version),
        ),
    };
    let platform = suspended.kind.api_type();
    let details = [("platform", platform), ("channel", channel)];
    let details = details.into_iter().filter(|(_, value)| !value.is_empty());
    Event {
        status: Some(Status::Failed),
        resource: Some(Resource {
            resource_type: Some(RESOURCE_TYPE.into()),
            id: Some(suspended.id.to_string()),
            name: Some(suspended.name.clone()),
            url: None,
        }),
        actor: Some("Carillon".into()),
        message: Some(format!(
            "{} {} once it works: POST /api/v1/webhooks/{}/recover/.",
            reason(suspended),
            told(kept),
            suspended.id
        )),
        details: details
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        ..Event::bare(EventType::WebhookSuspended, capture)
    }
}

/// Why it was suspended, as a sentence.
fn reason(suspended: &Webhook) -> String {
    let reason = suspended.status_reason.as_deref().unwrap_or_default();
    match reason.ends_with(['.', '!', '?']) || reason.is_empty() {
        true => reason.to_owned(),
        false => format!("{reason}."),
    }
}

/// "12 deliveries are kept; send them", to be gone on with.
fn told(kept: usize) -> String {
    match kept {
        0 => "What comes meanwhile is kept; send it".to_owned(),
        1 => "1 delivery is kept, and what comes meanwhile; send them".to_owned(),
        MANY.. => format!("{MANY} deliveries or more are kept; send them"),
        _ => format!("{kept} deliveries are kept, and what comes meanwhile; send them"),
    }
}

/// Of several webhooks, one alone is counted.
fn at_least(kept: usize) -> String {
    match kept {
        1 => "at least 1 delivery".to_owned(),
        _ => format!("at least {} deliveries", kept.min(MANY)),
    }
}

/// The one event that tells of several webhooks, suspended together because the credential that
/// they share does not work any more; `kept` deliveries wait for the one that found out.
pub fn event_of_several(suspended: &[Webhook], kept: usize, now: Timestamp) -> Event {
    let (first, others) = (&suspended[0], &suspended[1..]);
    let event = event(first, "", kept, now);
    let names: Vec<&str> = suspended.iter().map(|it| it.name.as_str()).collect();
    Event {
        resource: Some(Resource {
            resource_type: Some(CREDENTIAL.into()),
            id: Some(first.credential.id.to_string()),
            name: Some(match others.len() {
                1 => format!("\"{}\" and 1 other", first.name),
                others => format!("\"{}\" and {others} others", first.name),
            }),
            url: None,
        }),
        message: Some(format!(
            "{} It is the credential of {} webhooks: {}. What waits for them and what comes \
             meanwhile is kept ({} so far); send it once they work: POST /api/v1/recover/.",
            reason(first),
            names.len(),
            first_of(&names),
            at_least(kept)
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
        let told = event(&first, "infra", 3, now());
        assert_eq!(told, event(&first, "infra", 3, now()));
        assert!(other.wants(&told) && !one.wants(&told));
        let message = told.message.as_deref().unwrap();
        assert_eq!(
            message,
            format!(
                "invite the bot. 3 deliveries are kept, and what comes meanwhile; send them once \
                 it works: POST /api/v1/webhooks/{}/recover/.",
                one.id
            )
        );
        let again = suspended(&suspended(&one, "x", now()), "y", now());
        assert_ne!(event(&again, "infra", 3, now()).id, told.id);
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
        let told = event_of_several(&all, 1, now());
        let message = told.message.clone().unwrap();
        assert!(message.starts_with("Rotate the token. It is the credential of 12 webhooks: "));
        assert!(message.contains(" and 2 more. "), "{message}");
        assert!(
            message.contains("(at least 1 delivery so far)"),
            "{message}"
        );
        assert!(message.ends_with("POST /api/v1/recover/."), "{message}");
        let name = told.resource.as_ref().unwrap().name.as_deref();
        assert_eq!(name, Some("\"sample 1\" and 11 others"));
        assert!(message.contains(&all[9].name) && told.event_type == EventType::WebhookSuspended);
        assert!(all.iter().all(|webhook| !webhook.subscribes(&told)));
        assert!(webhook(13, &["*"]).wants(&told));
    }
}
