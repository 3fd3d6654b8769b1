//! On schedules: wakes the lanes that are due, and finishes what calls that died have left
//! behind, so that a credential that nobody uses is surely gone, also where nobody calls again.

mod lanes;
mod outages;

pub use lanes::LaneSweep;

use carillon_aws::{Credentials, Error, Registry};
use jiff::Timestamp;

/// The handler; one for a process.
pub struct Janitor {
    registry: Registry,
    credentials: Credentials,
}

/// Some organizations could not be swept; the log has the reasons.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {all} organizations could not be swept")]
pub struct Unswept {
    failed: usize,
    all: usize,
}

/// Why a round was not made in full.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    #[error(transparent)]
    Aws(#[from] Error),
    #[error(transparent)]
    Unswept(#[from] Unswept),
}

impl Janitor {
    pub fn new(registry: Registry, credentials: Credentials) -> Self {
        Self {
            registry,
            credentials,
        }
    }

    /// Sweeps every organization. One that fails stops no other.
    ///
    /// # Errors
    /// Where an organization could not be swept: the schedule tries again.
    pub async fn round(&self, now: Timestamp) -> Result<(), RoundError> {
        let organizations = self.registry.organizations().await?;
        let mut failed = 0;
        for organization in &organizations {
            if let Err(error) = self.credentials.sweep(organization, now).await {
                tracing::error!(%organization, %error, "credentials could not be swept");
                failed += 1;
            }
        }
        let all = organizations.len();
        match failed {
            0 => Ok(()),
            failed => Err(Unswept { failed, all }.into()),
        }
    }
}
