//! The lane: one channel of one webhook, as a log of deliveries with an offset.
//!
//! Everything up to the offset is settled, or in the redo log. One post at a time is open; what it
//! carries is written down before it is made, so that a crash leaves a post of unknown outcome, and
//! never one that nobody knows of.

mod state;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::event_type::EventType;
use crate::ids::{DeliveryId, EventId};
use crate::stored::is_default;
use crate::trace::TraceParent;

pub use crate::ids::{LaneId, Position};
pub use state::{Failure, LONGEST_BINDING, Lane, Log, Open, Refused, Trouble, Wait};

/// A delivery that waits in a lane.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub delivery_id: DeliveryId,
    pub event_id: EventId,
    pub event_type: EventType,
    pub traceparent: Option<TraceParent>,
    /// When it was dispatched, or asked for again.
    pub since: Timestamp,
    /// How often it was asked for again.
    #[serde(skip_serializing_if = "is_default", default)]
    pub redelivery: u32,
}

impl Waiting {
    /// What tells repeats of one delivery apart from a redelivery.
    pub fn key(&self) -> String {
        match self.redelivery {
            0 => self.delivery_id.to_string(),
            again => format!("{}-{again}", self.delivery_id),
        }
    }
}

/// A place in the log of a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub position: Position,
    #[serde(flatten)]
    pub waiting: Waiting,
}

/// What is to be sent besides the log: asked for again, or overtaken.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redo {
    #[serde(flatten)]
    pub waiting: Waiting,
    /// Where it was overtaken: how it has fared on its own.
    pub overtaken: Option<Overtaken>,
}

/// A delivery that kept failing while its channel took others.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overtaken {
    /// When it is tried next.
    pub due_at: Timestamp,
    /// What a person had asked for before: only a later wish makes it due.
    pub asked: Option<Timestamp>,
    /// Since when it fails.
    pub since: Timestamp,
    pub failures: u32,
    /// How many posts of it had an unknown outcome: each may have left a copy.
    pub unknown: u32,
}

impl Redo {
    /// Whether it may be tried now, in a lane that a person last asked for at that time.
    pub fn is_due(&self, asked_at: Option<Timestamp>, now: Timestamp) -> bool {
        let overtaken = self.overtaken.as_ref();
        overtaken.is_none_or(|it| it.due_at <= now || it.asked != asked_at)
    }
}

#[cfg(test)]
mod tests;
