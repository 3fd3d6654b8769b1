//! The delivery: one event for one webhook's channel, with its attempts and its outcome.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::event_type::EventType;
use crate::ids::{DeliveryId, EventId, OrganizationId, WebhookId};
use crate::retry::{self, Asked};

/// How long a delivery may take from its claim to the platform's answer, credential and
/// all; what takes longer is given up with its outcome unknown.
pub const POST_TIMEOUT: Duration = Duration::from_secs(22);

/// How long a claim protects a post from being made twice: a post and the writing down
/// of its outcome. Shorter than the queue's visibility time-out.
pub const LEASE: Duration = Duration::from_secs(30);

/// How many answers of "too many messages" count as one failed attempt.
const RATE_LIMITS_PER_TRY: usize = 10;

/// What the queue carries: all that the notifier needs but the webhook and its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    pub delivery_id: DeliveryId,
    pub webhook_id: WebhookId,
    pub channel: String,
    pub event: Event,
}

/// How a post ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Delivered,
    /// Too many messages; the platform says when to come back.
    RateLimited,
    /// The platform could not be reached or could not serve; nothing was posted.
    Unavailable,
    /// Posted or not: nobody can tell (a time-out or a broken connection after sending).
    Unknown,
    /// The platform will never take this message.
    PayloadRefused,
    /// The token or URL no longer works.
    CredentialDead,
    /// The channel or thread cannot be posted to.
    DestinationDead,
    /// The platform blocks this address or client.
    Blocked,
}

/// What follows from an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Delivered,
    RetryIn(Duration),
    Failed,
}

impl Outcome {
    /// What to do after `attempts` attempts, the last of which ended like this.
    ///
    /// Only a refused payload fails at once; whatever an operator can repair is tried
    /// again on the schedule, so that the repair alone brings the message.
    pub fn next(self, attempts: u32, random: f64, asked: Option<Duration>) -> Next {
        match self {
            Self::Delivered => Next::Delivered,
            Self::PayloadRefused => Next::Failed,
            Self::RateLimited
            | Self::Unavailable
            | Self::Unknown
            | Self::CredentialDead
            | Self::DestinationDead
            | Self::Blocked => {
                let asked = match (self, asked) {
                    (_, None) => Asked::Nothing,
                    (Self::RateLimited, Some(time)) => Asked::ComeBack(time),
                    (_, Some(time)) => Asked::NotBefore(time),
                };
                retry::delay(attempts, random, asked).map_or(Next::Failed, Next::RetryIn)
            }
        }
    }
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
    /// A delivery claimed for its first attempt.
    pub fn first(outgoing: &Outgoing, now: Timestamp) -> Self {
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
            claimed_until: Some(now + LEASE),
        }
    }

    /// Whether a row that is already there may be posted now.
    pub fn claimable(&self, now: Timestamp) -> Claim {
        match self.status {
            DeliveryStatus::Delivered | DeliveryStatus::Failed | DeliveryStatus::Skipped => {
                Claim::Settled
            }
            DeliveryStatus::Pending | DeliveryStatus::Retrying => self
                .claimed_until
                .into_iter()
                .chain(self.next_attempt_at)
                .max()
                .filter(|until| *until > now)
                .map_or(Claim::Post, Claim::Wait),
        }
    }

    /// The row as claimed for another attempt.
    #[must_use]
    pub fn claimed(mut self, now: Timestamp) -> Self {
        // A claim that nobody closed: the post may have been made.
        self.possible_duplicate |= self.claimed_until.is_some();
        self.claimed_until = Some(now + LEASE);
        self
    }

    /// How far the schedule is used up. Being told to come back later is no failure,
    /// unless it never ends.
    fn tries(&self) -> u32 {
        let limited = |attempt: &&Attempt| attempt.outcome == Outcome::RateLimited;
        let limited = self.attempts.iter().filter(limited).count();
        let counted = self.attempts.len() - limited + limited / RATE_LIMITS_PER_TRY;
        u32::try_from(counted).unwrap_or(u32::MAX)
    }

    /// The row given back without an attempt having been made.
    #[must_use]
    pub fn released(mut self) -> Self {
        self.claimed_until = None;
        self
    }

    /// The row of a delivery that is not to be made, and why.
    #[must_use]
    pub fn skipped(mut self, reason: &str) -> Self {
        self.status = DeliveryStatus::Skipped;
        self.reason = Some(reason.to_owned());
        self.next_attempt_at = None;
        self.released()
    }

    /// The row after an attempt, and what follows.
    #[must_use]
    pub fn closed(
        mut self,
        attempt: Attempt,
        message: Option<MessageRef>,
        now: Timestamp,
        random: f64,
        asked: Option<Duration>,
    ) -> (Self, Next) {
        let outcome = attempt.outcome;
        self.reason = match outcome {
            Outcome::Delivered => None,
            _ => attempt.hint.clone().or_else(|| attempt.code.clone()),
        };
        self.attempts.push(attempt);
        self.claimed_until = None;
        self.next_attempt_at = None;
        let next = outcome.next(self.tries(), random, asked);
        self.status = match next {
            Next::Delivered => DeliveryStatus::Delivered,
            Next::Failed => DeliveryStatus::Failed,
            Next::RetryIn(wait) => {
                self.next_attempt_at = Some(now + wait);
                DeliveryStatus::Retrying
            }
        };
        self.message = message;
        self.possible_duplicate |= outcome == Outcome::Unknown;
        (self, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn now() -> Timestamp {
        "2026-11-21T10:15:00Z".parse().unwrap()
    }

    fn delivery() -> Delivery {
        let event = sample::event(EventType::Deploy);
        let webhook_id = WebhookId::parse("wh_01JD0000000000000000000000").unwrap();
        let outgoing = Outgoing {
            delivery_id: DeliveryId::of(
                &event.organization,
                &event.id,
                event.received_at,
                &webhook_id,
                "infra",
            ),
            webhook_id,
            channel: "infra".into(),
            event,
        };
        Delivery::first(&outgoing, now())
    }

    fn attempt(outcome: Outcome) -> Attempt {
        Attempt {
            at: now(),
            outcome,
            http_status: None,
            code: None,
            hint: None,
            duration_ms: 1,
        }
    }

    fn close(delivery: Delivery, outcome: Outcome) -> (Delivery, Next) {
        delivery.closed(attempt(outcome), None, now(), 0.5, None)
    }

    #[test]
    fn a_delivered_message_is_never_claimed_again() {
        let (closed, next) = close(delivery(), Outcome::Delivered);
        assert_eq!(next, Next::Delivered);
        assert_eq!(
            closed.claimable(now() + Duration::from_secs(86_400)),
            Claim::Settled
        );
    }

    #[test]
    fn a_live_claim_is_waited_for_and_one_that_ran_out_may_be_a_duplicate() {
        let open = delivery();
        let until = open.claimed_until.unwrap();
        assert_eq!(open.claimable(now()), Claim::Wait(until));
        assert_eq!(open.claimable(until), Claim::Post);
        assert!(open.claimed(until).possible_duplicate);
    }

    #[test]
    fn a_retry_waits_for_its_time_and_is_no_duplicate() {
        let (retrying, next) = close(delivery(), Outcome::Unavailable);
        assert_eq!(next, Next::RetryIn(Duration::from_secs(5)));
        let due = now() + Duration::from_secs(5);
        assert_eq!(retrying.claimable(now()), Claim::Wait(due));
        assert_eq!(retrying.claimable(due), Claim::Post);
        assert!(!retrying.claimed(due).possible_duplicate);
    }

    #[test]
    fn an_unknown_outcome_is_tried_again_and_marked() {
        let (retrying, next) = close(delivery(), Outcome::Unknown);
        assert!(matches!(next, Next::RetryIn(_)));
        assert!(retrying.possible_duplicate);
    }

    #[test]
    fn only_a_refused_payload_fails_at_once() {
        let outcomes = [
            Outcome::RateLimited,
            Outcome::Unavailable,
            Outcome::Unknown,
            Outcome::CredentialDead,
            Outcome::DestinationDead,
            Outcome::Blocked,
        ];
        for outcome in outcomes {
            assert!(
                matches!(close(delivery(), outcome).1, Next::RetryIn(_)),
                "{outcome:?}"
            );
        }
        assert_eq!(close(delivery(), Outcome::PayloadRefused).1, Next::Failed);
    }

    #[test]
    fn an_outage_that_asks_for_a_second_keeps_the_whole_schedule() {
        let mut row = delivery();
        let mut waited = Duration::ZERO;
        let asked = Some(Duration::from_secs(1));
        loop {
            let unavailable = attempt(Outcome::Unavailable);
            let (closed, next) = row.closed(unavailable, None, now(), 0.5, asked);
            row = closed;
            match next {
                Next::RetryIn(wait) => waited += wait,
                _ => break,
            }
        }
        assert_eq!(
            waited.as_secs(),
            retry::SCHEDULE_SECONDS.iter().sum::<u64>()
        );
    }

    #[test]
    fn rate_limits_hardly_use_up_the_schedule_yet_end_some_day() {
        let mut row = delivery();
        for _ in 0..50 {
            let (closed, next) = close(row, Outcome::RateLimited);
            assert!(matches!(next, Next::RetryIn(_)));
            row = closed;
        }
        for _ in 0..50 {
            row = close(row, Outcome::RateLimited).0;
        }
        assert_eq!(row.status, DeliveryStatus::Failed);
    }

    #[test]
    fn after_the_last_wait_of_the_schedule_a_delivery_has_failed() {
        let mut row = delivery();
        for _ in 0..9 {
            let (closed, next) = close(row, Outcome::Unavailable);
            assert!(matches!(next, Next::RetryIn(_)));
            row = closed;
        }
        let (closed, next) = close(row, Outcome::Unavailable);
        assert_eq!(
            (closed.status, next),
            (DeliveryStatus::Failed, Next::Failed)
        );
    }
}
