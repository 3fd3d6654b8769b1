//! Writing down how posts ended, also where the table does not take it at once.
//!
//! An end that is not written down makes the next poster post again. So it is tried for
//! a few seconds, and remembered in the process, which very likely gets the message again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use carillon_aws::{Error, Ledger};
use carillon_domain::{Delivery, DeliveryId};
use carillon_runtime::clock::Clock;

/// The waits between the tries.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1_600),
];
/// How many are remembered.
const REMEMBERED: usize = 1_000;

/// A claim, and the row that closes it.
#[derive(Debug, Clone)]
struct End {
    claimed: Delivery,
    closed: Delivery,
}

pub struct Outcomes {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    unwritten: Mutex<HashMap<DeliveryId, End>>,
}

impl Outcomes {
    pub fn new(ledger: Ledger, clock: Arc<dyn Clock>) -> Self {
        Self {
            ledger,
            clock,
            unwritten: Mutex::default(),
        }
    }

    /// Closes a claim. False where somebody else has it by now.
    pub async fn write(&self, claimed: &Delivery, closed: &Delivery) -> Result<bool, Error> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match self.ledger.close(claimed, closed).await {
                Ok(ours) => return Ok(ours),
                Err(error) => error,
            };
            let Some(pause) = pauses.next() else {
                self.remember(claimed, closed);
                return Err(error);
            };
            let delivery_id = claimed.id.as_str();
            tracing::warn!(delivery_id, %error, "an outcome could not be written; trying again");
            self.clock.sleep(pause).await;
        }
    }

    /// Writes down what could not be written before, if there is such an end of this delivery.
    pub async fn catch_up(&self, id: &DeliveryId) -> Result<(), Error> {
        let Some(end) = self.remembered().remove(id) else {
            return Ok(());
        };
        match self.ledger.close(&end.claimed, &end.closed).await {
            // Where the claim is no longer ours, somebody has taken it for one that died.
            Ok(_) => Ok(()),
            Err(error) => {
                self.remember(&end.claimed, &end.closed);
                Err(error)
            }
        }
    }

    fn remember(&self, claimed: &Delivery, closed: &Delivery) {
        let mut unwritten = self.remembered();
        if unwritten.len() < REMEMBERED {
            let end = End {
                claimed: claimed.clone(),
                closed: closed.clone(),
            };
            unwritten.insert(claimed.id.clone(), end);
        }
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<DeliveryId, End>> {
        self.unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
