//! A FIFO queue in the process that behaves as SQS does: groups in order, one receiver
//! for a group at a time, visibility time-outs, deduplication for five minutes, and its
//! limits.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use carillon_aws::queue::{DeliveryQueue, QueueMessage};
use carillon_runtime::clock::{Clock, SystemClock};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::Error;
use crate::error::failed;
use crate::journal::Journal;

mod store;

/// What Amazon SQS does not do beyond. The default is AWS's figures for a FIFO queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Groups are looked for among so many messages, from the oldest on (SQS developer guide,
    /// "Amazon SQS message quotas", message groups of FIFO queues).
    pub looked_through: usize,
    /// So many messages are received and neither deleted nor visible again; beyond that a
    /// receive gives nothing, and no error (SQS developer guide, "in flight").
    pub in_flight: usize,
    /// Messages are gone when they are as old as this (`MessageRetentionPeriod`: 14 days at
    /// most).
    pub retention: Duration,
    /// A message is invisible for no longer than this, counted from when it was received,
    /// whatever puts it off in between (SQS developer guide, "visibility timeout").
    pub visibility: Duration,
    /// A receive gives so many messages (`MaxNumberOfMessages`: 10 at most).
    pub received: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            looked_through: 120_000,
            in_flight: 120_000,
            retention: Duration::from_secs(14 * 24 * 3_600),
            visibility: Duration::from_secs(12 * 3_600),
            received: 10,
        }
    }
}

/// How SQS refuses a visibility time-out (`ChangeMessageVisibility` in the SQS developer
/// guide).
pub(crate) const INVALID_PARAMETER: &str = "InvalidParameterValue";

/// A message that was received. Unless it is deleted, it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub receipt: String,
    pub group: String,
    pub body: String,
    pub receive_count: u32,
    pub sent_at_ms: i64,
}

#[derive(Clone)]
pub struct LocalQueue {
    journal: Arc<Journal>,
    changed: Arc<Notify>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    /// When something was last received, in milliseconds.
    latest: Arc<AtomicI64>,
}

impl LocalQueue {
    /// Takes up the queue where the last process left it: whatever it had in hand is
    /// visible again, since nobody works on it any more. What was put off stays so: its
    /// destination rests.
    pub fn open(journal: Arc<Journal>) -> Result<Self, Error> {
        store::take_up(&journal.connection())?;
        Ok(Self {
            journal,
            changed: Arc::new(Notify::new()),
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            latest: Arc::new(AtomicI64::new(i64::MAX)),
        })
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Keeps to these limits instead of AWS's.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Up to `max` messages of groups that nobody has a message of: as many as possible of
    /// the group that waits longest, as SQS does, then of the next one. They stay invisible
    /// for `visibility`.
    pub fn receive(
        &self,
        max: usize,
        visibility: Duration,
        now: Timestamp,
    ) -> Result<Vec<Received>, Error> {
        let mut connection = self.journal.connection();
        let transaction = connection.transaction()?;
        let now = now.as_millisecond();
        if now < self.latest.swap(now, Ordering::SeqCst) {
            store::forget_later_times(&transaction, now)?;
        }
        store::expire(&transaction, &self.limits, now)?;
        let until = now + milliseconds(visibility.min(self.limits.visibility));
        let received = store::receive(&transaction, &self.limits, max, now, until)?;
        transaction.commit()?;
        Ok(received)
    }

    /// As [`receive`](Self::receive); where there is nothing to receive, waits until
    /// something was sent, deleted or made visible, or `at_most` is over.
    pub async fn receive_or_wait(
        &self,
        max: usize,
        visibility: Duration,
        at_most: Duration,
    ) -> Result<Vec<Received>, Error> {
        let mut changed = pin!(self.changed.notified());
        // From here on no change is missed.
        changed.as_mut().enable();
        let received = self.receive(max, visibility, self.clock.now())?;
        if received.is_empty() {
            // Running out is as good a reason to look again.
            let _ = tokio::time::timeout(at_most, changed).await;
        }
        Ok(received)
    }

    /// How many messages there are, and when the first of those that nobody may receive
    /// now can be received again.
    pub fn waiting(&self, now: Timestamp) -> Result<(usize, Option<Timestamp>), Error> {
        let connection = self.journal.connection();
        let now = now.as_millisecond();
        store::expire(&connection, &self.limits, now)?;
        let (count, next) = store::waiting(&connection, now)?;
        let next = next.and_then(|next| Timestamp::from_millisecond(next).ok());
        Ok((count, next))
    }

    /// Deletes all messages. What was sent in the last five minutes is still known: a repeat
    /// of it is dropped.
    pub fn purge(&self) -> Result<(), Error> {
        store::purge(&self.journal.connection())?;
        self.changed.notify_waiters();
        Ok(())
    }
}

#[async_trait]
impl DeliveryQueue for LocalQueue {
    async fn send(&self, messages: &[QueueMessage]) -> Result<(), carillon_aws::Error> {
        if messages.iter().any(|message| !is_sendable(&message.body)) {
            return Err(failed("sending to the queue", "InvalidMessageContents"));
        }
        let now = self.clock.now().as_millisecond();
        store::enqueue(&mut self.journal.connection(), messages, now)
            .map_err(|error| failed("sending to the queue", error))?;
        self.changed.notify_waiters();
        Ok(())
    }

    async fn put_off(&self, receipt: &str, wait: Duration) -> Result<(), carillon_aws::Error> {
        const OPERATION: &str = "changing a message's visibility";
        let now = self.clock.now().as_millisecond();
        let journal = &self.journal;
        let done = store::put_off(&mut journal.connection(), &self.limits, receipt, wait, now);
        self.changed.notify_waiters();
        match done.map_err(|error| failed(OPERATION, error))? {
            true => Ok(()),
            false => Err(failed(OPERATION, INVALID_PARAMETER)),
        }
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), carillon_aws::Error> {
        store::remove(&mut self.journal.connection(), receipts)
            .map_err(|error| failed("deleting from the queue", error))?;
        self.changed.notify_waiters();
        Ok(())
    }
}

/// Whether SQS would take a body: of Unicode, all but some controls and U+FFFE, U+FFFF
/// (`SendMessage` in the SQS API reference).
fn is_sendable(body: &str) -> bool {
    !body.contains(|c: char| {
        (c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{7f}'))
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    })
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests;
