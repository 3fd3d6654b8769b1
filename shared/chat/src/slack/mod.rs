//! Slack: bot tokens (`chat.postMessage`) and incoming webhooks.

pub mod classify;
pub mod limits;

mod bot;
mod codes;
mod escape;
mod incoming_webhook;
mod mention;
mod message;
mod render;
mod texts;
mod verify;

pub use bot::Bot;
pub use incoming_webhook::IncomingWebhook;

/// Whoever answers there.
const NAME: &str = "Slack";

/// The hosts of incoming webhooks; the second serves GovSlack.
const WEBHOOK_HOSTS: &[&str] = &["hooks.slack.com", "hooks.slack-gov.com"];

#[cfg(test)]
mod configuration_tests;
