//! Telling an organization that webhooks have not got through for an hour: once for each platform
//! and hour, and once more when all of them work again.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::event::{Capture, Event, Resource, Status};
use crate::event_type::EventType;
use crate::ids::{EventId, OrganizationId, WebhookId};
use crate::lane::LaneId;
use crate::text::first_of;

/// For how long a channel fails before that is told, and the least time between two notices.
pub const TOLD_AFTER: Duration = Duration::from_secs(3_600);
/// After what time a failing channel is noted: it is tried every ten minutes, so that all of those
/// that failed together are known when it is told.
pub const NOTED_AFTER: Duration = Duration::from_secs(45 * 60);
/// A channel is tried every ten minutes, or as seldom as a platform asks for. One that nobody has
/// tried for so long, and that does not wait, is not failing: its webhook was removed, or switched
/// off.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(3 * 3_600);

/// A channel that has not taken a message for most of an hour, or longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingLane {
    pub lane: LaneId,
    /// The webhook's name.
    pub name: String,
    pub since: Timestamp,
    /// What the last attempt has shown.
    pub reason: String,
    pub tried_at: Timestamp,
}

/// The webhooks of one organization and platform that do not get through, and what was told.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    pub organization: OrganizationId,
    pub platform: String,
    pub began_at: Timestamp,
    /// How many notices there were.
    pub told: u32,
    pub told_at: Option<Timestamp>,
    /// Whom the last notice was about.
    pub subject: Option<String>,
}

impl Outage {
    pub fn new(organization: OrganizationId, platform: &str, now: Timestamp) -> Self {
        Self {
            organization,
            platform: platform.to_owned(),
            began_at: now,
            told: 0,
            told_at: None,
            subject: None,
        }
    }

    /// Whether a notice may be sent.
    pub fn may_be_told(&self, now: Timestamp) -> bool {
        self.told_at.is_none_or(|at| at + TOLD_AFTER <= now)
    }

    /// The notice of what has failed for an hour, and the outage as it is after it. None where
    /// nothing has.
    pub fn tell(&self, failing: &[FailingLane], now: Timestamp) -> Option<(Event, Self)> {
        let mut webhooks: BTreeMap<WebhookId, &FailingLane> = BTreeMap::new();
        for lane in failing.iter().filter(|lane| lane.since + TOLD_AFTER <= now) {
            if let Some(webhook) = lane.lane.webhook() {
                webhooks.entry(webhook).or_insert(lane);
            }
        }
        // The one that has failed for longest comes first, and the notice is called after it.
        let mut webhooks: Vec<&FailingLane> = webhooks.into_values().collect();
        webhooks.sort_by_key(|lane| lane.since);
        let first = *webhooks.first()?;
        let count = webhooks.len();
        let names: Vec<&str> = webhooks.iter().map(|lane| lane.name.as_str()).collect();
        let message = format!(
            "No message has got through for an hour or longer: {}. What waits is kept and \
             tried every ten minutes. {}",
            first_of(&names),
            first.reason
        );
        let subject = match count {
            1 => first.name.clone(),
            _ => format!("{} and {} more", first.name, count - 1),
        };
        let mut event = Event {
            status: Some(Status::Failed),
            message: Some(message.trim_end().to_owned()),
            ..self.event(&self.told.to_string(), &subject, now)
        };
        let since = first.since.to_string();
        for (name, value) in [("webhooks", count.to_string()), ("failing since", since)] {
            event.details.insert(name.to_owned(), value);
        }
        let told = Self {
            told: self.told + 1,
            told_at: Some(now),
            subject: Some(subject),
            ..self.clone()
        };
        Some((event, told))
    }

    /// The notice that nothing fails any more; none where nothing was told.
    pub fn over(&self, now: Timestamp) -> Option<Event> {
        let subject = self.subject.as_deref()?;
        Some(Event {
            status: Some(Status::Succeeded),
            ..self.event("over", subject, now)
        })
    }

    /// Its id says which notice of which outage it is, so that each is stored once.
    fn event(&self, which: &str, subject: &str, now: Timestamp) -> Event {
        let outage = format!("{}:{}", self.platform, self.began_at.as_millisecond());
        let name = EventType::WebhookFailing.as_str();
        let capture = Capture {
            organization: self.organization.clone(),
            now,
            fallback_id: EventId::from_source(name, &format!("{outage}:{which}")),
        };
        Event {
            resource: Some(Resource {
                resource_type: Some("webhook".into()),
                name: Some(subject.to_owned()),
                ..Resource::default()
            }),
            actor: Some("Carillon".into()),
            correlation_id: Some(format!("{name}:{outage}")),
            details: [("platform".to_owned(), self.platform.clone())].into(),
            ..Event::bare(EventType::WebhookFailing, capture)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn now() -> Timestamp {
        "2026-11-21T10:15:00Z".parse().unwrap()
    }

    fn outage() -> Outage {
        let organization = sample::webhook(1, &["*"]).organization;
        Outage::new(organization, "discord", now())
    }

    fn failing(webhook: u128, channel: u32) -> FailingLane {
        FailingLane {
            lane: LaneId::of(&sample::webhook(webhook, &["*"]).id, channel),
            name: format!("alerts {webhook}"),
            since: now() - TOLD_AFTER * u32::try_from(webhook).unwrap(),
            reason: "Discord answers 503.".into(),
            tried_at: now(),
        }
    }

    #[test]
    fn a_notice_counts_webhooks_and_names_the_first_ten() {
        let lanes: Vec<_> = (1..=12)
            .flat_map(|webhook| [failing(webhook, 1), failing(webhook, 2)])
            .collect();
        let (event, _) = outage().tell(&lanes, now()).unwrap();
        assert_eq!(event.details["webhooks"], "12");
        let message = event.message.unwrap();
        assert!(message.contains("alerts 12, alerts 11, "), "{message}");
        assert!(message.contains("alerts 3 and 2 more"), "{message}");
        assert!(message.ends_with("Discord answers 503."), "{message}");
        let name = event.resource.unwrap().name.unwrap();
        assert_eq!(name, "alerts 12 and 11 more", "the one that fails longest");
    }

    #[test]
    fn a_notice_is_sent_once_an_hour_and_each_has_an_id_of_its_own() {
        let outage = outage();
        assert!(outage.may_be_told(now()));
        let (first, told) = outage.tell(&[failing(1, 1)], now()).unwrap();
        assert_eq!(outage.tell(&[failing(1, 1)], now()).unwrap().0.id, first.id);
        assert!(!told.may_be_told(now() + TOLD_AFTER / 2));
        assert!(told.may_be_told(now() + TOLD_AFTER));
        let (second, _) = told.tell(&[failing(1, 1)], now() + TOLD_AFTER).unwrap();
        assert_ne!(second.id, first.id);
        assert_eq!(second.correlation_id, first.correlation_id);
    }

    #[test]
    fn the_end_is_told_only_where_the_beginning_was() {
        let outage = outage();
        assert_eq!(outage.over(now()), None);
        let (first, told) = outage.tell(&[failing(1, 1)], now()).unwrap();
        let over = told.over(now()).unwrap();
        assert_eq!(over.status, Some(Status::Succeeded));
        assert_eq!(over.correlation_id, first.correlation_id);
        assert_eq!(over.resource, first.resource);
    }
}
