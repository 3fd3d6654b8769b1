//! What the tests of several modules need.

use carillon_chat::Kinds;
use carillon_domain::webhook::Lanes;
use carillon_domain::{
    Credential, CredentialRef, Fingerprint, OrganizationId, Webhook, WebhookId, WebhookStatus,
    sample,
};
use jiff::Timestamp;

use super::document::{Document, Format};
use super::plan::Plan;

pub fn organization() -> OrganizationId {
    OrganizationId::parse("org_acme").unwrap()
}

/// The webhooks that there are once a file has been applied.
pub fn applied(text: &str) -> Vec<Webhook> {
    let document = Document::read(Format::Yaml, text.as_bytes());
    let document = document.unwrap_or_else(|faults| panic!("{faults}"));
    let plan = Plan::of(
        &Kinds::default(),
        &document,
        Vec::new(),
        &organization(),
        false,
    );
    let plan = plan.unwrap_or_else(|faults| panic!("{faults}"));
    plan.steps
        .into_iter()
        .zip(1..)
        .map(|(step, number)| {
            let wanted = step.registration;
            let Credential::New(secret) = &wanted.destination.credential else {
                panic!("a new webhook has a new credential");
            };
            let sample = sample::webhook(number, &["*"]);
            Webhook {
                id: WebhookId::generate(ulid::Ulid::from(number)),
                organization: organization(),
                name: wanted.name,
                lanes: Lanes::of(&wanted.destination.channels),
                kind: wanted.destination.kind,
                event_types: wanted.event_types,
                message: wanted.message,
                filters: wanted.filters,
                credential: CredentialRef {
                    fingerprint: Fingerprint::of(&organization(), secret),
                    ..sample.credential.clone()
                },
                configuration: wanted.destination.configuration,
                status: match wanted.enabled {
                    Some(false) => WebhookStatus::Disabled,
                    _ => WebhookStatus::Active,
                },
                created_at: Timestamp::UNIX_EPOCH,
                ..sample
            }
        })
        .collect()
}
