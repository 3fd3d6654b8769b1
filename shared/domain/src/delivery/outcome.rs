//! How a post ended, and what follows from that.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::retry::{self, Asked};

/// How a post ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Delivered,
    /// Too many messages; the platform says when to come back.
    RateLimited,
    /// The platform could not be reached or could not serve; nothing was posted.
    Unavailable,
    /// Posted or not: nobody can tell (a time-out or a broken connection after sending).
    Unknown,
    /// The platform will never take this message.
    PayloadRefused,
    /// The platform's own API refuses the message with a code that nobody knows here.
    UnknownRefusal,
    /// The platform does not understand how it is called: a fault of Carillon.
    OurFault,
    /// The token or URL no longer works.
    CredentialDead,
    /// The channel or thread cannot be posted to.
    DestinationDead,
    /// The platform blocks this address or client.
    Blocked,
}

/// What follows from an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Delivered,
    RetryIn(Duration),
    Failed,
}

impl Outcome {
    /// Whether nothing can arrive until somebody has repaired the webhook.
    pub fn is_dead(self) -> bool {
        matches!(self, Self::CredentialDead | Self::DestinationDead)
    }

    /// Whether it may go well another time, with nobody doing anything.
    pub(super) fn is_passing(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Unavailable | Self::Unknown | Self::Blocked
        )
    }

    /// What to do after `attempts` attempts, the last of which ended like this.
    ///
    /// A refused message fails at once. What is dead does too, because its webhook is
    /// suspended; where that could not be done, it is tried again.
    pub(super) fn next(self, attempts: u32, ending: &Ending) -> Next {
        match self {
            Self::Delivered => Next::Delivered,
            Self::PayloadRefused | Self::UnknownRefusal | Self::OurFault => Next::Failed,
            Self::CredentialDead | Self::DestinationDead if ending.suspended => Next::Failed,
            Self::RateLimited
            | Self::Unavailable
            | Self::Unknown
            | Self::CredentialDead
            | Self::DestinationDead
            | Self::Blocked => {
                let asked = match (self, ending.asked) {
                    (_, None) => Asked::Nothing,
                    (Self::RateLimited, Some(time)) => Asked::ComeBack(time),
                    (_, Some(time)) => Asked::NotBefore(time),
                };
                retry::delay(attempts, ending.random, asked)
                    .filter(|wait| {
                        ending
                            .last_call
                            .is_none_or(|last| ending.now + *wait <= last)
                    })
                    .map_or(Next::Failed, Next::RetryIn)
            }
        }
    }
}

/// What there is to know, beside the attempt itself, when a claim is closed.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    pub now: Timestamp,
    /// `0.0..=1.0`: places the next attempt within its leeway.
    pub random: f64,
    /// What the platform asks for.
    pub asked: Option<Duration>,
    /// Whether the webhook was suspended for what the attempt has shown.
    pub suspended: bool,
    /// When there can be no further attempt, because the queue will not keep it longer.
    pub last_call: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_with_an_unknown_code_has_a_name_of_its_own() {
        let name = serde_json::to_value(Outcome::UnknownRefusal).unwrap();
        assert_eq!(name, "unknown_refusal");
        assert!(!Outcome::UnknownRefusal.is_passing() && !Outcome::UnknownRefusal.is_dead());
    }
}
