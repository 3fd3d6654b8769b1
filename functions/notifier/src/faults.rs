//! Faults of our own: AWS that does not answer, code that panics. How often they have come
//! in a row decides when to try again, and when to give a message up.
//!
//! The queue's own count is of little use for that, because it also counts the times when a
//! message merely waited.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::batch::Item;

/// The wait after the first fault, and the longest one.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// Who has been received so often comes near to where the queue gives a message up (1,000
/// times), and must wait for longer, so that an outage of days is survived.
const OFTEN: u32 = 500;
const LONGEST_OF_ALL: Duration = Duration::from_secs(600);
/// How often a message may make us panic.
const PANICS: u32 = 3;
/// How many are remembered.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
pub struct Faults {
    /// By destination: how many in a row.
    in_a_row: Mutex<HashMap<String, u32>>,
    /// By message: how often we panicked over those that are best handled alone.
    panics: Mutex<HashMap<String, u32>>,
}

impl Faults {
    /// Notes a fault while this message was the first of its destination; gives when to
    /// come back to it.
    pub fn another(&self, head: &Item) -> Duration {
        let before = count(&self.in_a_row, &head.group) - 1;
        let wait = (FIRST * 2_u32.pow(before.min(10))).min(LONGEST);
        match head.receive_count < OFTEN {
            true => wait,
            false => LONGEST_OF_ALL,
        }
    }

    /// The destination goes on.
    pub fn over(&self, group: &str) {
        lock(&self.in_a_row).remove(group);
    }

    /// Notes that we panicked over this message, or over those behind it.
    pub fn panicked(&self, head: &Item) {
        count(&self.panics, &head.message_id);
    }

    /// Notes that a message was refused in the company of others, or they in its.
    pub fn suspect(&self, item: &Item) {
        let mut panics = lock(&self.panics);
        if panics.len() < REMEMBERED {
            panics.entry(item.message_id.clone()).or_default();
        }
    }

    /// Whether a message is best handled alone, as it may be to blame.
    pub fn is_suspect(&self, head: &Item) -> bool {
        lock(&self.panics).contains_key(&head.message_id)
    }

    /// Whether a message makes us panic again and again.
    pub fn is_poison(&self, head: &Item) -> bool {
        let panics = lock(&self.panics);
        panics.get(&head.message_id).is_some_and(|n| *n >= PANICS)
    }
}

fn count(counts: &Mutex<HashMap<String, u32>>, key: &str) -> u32 {
    let mut counts = lock(counts);
    if counts.len() >= REMEMBERED && !counts.contains_key(key) {
        counts.clear();
    }
    let count = counts.entry(key.to_owned()).or_default();
    *count += 1;
    *count
}

fn lock(counts: &Mutex<HashMap<String, u32>>) -> MutexGuard<'_, HashMap<String, u32>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::by_destination;
    use serde_json::json;

    fn item(group: &str, receive_count: u32) -> Item {
        let message = serde_json::from_value(json!({
            "messageId": group, "receiptHandle": group, "body": "{}", "messageAttributes": {},
            "attributes": {
                "MessageGroupId": group, "ApproximateReceiveCount": receive_count.to_string(),
            },
        }));
        by_destination(vec![message.unwrap()])
            .remove(0)
            .pop_front()
            .unwrap()
    }

    fn seconds(faults: &Faults, item: &Item, count: usize) -> Vec<u64> {
        (0..count).map(|_| faults.another(item).as_secs()).collect()
    }

    #[test]
    fn a_hiccup_costs_a_second_however_often_a_message_has_merely_waited() {
        let faults = Faults::default();
        assert_eq!(faults.another(&item("a", 100)), Duration::from_secs(1));
        assert_eq!(faults.another(&item("b", 1)), Duration::from_secs(1));
        faults.over("a");
        assert_eq!(faults.another(&item("a", 100)), Duration::from_secs(1));
    }

    #[test]
    fn faults_in_a_row_are_waited_out_for_longer_up_to_a_minute() {
        let waits = seconds(&Faults::default(), &item("a", 1), 9);
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn an_outage_of_three_days_makes_no_dead_letter() {
        let faults = Faults::default();
        let survived: u64 = (1..1_000)
            .map(|count| faults.another(&item("a", count)).as_secs())
            .sum();
        assert!(survived > 3 * 86_400, "{survived} s");
    }

    #[test]
    fn a_message_that_was_refused_in_company_is_suspect_and_never_poison() {
        let (faults, item) = (Faults::default(), item("a", 1));
        for _ in 0..=PANICS {
            faults.suspect(&item);
        }
        assert!(faults.is_suspect(&item) && !faults.is_poison(&item));
    }

    #[test]
    fn a_message_that_makes_us_panic_is_suspect_at_once_and_poison_after_three_times() {
        let (faults, item) = (Faults::default(), item("a", 1));
        assert!(!faults.is_suspect(&item));
        for _ in 0..PANICS {
            assert!(!faults.is_poison(&item));
            faults.panicked(&item);
            assert!(faults.is_suspect(&item));
        }
        assert!(faults.is_poison(&item));
    }
}
