//! Slack and Discord: what they may be configured with, what a message looks like there,
//! and what their answers mean.
//!
//! Everything is pure except [`Client`], which asks and posts. A credential is verified by
//! [`Client::verify`] before it is registered. A delivery takes three steps:
//! [`request`] renders the exact request, [`Client::send`] posts it, and the [`Reply`]
//! says how it ended and what to do. A preview takes only the first of them.

pub mod discord;
pub mod limits;
pub mod slack;

mod client;
mod facts;
mod origin;
mod registration;
mod reply;
mod request;
mod verification;
mod wording;

#[cfg(test)]
mod testing;

pub use client::{Client, ClientError};
pub use origin::ChatOrigin;
pub use reply::{Answer, Pause, Remedy, Reply};
pub use request::{Place, Post, Request, Without, request};
pub use verification::{Verification, Verified};

use carillon_domain::{
    Configuration, Credential, DestinationKind, Faults, Outcome, Platform, Pointer,
};
use serde_json::Value;

/// Reads a webhook's `configuration` that stands at `at` and may be to replace `current`.
/// Every fault is added to `faults`; the configuration and its credential are there only
/// where none was found.
pub fn configuration(
    platform: Platform,
    value: &Value,
    at: &Pointer,
    current: Option<&Configuration>,
    faults: &mut Faults,
) -> Option<(Configuration, Credential)> {
    let read = match platform {
        Platform::Slack => slack::configuration::read,
        Platform::Discord => discord::configuration::read,
    };
    read(value, at, current, faults)
}

/// What an answer means to a delivery. The time it took is not known here.
pub fn classify(kind: DestinationKind, answer: &Answer) -> Reply {
    let classify = match kind {
        DestinationKind::SlackBot => slack::classify::web_api,
        DestinationKind::SlackWebhook => slack::classify::webhook,
        DestinationKind::DiscordWebhook => discord::classify::execute,
    };
    let reply = classify(answer);
    // An outage may say how long it lasts, too.
    let retry_after = match reply.outcome {
        Outcome::Delivered => None,
        _ => reply.retry_after.or_else(|| answer.seconds("retry-after")),
    };
    Reply {
        http_status: Some(answer.status),
        retry_after,
        ..reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_outage_that_says_how_long_it_lasts_is_believed() {
        for kind in testing::KINDS {
            let answer = testing::answer(503, &[("Retry-After", "120")], "");
            let reply = classify(kind, &answer);
            assert_eq!(reply.outcome, Outcome::Unknown);
            assert_eq!(reply.http_status, Some(503));
            assert_eq!(reply.retry_after, Some(Duration::from_secs(120)));
        }
    }
}
