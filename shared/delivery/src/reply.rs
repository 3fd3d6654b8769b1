//! How it went, where no platform has said so.

use std::time::Duration;

use carillon_chat::Reply;
use carillon_domain::Outcome;
use carillon_domain::delivery::POST_TIMEOUT;

/// The secret was deleted behind our back: what a registration repairs.
pub(crate) fn credential_missing() -> Reply {
    Reply::new(Outcome::CredentialDead)
        .code("credential_missing")
        .hint(
            "The webhook's credential is gone from Secrets Manager: rotate the webhook's \
             credential, or register it again.",
        )
}

/// The webhook was registered by a later version.
pub(crate) fn unknown_kind() -> Reply {
    Reply::new(Outcome::Unavailable).code("unknown_kind").hint(
        "This version of Carillon does not know the webhook's kind of destination: deploy the \
         version that the webhook was registered with, or a later one.",
    )
}

/// Posted or not, nobody can tell.
pub(crate) fn took_too_long() -> Reply {
    Reply {
        duration: POST_TIMEOUT,
        ..Reply::new(Outcome::Unknown)
            .code("timeout")
            .hint("The delivery took too long; the message may have arrived.")
    }
}

/// The platform's limit is used up: what is to be posted again at once has to rest first.
pub fn used_up(rest: Duration) -> Reply {
    Reply {
        retry_after: Some(rest),
        pause_after: Some(rest),
        ..Reply::new(Outcome::RateLimited)
            .code("used_up")
            .hint("The platform's limit is used up; the message waits.")
    }
}
