//! Deleting delivered messages from the queue, where it does not do that by itself.
//!
//! Lambda deletes what a batch has dealt with when the batch ends, and no call is needed.
//! Where a part of it takes longer, the others' destinations must not wait for that: their
//! messages are deleted after a moment, all in one call.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Mutex;
use std::time::Duration;

use carillon_aws::DeliveryQueue;
use carillon_runtime::guard::lock;
use futures::future::{Either, select};

/// How long a message that is done waits for the end of its batch.
const DELETE_AFTER: Duration = Duration::from_millis(250);
/// How long a deletion may take: others wait for it.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The receipts of the messages of a batch that are done, and not deleted yet.
#[derive(Default)]
pub struct Done(Mutex<Vec<String>>);

impl Done {
    pub fn add(&self, receipts: impl IntoIterator<Item = String>) {
        lock(&self.0).extend(receipts);
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
            tokio::time::sleep(DELETE_AFTER).await;
            let receipts = std::mem::take(&mut *lock(&self.0));
            if receipts.is_empty() {
                continue;
            }
            match tokio::time::timeout(TIMEOUT, queue.delete(&receipts)).await {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => {
                    tracing::error!(%error, "delivered messages could not be deleted");
                }
                Err(_) => tracing::error!("deleting delivered messages takes too long"),
            }
            self.add(receipts);
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use carillon_aws::{Error, QueueMessage};

    use super::*;

    /// A queue that writes down what is deleted, after it has refused some calls.
    #[derive(Default)]
    struct Recorder {
        refusals: Mutex<usize>,
        deleted: Mutex<Vec<Vec<String>>>,
    }

    #[async_trait]
    impl DeliveryQueue for Recorder {
        async fn send(&self, _: &[QueueMessage]) -> Result<(), Error> {
            Ok(())
        }

        async fn put_off(&self, _: &str, _: Duration) -> Result<(), Error> {
            Ok(())
        }

        async fn delete(&self, receipts: &[String]) -> Result<(), Error> {
            let mut refusals = self.refusals.lock().unwrap();
            if *refusals > 0 {
                *refusals -= 1;
                return Err(Error::Call {
                    operation: "deleting",
                    cause: "refused".into(),
                });
            }
            self.deleted.lock().unwrap().push(receipts.to_vec());
            Ok(())
        }
    }

    /// What is deleted of a batch in which two messages are done at once, and a third takes
    /// this long.
    async fn deleted(queue: Recorder, slowest: Duration) -> Vec<Vec<String>> {
        let done = Done::default();
        let batch = async {
            done.add(["1".to_owned(), "2".to_owned()]);
            tokio::time::sleep(slowest).await;
        };
        done.delete_until(&queue, batch).await;
        queue.deleted.into_inner().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_with_the_batch_is_left_to_the_queue() {
        let deleted = deleted(Recorder::default(), Duration::from_millis(240)).await;
        assert!(deleted.is_empty(), "{deleted:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_long_before_the_slowest_is_deleted_in_one_call() {
        let deleted = deleted(Recorder::default(), Duration::from_secs(20)).await;
        assert_eq!(deleted, [["1", "2"]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_deletion_that_failed_is_tried_again() {
        let queue = Recorder {
            refusals: Mutex::new(2),
            ..Recorder::default()
        };
        let deleted = deleted(queue, Duration::from_secs(20)).await;
        assert_eq!(deleted, [["1", "2"]]);
    }
}
