//! The delivery: one event for one webhook's channel, with its attempts and its outcome.

mod outcome;
mod recovery;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::event_type::EventType;
use crate::ids::{DeliveryId, EventId, OrganizationId, WebhookId};

use outcome::History;
pub use outcome::{Ending, Next, Outcome};

/// How long a delivery may take from its claim to the platform's answer, credential and
/// all; what takes longer is given up with its outcome unknown.
pub const POST_TIMEOUT: Duration = Duration::from_secs(22);

/// How long a claim protects a post from being made twice: a post and the writing down
/// of its outcome. Shorter than the queue's visibility time-out.
pub const LEASE: Duration = Duration::from_secs(30);

/// How long a delivery may stay in the queue with further attempts before it: the queue
/// forgets what it has had for 14 days, so that what has waited behind others for that
/// long gets its attempt, and then an end in the ledger.
pub const QUEUE_LIFE: Duration = Duration::from_secs(10 * 86_400);

/// How far the clocks of two processes are apart at most. A time that lies further ahead than
/// its own wait is long was set before a clock was set back.
const SKEW: Duration = Duration::from_secs(30);

/// What the queue carries: all that the notifier needs but the webhook and its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    pub delivery_id: DeliveryId,
    pub webhook_id: WebhookId,
    pub channel: String,
    /// How often it was asked for again: 0 for what the dispatcher has queued.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub generation: u32,
    /// All channels that the webhook had when the event came, where they were several.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub channels: Vec<String>,
    pub event: Event,
}

impl Outgoing {
    /// What the queue tells repeats by: the same order to deliver always has the same.
    pub fn deduplication_id(&self) -> String {
        match self.generation {
            0 => self.delivery_id.to_string(),
            again => format!("{}-{again}", self.delivery_id),
        }
    }

    /// What a platform can tell repeats by, as a UUID.
    pub fn post_id(&self) -> String {
        self.delivery_id.post_id(self.generation)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde asks for"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    Pending,
    Retrying,
    Delivered,
    Failed,
    Skipped,
}

impl DeliveryStatus {
    pub const ALL: [(&'static str, Self); 5] = [
        ("pending", Self::Pending),
        ("retrying", Self::Retrying),
        ("delivered", Self::Delivered),
        ("failed", Self::Failed),
        ("skipped", Self::Skipped),
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Retrying => "retrying",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// Whether nothing more happens to it by itself.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Skipped)
    }
}

/// One try to post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub at: Timestamp,
    pub outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub http_status: Option<u16>,
    /// The platform's error code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// What to do, in plain words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    pub duration_ms: u64,
    /// How long the platform asked to wait, if it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after_ms: Option<u64>,
    /// Whether another try followed at once: with another credential, without what was
    /// refused, without company, or in another place. The schedule counts only the last of them.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_followed: bool,
}

/// Where a message stands on the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// Slack's `ts` or Discord's message id; an incoming webhook tells none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// The platform's id of the channel.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channel_id: Option<String>,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub webhook_id: WebhookId,
    pub organization: OrganizationId,
    pub event_id: EventId,
    pub event_type: EventType,
    pub channel: String,
    pub status: DeliveryStatus,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Whether it may have been posted twice.
    #[serde(default)]
    pub possible_duplicate: bool,
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_attempt_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<MessageRef>,
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// Until when somebody is posting it. A claim that ran out was never closed:
    /// its outcome is unknown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub claimed_until: Option<Timestamp>,
    /// Which order to deliver it belongs to; see [`Outgoing::generation`].
    #[serde(skip_serializing_if = "is_zero", default)]
    pub generation: u32,
    /// See [`Outgoing::channels`].
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub channels: Vec<String>,
    /// When the message was claimed that it travels in: the deliveries of one message have
    /// the same time. Once such a message may have been posted, it is only posted again as
    /// it was, so that the platform can know it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub joined_at: Option<Timestamp>,
    /// How many attempts the orders before this one have made.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub earlier_attempts: u32,
    /// When it was delivered, failed or skipped.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub settled_at: Option<Timestamp>,
    /// Skipped because a later message has told all that it could.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_superseded: bool,
}

/// Whether a delivery may be posted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Post it.
    Post,
    /// It is delivered, failed or skipped: nothing to do.
    Settled,
    /// Not before then.
    Wait(Timestamp),
}

impl Delivery {
    /// A delivery that nobody has touched yet.
    pub fn new(outgoing: &Outgoing, now: Timestamp) -> Self {
        let event = &outgoing.event;
        Self {
            id: outgoing.delivery_id.clone(),
            webhook_id: outgoing.webhook_id.clone(),
            organization: event.organization.clone(),
            event_id: event.id.clone(),
            event_type: event.event_type,
            channel: outgoing.channel.clone(),
            status: DeliveryStatus::Pending,
            reason: None,
            possible_duplicate: false,
            created_at: now,
            next_attempt_at: None,
            message: None,
            attempts: Vec::new(),
            claimed_until: None,
            generation: outgoing.generation,
            channels: outgoing.channels.clone(),
            joined_at: None,
            earlier_attempts: 0,
            settled_at: None,
            is_superseded: false,
        }
    }

    /// The order to make it once more. Asking again before that was done is the same order,
    /// and so it is where it was not settled at all: whichever comes first is posted.
    pub fn again(&self, event: Event) -> Outgoing {
        Outgoing {
            delivery_id: self.id.clone(),
            webhook_id: self.webhook_id.clone(),
            channel: self.channel.clone(),
            generation: self.generation + u32::from(self.status.is_settled()),
            channels: self.channels.clone(),
            event,
        }
    }

    /// Whether a row that is already there may be posted now, for an order of this generation.
    pub fn claimable(&self, generation: u32, now: Timestamp) -> Claim {
        self.free(generation, self.next_attempt_at, now)
    }

    /// As [`claimable`](Self::claimable), for what is not to be posted: nothing but
    /// somebody else's claim stands in the way.
    pub fn skippable(&self, generation: u32, now: Timestamp) -> Claim {
        self.free(generation, None, now)
    }

    fn free(&self, generation: u32, not_before: Option<Timestamp>, now: Timestamp) -> Claim {
        let is_over = self.status.is_settled() && generation <= self.generation;
        if is_over || generation < self.generation {
            return Claim::Settled;
        }
        // No wait lasts longer than its own length, whatever a clock has been set back by.
        let last = self.attempts.last().map(|attempt| attempt.at);
        let claim = self.claimed_until.filter(|end| *end <= now + LEASE + SKEW);
        let not_before = not_before.filter(|_| last.is_none_or(|last| last <= now + SKEW));
        claim
            .into_iter()
            .chain(not_before)
            .max()
            .filter(|until| *until > now)
            .map_or(Claim::Post, Claim::Wait)
    }

    /// The row as claimed for another attempt, together with all that are claimed at
    /// `joined_at`.
    #[must_use]
    pub fn claimed(self, generation: u32, now: Timestamp, joined_at: Timestamp) -> Self {
        let taken = self.taken_up(generation);
        Self {
            claimed_until: Some(now + LEASE),
            joined_at: taken.uncertain_message().or(Some(joined_at)),
            ..taken
        }
    }

    /// The message that it may have been posted in already.
    pub fn uncertain_message(&self) -> Option<Timestamp> {
        self.joined_at.filter(|_| self.possible_duplicate)
    }

    /// Whether it was refused in one message with others, any of which may be to blame, and
    /// has not been tried since.
    pub fn was_refused_in_company(&self) -> bool {
        self.attempts_of_this_order().last().is_some_and(|last| {
            last.is_followed
                && matches!(
                    last.outcome,
                    Outcome::PayloadRefused | Outcome::UnknownRefusal | Outcome::OurFault
                )
        })
    }

    fn taken_up(mut self, generation: u32) -> Self {
        // A claim that nobody closed: the post may have been made.
        self.possible_duplicate |= self.claimed_until.take().is_some();
        if generation > self.generation {
            self.generation = generation;
            self.earlier_attempts = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX);
            self.status = DeliveryStatus::Pending;
            self.reason = None;
            self.next_attempt_at = None;
            self.joined_at = None;
            self.settled_at = None;
            self.is_superseded = false;
        }
        self
    }

    fn attempts_of_this_order(&self) -> &[Attempt] {
        let earlier = usize::try_from(self.earlier_attempts).unwrap_or(usize::MAX);
        self.attempts.get(earlier..).unwrap_or_default()
    }

    /// Whether two posts or more may have left the message behind: before another one, the
    /// platform is asked something that posts nothing.
    pub fn may_have_copies(&self) -> bool {
        let attempts = self.attempts_of_this_order().iter();
        attempts.filter(|a| a.outcome == Outcome::Unknown).count() >= 2
    }

    /// The row given back without an attempt having been made.
    #[must_use]
    pub fn released(mut self) -> Self {
        self.claimed_until = None;
        self
    }

    /// The row of a delivery that is not to be made, and why.
    #[must_use]
    pub fn skipped(self, generation: u32, now: Timestamp, reason: &str) -> Self {
        Self {
            settled_at: Some(now),
            status: DeliveryStatus::Skipped,
            reason: Some(reason.to_owned()),
            next_attempt_at: None,
            ..self.taken_up(generation)
        }
    }

    /// As skipped for good: there is nothing left to tell.
    #[must_use]
    pub fn superseded(mut self) -> Self {
        self.is_superseded = true;
        self
    }

    /// The row after an attempt, and what follows.
    #[must_use]
    pub fn closed(
        mut self,
        attempt: Attempt,
        message: Option<MessageRef>,
        ending: &Ending,
    ) -> (Self, Next) {
        let outcome = attempt.outcome;
        let reason = match outcome {
            Outcome::Delivered => None,
            _ => attempt.hint.clone().or_else(|| attempt.code.clone()),
        };
        self.attempts.push(attempt);
        self.claimed_until = None;
        self.next_attempt_at = None;
        let history = History::of(self.attempts_of_this_order(), ending.now);
        let next = outcome.next(&history, ending);
        self.status = match next {
            Next::Delivered => DeliveryStatus::Delivered,
            Next::Failed => DeliveryStatus::Failed,
            Next::RetryIn(wait) => {
                self.next_attempt_at = Some(ending.now + wait);
                DeliveryStatus::Retrying
            }
        };
        self.reason = match next {
            Next::Failed if outcome.is_passing() => {
                let attempts = self.attempts_of_this_order().len();
                let last = reason.unwrap_or_default();
                let hours = ending.now.duration_since(history.since).as_hours();
                Some(format!(
                    "Given up after {hours} hours and {attempts} attempts. {last}"
                ))
            }
            _ => reason,
        };
        self.settled_at = self.status.is_settled().then_some(ending.now);
        // What an earlier order has posted is still there.
        self.message = message.or(self.message);
        self.possible_duplicate |= outcome == Outcome::Unknown;
        (self, next)
    }
}

#[cfg(test)]
mod tests;
