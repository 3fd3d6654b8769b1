//! A sample event of each type, for the catalogue, the demo and previews, and a sample
//! webhook, for tests.

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::event::Event;
use crate::event_type::{EventGroup, EventType, EventTypePattern};
use crate::filters::Filters;
use crate::ids::{CredentialId, Fingerprint, OrganizationId, WebhookId};
use crate::webhook::{Configuration, CredentialRef, KindId, Lanes, Webhook, WebhookStatus};

const SAMPLE_TIME: &str = "2026-11-21T10:15:00Z";

/// A realistic event of the given type. Always the same one, so that documents and
/// snapshots stay stable; callers put in their own organization, id and time.
pub fn event(event_type: EventType) -> Event {
    let (actor, fields) = match event_type.group() {
        EventGroup::Configuration => ("alice", configuration(event_type.as_str())),
        EventGroup::Infrastructure => ("alice", infrastructure(event_type)),
        EventGroup::System => ("Carillon", system(event_type)),
    };
    let event = json!({
        "id": format!("sample-{event_type}"), "type": event_type, "organization": "org_acme",
        "occurred_at": SAMPLE_TIME, "received_at": SAMPLE_TIME, "actor": actor,
    });
    serde_json::from_value(with(event, fields)).expect("the samples are events")
}

/// An active webhook of the samples' organization: a Slack bot that posts to `infra`.
/// Different numbers give different webhooks with different credentials.
///
/// # Panics
/// Where a pattern matches no event type.
pub fn webhook(number: u128, event_types: &[&str]) -> Webhook {
    let ulid = ulid::Ulid::from(number);
    let time: Timestamp = SAMPLE_TIME.parse().expect("a constant time is valid");
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

/// The first with the fields of the second, which count before its own.
fn with(mut event: Value, fields: Value) -> Value {
    if let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) {
        event.extend(fields);
    }
    event
}

fn resource(resource_type: &str, id: &str, name: &str) -> Value {
    json!({"type": resource_type, "id": id, "name": name})
}

fn cost(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD", "period": "month"})
}

fn configuration(name: &str) -> Value {
    let (entity, change) = name.rsplit_once('_').unwrap_or((name, ""));
    let (id, shown) = match entity {
        "parameter" => ("param-81", "DATABASE_URL"),
        "project" => ("proj-12", "billing"),
        "environment" => ("env-3", "production"),
        _ => ("value-640", "DATABASE_URL"),
    };
    let mut event = json!({"resource": resource(entity, id, shown)});
    if entity != "project" {
        event["project"] = "billing".into();
    }
    if entity == "value" {
        event["environment"] = "production".into();
    }
    if change == "updated" {
        event["changes"] = json!(["description", "rotation"]);
    }
    event
}

fn infrastructure(event_type: EventType) -> Value {
    let event = json!({
        "environment": "production", "project": "billing", "provider": "aws",
        "region": "eu-west-1", "correlation_id": "release-42", "status": "succeeded",
        "resource": resource("aws_rds_cluster", "db-1", "billing-db"),
    });
    let own = match event_type {
        EventType::Destroy => {
            json!({"resource": resource("aws_ecs_service", "reports", "reports")})
        }
        EventType::Scale => json!({
            "resource": resource("aws_ecs_service", "checkout", "checkout"),
            "estimated_cost": cost("128.00"), "details": {"from": "2 tasks", "to": "6 tasks"},
        }),
        EventType::Error => json!({
            "status": "failed",
            "message": "Health checks failed: 3 of 3 targets are unhealthy.\n\
                        Last answer: 503 Service Unavailable",
        }),
        _ => json!({
            "estimated_cost": cost("41.20"), "details": {"commit": "9fceb02"},
            "message": "Release 42: read replicas for billing",
        }),
    };
    with(event, own)
}

fn system(event_type: EventType) -> Value {
    match event_type {
        EventType::WebhookSuspended => json!({
            "status": "failed",
            "resource": resource("webhook", "wh_01KAJ2V5J8M3E1Q7S9T0C4X6YZ", "prod alerts"),
            "message": "The token was revoked: create a new one and rotate the webhook's \
                        credential. 3 deliveries are kept, and what comes meanwhile; send them \
                        once it works: POST \
                        /api/v1/webhooks/wh_01KAJ2V5J8M3E1Q7S9T0C4X6YZ/recover/.",
        }),
        EventType::WebhookFailing => json!({
            "status": "failed", "details": {"platform": "slack"},
            "resource": {"type": "webhook", "name": "prod alerts and 2 more"},
            "message": "No message has got through for an hour or longer: audit, on call, prod \
                        alerts. What waits is kept and tried every ten minutes. Slack answers 503.",
        }),
        _ => json!({"message": "It works: messages of this webhook will arrive here."}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Capture;
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
