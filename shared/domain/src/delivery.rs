//! The delivery: one event for one webhook's channel, with its attempts and its outcome.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::event_type::EventType;
use crate::ids::{DeliveryId, EventId, OrganizationId, WebhookId};
use crate::lane::{LaneId, Waiting};
use crate::named::named;
use crate::stored::is_default;
use crate::trace::TraceParent;

/// How long a delivery may take from its opening to the platform's answer, credential and
/// all; what takes longer is given up with its outcome unknown.
pub const POST_TIMEOUT: Duration = Duration::from_secs(22);

/// How long an open post is left to the one who opened it: a post and the writing down of its
/// outcome. Shorter than the queue's visibility time-out.
pub const LEASE: Duration = Duration::from_secs(30);

/// How many attempts a row has at most, and how many of them are the first ones: a year of trying
/// again must not make it larger than DynamoDB takes.
const MAX_ATTEMPTS: usize = 200;
const FIRST_ATTEMPTS: usize = 10;

named! {
    DeliveryStatus "DeliveryStatus" "How a delivery stands" {
        Pending "pending",
        Retrying "retrying",
        Delivered "delivered",
        Failed "failed",
        Skipped "skipped",
    }
}

impl DeliveryStatus {
    /// Whether nothing more happens to it by itself.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Skipped)
    }
}

named! {
    Outcome "Outcome" "How an attempt to post ended" {
        Delivered "delivered",
        /// Too many messages; the platform says when to come back.
        RateLimited "rate_limited",
        /// The platform could not be reached or could not serve; nothing was posted.
        Unavailable "unavailable",
        /// Posted or not: nobody can tell (a time-out or a broken connection after sending).
        Unknown "unknown",
        /// The platform will never take this message.
        PayloadRefused "payload_refused",
        /// The platform's own API refuses the message with a code that nobody knows here.
        UnknownRefusal "unknown_refusal",
        /// The platform does not understand how it is called: a fault of Carillon.
        OurFault "our_fault",
        /// The token or URL no longer works.
        CredentialDead "credential_dead",
        /// The channel or thread cannot be posted to.
        DestinationDead "destination_dead",
        /// The platform blocks this address or client.
        Blocked "blocked",
    }
}

impl Outcome {
    /// Whether nothing can arrive until somebody has repaired the webhook.
    pub fn is_dead(self) -> bool {
        matches!(self, Self::CredentialDead | Self::DestinationDead)
    }

    /// Whether it may go well another time, with nobody doing anything.
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Unavailable | Self::Unknown | Self::Blocked
        )
    }

    /// Whether the platform has not posted it, and never will.
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::PayloadRefused | Self::UnknownRefusal | Self::OurFault
        )
    }
}

/// One try to post.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub at: Timestamp,
    pub outcome: Outcome,
    pub http_status: Option<u16>,
    /// The platform's error code.
    pub code: Option<String>,
    /// What to do, in plain words.
    pub hint: Option<String>,
    pub duration_ms: u64,
    /// How long the platform asked to wait, if it did.
    pub retry_after_ms: Option<u64>,
    /// Whether another try followed at once: with another credential, without what was
    /// refused, without company, or in another place. The schedule counts only the last of them.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_followed: bool,
}

/// Where a message stands on the platform.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// Slack's `ts`, Discord's message id, or the id of the run that a Teams workflow has begun,
    /// which Microsoft's support asks for; an incoming webhook tells none.
    pub id: Option<String>,
    /// The platform's id of the channel.
    pub channel_id: Option<String>,
}

/// A row of the ledger.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub webhook_id: WebhookId,
    /// The number of its lane in the webhook.
    pub lane: u32,
    pub organization: OrganizationId,
    pub event_id: EventId,
    pub event_type: EventType,
    pub traceparent: Option<TraceParent>,
    pub channel: String,
    pub status: DeliveryStatus,
    pub reason: Option<String>,
    /// Whether it may have been posted twice.
    #[serde(default)]
    pub possible_duplicate: bool,
    /// Whether later ones were sent before it, as it kept failing.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub overtaken: bool,
    pub created_at: Timestamp,
    pub next_attempt_at: Option<Timestamp>,
    pub message: Option<MessageRef>,
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// How often it was asked for again.
    #[serde(skip_serializing_if = "is_default", default)]
    pub redelivery: u32,
    /// Which post of its lane it was written after: the lane's version when that was opened.
    pub post: u64,
    /// When it was delivered, failed or skipped.
    pub settled_at: Option<Timestamp>,
    /// Skipped because a later message has told all that it could.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_superseded: bool,
}

impl Delivery {
    /// A delivery that nobody has tried yet.
    ///
    /// None where the lane's id is no id.
    pub fn new(
        organization: &OrganizationId,
        lane: &LaneId,
        channel: &str,
        waiting: &Waiting,
    ) -> Option<Self> {
        Some(Self {
            id: waiting.delivery_id.clone(),
            webhook_id: lane.webhook()?,
            lane: lane.number()?,
            organization: organization.clone(),
            event_id: waiting.event_id.clone(),
            event_type: waiting.event_type,
            traceparent: waiting.traceparent.clone(),
            channel: channel.to_owned(),
            status: DeliveryStatus::Pending,
            reason: None,
            possible_duplicate: false,
            overtaken: false,
            created_at: waiting.since,
            next_attempt_at: None,
            message: None,
            attempts: Vec::new(),
            redelivery: waiting.redelivery,
            post: 0,
            settled_at: None,
            is_superseded: false,
        })
    }

    pub fn lane_id(&self) -> LaneId {
        LaneId::of(&self.webhook_id, self.lane)
    }

    /// The row as it stands for this order: a redelivery begins anew, behind the attempts before.
    #[must_use]
    pub fn for_order(self, redelivery: u32) -> Self {
        if redelivery <= self.redelivery {
            return self;
        }
        Self {
            redelivery,
            status: DeliveryStatus::Pending,
            reason: None,
            next_attempt_at: None,
            settled_at: None,
            is_superseded: false,
            ..self
        }
    }

    /// Whether there is nothing left to do for this order.
    pub fn is_settled(&self, redelivery: u32) -> bool {
        self.redelivery > redelivery || self.redelivery == redelivery && self.status.is_settled()
    }

    /// The order to make it once more. Asking again before that was done is the same order.
    pub fn again(&self, now: Timestamp) -> Waiting {
        Waiting {
            delivery_id: self.id.clone(),
            event_id: self.event_id.clone(),
            event_type: self.event_type,
            traceparent: self.traceparent.clone(),
            since: now,
            redelivery: self.redelivery + u32::from(self.status.is_settled()),
        }
    }

    /// As it ended.
    #[must_use]
    pub fn ended(self, status: DeliveryStatus, reason: Option<String>, now: Timestamp) -> Self {
        Self {
            status,
            reason,
            next_attempt_at: None,
            settled_at: Some(now),
            ..self
        }
    }

    /// Not to be made, and why.
    #[must_use]
    pub fn skipped(self, reason: &str, now: Timestamp) -> Self {
        self.ended(DeliveryStatus::Skipped, Some(reason.to_owned()), now)
    }

    /// As skipped for good: there is nothing left to tell.
    #[must_use]
    pub fn superseded(mut self) -> Self {
        self.is_superseded = true;
        self
    }

    /// To be tried again then, and why.
    #[must_use]
    pub fn retrying(self, at: Timestamp, reason: Option<String>) -> Self {
        Self {
            status: DeliveryStatus::Retrying,
            reason,
            next_attempt_at: Some(at),
            ..self
        }
    }

    /// Notes an attempt.
    #[must_use]
    pub fn tried(mut self, attempt: Attempt, message: Option<MessageRef>) -> Self {
        self.possible_duplicate |= attempt.outcome == Outcome::Unknown;
        self.note(attempt);
        // What an earlier order has posted is still there.
        self.message = message.or(self.message);
        self
    }

    /// Notes an attempt among the others: of very many, the first and the last.
    pub fn note(&mut self, attempt: Attempt) {
        while self.attempts.len() >= MAX_ATTEMPTS {
            self.attempts.remove(FIRST_ATTEMPTS);
        }
        self.attempts.push(attempt);
    }

    /// As another delivery of the same message went, of which nothing else is known.
    #[must_use]
    pub fn as_its_companion(mut self, other: &Self) -> Self {
        if let Some(last) = other.attempts.last() {
            self.note(last.clone());
        }
        self.possible_duplicate |= other.possible_duplicate;
        Self {
            status: other.status,
            reason: other.reason.clone(),
            next_attempt_at: other.next_attempt_at,
            settled_at: other.settled_at,
            message: other.message.clone(),
            post: other.post,
            ..self
        }
    }

    /// Whether it did not arrive, and nothing happens any more by itself.
    pub fn is_undelivered(&self) -> bool {
        match self.status {
            DeliveryStatus::Failed => true,
            DeliveryStatus::Skipped => !self.is_superseded,
            DeliveryStatus::Delivered | DeliveryStatus::Pending | DeliveryStatus::Retrying => false,
        }
    }

    /// When it came to its end.
    pub fn ended_at(&self) -> Timestamp {
        self.settled_at.unwrap_or(self.created_at)
    }
}

impl Attempt {
    /// Why it went wrong, in a person's words where there are any.
    pub fn reason(&self) -> Option<String> {
        match self.outcome {
            Outcome::Delivered => None,
            _ => self.hint.clone().or_else(|| self.code.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
