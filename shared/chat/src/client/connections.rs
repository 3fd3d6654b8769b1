//! Connections that are kept between two posts, as long as they can be trusted.
//!
//! A function that has nothing to do is frozen, and its timers with it: what was the other
//! side's end of a connection is gone when it wakes up, and nobody here has noticed. A post
//! over such a connection gets no answer, and may have arrived for all that anybody knows.
//! So the wall clock decides, which goes on meanwhile.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How long connections are kept without a post.
pub(super) const KEPT: Duration = Duration::from_secs(30);

type Build = dyn Fn() -> Result<reqwest::Client, reqwest::Error> + Send + Sync;
type Now = dyn Fn() -> SystemTime + Send + Sync;

#[derive(Clone)]
pub(super) struct Connections {
    current: Arc<Mutex<Current>>,
    build: Arc<Build>,
    now: Arc<Now>,
}

struct Current {
    http: reqwest::Client,
    used_at: SystemTime,
}

impl Connections {
    pub fn new(
        build: impl Fn() -> Result<reqwest::Client, reqwest::Error> + Send + Sync + 'static,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Result<Self, reqwest::Error> {
        let current = Current {
            http: build()?,
            used_at: now(),
        };
        Ok(Self {
            current: Arc::new(Mutex::new(current)),
            build: Arc::new(build),
            now: Arc::new(now),
        })
    }

    /// The time by the wall clock.
    pub fn now(&self) -> SystemTime {
        (self.now)()
    }

    /// A client for a request that begins now.
    pub fn client(&self) -> reqwest::Client {
        let now = (self.now)();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = now
            .duration_since(current.used_at)
            .is_ok_and(|quiet| quiet <= KEPT);
        // It was built before; should that fail now, the old one is still better than none.
        if !is_fresh && let Ok(http) = (self.build)() {
            current.http = http;
        }
        current.used_at = now;
        current.http.clone()
    }
}

#[cfg(test)]
mod tests;
