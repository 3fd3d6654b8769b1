//! A clock that goes as fast as a test wants.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use carillon_runtime::clock::Clock;
use carillon_runtime::guard::lock;
use jiff::Timestamp;

/// A clock that stands still until somebody moves it on; who sleeps moves it on to the end
/// of the sleep. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct SimulatedClock(Arc<Mutex<Timestamp>>);

impl SimulatedClock {
    pub fn at(time: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// Moves on to a time, unless it is past already.
    pub fn advance_to(&self, time: Timestamp) {
        let mut now = lock(&self.0);
        *now = time.max(*now);
    }

    /// As an operator does.
    pub fn set_back(&self, by: Duration) {
        let mut now = lock(&self.0);
        *now -= by;
    }

    pub fn advance(&self, by: Duration) {
        self.advance_to(self.now() + by);
    }
}

#[async_trait]
impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        *lock(&self.0)
    }

    async fn sleep(&self, duration: Duration) {
        let end = self.now() + duration;
        // Whatever else is ready goes first.
        tokio::task::yield_now().await;
        self.advance_to(end);
    }
}
