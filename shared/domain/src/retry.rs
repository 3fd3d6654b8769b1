//! When to try again, and when to give up.

use std::time::Duration;

/// The waits after the first failures; the last one comes again and again.
pub const SCHEDULE: [Duration; 4] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
    Duration::from_secs(600),
];

/// How long a delivery is tried. Time decides, not a count: a platform that asks for a second
/// each time would use up any number of attempts within minutes.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// By how much a wait is shortened at most, as a part of itself, so that many failures do not
/// return together.
pub const JITTER: f64 = 0.2;

/// Who waits for longer than this is looked for that often: a retry may be that much later.
const SWEPT_EVERY: Duration = Duration::from_secs(60);

/// The longest wait that grows by itself because a platform goes on limiting.
const LONGEST_LIMIT: Duration = Duration::from_secs(600);

/// The wait after the second post in a row of which nobody knows the outcome, and the longest
/// one. Each such post may be another copy of the message.
const FIRST_UNKNOWN: Duration = Duration::from_secs(120);
const LONGEST_UNKNOWN: Duration = Duration::from_secs(2 * 3_600);

/// What an attempt has shown about the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Nothing,
    /// The platform is well, and says when to come back. It has said so this often in a row.
    ComeBack {
        time: Duration,
        in_a_row: u32,
    },
    /// It is not well: not before this time, nor before the schedule's.
    NotBefore(Duration),
}

/// The wait after `failures` failures (the first is 1), of which `unknown` may have left a
/// message behind.
///
/// `random` in `0.0..=1.0` shortens the schedule's wait by up to 20 %, a long one by a tenth at
/// least, so that it ends in time even if the sweep finds it a minute late. What the platform
/// asks for is kept in full; coming back takes at least a second, at most a tenth longer than
/// asked, and twice as long each time.
pub fn delay(failures: u32, unknown: u32, random: f64, asked: Asked) -> Duration {
    let random = random.clamp(0.0, 1.0);
    let step = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let base = SCHEDULE[step.min(SCHEDULE.len() - 1)].max(copies_apart(unknown));
    let shortened = match base > SWEPT_EVERY {
        true => (1.0 + random) / 2.0,
        false => random,
    };
    let scheduled = base.mul_f64(1.0 - JITTER * shortened);
    match asked {
        Asked::Nothing => scheduled,
        Asked::ComeBack { time, in_a_row } => {
            let time = time.max(Duration::from_secs(1));
            let grown = doubled(time, in_a_row.saturating_sub(1)).min(LONGEST_LIMIT);
            time.max(grown).mul_f64(1.0 + 0.1 * random)
        }
        Asked::NotBefore(time) => scheduled.max(time),
    }
}

/// How far copies of a message must be apart, once that many may be there.
fn copies_apart(unknown: u32) -> Duration {
    match unknown.checked_sub(2) {
        None => Duration::ZERO,
        Some(more) => doubled(FIRST_UNKNOWN, more.saturating_mul(2)).min(LONGEST_UNKNOWN),
    }
}

fn doubled(time: Duration, times: u32) -> Duration {
    time.saturating_mul(2_u32.saturating_pow(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(asked: impl Fn(u32) -> Asked) -> Vec<u64> {
        (1..=12)
            .map(|n| delay(n, 0, 0.0, asked(n)).as_secs())
            .collect()
    }

    #[test]
    fn the_schedule_ends_in_ten_minutes_again_and_again_the_time_until_the_sweep_included() {
        let waits = waits(|_| Asked::Nothing);
        assert_eq!(waits[..4], [5, 30, 108, 540]);
        assert!(waits[4..].iter().all(|wait| *wait == 540));
        assert_eq!(delay(u32::MAX, 0, 0.0, Asked::Nothing).as_secs(), 540);
    }

    #[test]
    fn a_wait_is_shortened_by_a_fifth_at_most_and_never_lengthened() {
        for (n, base) in (1..).zip(SCHEDULE) {
            let longest = delay(n, 0, 0.0, Asked::Nothing);
            let part = if base > SWEPT_EVERY { 0.9 } else { 1.0 };
            assert_eq!(longest, base.mul_f64(part));
            let shortest = delay(n, 0, 1.0, Asked::Nothing);
            assert!((shortest.as_secs_f64() - base.as_secs_f64() * 0.8).abs() < 1e-6);
        }
    }

    #[test]
    fn what_the_platform_asks_for_is_kept_in_full_and_hardly_exceeded() {
        for seconds in [1, 5, 600, 7_200] {
            let time = Duration::from_secs(seconds);
            for random in [0.0, 0.5, 1.0] {
                let asked = Asked::ComeBack { time, in_a_row: 1 };
                let wait = delay(1, 0, random, asked);
                assert!(
                    wait >= time && wait <= time.mul_f64(1.1),
                    "{seconds} {random}"
                );
            }
        }
    }

    #[test]
    fn a_limit_that_goes_on_doubles_its_waits_up_to_ten_minutes() {
        let asked = |seconds| {
            move |in_a_row| Asked::ComeBack {
                time: Duration::from_secs_f64(seconds),
                in_a_row,
            }
        };
        let expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600];
        assert_eq!(waits(asked(1.0)), expected);
        assert_eq!(waits(asked(0.5)), expected);
        // What is asked for is never cut.
        assert!(waits(asked(900.0)).iter().all(|wait| *wait == 900));
    }

    #[test]
    fn a_platform_that_is_not_well_cannot_shorten_the_schedule() {
        let soon = Asked::NotBefore(Duration::from_secs(1));
        assert_eq!(delay(1, 0, 0.0, soon), Duration::from_secs(5));
        let late = Asked::NotBefore(Duration::from_secs(600));
        assert_eq!(delay(1, 0, 0.0, late), Duration::from_secs(600));
    }

    #[test]
    fn posts_that_may_have_left_a_copy_are_made_ever_more_rarely() {
        let waits: Vec<u64> = (1..=7)
            .map(|n| delay(n, n, 0.0, Asked::Nothing).as_secs())
            .collect();
        assert_eq!(waits, [5, 108, 432, 1_728, 6_480, 6_480, 6_480]);
        // An attempt that surely posted nothing between them goes by the schedule.
        let copies = GIVE_UP_AFTER.as_secs() / 6_480 + 4;
        assert!(copies < 20, "{copies}");
    }
}
