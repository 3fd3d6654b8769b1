//! The time, and waiting for it. What waits for minutes and days can so be tested in
//! an instant.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// A clock: the system's, or a simulated one.
#[async_trait]
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// Waits in the process: for seconds at most, whatever takes longer waits in the queue.
    async fn sleep(&self, duration: Duration);
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
