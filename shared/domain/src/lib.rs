//! What Carillon knows: events, webhooks, filters, deliveries and the rules about them.
//!
//! Everything here is pure: no I/O, no clock, no async. Callers pass in the time and
//! the randomness, so each rule can be tested as a function of its arguments.

pub mod api_key;
pub mod audit;
pub mod cloudevents;
pub mod conversation;
pub mod delivery;
pub mod event;
pub mod event_type;
pub mod failing;
pub mod fault;
pub mod field;
pub mod fields;
pub mod filters;
#[cfg(test)]
mod foreign;
pub mod glob;
mod identifier;
pub mod ids;
pub mod json;
pub mod lane;
pub mod masking;
mod named;
pub mod pattern;
pub mod pause;
pub mod retry;
pub mod sample;
mod stored;
pub mod suspension;
pub mod text;
pub mod tone;
pub mod trace;
pub mod values;
pub mod webhook;

pub use api_key::{ApiKey, Permission, Role};
pub use conversation::Conversation;
pub use delivery::{Attempt, Delivery, DeliveryStatus, Outcome};
pub use event::{Capture, EstimatedCost, Event, Period, Resource, Severity, Status};
pub use event_type::{EventType, EventTypePattern};
pub use fault::{Fault, FaultCode, Faults, Pointer};
pub use fields::Fields;
pub use filters::{FilterKey, Filters};
pub use ids::{
    ApiKeyId, CredentialId, DeliveryId, EventId, Fingerprint, OrganizationId, WebhookId,
};
pub use lane::LaneId;
pub use tone::Tone;
pub use trace::TraceParent;
pub use webhook::{
    Configuration, Configured, Credential, CredentialRef, Digest, Grouping, KindId,
    MessageTemplate, Registration, Webhook, WebhookStatus,
};
