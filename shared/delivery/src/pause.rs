//! Leaving a whole platform alone, as one process tells the others.

use carillon_aws::{Error, Ledger};
use carillon_chat::{Kind, Pause};
use carillon_domain::pause::PlatformPause;
use jiff::Timestamp;

/// The pause of a platform that every process is to keep, if there is or was one.
///
/// # Errors
/// Where it could not be read.
pub async fn platform_pause(
    ledger: &Ledger,
    kind: &dyn Kind,
) -> Result<Option<PlatformPause>, Error> {
    match kind.about().has_pauses {
        true => ledger.platform_pause(kind.id().api_type()).await,
        false => Ok(None),
    }
}

/// What follows from an answer to a post that was `begun` then.
pub fn next_pause(
    previous: Option<PlatformPause>,
    begun: Timestamp,
    now: Timestamp,
    asked: Pause,
) -> PlatformPause {
    match asked {
        Pause::For(length) => PlatformPause::told(previous, now, length),
        Pause::Growing(shortest) => PlatformPause::grown(previous, begun, now, shortest),
    }
}
