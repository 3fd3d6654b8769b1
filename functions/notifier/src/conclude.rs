//! Judging: what an answer means for the deliveries of a message, and for their lane.

use carillon_chat::Reply;
use carillon_domain::delivery::DeliveryStatus;
use carillon_domain::lane::{Failure, Lane, Log, Redo};
use carillon_domain::retry::GIVE_UP_AFTER;
use carillon_domain::{Attempt, Delivery, Outcome, TraceParent};
use carillon_runtime::metrics::SECONDS_TO_POST;
use jiff::Timestamp;

use crate::Notifier;
use crate::compose::{Message, Part};
use crate::visit::{Candidate, Fault, MAX_EVENTS, Visit, ids};

/// What follows for the lane.
#[derive(Debug)]
pub enum Next {
    /// The next message.
    Again,
    /// It waits.
    Wait,
    /// It has failed for so long that what has waited as long is given up.
    GiveUp,
    /// The message that failed may be to blame: another one is tried before it.
    Overtake(Vec<Candidate>),
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Delivered,
    Failed,
    /// One of several may be to blame, and is to fail alone.
    Split,
    Retry,
}

/// An answer, and when the post began.
pub struct Answer {
    pub reply: Reply,
    pub begun: Timestamp,
    /// Whether the webhook was suspended because of it.
    pub is_suspended: bool,
}

fn verdict(lane: &mut Lane, answer: &mut Answer, count: usize) -> Verdict {
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
pub fn is_about_the_message(reply: &Reply) -> bool {
    reply.outcome.is_refusal() && reply.outcome != Outcome::UnknownRefusal
}

/// Whether a post may have left a message, and nobody says anything of it.
pub fn is_unanswered(outcome: Outcome, http_status: Option<u16>) -> bool {
    outcome == Outcome::Unknown && http_status.is_none_or(|status| status < 500)
}

/// Until when a lane waits.
fn until(lane: &Lane, now: Timestamp) -> Timestamp {
    lane.wait.as_ref().map_or(now, |wait| wait.until)
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

impl Notifier {
    /// Writes down how a message went.
    pub(crate) async fn conclude(
        &self,
        visit: &mut Visit<'_>,
        message: Message,
        mut answer: Answer,
    ) -> Result<Next, Fault> {
        let verdict = verdict(&mut visit.lane, &mut answer, message.parts.len());
        let attempt = answer.reply.attempt(answer.begun);
        log(&message, &attempt, verdict);
        match verdict {
            Verdict::Delivered => {
                self.measure(&message);
                let now = self.clock.now();
                let delivered = |row: Delivery, part: &Part| {
                    row.ended(DeliveryStatus::Delivered, part.note.clone(), now)
                };
                self.write_tried(visit, &message, &answer, &attempt, delivered)
                    .await?;
                visit.lane.succeeded();
                let unknown = visit.lane.aside.take().map_or(0, |aside| aside.unknown);
                self.put_aside(visit, &message.overtakes, unknown).await?;
                let next = self.leave_behind(visit, &message).await?;
                // Otherwise the next post says so in time.
                if !message.overtakes.is_empty() {
                    self.save(visit).await?;
                }
                Ok(next)
            }
            Verdict::Failed => {
                let now = self.clock.now();
                let failed = |row: Delivery, _: &Part| {
                    row.ended(DeliveryStatus::Failed, attempt.reason(), now)
                };
                self.write_tried(visit, &message, &answer, &attempt, failed)
                    .await?;
                if message.overtakes.is_empty() {
                    // Its destination answers.
                    if is_about_the_message(&answer.reply) {
                        visit.lane.trouble = None;
                    }
                    return self.leave_behind(visit, &message).await;
                }
                // What it was to overtake is still the first one.
                visit.step_back();
                self.save(visit).await?;
                Ok(Next::Wait)
            }
            Verdict::Split => {
                let attempt = Attempt {
                    is_followed: true,
                    ..attempt
                };
                let now = self.clock.now();
                let retrying = |row: Delivery, _: &Part| row.retrying(now, attempt.reason());
                self.write_tried(visit, &message, &answer, &attempt, retrying)
                    .await?;
                if message.is_overtaken() {
                    self.part(visit, &message, now).await?;
                }
                visit.lane.withdraw();
                let alone = message.parts.len().min(MAX_EVENTS);
                visit.lane.singly = u32::try_from(alone).unwrap_or(u32::MAX);
                Ok(Next::Again)
            }
            Verdict::Retry if message.is_overtaken() => {
                self.retry_on_its_own(visit, &message, &answer, &attempt)
                    .await
            }
            Verdict::Retry if !message.overtakes.is_empty() => {
                let now = self.clock.now();
                visit
                    .lane
                    .kept_waiting(&self.failure(&message, &answer, now));
                let until = until(&visit.lane, now);
                let retrying = |row: Delivery, _: &Part| row.retrying(until, attempt.reason());
                self.write_tried(visit, &message, &answer, &attempt, retrying)
                    .await?;
                if attempt.outcome == Outcome::Unknown {
                    visit.lane.singly = visit.lane.singly.max(2);
                    self.mark_overtaken(visit, &ids(&message.overtakes), None)
                        .await?;
                }
                visit.step_back();
                self.save(visit).await?;
                Ok(Next::Wait)
            }
            Verdict::Retry => self.retry(visit, &message, &answer, &attempt).await,
        }
    }

    /// How long its events have taken from being stored. What was asked for again took its own
    /// time.
    fn measure(&self, message: &Message) {
        let now = self.clock.now();
        for part in &message.parts {
            if part.candidate.waiting.redelivery == 0 {
                let taken = now.duration_since(part.event.received_at).as_secs_f64();
                self.metrics.measure(SECONDS_TO_POST, taken.max(0.0));
            }
        }
    }

    /// Writes the rows with the attempt in them, each as it stands after it.
    async fn write_tried(
        &self,
        visit: &Visit<'_>,
        message: &Message,
        answer: &Answer,
        attempt: &Attempt,
        stands: impl Fn(Delivery, &Part) -> Delivery,
    ) -> Result<(), Fault> {
        let rows = message.parts.iter().map(|part| {
            let row = part.row.clone();
            let row = row.tried(attempt.clone(), answer.reply.message.clone());
            Delivery {
                post: visit.row.version,
                ..stands(row, part)
            }
        });
        self.write(visit, &rows.collect::<Vec<_>>()).await
    }

    /// The message is settled: the lane goes on behind it.
    async fn leave_behind(&self, visit: &mut Visit<'_>, message: &Message) -> Result<Next, Fault> {
        if message.log == Log::Redo {
            let candidates = message.parts.iter().map(|part| &part.candidate);
            let orders: Vec<_> = candidates.map(Candidate::order).collect();
            self.stores.lanes.remove_redo(visit.id, &orders).await?;
        }
        visit.lane.advance();
        // Whoever reads the row must not have to read thousands of ids for nothing.
        visit.has_news |= message.is_summary;
        if let Some(end) = message.end() {
            visit.entries.retain(|entry| entry.position > *end);
        }
        Ok(Next::Again)
    }

    /// It failed for a reason that may pass: the lane waits.
    async fn retry(
        &self,
        visit: &mut Visit<'_>,
        message: &Message,
        answer: &Answer,
        attempt: &Attempt,
    ) -> Result<Next, Fault> {
        let now = self.clock.now();
        let failure = self.failure(message, answer, now);
        visit.lane.failed(&failure);
        let lane = &visit.lane;
        let is_over = message
            .parts
            .iter()
            .all(|part| lane.gives_up(part.candidate.waiting.since, now));
        let until = until(lane, now);
        let given_up = self.given_up(lane, now);
        let stands = |row: Delivery, _: &Part| match is_over {
            true => row.ended(DeliveryStatus::Failed, Some(given_up.clone()), now),
            false => row.retrying(until, attempt.reason()),
        };
        self.write_tried(visit, message, answer, attempt, stands)
            .await?;
        if is_over {
            self.leave_behind(visit, message).await?;
            self.save(visit).await?;
            return Ok(Next::GiveUp);
        }
        visit.post_failed(failure.unknown);
        self.save(visit).await?;
        // Nobody is tried while the platform asks to wait.
        let may_be_the_message = matches!(attempt.outcome, Outcome::Unavailable | Outcome::Unknown)
            && failure.asked.is_none();
        Ok(
            match may_be_the_message && visit.lane.may_be_overtaken(now) {
                true => Next::Overtake(message.candidates()),
                false => Next::Wait,
            },
        )
    }

    /// It was overtaken, and has failed once more: nobody waits for it.
    async fn retry_on_its_own(
        &self,
        visit: &mut Visit<'_>,
        message: &Message,
        answer: &Answer,
        attempt: &Attempt,
    ) -> Result<Next, Fault> {
        let now = self.clock.now();
        let failure = self.failure(message, answer, now);
        let candidates = message.candidates().into_iter();
        let mut redo: Vec<Redo> = candidates.filter_map(|it| it.redo).collect();
        let mut due_at = now;
        let mut is_over = true;
        for overtaken in redo.iter_mut().filter_map(|redo| redo.overtaken.as_mut()) {
            overtaken.failures = overtaken.failures.saturating_add(1);
            overtaken.unknown = failure.unknown;
            overtaken.asked = visit.lane.asked_at;
            overtaken.due_at = now + failure.delay(overtaken.failures, 1, failure.unknown);
            is_over &= overtaken.since + GIVE_UP_AFTER <= now;
            due_at = overtaken.due_at;
        }
        let reason = attempt.reason().unwrap_or_default();
        let stands = |row: Delivery, _: &Part| match is_over {
            true => {
                let reason = format!("Given up after 24 hours. {reason}");
                row.ended(DeliveryStatus::Failed, Some(reason), now)
            }
            false => row.retrying(due_at, Some(reason.clone())),
        };
        self.write_tried(visit, message, answer, attempt, stands)
            .await?;
        if is_over {
            return self.leave_behind(visit, message).await;
        }
        self.stores.lanes.put_redo(visit.id, &redo, now).await?;
        visit.lane.kept_waiting(&failure);
        visit.lane.withdraw();
        self.save(visit).await?;
        Ok(Next::Again)
    }

    /// What was overtaken together goes on alone.
    async fn part(
        &self,
        visit: &Visit<'_>,
        message: &Message,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let redos = message.candidates().into_iter().filter_map(|candidate| {
            let mut redo = candidate.redo?;
            let waiting = &redo.waiting;
            let own = waiting.delivery_id.post_id(waiting.redelivery);
            redo.overtaken.as_mut()?.message = own;
            Some(redo)
        });
        let redos: Vec<Redo> = redos.collect();
        Ok(self.stores.lanes.put_redo(visit.id, &redos, now).await?)
    }

    fn failure<'a>(&self, message: &Message, answer: &'a Answer, now: Timestamp) -> Failure<'a> {
        let reply = &answer.reply;
        let reason = reply.hint.as_deref().or(reply.code.as_deref());
        Failure {
            outcome: reply.outcome,
            reason: reason.unwrap_or_default(),
            asked: reply.retry_after,
            unknown: message.unknown + u32::from(reply.outcome == Outcome::Unknown),
            is_unanswered: is_unanswered(reply.outcome, reply.http_status),
            begun: answer.begun,
            now,
            random: (self.random)(),
        }
    }

    /// Gives up what has waited for as long as its channel has failed, and for a day.
    pub(crate) async fn give_up(
        &self,
        visit: &mut Visit<'_>,
        channel: &str,
    ) -> Result<bool, Fault> {
        let now = self.clock.now();
        if visit.lane.open.is_some() {
            return Ok(false);
        }
        let mut waiting = self.all_waiting(visit).await?;
        waiting.retain(|it| !it.is_overtaken());
        let lane = &visit.lane;
        let aged = waiting.into_iter();
        let aged: Vec<Candidate> = aged
            .take_while(|it| lane.gives_up(it.waiting.since, now))
            .collect();
        if aged.is_empty() {
            return Ok(false);
        }
        let reason = self.given_up(lane, now);
        let failed =
            |row: Delivery, now| row.ended(DeliveryStatus::Failed, Some(reason.clone()), now);
        self.dispose(visit, channel, aged, failed).await?;
        Ok(true)
    }

    fn given_up(&self, lane: &Lane, now: Timestamp) -> String {
        let Some(trouble) = &lane.trouble else {
            return String::new();
        };
        let hours = now.duration_since(trouble.since).as_hours();
        let reason = &trouble.reason;
        format!("Given up: the channel has not taken a message for {hours} hours. {reason}")
    }
}

fn log(message: &Message, attempt: &Attempt, verdict: Verdict) {
    for part in &message.parts {
        let row = &part.row;
        tracing::info!(
            delivery_id = row.id.as_str(),
            webhook_id = row.webhook_id.as_str(),
            event_id = row.event_id.as_str(),
            traceparent = row.traceparent.as_ref().map(TraceParent::as_str),
            attempt = row.attempts.len() + 1,
            http_status = attempt.http_status,
            code = attempt.code.as_deref(),
            duration_ms = attempt.duration_ms,
            next = ?verdict,
            "posted"
        );
    }
}
