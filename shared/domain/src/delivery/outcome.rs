//! How a post ended, and what follows from that.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Attempt;
use crate::retry::{self, Asked, GIVE_UP_AFTER};

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

    /// What to do after an attempt that ended like this.
    ///
    /// A refused message fails at once. What is dead does too, because its webhook is
    /// suspended; where that could not be done, it is tried again.
    pub(super) fn next(self, history: &History, ending: &Ending) -> Next {
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
                if history.since + GIVE_UP_AFTER <= ending.now {
                    return Next::Failed;
                }
                let asked = match (self, ending.asked) {
                    (_, None) => Asked::Nothing,
                    (Self::RateLimited, Some(time)) => Asked::ComeBack {
                        time,
                        in_a_row: history.limits_in_a_row,
                    },
                    (_, Some(time)) => Asked::NotBefore(time),
                };
                // Only another post could leave another copy.
                let unknown = match self {
                    Self::Unknown => history.unknown,
                    _ => 0,
                };
                let wait = retry::delay(history.failures, unknown, ending.random, asked);
                match ending.last_call {
                    Some(last) if last < ending.now + wait => Next::Failed,
                    _ => Next::RetryIn(wait),
                }
            }
        }
    }
}

/// The attempts that an order has had, the last one included.
#[derive(Debug, Clone, Copy)]
pub(super) struct History {
    /// When the first one began.
    pub since: Timestamp,
    /// How far the schedule is used up. Being told when to come back is no failure.
    pub failures: u32,
    /// How often in a row the platform has said when to come back, up to now.
    pub limits_in_a_row: u32,
    /// After how many of them a message may be there.
    pub unknown: u32,
}

impl History {
    pub fn of(attempts: &[Attempt], now: Timestamp) -> Self {
        // What another try followed at once is a part of that one.
        let last = || attempts.iter().filter(|attempt| !attempt.is_followed);
        let is_limit = |attempt: &&Attempt| {
            attempt.outcome == Outcome::RateLimited && attempt.retry_after_ms.is_some()
        };
        let count = |found: usize| u32::try_from(found).unwrap_or(u32::MAX);
        Self {
            since: attempts.first().map_or(now, |first| first.at),
            failures: count(last().filter(|attempt| !is_limit(attempt)).count()),
            limits_in_a_row: count(last().rev().take_while(is_limit).count()),
            unknown: count(last().filter(|a| a.outcome == Outcome::Unknown).count()),
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
