//! Claiming what a message carries.

use std::time::Duration;

use carillon_aws::Claimed;
use carillon_domain::{Delivery, Outgoing};
use futures::future::join_all;
use jiff::Timestamp;

use crate::Notifier;
use crate::batch::Item;
use crate::serve::Step;

/// A delivery that is ours to post.
pub(crate) struct Taken<'i> {
    pub item: &'i Item,
    pub order: &'i Outgoing,
    pub claimed: Delivery,
}

/// What claiming the deliveries of a message has come to.
pub(crate) struct Claims<'i> {
    pub taken: Vec<Taken<'i>>,
    /// How many of the messages, from the first on, are taken or settled.
    pub ready: usize,
    /// Why the next one is not.
    pub stopped: Option<Step>,
}

impl Claims<'_> {
    /// Whether a further delivery belongs to another message: one before it is not free, or
    /// only one of them may have been posted already, or in another message; or one of them
    /// was refused in company.
    fn is_complete(&self, claimed: &Delivery) -> bool {
        let first = self.taken.first().map(|first| &first.claimed);
        self.stopped.is_some()
            || first.is_some_and(|first| {
                first.uncertain_message() != claimed.uncertain_message()
                    || first.was_refused_in_company()
                    || claimed.was_refused_in_company()
            })
    }
}

impl Notifier {
    /// Claims deliveries, as far as they are free from the first on.
    pub(crate) async fn claim<'i>(&self, items: &[(&'i Item, &'i Outgoing)]) -> Claims<'i> {
        let now = self.clock.now();
        let claimed = items.iter().zip(0..).map(async |((item, order), n)| {
            self.outcomes.catch_up(&order.delivery_id).await?;
            // Rows that are made together keep their order.
            let own = now + Duration::from_micros(n);
            let is_new = item.receive_count < 2 && order.generation == 0;
            let ledger = &self.stores.ledger;
            ledger.claim(order, is_new, own, now).await
        });
        let claimed = join_all(claimed).await;
        let mut claims = Claims {
            taken: Vec::with_capacity(items.len()),
            ready: 0,
            stopped: None,
        };
        for ((item, order), claimed) in items.iter().copied().zip(claimed) {
            match claimed {
                Ok(Claimed::Ours(claimed)) if claims.is_complete(&claimed) => {
                    claims.stopped.get_or_insert(Step::Wait(Duration::ZERO));
                    self.release(&claimed).await;
                }
                _ if claims.stopped.is_some() => {}
                Ok(Claimed::Ours(claimed)) => {
                    let claimed = *claimed;
                    claims.taken.push(Taken {
                        item,
                        order,
                        claimed,
                    });
                    claims.ready += 1;
                }
                Ok(Claimed::Settled) => claims.ready += 1,
                Ok(Claimed::NotBefore(time)) => {
                    claims.stopped = Some(Step::Wait(until(time, now)));
                }
                Err(error) => {
                    let delivery_id = order.delivery_id.as_str();
                    tracing::error!(delivery_id, %error, "a delivery could not be claimed");
                    claims.stopped = Some(Step::Fault);
                }
            }
        }
        claims
    }

    /// Gives a claim back; what fails here costs the claim's time.
    async fn release(&self, claimed: &Delivery) {
        let released = claimed.clone().released();
        if let Err(error) = self.outcomes.write(claimed, &released).await {
            let delivery_id = claimed.id.as_str();
            tracing::error!(delivery_id, %error, "a claim could not be given back");
        }
    }

    pub(crate) async fn release_all(&self, taken: &[Taken<'_>]) {
        join_all(taken.iter().map(|taken| self.release(&taken.claimed))).await;
    }
}

pub(crate) fn until(time: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(time.duration_since(now)).unwrap_or_default()
}
