//! How much the platforms take at once, and what they say of it.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

/// Discord's bucket of a webhook: five calls in two seconds (discord-api-docs#367), which
/// its answers tell.
pub(super) const BUCKET_SIZE: u32 = 5;
const BUCKET_PERIOD: Duration = Duration::from_secs(2);

/// Discord's posts to one channel, whichever webhook: thirty in a minute, which no answer
/// tells before it is too late (discord-api-docs#1454).
const CHANNEL_SIZE: u32 = 30;
const CHANNEL_PERIOD: Duration = Duration::from_secs(60);

/// All of a caller's requests to Discord (topics/rate-limits).
const GLOBAL_SIZE: u32 = 50;
const GLOBAL_PERIOD: Duration = Duration::from_secs(1);

/// Slack's posts to one channel: about one a second. How many may come at once is not
/// published; "short bursts".
const SLACK_EVERY: Duration = Duration::from_secs(1);
const SLACK_BURST: u32 = 10;

/// Slack's edits: tier 3, fifty a minute for each method and app.
const EDIT_EVERY: Duration = Duration::from_millis(1_200);
const EDIT_BURST: u32 = 50;

/// Teams' posts of one bot, which all workflows post by, to one channel: sixty in half a minute
/// (bots/how-to/rate-limit).
const TEAMS_SIZE: u32 = 60;
const TEAMS_PERIOD: Duration = Duration::from_secs(30);

/// As many counters as are kept before those are dropped that no longer count.
const MANY: usize = 10_000;

/// Counts calls from the first one on; begins anew when its time is over.
#[derive(Debug, Clone, Copy)]
struct Window {
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

/// All counters.
#[derive(Debug, Default)]
pub(super) struct Paces {
    windows: HashMap<String, Window>,
    /// When the next call would come if calls came as evenly as they should.
    even: HashMap<String, Timestamp>,
}

impl Paces {
    /// A call to a webhook's route.
    pub fn bucket(&mut self, route: &str, now: Timestamp) -> Count {
        self.window(format!("bucket {route}"), BUCKET_SIZE, BUCKET_PERIOD, now)
    }

    /// A post to a channel of Discord's.
    pub fn channel(&mut self, channel_id: &str, now: Timestamp) -> Count {
        let key = format!("channel {channel_id}");
        self.window(key, CHANNEL_SIZE, CHANNEL_PERIOD, now)
    }

    /// Any call to Discord.
    pub fn global(&mut self, now: Timestamp) -> Count {
        self.window("global".to_owned(), GLOBAL_SIZE, GLOBAL_PERIOD, now)
    }

    /// A post of a workflow to a channel of Teams.
    pub fn teams_post(&mut self, channel_id: &str, now: Timestamp) -> Count {
        let key = format!("teams {channel_id}");
        self.window(key, TEAMS_SIZE, TEAMS_PERIOD, now)
    }

    /// A post to a channel of Slack's; how long to wait where it is too much.
    pub fn slack_post(&mut self, channel_id: &str, now: Timestamp) -> Option<Duration> {
        let key = format!("post {channel_id}");
        self.evenly(key, SLACK_EVERY, SLACK_BURST, now)
    }

    /// An edit with a token of Slack's.
    pub fn slack_edit(&mut self, token: u64, now: Timestamp) -> Option<Duration> {
        self.evenly(format!("edit {token}"), EDIT_EVERY, EDIT_BURST, now)
    }

    fn window(&mut self, key: String, size: u32, period: Duration, now: Timestamp) -> Count {
        if self.windows.len() > MANY {
            self.windows.retain(|_, window| window.ends > now);
        }
        let fresh = Window {
            ends: now + period,
            count: 0,
        };
        let window = self.windows.entry(key).or_insert(fresh);
        if window.ends <= now {
            *window = fresh;
        }
        let exceeded = window.count >= size;
        if !exceeded {
            window.count += 1;
        }
        Count {
            remaining: size - window.count,
            reset_after: until(window.ends, now),
            exceeded,
        }
    }

    fn evenly(
        &mut self,
        key: String,
        every: Duration,
        burst: u32,
        now: Timestamp,
    ) -> Option<Duration> {
        if self.even.len() > MANY {
            self.even.retain(|_, next| *next > now);
        }
        let next = self.even.entry(key).or_insert(now);
        let due = (*next).max(now);
        let early = until(due, now);
        let allowed = every * (burst - 1);
        if early > allowed {
            return Some(early - allowed);
        }
        *next = due + every;
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
    fn a_bucket_is_empty_after_five_calls_and_full_again_when_its_time_is_over() {
        let mut paces = Paces::default();
        for remaining in [4, 3, 2, 1, 0] {
            let count = paces.bucket("a", noon());
            assert_eq!((count.remaining, count.exceeded), (remaining, false));
        }
        let soon = noon() + Duration::from_millis(500);
        let count = paces.bucket("a", soon);
        assert!(count.exceeded && count.remaining == 0);
        assert_eq!(count.reset_after, Duration::from_millis(1_500));
        assert!(!paces.bucket("b", soon).exceeded, "each has its own");
        assert!(!paces.bucket("a", noon() + BUCKET_PERIOD).exceeded);
    }

    #[test]
    fn slack_takes_a_burst_and_then_one_a_second() {
        let mut paces = Paces::default();
        let mut post = |milliseconds: u64| {
            paces.slack_post("C1", noon() + Duration::from_millis(milliseconds))
        };
        for _ in 0..SLACK_BURST {
            assert_eq!(post(0), None);
        }
        assert_eq!(post(300), Some(Duration::from_millis(700)));
        assert_eq!(post(1_000), None);
        assert!(post(1_000).is_some());
    }
}
