//! What Carillon promises, seen from outside: over its API, its DynamoDB endpoint and
//! what Slack and Discord get.

mod credentials;
mod delivery;
mod event_sources;
mod publishing;
mod registration;
