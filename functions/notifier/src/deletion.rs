//! Deleting delivered messages from the queue, where it does not do that by itself.
//!
//! Lambda deletes what a batch has dealt with when the batch ends, and no call is needed.
//! Where a part of it takes longer, the others' destinations must not wait for that: their
//! messages are deleted after a moment, all in one call.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use carillon_aws::DeliveryQueue;
use futures::future::{Either, select};

/// How long a message that is done waits for the end of its batch.
const MOMENT: Duration = Duration::from_millis(250);

/// The receipts of the messages of a batch that are done, and not deleted yet.
#[derive(Default)]
pub struct Done(Mutex<Vec<String>>);

impl Done {
    pub fn add(&self, receipts: impl Iterator<Item = String>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(receipts);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Deletes what is done by and by, until the batch is.
    pub async fn delete_until<T>(
        &self,
        queue: &dyn DeliveryQueue,
        batch: impl Future<Output = T>,
    ) -> T {
        match select(pin!(batch), pin!(self.delete(queue))).await {
            Either::Left((ended, _)) => ended,
            Either::Right((never, _)) => match never {},
        }
    }

    async fn delete(&self, queue: &dyn DeliveryQueue) -> Infallible {
        loop {
            tokio::time::sleep(MOMENT).await;
            let receipts = self.take();
            if receipts.is_empty() {
                continue;
            }
            if let Err(error) = queue.delete(&receipts).await {
                // They come again, unless the end of the batch deletes them.
                tracing::error!(%error, "delivered messages could not be deleted");
            }
        }
    }
}
