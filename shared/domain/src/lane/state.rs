//! How a lane stands: what its row holds between two posts.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::Position;
use crate::delivery::{LEASE, Outcome};
use crate::failing::NOTED_AFTER;
use crate::ids::DeliveryId;
use crate::retry::{self, Asked, GIVE_UP_AFTER};
use crate::stored::is_default;

/// For how long a channel that fails still counts as one that works: a hiccup is over by then.
const WORKS_FOR: Duration = Duration::from_secs(10 * 60);

/// How far the clocks of two processes are apart at most. A wait that began later than that
/// from now was set before a clock was set back, and does not count.
const SKEW: Duration = Duration::from_secs(30);
/// For how long a platform's own wait binds people too.
pub const LONGEST_BINDING: Duration = Duration::from_secs(3_600);
/// How long a message fails before others may overtake it.
const OVERTAKEN_AFTER: Duration = Duration::from_secs(600);
/// How often it has failed then at least: a limit of the platform is none of its own.
const OVERTAKEN_FAILURES: u32 = 4;
/// How many messages in a row are refused with one unknown code before it counts as an outage.
const REFUSALS_HOLD: u32 = 3;

/// Where a message's deliveries come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Log {
    Main,
    Redo,
}

/// The one post of a lane that was begun last.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    pub log: Log,
    /// What the message carries, in order.
    pub deliveries: Vec<DeliveryId>,
    /// The position of its last delivery, in the main log.
    pub end: Option<Position>,
    /// The lane's version when it was opened: tells its outcome in the ledger from those of
    /// earlier posts.
    pub version: u64,
    pub opened_at: Timestamp,
    /// Whether nobody has written down yet how it ended.
    pub is_in_flight: bool,
    /// How many posts of it had an unknown outcome: each may have left a copy.
    #[serde(skip_serializing_if = "is_default", default)]
    pub unknown: u32,
    /// Whether it sums its events up.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_summary: bool,
    /// What is overtaken if this one is delivered.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub overtakes: Vec<DeliveryId>,
}

impl Open {
    /// Until when somebody may be about to post it. Then its outcome is unknown.
    pub fn leased_until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.opened_at + LEASE;
        let is_leased = self.is_in_flight && now < until && self.opened_at <= now + SKEW;
        is_leased.then_some(until)
    }
}

/// A wait for the next attempt.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Where the attempt went: it binds no other place.
    pub place: Option<String>,
    /// When the attempt began that it follows.
    pub from: Timestamp,
    pub until: Timestamp,
    /// What a person had asked for before that attempt: only a later wish counts.
    pub asked: Option<Timestamp>,
    /// As long as the platform asked for, where nobody may shorten that.
    pub binding_until: Option<Timestamp>,
}

impl Wait {
    /// No wait is longer than its own length, whatever a clock has been set back by.
    fn lasts_until(&self, until: Timestamp, now: Timestamp) -> Option<Timestamp> {
        (now < until && self.from <= now + SKEW).then_some(until)
    }
}

/// A channel that does not take messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub since: Timestamp,
    /// How far the schedule is used up. Being told when to come back is no failure.
    pub failures: u32,
    /// How often in a row the platform has said when to come back.
    #[serde(skip_serializing_if = "is_default", default)]
    pub limits: u32,
    /// How many posts had no answer: each may have left a copy.
    #[serde(skip_serializing_if = "is_default", default)]
    pub unanswered: u32,
    /// What the last attempt has shown.
    pub reason: String,
}

/// Messages that were refused one after the other with a code that nobody knows here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub code: String,
    pub times: u32,
}

/// A lane between two posts.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Counts the writes.
    pub version: u64,
    /// Everything up to here is settled, or in the redo log.
    pub offset: Option<Position>,
    /// Everything up to here that was met is settled. Until the log is read again, something else
    /// may have come in unseen: then the offset follows.
    pub settled: Option<Position>,
    /// Where the first piece of the log begins that goes on behind the offset.
    pub begun: Option<Position>,
    pub open: Option<Open>,
    /// A message that may be there already, while another one is tried before it.
    pub aside: Option<Open>,
    pub wait: Option<Wait>,
    pub trouble: Option<Trouble>,
    pub refused: Option<Refused>,
    /// How many of the next deliveries have a message each, as one of them was refused in
    /// company.
    #[serde(skip_serializing_if = "is_default", default)]
    pub singly: u32,
    /// Up to where deliveries have been tried, so that the ledger may know them.
    pub tried: Option<Position>,
    /// Whether there may be something in the redo log.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub has_redo: bool,
    /// How often something had been put there by others when it was last found empty.
    #[serde(skip_serializing_if = "is_default", default)]
    pub redo_seen: u64,
    /// When a person last asked for it, and how often something was put into the redo log. Kept
    /// beside the rest, as anybody may write them.
    #[serde(skip)]
    pub asked_at: Option<Timestamp>,
    #[serde(skip)]
    pub redo_asked: u64,
}

impl Lane {
    /// What is wrong, where that is for so long that people are to be told soon.
    pub fn fails_long(&self, now: Timestamp) -> Option<&Trouble> {
        let trouble = self.trouble.as_ref();
        trouble.filter(|trouble| trouble.since + NOTED_AFTER <= now)
    }

    /// Whether a message is likely to get through: nothing has failed, or only a moment ago.
    pub fn works(&self, now: Timestamp) -> bool {
        let trouble = self.trouble.as_ref();
        trouble.is_none_or(|trouble| now < trouble.since + WORKS_FOR)
    }

    /// Until when nothing is to be tried, if it is to wait.
    pub fn waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        let wait = self.wait.as_ref()?;
        match self.asked_at != wait.asked {
            true => self.is_bound_until(now),
            false => wait.lasts_until(wait.until, now),
        }
    }

    /// Whether something may be waiting for a later try, in the lane or on its own.
    pub fn may_have_waited(&self) -> bool {
        self.wait.is_some() || self.trouble.is_some() || self.may_have_redo()
    }

    /// Whether the redo log is to be read.
    pub fn may_have_redo(&self) -> bool {
        self.has_redo || self.redo_asked != self.redo_seen
    }

    /// The redo log has been read, and this many were there.
    pub fn redo_read(&mut self, count: usize) {
        self.has_redo = count > 0;
        if count == 0 {
            self.redo_seen = self.redo_asked;
        }
    }

    /// Until when nobody can hurry it.
    pub fn is_bound_until(&self, now: Timestamp) -> Option<Timestamp> {
        let wait = self.wait.as_ref()?;
        wait.lasts_until(wait.binding_until?, now)
    }

    /// Up to where the lane has come, once the open post is settled: what comes in before that is
    /// late, and nobody may look there again.
    pub fn settled_up_to(&self) -> Option<&Position> {
        let end = self.open.as_ref().and_then(|open| open.end.as_ref());
        end.max(self.settled.as_ref()).max(self.offset.as_ref())
    }

    /// The open post is settled in full.
    pub fn advance(&mut self) {
        let count = self.open.as_ref().map_or(0, |open| open.deliveries.len());
        self.settled = self.settled_up_to().cloned();
        self.withdraw();
        self.singly = self
            .singly
            .saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// Drops the open post: whether what it carries is still to be sent, the ledger tells.
    pub fn withdraw(&mut self) {
        let open = self.open.take();
        self.tried = open.and_then(|open| open.end).max(self.tried.take());
    }

    /// A message was delivered.
    pub fn succeeded(&mut self) {
        self.trouble = None;
        self.refused = None;
        self.wait = None;
    }

    /// Whether a refusal with this code, which nobody knows, is about the channel: the third in
    /// a row.
    pub fn is_held_by(&mut self, code: &str) -> bool {
        let times = match &self.refused {
            Some(refused) if refused.code == code => refused.times.saturating_add(1),
            _ => 1,
        };
        let code = code.to_owned();
        self.refused = Some(Refused { code, times });
        times >= REFUSALS_HOLD
    }

    /// An attempt has failed for a reason that may pass: notes it, and when to come back.
    pub fn failed(&mut self, failure: &Failure<'_>) {
        let mut trouble = self.trouble.take().unwrap_or(Trouble {
            since: failure.begun,
            failures: 0,
            limits: 0,
            unanswered: 0,
            reason: String::new(),
        });
        failure.reason.clone_into(&mut trouble.reason);
        match failure.is_limit() {
            true => trouble.limits = trouble.limits.saturating_add(1),
            false => {
                trouble.limits = 0;
                trouble.failures = trouble.failures.saturating_add(1);
            }
        }
        trouble.unanswered += u32::from(failure.is_unanswered);
        let length = failure.delay(trouble.failures, trouble.limits, trouble.unanswered);
        self.wait = Some(self.wait_of(failure, length));
        self.trouble = Some(trouble);
    }

    /// An attempt has failed that says nothing of the next message, but for the wait that the
    /// platform asks for.
    pub fn kept_waiting(&mut self, failure: &Failure<'_>) {
        let Some(asked) = failure.asked else {
            return;
        };
        let wait = self.wait_of(failure, asked);
        self.wait = Some(match self.wait.take() {
            None => wait,
            Some(known) => Wait {
                until: known.until.max(wait.until),
                binding_until: known.binding_until.max(wait.binding_until),
                ..known
            },
        });
    }

    fn wait_of(&self, failure: &Failure<'_>, length: Duration) -> Wait {
        Wait {
            place: None,
            from: failure.begun,
            until: failure.now + length,
            asked: self.asked_at,
            binding_until: failure.binding().map(|asked| failure.now + asked),
        }
    }

    /// Whether what has waited since then is given up now.
    pub fn gives_up(&self, since: Timestamp, now: Timestamp) -> bool {
        let is_over = |since: Timestamp| since + GIVE_UP_AFTER <= now;
        is_over(since) && self.trouble.as_ref().is_some_and(|t| is_over(t.since))
    }

    /// Whether the next message may be tried although the first one fails: it has for so long
    /// that it may be to blame, or will have when it is tried again after more than that.
    pub fn may_be_overtaken(&self, now: Timestamp) -> bool {
        let until = self.wait.as_ref().map_or(now, |wait| wait.until);
        let last_chance = now.max(until - OVERTAKEN_AFTER);
        let is_old = |trouble: &Trouble| trouble.since + OVERTAKEN_AFTER <= last_chance;
        let is_worn = |trouble: &Trouble| trouble.failures >= OVERTAKEN_FAILURES;
        let trouble = self.trouble.as_ref();
        trouble.is_some_and(|trouble| is_old(trouble) && is_worn(trouble))
    }
}

/// An attempt that failed for a reason that may pass.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    pub outcome: Outcome,
    pub reason: &'a str,
    /// What the platform asks for.
    pub asked: Option<Duration>,
    /// How many posts of it had an unknown outcome: each may have left a copy.
    pub unknown: u32,
    /// Whether there was no answer, and only another post could leave another copy. A server that
    /// says that it is not well has hardly posted.
    pub is_unanswered: bool,
    pub begun: Timestamp,
    pub now: Timestamp,
    /// `0.0..=1.0`: places the next attempt within its leeway.
    pub random: f64,
}

impl Failure<'_> {
    fn is_limit(&self) -> bool {
        self.outcome == Outcome::RateLimited && self.asked.is_some()
    }

    /// What of the wait that the platform asks for binds people, too.
    fn binding(&self) -> Option<Duration> {
        let asked = self.asked.filter(|_| self.is_limit());
        asked.filter(|asked| *asked <= LONGEST_BINDING)
    }

    /// How long to wait after so many failures, or limits in a row, with so many copies that may
    /// be there.
    pub fn delay(&self, failures: u32, limits: u32, copies: u32) -> Duration {
        let asked = match (self.outcome, self.asked) {
            (_, None) => Asked::Nothing,
            (Outcome::RateLimited, Some(time)) => Asked::ComeBack {
                time,
                in_a_row: limits,
            },
            (_, Some(time)) => Asked::NotBefore(time),
        };
        let copies = if self.is_unanswered { copies } else { 0 };
        retry::delay(failures, copies, self.random, asked)
    }
}
