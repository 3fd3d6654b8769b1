//! What an answer means, by itself and for the lane that it is for: rules, without any I/O.

use carillon_chat::Reply;
use carillon_domain::lane::{Failure, Lane, Open};
use carillon_domain::{Attempt, Delivery, DeliveryStatus, Outcome};
use jiff::Timestamp;

/// The code of an attempt that posted nothing, as the platform does not even answer a question.
pub const NOT_POSTED: &str = "not_posted";

/// An answer, and when the post began.
pub struct Answer {
    pub reply: Reply,
    pub begun: Timestamp,
    /// Whether the webhook was suspended because of it.
    pub is_suspended: bool,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Delivered,
    Failed,
    /// One of several may be to blame, and is to fail alone.
    Split,
    Retry,
}

/// What an answer to a message of so many deliveries means.
pub fn verdict(lane: &mut Lane, answer: &mut Answer, count: usize) -> Verdict {
    let reply = &mut answer.reply;
    match reply.outcome {
        Outcome::Delivered => Verdict::Delivered,
        _ if reply.is_definite() && count > 1 => Verdict::Split,
        Outcome::UnknownRefusal => {
            let code = reply.code.clone().unwrap_or_default();
            if !lane.is_held_by(&code) {
                return Verdict::Failed;
            }
            *reply = held(&code, reply);
            Verdict::Retry
        }
        outcome if outcome.is_refusal() => Verdict::Failed,
        outcome if outcome.is_dead() && answer.is_suspended => Verdict::Failed,
        _ => Verdict::Retry,
    }
}

/// Whether the platform does not take the message, for a reason that says nothing of others.
pub fn is_about_the_message(outcome: Outcome) -> bool {
    outcome.is_refusal() && outcome != Outcome::UnknownRefusal
}

/// Whether a post may have left a message, and nobody says anything of it.
pub fn is_unanswered(attempt: &Attempt) -> bool {
    attempt.outcome == Outcome::Unknown && attempt.http_status.is_none_or(|status| status < 500)
}

/// Whether a delivery has failed because it was tried for too long.
pub fn has_given_up(delivery: &Delivery, last: &Attempt) -> bool {
    delivery.status == DeliveryStatus::Failed && last.outcome.is_passing()
}

/// The attempt that a post was: whoever finds out that nobody knows its outcome writes none.
pub fn of_this_post<'a>(delivery: &'a Delivery, open: &Open) -> Option<&'a Attempt> {
    let last = delivery.attempts.last();
    last.filter(|attempt| open.opened_at <= attempt.at)
}

/// A lane waits for as long as the ledger says.
pub fn wait_as_told(lane: &mut Lane, delivery: &Delivery) {
    if let (Some(wait), Some(at)) = (&mut lane.wait, delivery.next_attempt_at) {
        wait.until = at;
        wait.binding_until = wait.binding_until.map(|binding| binding.min(at));
    }
}

/// Whether the message that has failed may be to blame. Nobody is tried while the platform asks
/// to wait, or answers nothing at all.
pub fn may_be_to_blame(lane: &Lane, attempt: &Attempt, failure: &Failure<'_>) -> bool {
    matches!(failure.outcome, Outcome::Unavailable | Outcome::Unknown)
        && attempt.code.as_deref() != Some(NOT_POSTED)
        && failure.asked.is_none()
        && lane.may_be_overtaken(failure.now)
}

fn held(code: &str, reply: &Reply) -> Reply {
    Reply {
        outcome: Outcome::Unavailable,
        ..reply.clone()
    }
    .hint(format!(
        "The platform refuses one message after the other with code {code}, which Carillon does \
         not know: the destination seems to be at fault. Its messages wait and are tried again. \
         Please report the code."
    ))
}
