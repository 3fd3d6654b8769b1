//! What Carillon promises, seen from outside: over its API, its DynamoDB endpoint and
//! what Slack and Discord get.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod another_key;
mod audit;
mod bad_days;
mod blank;
mod bulk_import;
mod burst;
mod cloudevents;
mod concurrency;
mod console;
mod credentials;
mod declarative;
mod delivery;
mod described;
mod digests;
mod dispatching;
mod edges;
mod endings;
mod event_sources;
mod events;
mod flat;
mod flood;
mod foreign;
mod forums;
mod hostile_input;
mod inside;
mod jwt;
mod kept_credentials;
mod keys;
mod large_files;
mod made_up_kind;
mod matching;
mod messages;
mod organizations;
mod pages;
mod passed_on;
mod protocol;
mod publishing;
mod quotas;
mod recovering_all;
mod recovery;
mod registration;
mod repeats;
mod rotation;
mod secrets_life;
mod sent_back;
mod shared_credentials;
mod signed_webhooks;
mod sources_under_faults;
#[path = "../spoiling.rs"]
mod spoiling;
mod stored_forms;
mod stored_rows;
mod stories;
mod summaries;
mod suspension;
mod sweeping;
mod tables;
mod teams;
mod template;
mod told_failures;
mod traces;
mod trying;
mod updating;
mod verification;
mod waiting;
mod wording;
mod words;
mod yaml;
