//! Signed webhooks: HTTPS endpoints of anybody's, by the rules of Standard Webhooks 1.0.0
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

mod addresses;
mod body;
mod classify;
mod credential;
mod destination;
mod resolver;
mod signature;
mod texts;
mod webhook;

pub use destination::Reach;
pub use signature::{is_ours, sign};
pub use webhook::Webhook;

#[cfg(test)]
mod destinations_tests;
#[cfg(test)]
mod rebinding_tests;
#[cfg(test)]
mod tests;
