//! Which deliveries did not arrive, and are not on their way any more.

use std::time::Duration;

use jiff::Timestamp;

use super::{Delivery, DeliveryStatus};

/// How long after its time a delivery counts as forgotten by the queue: a dead letter, or
/// purged. Longer than the queue ever keeps a message back at once; one that is merely late
/// would be queued twice by a `recover`, and be posted once all the same, as both are the
/// same order.
pub const OVERDUE: Duration = Duration::from_secs(86_400);

impl Delivery {
    /// Whether it should have gone on long ago.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        !self.status.is_settled() && self.due_at() + OVERDUE < now
    }

    /// Whether it did not arrive, though it should have, and nothing happens any more.
    pub fn is_undelivered(&self, now: Timestamp) -> bool {
        match self.status {
            DeliveryStatus::Delivered => false,
            DeliveryStatus::Failed => true,
            DeliveryStatus::Skipped => !self.is_superseded,
            DeliveryStatus::Pending | DeliveryStatus::Retrying => self.is_overdue(now),
        }
    }

    /// When it came to its end, or should have gone on.
    pub fn ended_at(&self) -> Timestamp {
        self.settled_at.unwrap_or_else(|| self.due_at())
    }

    fn due_at(&self) -> Timestamp {
        let last = self.attempts.last().map(|attempt| attempt.at);
        [last, self.next_attempt_at, self.claimed_until]
            .into_iter()
            .flatten()
            .fold(self.created_at, Timestamp::max)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{attempt, close, delivery, ending, now};
    use super::*;
    use crate::Outcome;

    #[test]
    fn what_the_queue_has_forgotten_can_be_asked_for_and_is_the_same_order() {
        let event = crate::sample::event(crate::EventType::Deploy);
        let (retrying, _) = close(delivery(), Outcome::Unavailable);
        let due = retrying.next_attempt_at.unwrap();
        assert!(!retrying.is_undelivered(due + OVERDUE));
        let late = due + OVERDUE + Duration::from_secs(1);
        assert!(retrying.is_undelivered(late));
        let claimed = delivery();
        let late = claimed.claimed_until.unwrap() + OVERDUE + Duration::from_secs(1);
        assert!(claimed.is_undelivered(late), "a claim that nobody closed");
        // Two copies of one order are one post.
        assert_eq!(retrying.again(event.clone()).generation, 0);
        let (failed, _) = close(delivery(), Outcome::PayloadRefused);
        assert_eq!(failed.again(event).generation, 1);
    }

    #[test]
    fn a_delivery_ends_when_it_was_settled_and_not_when_its_event_came() {
        let later = now() + Duration::from_secs(7_200);
        let ending = crate::delivery::Ending {
            now: later,
            ..ending()
        };
        let refused = attempt(Outcome::PayloadRefused);
        let (failed, _) = delivery().closed(refused, None, &ending);
        assert_eq!(failed.ended_at(), later);
        let skipped = delivery().released().skipped(0, later, "suspended");
        assert_eq!(skipped.ended_at(), later);
        let (retrying, _) = close(delivery(), Outcome::Unavailable);
        assert_eq!(Some(retrying.ended_at()), retrying.next_attempt_at);
        // Whatever comes after an order is none of its end.
        assert_eq!(failed.claimed(1, later, later).settled_at, None);
    }

    #[test]
    fn what_needs_no_message_any_more_is_not_undelivered() {
        let skipped = delivery().released().skipped(0, now(), "suspended");
        assert!(skipped.is_undelivered(now()));
        assert!(!skipped.superseded().is_undelivered(now()));
        let (delivered, _) = close(delivery(), Outcome::Delivered);
        assert!(!delivered.is_undelivered(now() + 2 * OVERDUE));
    }
}
