//! A sample event of each type, for the catalogue, the demo and previews, and a sample
//! webhook, for tests.

use jiff::Timestamp;
use secrecy::SecretString;

use crate::event::{Capture, EstimatedCost, Event, Period, Resource, Status};
use crate::event_type::{EventGroup, EventType, EventTypePattern};
use crate::filters::Filters;
use crate::ids::{CredentialId, EventId, Fingerprint, OrganizationId, WebhookId};
use crate::webhook::{Configuration, CredentialRef, KindId, Lanes, Webhook, WebhookStatus};

const SAMPLE_TIME: i64 = 1_795_256_100;

/// A realistic event of the given type. Always the same one, so that documents and
/// snapshots stay stable; callers put in their own organization, id and time.
pub fn event(event_type: EventType) -> Event {
    let capture = Capture {
        organization: OrganizationId::parse("org_acme").expect("a constant id is valid"),
        now: Timestamp::from_second(SAMPLE_TIME).expect("a constant time is valid"),
        fallback_id: EventId::parse(&format!("sample-{event_type}"))
            .expect("type names are valid ids"),
    };
    let event = Event {
        actor: Some("alice".into()),
        ..Event::bare(event_type, capture)
    };
    match event_type.group() {
        EventGroup::Configuration => configuration(event),
        EventGroup::Infrastructure => infrastructure(event),
        EventGroup::System => system(event),
    }
}

/// An active webhook of the samples' organization: a Slack bot that posts to `infra`.
/// Different numbers give different webhooks with different credentials.
///
/// # Panics
/// Where a pattern matches no event type.
pub fn webhook(number: u128, event_types: &[&str]) -> Webhook {
    let ulid = ulid::Ulid::from(number);
    let time = Timestamp::from_second(SAMPLE_TIME).expect("a constant time is valid");
    let organization = OrganizationId::parse("org_acme").expect("a constant id is valid");
    Webhook {
        id: WebhookId::generate(ulid),
        organization: organization.clone(),
        name: format!("sample {number}"),
        kind: KindId::new("slack/bot"),
        event_types: event_types
            .iter()
            .map(|text| EventTypePattern::parse(text).expect("samples subscribe to known types"))
            .collect(),
        filters: Filters::default(),
        configuration: Configuration::default()
            .with("token", "xoxb-…wxyz")
            .with("channel", "infra"),
        message: None,
        lanes: Lanes::of(&["infra"]),
        credential: CredentialRef {
            id: CredentialId::generate(ulid),
            fingerprint: Fingerprint::of(&organization, &SecretString::from(ulid.to_string())),
        },
        fallback: None,
        status: WebhookStatus::Active,
        status_reason: None,
        created_at: time,
        modified_at: time,
        version: 1,
    }
}

fn resource(resource_type: &str, id: &str, name: &str) -> Option<Resource> {
    Some(Resource {
        resource_type: Some(resource_type.into()),
        id: Some(id.into()),
        name: Some(name.into()),
        url: None,
    })
}

fn configuration(mut event: Event) -> Event {
    let name = event.event_type.as_str();
    let (entity, change) = name.rsplit_once('_').unwrap_or((name, ""));
    let (id, shown) = match entity {
        "parameter" => ("param-81", "DATABASE_URL"),
        "project" => ("proj-12", "billing"),
        "environment" => ("env-3", "production"),
        _ => ("value-640", "DATABASE_URL"),
    };
    event.resource = resource(entity, id, shown);
    if entity != "project" {
        event.project = Some("billing".into());
    }
    if entity == "value" {
        event.environment = Some("production".into());
    }
    if change == "updated" {
        event.changes = vec!["description".into(), "rotation".into()];
    }
    event
}

fn infrastructure(mut event: Event) -> Event {
    event.environment = Some("production".into());
    event.project = Some("billing".into());
    event.provider = Some("aws".into());
    event.region = Some("eu-west-1".into());
    event.correlation_id = Some("release-42".into());
    event.status = Some(Status::Succeeded);
    event.resource = resource("aws_rds_cluster", "db-1", "billing-db");
    let cost = |amount: &str| {
        Some(EstimatedCost {
            amount: amount.into(),
            currency: "USD".into(),
            period: Some(Period::Month),
        })
    };
    match event.event_type {
        EventType::Destroy => {
            event.resource = resource("aws_ecs_service", "reports", "reports");
        }
        EventType::Scale => {
            event.resource = resource("aws_ecs_service", "checkout", "checkout");
            event.estimated_cost = cost("128.00");
            event.details = [("from", "2 tasks"), ("to", "6 tasks")]
                .map(|(name, value)| (name.into(), value.into()))
                .into();
        }
        EventType::Error => {
            event.status = Some(Status::Failed);
            event.message = Some(
                "Health checks failed: 3 of 3 targets are unhealthy.\n\
                 Last answer: 503 Service Unavailable"
                    .into(),
            );
        }
        _ => {
            event.estimated_cost = cost("41.20");
            event.message = Some("Release 42: read replicas for billing".into());
            event.details = [("commit".into(), "9fceb02".into())].into();
        }
    }
    event
}

fn system(mut event: Event) -> Event {
    event.actor = Some("Carillon".into());
    match event.event_type {
        EventType::WebhookSuspended => {
            event.status = Some(Status::Failed);
            event.resource = resource("webhook", "wh_01KAJ2V5J8M3E1Q7S9T0C4X6YZ", "prod alerts");
            event.message = Some(
                "The token was revoked: create a new one and rotate the webhook's credential. 3 \
                 deliveries are kept, and what comes meanwhile; send them once it works: POST \
                 /api/v1/webhooks/wh_01KAJ2V5J8M3E1Q7S9T0C4X6YZ/recover/."
                    .into(),
            );
        }
        EventType::WebhookFailing => {
            event.status = Some(Status::Failed);
            event.resource = Some(Resource {
                resource_type: Some("webhook".into()),
                name: Some("prod alerts and 2 more".into()),
                ..Resource::default()
            });
            event.message = Some(
                "No message has got through for an hour or longer: audit, on call, prod alerts. \
                 What waits is kept and tried every ten minutes. Slack answers 503."
                    .into(),
            );
            event.details = [("platform".into(), "slack".into())].into();
        }
        _ => {
            event.message = Some("It works: messages of this webhook will arrive here.".into());
        }
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Faults, Pointer};

    #[test]
    fn every_publishable_sample_is_an_event_that_a_client_could_publish() {
        for event_type in EventType::ALL.iter().filter(|known| known.is_publishable()) {
            let sample = event(*event_type);
            let mut value = serde_json::to_value(&sample).unwrap();
            value.as_object_mut().unwrap().remove("received_at");
            let capture = Capture {
                organization: sample.organization.clone(),
                now: sample.received_at,
                fallback_id: sample.id.clone(),
            };
            let mut faults = Faults::default();
            let parsed = Event::parse(&value, &Pointer::root(), capture, &mut faults);
            assert_eq!(parsed, Some(sample), "{faults}");
        }
    }
}
