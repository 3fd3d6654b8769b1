//! Microsoft Teams: webhooks of its Workflows app, which is Power Automate.

pub mod classify;
pub mod limits;

mod card;
mod escape;
mod mention;
mod render;
mod url;
mod workflow;

pub use workflow::Workflow;

#[cfg(test)]
mod configuration_tests;

/// Whoever answers there.
const NAME: &str = "Microsoft Teams";
