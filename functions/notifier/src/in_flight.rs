//! Posts in flight in this process, so that outcomes that are known at about the same time
//! are written down in one call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// How long an outcome waits for the posts in flight.
const GATHER_FOR: Duration = Duration::from_millis(2);

#[derive(Default)]
pub struct InFlight {
    count: AtomicUsize,
    none_left: Notify,
}

/// A post in flight, until it is dropped.
pub struct Flight<'f>(&'f InFlight);

impl InFlight {
    pub fn begin(&self) -> Flight<'_> {
        self.count.fetch_add(1, Ordering::SeqCst);
        Flight(self)
    }

    /// Waits for a moment, or until no post is in flight.
    pub async fn gather(&self) {
        let none_left = self.none_left.notified();
        if self.count.load(Ordering::SeqCst) > 0 {
            // However that ends.
            let _ = tokio::time::timeout(GATHER_FOR, none_left).await;
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.none_left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outcome_waits_for_the_posts_in_flight_but_not_for_long() {
        let in_flight = InFlight::default();
        assert!(in_flight.gather().now_or_never().is_some());
        let (one, other) = (in_flight.begin(), in_flight.begin());
        let mut gathering = Box::pin(in_flight.gather());
        assert!(gathering.as_mut().now_or_never().is_none());
        drop(one);
        assert!(gathering.as_mut().now_or_never().is_none());
        drop(other);
        gathering.await;
        let _hangs = in_flight.begin();
        let begun = tokio::time::Instant::now();
        in_flight.gather().await;
        assert_eq!(begun.elapsed(), GATHER_FOR);
    }
}
