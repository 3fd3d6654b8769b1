//! What Carillon promises, seen from outside: over its API, its DynamoDB endpoint and
//! what Slack and Discord get.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod burst;
mod cloudevents;
mod concurrency;
mod credentials;
mod declarative;
mod delivery;
mod digests;
mod event_sources;
mod events;
mod dispatching;
mod edges;
mod hostile_input;
mod keys;
mod organizations;
mod pages;
mod inside;
mod jwt;
mod kept_credentials;
mod inside;
mod jwt;
mod passed_on;
mod protocol;
mod publishing;
mod registration;
mod rotation;
mod secrets_life;
mod sources_under_faults;
mod suspension;
mod sent_back;
mod trying;
mod updating;
mod verification;
