//! Discord: webhooks.

pub mod classify;
pub mod limits;

mod codes;
mod escape;
mod mention;
mod message;
mod render;
mod text;
mod texts;
mod verify;
mod webhook;

pub use webhook::Webhook;

#[cfg(test)]
mod configuration_tests;

/// Whoever answers there.
const NAME: &str = "Discord";
