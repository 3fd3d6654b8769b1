//! How it went, where no platform has said so.

use std::time::Duration;

use carillon_chat::Reply;
use carillon_domain::Outcome;
use carillon_domain::delivery::POST_TIMEOUT;

/// The secret was deleted behind our back: what a registration repairs.
pub(crate) fn credential_missing() -> Reply {
    own(
        Outcome::CredentialDead,
        "credential_missing",
        "The webhook's credential is gone from Secrets Manager: rotate the webhook's credential, \
         or register it again.",
    )
}

/// Posted or not, nobody can tell.
pub(crate) fn took_too_long() -> Reply {
    Reply {
        duration: POST_TIMEOUT,
        ..own(
            Outcome::Unknown,
            "timeout",
            "The delivery took too long; the message may have arrived, and will be tried again.",
        )
    }
}

fn own(outcome: Outcome, code: &str, hint: &str) -> Reply {
    Reply {
        outcome,
        http_status: None,
        code: Some(code.to_owned()),
        hint: Some(hint.to_owned()),
        retry_after: None,
        pause_after: None,
        platform_pause: None,
        remedy: None,
        message: None,
        duration: Duration::ZERO,
    }
}
