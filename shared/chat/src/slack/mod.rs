//! Slack: bot tokens (`chat.postMessage`) and incoming webhooks.

pub mod classify;
pub mod limits;

mod api;
mod bot;
mod builder;
mod codes;
mod escape;
mod incoming_webhook;
mod link;
mod mention;
mod message;
mod render;
mod texts;
mod verify;

pub use bot::Bot;
pub use incoming_webhook::IncomingWebhook;

#[cfg(test)]
mod configuration_tests;
