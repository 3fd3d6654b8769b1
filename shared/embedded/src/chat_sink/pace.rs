//! How much a platform takes at once, and what it says of it.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

/// So many calls in a period, which begins with the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub size: u32,
    pub period: Duration,
}

/// Calls that come evenly, after so many at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evenly {
    pub every: Duration,
    pub burst: u32,
}

/// As many counters as are kept before those are dropped that no longer count.
const MANY: usize = 10_000;

/// Counts calls from the first one on; begins anew when its time is over.
#[derive(Debug, Clone, Copy)]
struct Counter {
    ends: Timestamp,
    count: u32,
}

/// What a counter says of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Count {
    pub remaining: u32,
    pub reset_after: Duration,
    /// The call was too much.
    pub exceeded: bool,
}

impl Count {
    /// How many seconds to wait, where the call was too much.
    pub fn wait(self) -> Option<f64> {
        self.exceeded.then_some(self.reset_after.as_secs_f64())
    }
}

/// All counters.
#[derive(Debug, Default)]
pub(super) struct Paces {
    windows: HashMap<String, Counter>,
    /// When the next call would come if calls came as evenly as they should.
    even: HashMap<String, Timestamp>,
}

impl Paces {
    /// A call of what the key stands for.
    pub fn window(&mut self, key: &str, window: Window, now: Timestamp) -> Count {
        if self.windows.len() > MANY {
            self.windows.retain(|_, counter| counter.ends > now);
        }
        let fresh = Counter {
            ends: now + window.period,
            count: 0,
        };
        let counter = self.windows.entry(key.to_owned()).or_insert(fresh);
        // A platform's own clock does not change with this machine's.
        let was_set_back = counter.ends > fresh.ends;
        if counter.ends <= now || was_set_back {
            *counter = fresh;
        }
        let exceeded = counter.count >= window.size;
        if !exceeded {
            counter.count += 1;
        }
        Count {
            remaining: window.size - counter.count,
            reset_after: until(counter.ends, now),
            exceeded,
        }
    }

    /// A call of what the key stands for; how long to wait where it is too much.
    pub fn evenly(&mut self, key: &str, evenly: Evenly, now: Timestamp) -> Option<Duration> {
        if self.even.len() > MANY {
            self.even.retain(|_, next| *next > now);
        }
        let next = self.even.entry(key.to_owned()).or_insert(now);
        let allowed = evenly.every * (evenly.burst - 1);
        let was_set_back = until(*next, now) > allowed + evenly.every;
        let due = if was_set_back { now } else { (*next).max(now) };
        let early = until(due, now);
        if early > allowed {
            return Some(early - allowed);
        }
        *next = due + evenly.every;
        None
    }
}

fn until(time: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(time.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_window_is_full_after_its_size_and_empty_again_when_its_time_is_over() {
        const BUCKET: Window = Window {
            size: 5,
            period: Duration::from_secs(2),
        };
        let mut paces = Paces::default();
        for remaining in [4, 3, 2, 1, 0] {
            let count = paces.window("a", BUCKET, noon());
            assert_eq!((count.remaining, count.exceeded), (remaining, false));
        }
        let soon = noon() + Duration::from_millis(500);
        let count = paces.window("a", BUCKET, soon);
        assert!(count.exceeded && count.remaining == 0);
        assert_eq!(count.reset_after, Duration::from_millis(1_500));
        assert!(
            !paces.window("b", BUCKET, soon).exceeded,
            "each has its own"
        );
        assert!(!paces.window("a", BUCKET, noon() + BUCKET.period).exceeded);
    }

    #[test]
    fn calls_may_come_in_a_burst_and_then_one_by_one() {
        const POSTS: Evenly = Evenly {
            every: Duration::from_secs(1),
            burst: 10,
        };
        let mut paces = Paces::default();
        let mut post = |milliseconds: u64| {
            paces.evenly("C1", POSTS, noon() + Duration::from_millis(milliseconds))
        };
        for _ in 0..POSTS.burst {
            assert_eq!(post(0), None);
        }
        assert_eq!(post(300), Some(Duration::from_millis(700)));
        assert_eq!(post(1_000), None);
        assert!(post(1_000).is_some());
    }
}
