//! What `cargo run` and the tests stand on, all in one process: DynamoDB with streams,
//! Secrets Manager, a FIFO queue, a chat sink that answers as Slack and Discord do, and
//! the feed of what it got. Never part of a Lambda.

pub mod chat_sink;
pub mod clock;
pub mod dynamodb;
mod error;
pub mod failures;
pub mod feed;
mod folder;
pub mod guard;
pub mod journal;
pub mod queue;
pub mod secrets;
pub mod services;
pub mod sqs;

pub use clock::SimulatedClock;
pub use dynamodb::LocalDynamoDb;
pub use error::Error;
pub use failures::LocalFailures;
pub use folder::DataFolder;
pub use journal::Journal;
pub use queue::LocalQueue;
pub use secrets::LocalSecrets;

/// The region that everything here is in.
pub(crate) const REGION: &str = "us-east-1";
