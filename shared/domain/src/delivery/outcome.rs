//! How a post ended.

use serde::{Deserialize, Serialize};

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

impl Outcome {
    /// Whether nothing can arrive until somebody has repaired the webhook.
    pub fn is_dead(self) -> bool {
        matches!(self, Self::CredentialDead | Self::DestinationDead)
    }

    /// Whether it may go well another time, with nobody doing anything.
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Unavailable | Self::Unknown | Self::Blocked
        )
    }

    /// Whether the platform has not posted it, and never will.
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::PayloadRefused | Self::UnknownRefusal | Self::OurFault
        )
    }
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
