//! The queue's tables. `message_groups` says of each group which message is its first and
//! until when one of its messages is in somebody's hands, so that no receive has to look
//! through the messages themselves.

use std::time::Duration;

use carillon_aws::queue::QueueMessage;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Limits, Received, milliseconds};

const DEDUPLICATION_MS: i64 = 5 * 60 * 1_000;

type Result<T> = std::result::Result<T, rusqlite::Error>;

/// Nobody has anything in hand any more. Groups are counted anew: an earlier version has
/// not written them down.
pub(super) fn take_up(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "BEGIN;
         UPDATE messages SET visible_at_ms = 0
         WHERE sequence IN (SELECT sequence FROM in_hand);
         DELETE FROM in_hand;
         DELETE FROM message_groups;
         INSERT INTO message_groups
         SELECT group_id, min(sequence), max(visible_at_ms) FROM messages GROUP BY group_id;
         COMMIT;",
    )
}

/// A clock was set back, perhaps: what was put off at a time that is still to come waits no more.
pub(super) fn forget_later_times(connection: &Connection, now: i64) -> Result<()> {
    connection.execute(
        "UPDATE messages SET visible_at_ms = 0
         WHERE sequence IN (SELECT sequence FROM receives WHERE at_ms > ?1)
           AND sequence NOT IN (SELECT sequence FROM in_hand)",
        params![now],
    )?;
    connection.execute(
        "UPDATE message_groups SET held_until_ms =
             (SELECT max(visible_at_ms) FROM messages INDEXED BY messages_by_group
              WHERE messages.group_id = message_groups.group_id)
         WHERE held_until_ms > ?1",
        params![now],
    )?;
    Ok(())
}

/// Removes what is older than the queue keeps.
pub(super) fn expire(connection: &Connection, limits: &Limits, now: i64) -> Result<()> {
    let until = now.saturating_sub(milliseconds(limits.retention));
    let over: Vec<i64> = connection
        .prepare_cached("SELECT sequence FROM messages WHERE sent_at_ms <= ?1")?
        .query_map(params![until], |row| row.get(0))?
        .collect::<Result<_>>()?;
    for sequence in over {
        remove_one(connection, sequence)?;
    }
    Ok(())
}

pub(super) fn receive(
    connection: &Connection,
    limits: &Limits,
    max: usize,
    now: i64,
    until: i64,
) -> Result<Vec<Received>> {
    let room = limits.in_flight - in_flight(connection, limits, now)?;
    let max = max.min(limits.received).min(room);
    let mut received = Vec::new();
    for (group, head) in available(connection, max, now)? {
        let left = max - received.len();
        if left == 0 || !is_looked_at(connection, limits, head)? {
            break;
        }
        received.extend(first_of(connection, &group, left)?);
        connection
            .prepare_cached("UPDATE message_groups SET held_until_ms = ?2 WHERE group_id = ?1")?
            .execute(params![group, until])?;
    }
    for message in &received {
        connection
            .prepare_cached(
                "UPDATE messages SET visible_at_ms = ?2, receive_count = receive_count + 1
                 WHERE sequence = ?1",
            )?
            .execute(params![message.receipt, until])?;
        connection
            .prepare_cached("INSERT OR IGNORE INTO in_hand VALUES (?1)")?
            .execute(params![message.receipt])?;
        connection
            .prepare_cached("INSERT OR REPLACE INTO receives VALUES (?1, ?2)")?
            .execute(params![message.receipt, now])?;
    }
    Ok(received)
}

/// How many messages are in flight, up to as many as may be.
fn in_flight(connection: &Connection, limits: &Limits, now: i64) -> Result<usize> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM messages WHERE visible_at_ms > ?1 LIMIT ?2)",
        )?
        .query_row(params![now, limits.in_flight], |row| row.get(0))
}

/// The groups that nobody has a message of, with their first messages: those that wait
/// longest first.
fn available(connection: &Connection, max: usize, now: i64) -> Result<Vec<(String, i64)>> {
    connection
        .prepare_cached(
            "SELECT group_id, head FROM message_groups INDEXED BY groups_in_order
             WHERE held_until_ms <= ?1 ORDER BY head LIMIT ?2",
        )?
        .query_map(params![now, max], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Whether a message is among the first ones, which SQS looks for groups in.
fn is_looked_at(connection: &Connection, limits: &Limits, sequence: i64) -> Result<bool> {
    let first: i64 = connection
        .prepare_cached("SELECT coalesce(min(sequence), 0) FROM messages")?
        .query_row([], |row| row.get(0))?;
    let looked_through = i64::try_from(limits.looked_through).unwrap_or(i64::MAX);
    if sequence - first < looked_through {
        return Ok(true);
    }
    // The index has nothing but the numbers, so that bodies are not read.
    let before: i64 = connection
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM messages INDEXED BY messages_in_order
                                   WHERE sequence < ?1 ORDER BY sequence LIMIT ?2)",
        )?
        .query_row(params![sequence, looked_through], |row| row.get(0))?;
    Ok(before < looked_through)
}

/// The first messages of a group.
fn first_of(connection: &Connection, group: &str, max: usize) -> Result<Vec<Received>> {
    connection
        .prepare_cached(
            "SELECT sequence, group_id, body, receive_count, sent_at_ms
             FROM messages INDEXED BY messages_of_group
             WHERE group_id = ?1 ORDER BY sequence LIMIT ?2",
        )?
        .query_map(params![group, max], |row| {
            Ok(Received {
                receipt: row.get::<_, i64>(0)?.to_string(),
                group: row.get(1)?,
                body: row.get(2)?,
                receive_count: row.get::<_, u32>(3)? + 1,
                sent_at_ms: row.get(4)?,
            })
        })?
        .collect()
}

pub(super) fn waiting(connection: &Connection, now: i64) -> Result<(usize, Option<i64>)> {
    let count = connection
        .prepare_cached("SELECT count(*) FROM messages")?
        .query_row([], |row| row.get(0))?;
    let next = connection
        .prepare_cached("SELECT min(visible_at_ms) FROM messages WHERE visible_at_ms > ?1")?
        .query_row(params![now], |row| row.get(0))?;
    Ok((count, next))
}

pub(super) fn enqueue(
    connection: &mut Connection,
    messages: &[QueueMessage],
    now: i64,
) -> Result<()> {
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
        let sequence = transaction.last_insert_rowid();
        transaction
            .prepare_cached("INSERT OR IGNORE INTO message_groups VALUES (?1, ?2, 0)")?
            .execute(params![message.group, sequence])?;
    }
    transaction.commit()
}

pub(super) fn remove(connection: &mut Connection, receipts: &[String]) -> Result<()> {
    let transaction = connection.transaction()?;
    // What is no number was never received.
    for sequence in receipts.iter().filter_map(|receipt| receipt.parse().ok()) {
        remove_one(&transaction, sequence)?;
    }
    transaction.commit()
}

fn remove_one(connection: &Connection, sequence: i64) -> Result<()> {
    let group: Option<String> = connection
        .prepare_cached("DELETE FROM messages WHERE sequence = ?1 RETURNING group_id")?
        .query_row(params![sequence], |row| row.get(0))
        .optional()?;
    connection
        .prepare_cached("DELETE FROM receives WHERE sequence = ?1")?
        .execute(params![sequence])?;
    let_go(connection, sequence)?;
    match group {
        Some(group) => count_anew(connection, &group),
        None => Ok(()),
    }
}

/// Puts a message off; false where that would keep it invisible for longer than SQS does.
pub(super) fn put_off(
    connection: &mut Connection,
    limits: &Limits,
    receipt: &str,
    wait: Duration,
    now: i64,
) -> Result<bool> {
    let transaction = connection.transaction()?;
    let until = now.saturating_add(milliseconds(wait));
    let found: Option<(String, Option<i64>)> = transaction
        .prepare_cached(
            "SELECT group_id, at_ms FROM messages LEFT JOIN receives USING (sequence)
             WHERE sequence = ?1",
        )?
        .query_row(params![receipt], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let received_at = found.as_ref().and_then(|(_, at)| *at).unwrap_or(now);
    if until > received_at.saturating_add(milliseconds(limits.visibility)) {
        return Ok(false);
    }
    if let (Some((group, _)), Ok(sequence)) = (found, receipt.parse()) {
        transaction
            .prepare_cached("UPDATE messages SET visible_at_ms = ?2 WHERE sequence = ?1")?
            .execute(params![sequence, until])?;
        let_go(&transaction, sequence)?;
        count_anew(&transaction, &group)?;
    }
    transaction.commit()?;
    Ok(true)
}

/// A repeat of what was sent stays one: `deduplication` is left alone.
pub(super) fn purge(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "BEGIN;
         DELETE FROM messages;
         DELETE FROM message_groups;
         DELETE FROM in_hand;
         DELETE FROM receives;
         COMMIT;",
    )
}

/// Nobody works on the message any more.
fn let_go(connection: &Connection, sequence: i64) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM in_hand WHERE sequence = ?1")?
        .execute(params![sequence])?;
    Ok(())
}

/// Writes down a group's first message and until when it is held.
fn count_anew(connection: &Connection, group: &str) -> Result<()> {
    // Each of the two is the end of an index; asked for at once, they read all of the group.
    let kept = connection
        .prepare_cached(
            "UPDATE message_groups SET
                 head = (SELECT min(sequence) FROM messages INDEXED BY messages_of_group
                         WHERE group_id = ?1),
                 held_until_ms = (SELECT max(visible_at_ms)
                                  FROM messages INDEXED BY messages_by_group
                                  WHERE group_id = ?1)
             WHERE group_id = ?1 AND EXISTS (SELECT 1 FROM messages WHERE group_id = ?1)",
        )?
        .execute(params![group])?;
    if kept == 0 {
        connection
            .prepare_cached("DELETE FROM message_groups WHERE group_id = ?1")?
            .execute(params![group])?;
    }
    Ok(())
}
