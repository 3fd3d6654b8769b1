//! When to try again.

use std::time::Duration;

/// The wait after each attempt, in seconds; after the last one the delivery has failed.
pub const SCHEDULE_SECONDS: [u64; 9] = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200];

/// How far a wait is moved at most, as a part of itself, so that many failures do not return together.
pub const JITTER: f64 = 0.2;

/// What the platform asks for with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Nothing,
    /// It is well, and says when to come back: that time takes the schedule's place.
    ComeBack(Duration),
    /// It is not well: not before this time, nor before the schedule's.
    NotBefore(Duration),
}

/// The wait after `attempts` attempts (the first is 1), or none where the schedule ends.
///
/// `random` in `0.0..=1.0` places the wait inside ±20 %. What the platform asks for is
/// kept in full; coming back takes at least a second and at most a tenth longer than asked.
pub fn delay(attempts: u32, random: f64, asked: Asked) -> Option<Duration> {
    let step = usize::try_from(attempts.max(1) - 1).ok()?;
    let base = Duration::from_secs(*SCHEDULE_SECONDS.get(step)?);
    let random = random.clamp(0.0, 1.0);
    let scheduled = base.mul_f64(1.0 + JITTER * (2.0 * random - 1.0));
    Some(match asked {
        Asked::Nothing => scheduled,
        Asked::ComeBack(time) => time.max(Duration::from_secs(1)).mul_f64(1.0 + 0.1 * random),
        Asked::NotBefore(time) => scheduled.max(time),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_kept_within_a_fifth() {
        for (n, base) in SCHEDULE_SECONDS.iter().enumerate() {
            let attempts = u32::try_from(n).unwrap() + 1;
            let base = *base as f64;
            for (random, factor) in [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)] {
                let wait = delay(attempts, random, Asked::Nothing)
                    .unwrap()
                    .as_secs_f64();
                assert!((wait - base * factor).abs() < 1e-6, "{attempts} {random}");
            }
        }
    }

    #[test]
    fn the_schedule_ends_after_nine_waits() {
        assert!(delay(9, 0.5, Asked::Nothing).is_some());
        assert_eq!(delay(10, 0.5, Asked::Nothing), None);
    }

    #[test]
    fn what_the_platform_asks_for_is_kept_in_full_and_hardly_exceeded() {
        for seconds in [1, 5, 600] {
            let asked = Duration::from_secs(seconds);
            for random in [0.0, 0.5, 1.0] {
                let wait = delay(1, random, Asked::ComeBack(asked)).unwrap();
                assert!(
                    wait >= asked && wait <= asked.mul_f64(1.1),
                    "{seconds} {random}"
                );
            }
        }
    }

    #[test]
    fn a_platform_that_asks_for_nothing_at_all_gets_a_second() {
        let wait = delay(3, 0.0, Asked::ComeBack(Duration::ZERO)).unwrap();
        assert_eq!(wait, Duration::from_secs(1));
    }

    #[test]
    fn a_platform_that_is_not_well_cannot_shorten_the_schedule() {
        let soon = Asked::NotBefore(Duration::from_secs(1));
        assert_eq!(delay(1, 0.5, soon), Some(Duration::from_secs(5)));
        let late = Asked::NotBefore(Duration::from_secs(600));
        assert_eq!(delay(1, 0.5, late), Some(Duration::from_secs(600)));
    }
}
