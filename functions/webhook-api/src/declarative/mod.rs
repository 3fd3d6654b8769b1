//! Declarative setup: the `notifications:` block of a configuration file becomes webhooks.
//!
//! The [`document`] is read, a [`plan`] says what it changes, the platforms verify its
//! [`credentials`], and only where nothing has a fault is anything [written](write). [`apply`] puts
//! the steps together; the first two are pure.

mod apply;
mod credentials;
mod document;
mod entry;
mod export;
mod outcome;
mod plan;
mod source;
mod tree;
mod write;

#[cfg(test)]
pub mod testing;

pub use apply::{Options, apply};
pub use document::{Document, Format};
pub use entry::ENTRY;
pub use export::Notifications;
pub use outcome::Outcome;
