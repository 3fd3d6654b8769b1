//! Which deliveries did not arrive.

use jiff::Timestamp;

use super::{Delivery, DeliveryStatus};

impl Delivery {
    /// Whether it did not arrive, and nothing happens any more by itself.
    pub fn is_undelivered(&self) -> bool {
        match self.status {
            DeliveryStatus::Failed => true,
            DeliveryStatus::Skipped => !self.is_superseded,
            DeliveryStatus::Delivered | DeliveryStatus::Pending | DeliveryStatus::Retrying => false,
        }
    }

    /// When it came to its end.
    pub fn ended_at(&self) -> Timestamp {
        self.settled_at.unwrap_or(self.created_at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::{delivery, now};
    use super::*;

    #[test]
    fn a_delivery_ends_when_it_was_settled_and_not_when_its_event_came() {
        let later = now() + Duration::from_secs(7_200);
        let failed = delivery().ended(DeliveryStatus::Failed, None, later);
        assert_eq!(failed.ended_at(), later);
        // Whatever comes after an order is none of its end.
        assert_eq!(failed.for_order(1).settled_at, None);
    }

    #[test]
    fn what_needs_no_message_any_more_is_not_undelivered() {
        let skipped = delivery().skipped("suspended", now());
        assert!(skipped.is_undelivered());
        assert!(!skipped.superseded().is_undelivered());
        assert!(
            !delivery()
                .ended(DeliveryStatus::Delivered, None, now())
                .is_undelivered()
        );
        // It is on its way.
        assert!(!delivery().retrying(now(), None).is_undelivered());
    }
}
