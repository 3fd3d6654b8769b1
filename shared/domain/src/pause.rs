//! Leaving a whole platform alone that limits or blocks our address.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest pause that grows by itself.
pub const LONGEST: Duration = Duration::from_secs(3_600);

/// Until when nothing is posted to a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformPause {
    pub until: Timestamp,
    /// How long it was, where the platform has not said how long: the next one is longer.
    pub grown_seconds: u64,
}

impl PlatformPause {
    /// A pause for as long as the platform says.
    #[must_use]
    pub fn told(previous: Option<Self>, now: Timestamp, length: Duration) -> Self {
        Self {
            until: previous.map_or(now + length, |previous| previous.until.max(now + length)),
            grown_seconds: previous.map_or(0, |previous| previous.grown_seconds),
        }
    }

    /// A pause after a block that says nothing: twice as long as the one before, if that
    /// has ended less than the longest pause ago. What was posted before the last
    /// pause had ended tells nothing new.
    #[must_use]
    pub fn grown(
        previous: Option<Self>,
        begun: Timestamp,
        now: Timestamp,
        shortest: Duration,
    ) -> Self {
        if let Some(previous) = previous
            && begun < previous.until
            && previous.grown_seconds > 0
        {
            return previous;
        }
        let length = previous
            .filter(|previous| now < previous.until + LONGEST)
            .map_or(shortest, |previous| {
                Duration::from_secs(previous.grown_seconds.saturating_mul(2))
            })
            .clamp(shortest, LONGEST);
        Self {
            until: previous.map_or(now + length, |previous| previous.until.max(now + length)),
            grown_seconds: length.as_secs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn now() -> Timestamp {
        "2026-11-21T10:15:00Z".parse().unwrap()
    }

    #[test]
    fn a_block_that_comes_again_pauses_for_longer_up_to_an_hour() {
        let mut pause = PlatformPause::grown(None, now(), now(), MINUTE);
        assert_eq!(pause.until, now() + MINUTE);
        let mut lengths = vec![pause.grown_seconds];
        for _ in 0..7 {
            let then = pause.until;
            pause = PlatformPause::grown(Some(pause), then, then, MINUTE);
            lengths.push(pause.grown_seconds);
        }
        assert_eq!(lengths, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
    }

    #[test]
    fn posts_that_were_under_way_when_the_pause_began_do_not_prolong_it() {
        let pause = PlatformPause::grown(None, now(), now(), MINUTE);
        let soon = now() + Duration::from_secs(1);
        assert_eq!(
            PlatformPause::grown(Some(pause), now(), soon, MINUTE),
            pause
        );
    }

    #[test]
    fn after_a_quiet_hour_a_block_is_a_new_one() {
        let pause = PlatformPause::grown(None, now(), now(), MINUTE);
        let later = pause.until + LONGEST;
        let next = PlatformPause::grown(Some(pause), later, later, MINUTE);
        assert_eq!(next.grown_seconds, 60);
    }

    #[test]
    fn what_the_platform_says_is_kept_and_never_shortens_a_pause() {
        let long = PlatformPause::told(None, now(), Duration::from_secs(600));
        assert_eq!(long.until, now() + Duration::from_secs(600));
        let short = PlatformPause::told(Some(long), now(), Duration::from_secs(1));
        assert_eq!(short.until, long.until);
    }
}
