//! Posts under way in this process, so that outcomes that are known at about the same time
//! are written down in one call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// How long an outcome waits for the posts that are under way.
const MOMENT: Duration = Duration::from_millis(2);

#[derive(Default)]
pub struct Company {
    under_way: AtomicUsize,
    none_left: Notify,
}

/// A post under way, until it is dropped.
pub struct UnderWay<'c>(&'c Company);

impl Company {
    pub fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        UnderWay(self)
    }

    /// Waits for a moment, or until no post is under way.
    pub async fn gather(&self) {
        let none_left = self.none_left.notified();
        if self.under_way.load(Ordering::SeqCst) > 0 {
            // However that ends.
            let _ = tokio::time::timeout(MOMENT, none_left).await;
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if self.0.under_way.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.none_left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outcome_waits_for_the_posts_under_way_but_not_for_long() {
        let company = Company::default();
        assert!(company.gather().now_or_never().is_some());
        let (one, other) = (company.begin(), company.begin());
        let mut gathering = Box::pin(company.gather());
        assert!(gathering.as_mut().now_or_never().is_none());
        drop(one);
        assert!(gathering.as_mut().now_or_never().is_none());
        drop(other);
        gathering.await;
        let _hangs = company.begin();
        let begun = tokio::time::Instant::now();
        company.gather().await;
        assert_eq!(begun.elapsed(), MOMENT);
    }
}
