//! Destinations: what a webhook may be configured with, what a message looks like there, and
//! what the answers mean.
//!
//! Each kind of destination is a [`Kind`], in a folder of its own, and stands in the list of
//! [`Kinds`]. Everything is pure except [`Client`], which asks and posts. A credential is
//! verified by [`Client::verify`] before it is registered. A delivery takes three steps:
//! [`Kind::draft`] renders the exact request, but for its credential; [`Client::send`] seals and
//! posts it; and the [`Reply`] says how it ended and what to do. A preview takes only the first
//! of them.

pub mod answer;
pub mod discord;
pub mod draft;
pub mod form;
pub mod kind;
pub mod limits;
pub mod message;
pub mod post;
pub mod reply;
pub mod signed;
pub mod slack;
pub mod teams;
pub mod verification;

mod client;
mod codes;
mod escape;
mod facts;
mod kinds;
mod layout;
mod origin;
mod summary;
mod wording;

#[cfg(test)]
mod foreign;
#[cfg(test)]
mod messages_tests;
#[cfg(test)]
mod testing;

pub use answer::Answer;
pub use client::{Client, ClientError};
pub use draft::{Draft, Sealed};
pub use kind::{About, Kind};
pub use kinds::Kinds;
pub use origin::ChatOrigin;
pub use post::{Place, Post, Without};
pub use reply::{Pause, Remedy, Reply};
pub use summary::{Summary, grouped};
pub use verification::{Verification, Verified};
