//! A FIFO queue in the process that behaves as SQS does: groups in order, one receiver
//! for a group at a time, visibility time-outs, deduplication for five minutes.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use carillon_aws::queue::{DeliveryQueue, QueueMessage, VisibilityChange};
use carillon_runtime::clock::{Clock, SystemClock};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use tokio::sync::Notify;

use crate::Error;
use crate::journal::Journal;

const DEDUPLICATION_MS: i64 = 5 * 60 * 1_000;

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
}

impl LocalQueue {
    /// Takes up the queue where the last process left it: whatever it had in hand is
    /// visible again, since nobody works on it any more. What was put off stays so: its
    /// destination rests.
    pub fn open(journal: Arc<Journal>) -> Result<Self, Error> {
        journal.connection().execute_batch(
            "BEGIN;
             UPDATE messages SET visible_at_ms = 0
             WHERE sequence IN (SELECT sequence FROM in_hand);
             DELETE FROM in_hand;
             COMMIT;",
        )?;
        Ok(Self {
            journal,
            changed: Arc::new(Notify::new()),
            clock: Arc::new(SystemClock),
        })
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Up to `most` messages of groups that nobody has a message of: as many as possible of
    /// the group that waits longest, as SQS does, then of the next one. They stay invisible
    /// for `visibility`.
    pub fn receive(
        &self,
        most: usize,
        visibility: Duration,
        now: Timestamp,
    ) -> Result<Vec<Received>, Error> {
        let mut connection = self.journal.connection();
        let transaction = connection.transaction()?;
        let received: Vec<Received> = transaction
            .prepare_cached(
                "SELECT sequence, group_id, body, receive_count, sent_at_ms FROM messages AS waiting
                 WHERE NOT EXISTS (
                     SELECT 1 FROM messages AS held
                     WHERE held.group_id = waiting.group_id AND held.visible_at_ms > ?1
                 )
                 ORDER BY min(sequence) OVER (PARTITION BY group_id), sequence LIMIT ?2",
            )?
            .query_map(params![now.as_millisecond(), most], |row| {
                Ok(Received {
                    receipt: row.get::<_, i64>(0)?.to_string(),
                    group: row.get(1)?,
                    body: row.get(2)?,
                    receive_count: row.get::<_, u32>(3)? + 1,
                    sent_at_ms: row.get(4)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        let until = now.as_millisecond() + milliseconds(visibility);
        for message in &received {
            transaction
                .prepare_cached(
                    "UPDATE messages SET visible_at_ms = ?2, receive_count = receive_count + 1
                     WHERE sequence = ?1",
                )?
                .execute(params![message.receipt, until])?;
            transaction
                .prepare_cached("INSERT OR IGNORE INTO in_hand VALUES (?1)")?
                .execute(params![message.receipt])?;
        }
        transaction.commit()?;
        Ok(received)
    }

    /// As [`receive`](Self::receive); where there is nothing to receive, waits until
    /// something was sent, deleted or made visible, or `at_most` is over.
    pub async fn receive_or_wait(
        &self,
        most: usize,
        visibility: Duration,
        at_most: Duration,
    ) -> Result<Vec<Received>, Error> {
        let mut changed = pin!(self.changed.notified());
        // From here on no change is missed.
        changed.as_mut().enable();
        let received = self.receive(most, visibility, self.clock.now())?;
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
        let (count, next): (usize, Option<i64>) = connection
            .prepare_cached(
                "SELECT count(*), min(CASE WHEN visible_at_ms > ?1 THEN visible_at_ms END)
                 FROM messages",
            )?
            .query_row(params![now.as_millisecond()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let next = next.and_then(|next| Timestamp::from_millisecond(next).ok());
        Ok((count, next))
    }

    fn enqueue(
        connection: &mut Connection,
        messages: &[QueueMessage],
        now: Timestamp,
    ) -> Result<(), rusqlite::Error> {
        let now = now.as_millisecond();
        let transaction = connection.transaction()?;
        transaction
            .prepare_cached("DELETE FROM deduplication WHERE until_ms <= ?1")?
            .execute(params![now])?;
        for message in messages {
            let new = transaction
                .prepare_cached("INSERT OR IGNORE INTO deduplication VALUES (?1, ?2)")?
                .execute(params![message.deduplication_id, now + DEDUPLICATION_MS])?;
            if new == 0 {
                continue;
            }
            transaction
                .prepare_cached(
                    "INSERT INTO messages (group_id, body, sent_at_ms, visible_at_ms)
                     VALUES (?1, ?2, ?3, 0)",
                )?
                .execute(params![message.group, message.body, now])?;
        }
        transaction.commit()
    }

    fn remove(connection: &mut Connection, receipts: &[String]) -> Result<(), rusqlite::Error> {
        let transaction = connection.transaction()?;
        for receipt in receipts {
            transaction
                .prepare_cached("DELETE FROM messages WHERE sequence = ?1")?
                .execute(params![receipt])?;
            let_go(&transaction, receipt)?;
        }
        transaction.commit()
    }

    fn put_off(
        connection: &mut Connection,
        changes: &[VisibilityChange],
        now: Timestamp,
    ) -> Result<(), rusqlite::Error> {
        let transaction = connection.transaction()?;
        for change in changes {
            let until = now.as_millisecond() + milliseconds(change.invisible_for);
            transaction
                .prepare_cached("UPDATE messages SET visible_at_ms = ?2 WHERE sequence = ?1")?
                .execute(params![change.receipt, until])?;
            let_go(&transaction, &change.receipt)?;
        }
        transaction.commit()
    }
}

#[async_trait]
impl DeliveryQueue for LocalQueue {
    async fn send(&self, messages: &[QueueMessage]) -> Result<(), carillon_aws::Error> {
        if messages.iter().any(|message| !is_sendable(&message.body)) {
            return Err(carillon_aws::Error::Call {
                operation: "sending to the queue",
                cause: "InvalidMessageContents".to_owned(),
            });
        }
        Self::enqueue(&mut self.journal.connection(), messages, self.clock.now())
            .map_err(failed("sending to the queue"))?;
        self.changed.notify_waiters();
        Ok(())
    }

    async fn change_visibility(
        &self,
        changes: &[VisibilityChange],
    ) -> Result<(), carillon_aws::Error> {
        Self::put_off(&mut self.journal.connection(), changes, self.clock.now())
            .map_err(failed("changing a message's visibility"))?;
        self.changed.notify_waiters();
        Ok(())
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), carillon_aws::Error> {
        Self::remove(&mut self.journal.connection(), receipts)
            .map_err(failed("deleting from the queue"))?;
        self.changed.notify_waiters();
        Ok(())
    }
}

/// Nobody works on the message any more.
fn let_go(connection: &Connection, receipt: &str) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("DELETE FROM in_hand WHERE sequence = ?1")?
        .execute(params![receipt])?;
    Ok(())
}

/// Whether SQS would take a body: of Unicode, all but some controls and U+FFFE, U+FFFF
/// (`SendMessage` in the SQS API reference).
fn is_sendable(body: &str) -> bool {
    !body.contains(|c: char| {
        (c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{7f}'))
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    })
}

fn failed(operation: &'static str) -> impl FnOnce(rusqlite::Error) -> carillon_aws::Error {
    move |error| carillon_aws::Error::Call {
        operation,
        cause: error.to_string(),
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISIBILITY: Duration = Duration::from_secs(60);

    fn message(group: &str, id: &str) -> QueueMessage {
        QueueMessage {
            group: group.into(),
            deduplication_id: id.into(),
            body: id.into(),
        }
    }

    async fn queue(messages: &[QueueMessage]) -> LocalQueue {
        let journal = Journal::open(None).unwrap();
        let queue = LocalQueue::open(Arc::new(journal)).unwrap();
        queue.send(messages).await.unwrap();
        queue
    }

    fn bodies(received: &[Received]) -> Vec<&str> {
        received
            .iter()
            .map(|message| message.body.as_str())
            .collect()
    }

    #[tokio::test]
    async fn a_group_is_received_in_order_and_by_one_receiver_at_a_time() {
        let queue = queue(&[message("a", "1"), message("b", "2"), message("a", "3")]).await;
        let now = Timestamp::now();
        let first = queue.receive(1, VISIBILITY, now).unwrap();
        assert_eq!(bodies(&first), ["1"]);
        let second = queue.receive(10, VISIBILITY, now).unwrap();
        assert_eq!(bodies(&second), ["2"], "group a is in somebody's hands");
        queue.delete(&[first[0].receipt.clone()]).await.unwrap();
        assert_eq!(bodies(&queue.receive(10, VISIBILITY, now).unwrap()), ["3"]);
    }

    #[tokio::test]
    async fn a_message_that_is_not_deleted_comes_again_after_its_time() {
        let queue = queue(&[message("a", "1")]).await;
        let now = Timestamp::now();
        queue.receive(10, VISIBILITY, now).unwrap();
        assert!(queue.receive(10, VISIBILITY, now).unwrap().is_empty());
        let again = queue.receive(10, VISIBILITY, now + VISIBILITY).unwrap();
        assert_eq!((bodies(&again), again[0].receive_count), (vec!["1"], 2));
    }

    #[tokio::test]
    async fn a_message_that_is_put_off_holds_back_its_group_and_nobody_else() {
        let queue = queue(&[message("a", "1"), message("a", "2"), message("b", "3")]).await;
        let now = Timestamp::now();
        let received = queue.receive(10, VISIBILITY, now).unwrap();
        let changes: Vec<_> = received
            .iter()
            .zip([600, 0, 0])
            .map(|(message, seconds)| VisibilityChange {
                receipt: message.receipt.clone(),
                invisible_for: Duration::from_secs(seconds),
            })
            .collect();
        queue.change_visibility(&changes).await.unwrap();
        let soon = Timestamp::now() + Duration::from_secs(1);
        assert_eq!(bodies(&queue.receive(10, VISIBILITY, soon).unwrap()), ["3"]);
        let later = soon + Duration::from_secs(601);
        assert_eq!(
            bodies(&queue.receive(10, VISIBILITY, later).unwrap()),
            ["1", "2", "3"]
        );
    }

    #[tokio::test]
    async fn a_batch_takes_what_it_can_of_one_group_before_the_next() {
        let messages = [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4"), ("a", "5")];
        let queue = queue(&messages.map(|(group, id)| message(group, id))).await;
        let received = queue.receive(4, VISIBILITY, Timestamp::now()).unwrap();
        assert_eq!(bodies(&received), ["1", "3", "5", "2"]);
    }

    #[tokio::test]
    async fn after_a_restart_what_was_in_hand_comes_at_once_and_what_was_put_off_in_its_time() {
        let queue = queue(&[message("a", "1"), message("b", "2")]).await;
        let now = Timestamp::now();
        let received = queue.receive(10, VISIBILITY, now).unwrap();
        let change = VisibilityChange {
            receipt: received[0].receipt.clone(),
            invisible_for: Duration::from_secs(600),
        };
        queue.change_visibility(&[change]).await.unwrap();
        let again = LocalQueue::open(Arc::clone(&queue.journal)).unwrap();
        let soon = Timestamp::now() + Duration::from_secs(1);
        assert_eq!(bodies(&again.receive(10, VISIBILITY, soon).unwrap()), ["2"]);
        let later = soon + Duration::from_secs(600);
        let received = again.receive(1, VISIBILITY, later).unwrap();
        assert_eq!(bodies(&received), ["1"]);
    }

    #[tokio::test]
    async fn a_repeat_within_five_minutes_is_dropped() {
        let queue = queue(&[message("a", "1"), message("a", "1")]).await;
        queue.send(&[message("a", "1")]).await.unwrap();
        let received = queue.receive(10, VISIBILITY, Timestamp::now()).unwrap();
        assert_eq!(bodies(&received), ["1"]);
    }
}
