//! What one process must remember beside its tables: how far it has read the streams,
//! which messages wait in the queue, and what nobody could handle. SQLite, in a file or in
//! memory.

use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use rusqlite::{Connection, OptionalExtension, params};

use crate::Error;
use crate::folder::JOURNAL;
use carillon_runtime::guard::lock;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS checkpoints (
        stream TEXT PRIMARY KEY,
        sequence_number TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS messages (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        group_id TEXT NOT NULL,
        body TEXT NOT NULL,
        sent_at_ms INTEGER NOT NULL,
        visible_at_ms INTEGER NOT NULL,
        receive_count INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX IF NOT EXISTS messages_by_group ON messages (group_id, visible_at_ms);
    CREATE INDEX IF NOT EXISTS messages_of_group ON messages (group_id, sequence);
    CREATE INDEX IF NOT EXISTS messages_in_order ON messages (sequence);
    CREATE INDEX IF NOT EXISTS messages_by_visibility ON messages (visible_at_ms);
    CREATE INDEX IF NOT EXISTS messages_by_age ON messages (sent_at_ms);
    CREATE TABLE IF NOT EXISTS message_groups (
        group_id TEXT PRIMARY KEY,
        head INTEGER NOT NULL,
        held_until_ms INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS groups_in_order ON message_groups (head, held_until_ms);
    CREATE TABLE IF NOT EXISTS receives (
        sequence INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS in_hand (
        sequence INTEGER PRIMARY KEY
    );
    CREATE TABLE IF NOT EXISTS failures (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        kept_at_ms INTEGER NOT NULL,
        function TEXT NOT NULL,
        reason TEXT NOT NULL,
        payload TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS deduplication (
        id TEXT PRIMARY KEY,
        until_ms INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS deduplication_by_end ON deduplication (until_ms);
";

/// A database of the process's own; see the module's documentation.
pub struct Journal {
    connection: Mutex<Connection>,
}

impl Journal {
    pub fn open(folder: Option<&Path>) -> Result<Self, Error> {
        let connection = match folder {
            Some(folder) => Connection::open(folder.join(JOURNAL))?,
            None => Connection::open_in_memory()?,
        };
        connection.execute_batch(SCHEMA)?;
        Ok(Self {
            connection: Mutex::new(connection),
        })
    }

    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere cannot leave SQLite half-written.
        lock(&self.connection)
    }

    /// The last record of a stream that was dealt with.
    pub(crate) fn checkpoint(&self, stream: &str) -> Result<Option<String>, Error> {
        let found = self
            .connection()
            .prepare_cached("SELECT sequence_number FROM checkpoints WHERE stream = ?1")?
            .query_row(params![stream], |row| row.get(0))
            .optional()?;
        Ok(found)
    }

    pub(crate) fn set_checkpoint(&self, stream: &str, number: &str) -> Result<(), Error> {
        self.connection()
            .prepare_cached("INSERT OR REPLACE INTO checkpoints VALUES (?1, ?2)")?
            .execute(params![stream, number])?;
        Ok(())
    }
}
