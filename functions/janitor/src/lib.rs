//! On schedules: wakes the lanes that are due, and finishes what calls that died have left
//! behind, so that a credential that nobody uses is surely gone, also where nobody calls again.

mod lanes;
mod outages;

pub use lanes::LaneSweep;

use std::time::Duration;

use carillon_aws::{Credentials, Error, Registry};
use carillon_domain::OrganizationId;
use carillon_runtime::Metrics;
use carillon_runtime::metrics::ROUNDS;
use futures::StreamExt;
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

/// How many organizations are read in one go.
const PAGE: usize = 100;
/// How many are swept at once: each takes a few calls of some milliseconds.
const AT_ONCE: usize = 16;

/// The handler; one for a process.
pub struct Janitor {
    registry: Registry,
    credentials: Credentials,
    metrics: Metrics,
}

/// Why a round was not made in full.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    #[error(transparent)]
    Aws(#[from] Error),
    /// The log has the reasons.
    #[error("{failed} of {all} organizations could not be swept")]
    Unswept { failed: usize, all: usize },
}

impl Janitor {
    pub fn new(registry: Registry, credentials: Credentials) -> Self {
        Self {
            registry,
            credentials,
            metrics: Metrics::from_environment(),
        }
    }

    /// Counts here.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// Sweeps the organizations, from where the last round stopped, for this long at most. One
    /// that fails stops no other, and what one that takes too long has left is done by the next
    /// round over all: what was done of it stays done.
    ///
    /// Two rounds at once do no harm: each sweep may be made any number of times, and a position
    /// that the other one has overwritten costs a few sweeps more, or leaves some organizations
    /// to the round after the next.
    ///
    /// # Errors
    /// Where an organization could not be swept: the next round over all tries again.
    pub async fn round(&self, now: Timestamp, within: Duration) -> Result<(), RoundError> {
        let end = Instant::now() + within;
        let (mut failed, mut all) = (0, 0);
        let mut after = self.registry.sweep_position().await?;
        let is_over = loop {
            let (page, next) = self.registry.organizations(after.as_deref(), PAGE).await?;
            let mut left = page.len();
            all += left;
            let sweeps = page
                .into_iter()
                .map(|organization| self.sweep(organization, now));
            let mut sweeps = futures::stream::iter(sweeps).buffer_unordered(AT_ONCE);
            while let Ok(Some(is_swept)) = timeout_at(end, sweeps.next()).await {
                left -= 1;
                failed += usize::from(!is_swept);
            }
            if left > 0 {
                tracing::warn!(left, "there was no time for some organizations");
            }
            after = next;
            self.registry.put_sweep_position(after.as_deref()).await?;
            if left > 0 || after.is_none() || Instant::now() >= end {
                break left == 0 && after.is_none();
            }
        };
        if failed > 0 {
            return Err(RoundError::Unswept { failed, all });
        }
        if is_over {
            self.metrics.add(ROUNDS, &[]);
            self.metrics.emit();
        }
        Ok(())
    }

    async fn sweep(&self, organization: OrganizationId, now: Timestamp) -> bool {
        let swept = self.credentials.sweep(&organization, now).await;
        swept
            .inspect_err(|error| {
                tracing::error!(%organization, %error, "credentials could not be swept");
            })
            .is_ok()
    }
}
