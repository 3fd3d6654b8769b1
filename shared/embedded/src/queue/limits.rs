//! What Amazon SQS does not do beyond.

use std::time::Duration;

/// A FIFO queue's limits. The default is AWS's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Groups are looked for among so many messages, from the oldest on (SQS developer guide,
    /// "Amazon SQS message quotas", message groups of FIFO queues).
    pub looked_through: usize,
    /// So many messages are received and neither deleted nor visible again; beyond that a
    /// receive gives nothing, and no error (SQS developer guide, "in flight").
    pub in_flight: usize,
    /// Messages are gone when they are as old as this (`MessageRetentionPeriod`: 14 days at
    /// most).
    pub retention: Duration,
    /// A message is invisible for no longer than this, counted from when it was received,
    /// whatever puts it off in between (SQS developer guide, "visibility timeout").
    pub visibility: Duration,
    /// A receive gives so many messages (`MaxNumberOfMessages`: 10 at most).
    pub received: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            looked_through: 120_000,
            in_flight: 120_000,
            retention: Duration::from_secs(14 * 24 * 3_600),
            visibility: Duration::from_secs(12 * 3_600),
            received: 10,
        }
    }
}
