//! Declarative setup: the `notifications:` block of a configuration file becomes webhooks.
//!
//! Three steps: the [`document`] is read, a [`plan`] says what it changes, and only where
//! neither has a fault is anything [applied](apply). All but the last is pure.

mod apply;
mod document;
mod entry;
mod export;
mod plan;
mod tree;

#[cfg(test)]
pub mod testing;

pub use apply::{Options, Outcome, apply};
pub use document::{Document, Format};
pub use entry::ENTRY;
pub use export::Notifications;
