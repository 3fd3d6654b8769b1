//! How it went, where no platform has said so.

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

/// Posted or not, nobody can tell.
pub(crate) fn took_too_long() -> Reply {
    Reply {
        duration: POST_TIMEOUT,
        ..Reply::new(Outcome::Unknown)
            .code("timeout")
            .hint("The delivery took too long; the message may have arrived.")
    }
}
