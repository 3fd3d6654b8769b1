//! Faults of our own: AWS that does not answer, code that panics. How often they have come
//! in a row decides when to try again, and when to give a delivery up.
//!
//! The queue's own count is of little use for that, because it also counts the times when a
//! lane merely waited.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::time::Duration;

use carillon_domain::{DeliveryId, LaneId};
use carillon_runtime::guard::lock;

/// The wait after the first fault, and the longest one.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// How often a delivery may make us panic.
const PANICS: u32 = 3;
/// How many are remembered.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
pub struct Faults {
    /// How many in a row.
    in_a_row: Mutex<HashMap<LaneId, u32>>,
    /// By the first delivery of what we panicked over: how often.
    panics: Mutex<HashMap<DeliveryId, u32>>,
    /// Where messages have one delivery each, as one of several made us panic.
    suspects: Mutex<HashMap<LaneId, u32>>,
}

impl Faults {
    /// Notes a fault of a lane; gives when to come back.
    pub fn another(&self, lane: &LaneId) -> Duration {
        let before = count(&self.in_a_row, lane) - 1;
        (FIRST * 2_u32.pow(before.min(10))).min(LONGEST)
    }

    /// The lane goes on.
    pub fn over(&self, lane: &LaneId) {
        lock(&self.in_a_row).remove(lane);
    }

    /// Nothing is left in the lane.
    pub fn forget(&self, lane: &LaneId) {
        lock(&self.suspects).remove(lane);
    }

    /// Notes that we panicked over a lane, with this delivery at hand.
    pub fn panicked(&self, lane: &LaneId, at_hand: Option<&DeliveryId>) {
        if let Some(first) = at_hand {
            count(&self.panics, first);
        }
        count(&self.suspects, lane);
    }

    /// Whether a lane's messages are best handled one by one, as one of them may be to blame.
    pub fn is_suspect(&self, lane: &LaneId) -> bool {
        lock(&self.suspects).contains_key(lane)
    }

    /// Whether a delivery makes us panic again and again.
    pub fn is_poison(&self, first: &DeliveryId) -> bool {
        lock(&self.panics).get(first).is_some_and(|n| *n >= PANICS)
    }
}

fn count<K: Clone + Eq + Hash>(counts: &Mutex<HashMap<K, u32>>, key: &K) -> u32 {
    let mut counts = lock(counts);
    if counts.len() >= REMEMBERED && !counts.contains_key(key) {
        counts.clear();
    }
    let count = counts.entry(key.clone()).or_default();
    *count += 1;
    *count
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{EventType, sample};

    fn lane(number: u32) -> LaneId {
        LaneId::of(&sample::webhook(1, &["*"]).id, number)
    }

    fn delivery() -> DeliveryId {
        let event = sample::event(EventType::Deploy);
        DeliveryId::of(&event.organization, &event.id, event.received_at, &lane(1))
    }

    #[test]
    fn a_hiccup_costs_a_second_whatever_has_happened_to_other_lanes_or_before() {
        let faults = Faults::default();
        assert_eq!(faults.another(&lane(1)), Duration::from_secs(1));
        assert_eq!(faults.another(&lane(2)), Duration::from_secs(1));
        faults.over(&lane(1));
        assert_eq!(faults.another(&lane(1)), Duration::from_secs(1));
    }

    #[test]
    fn faults_in_a_row_are_waited_out_for_longer_up_to_a_minute() {
        let faults = Faults::default();
        let waits: Vec<u64> = (0..9).map(|_| faults.another(&lane(1)).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn what_makes_us_panic_is_suspect_at_once_and_poison_after_three_times() {
        let (faults, lane, first) = (Faults::default(), lane(1), delivery());
        assert!(!faults.is_suspect(&lane));
        for _ in 0..PANICS {
            assert!(!faults.is_poison(&first));
            faults.panicked(&lane, Some(&first));
            assert!(faults.is_suspect(&lane));
        }
        assert!(faults.is_poison(&first));
    }
}
