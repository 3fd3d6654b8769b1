//! Judging: what an answer means for the deliveries of a message, and for their lane.

use std::time::Duration;

use carillon_domain::delivery::DeliveryStatus;
use carillon_domain::lane::{Failure, Lane, Log, Open, Redo};
use carillon_domain::retry::GIVE_UP_AFTER;
use carillon_domain::{Attempt, Delivery, Outcome, TraceParent};
use carillon_runtime::metrics::SECONDS_TO_POST;
use jiff::Timestamp;

use crate::Notifier;
use crate::compose::Message;
use crate::verdict::{
    Answer, Verdict, has_given_up, is_about_the_message, is_unanswered, may_be_to_blame,
    of_this_post, verdict, wait_as_told,
};
use crate::visit::{Candidate, Fault, Visit};

/// What follows for the lane.
#[derive(Debug)]
pub enum Next {
    /// The lane goes on, or waits.
    Again,
    /// It has failed for so long that what has waited as long is given up.
    GiveUp,
    /// The message that failed may be to blame: another one is tried before it.
    Overtake(Vec<Candidate>),
}

impl Notifier {
    /// Writes down how a message went, and what follows from it.
    pub(crate) async fn conclude(
        &self,
        visit: &mut Visit<'_>,
        message: Message,
        mut answer: Answer,
    ) -> Result<Next, Fault> {
        let verdict = verdict(&mut visit.lane, &mut answer, message.parts.len());
        let attempt = Attempt {
            is_followed: verdict == Verdict::Split,
            ..answer.reply.attempt(answer.begun)
        };
        log(&message, &attempt, verdict);
        let now = self.clock.now();
        let again = match verdict {
            Verdict::Retry => self.again(visit, &message, &attempt),
            _ => Ok(now),
        };
        let rows = message.parts.iter().map(|part| {
            let row = part.row.clone();
            let row = row.tried(attempt.clone(), answer.reply.message.clone());
            let row = match (verdict, &again) {
                (Verdict::Delivered, _) => {
                    row.ended(DeliveryStatus::Delivered, part.note.clone(), now)
                }
                (Verdict::Failed, _) => row.ended(DeliveryStatus::Failed, attempt.reason(), now),
                (_, Ok(at)) => row.retrying(*at, attempt.reason()),
                (_, Err(over)) => row.ended(DeliveryStatus::Failed, Some(over.clone()), now),
            };
            let post = visit.row.version;
            Delivery { post, ..row }
        });
        let rows: Vec<Delivery> = rows.collect();
        self.write(visit, &rows).await?;
        if verdict == Verdict::Delivered {
            self.measure(&message);
        }
        let (Some(open), Some(lead)) = (visit.lane.open.clone(), rows.first()) else {
            return Ok(Next::Again);
        };
        let carried = message.candidates();
        if open.log == Log::Redo && lead.status.is_settled() {
            let settled: Vec<_> = carried.iter().map(Candidate::order).collect();
            self.stores.lanes.remove_redo(visit.id, &settled).await?;
        }
        self.follow(visit, &open, lead, carried, &message.overtakes)
            .await
    }

    /// When what has failed for a reason that may pass is tried again, or why it is given up.
    fn again(
        &self,
        visit: &Visit<'_>,
        message: &Message,
        attempt: &Attempt,
    ) -> Result<Timestamp, String> {
        let failure = self.failure(attempt, message.unknown);
        let (now, mut lane) = (failure.now, visit.lane.clone());
        let parts = || message.parts.iter().map(|part| &part.candidate);
        let overtaken = || parts().filter_map(Candidate::overtaken);
        if let Some(first) = overtaken().next() {
            let failures = first.failures.saturating_add(1);
            return match overtaken().all(|it| it.since + GIVE_UP_AFTER <= now) {
                true => Err(format!("Given up after 24 hours. {}", failure.reason)),
                false => Ok(now + failure.delay(failures, 1, failure.unknown)),
            };
        }
        if message.overtakes.is_empty() {
            lane.failed(&failure);
            if parts().all(|it| lane.gives_up(it.waiting.since, now)) {
                return Err(self.given_up(&lane, now));
            }
        } else {
            lane.kept_waiting(&failure);
        }
        Ok(lane.wait.map_or(now, |wait| wait.until))
    }

    /// What the end of a post means for its lane, by what the ledger says of `lead`, one of its
    /// deliveries: the same where that was just written, and where whoever wrote it has died.
    /// `carried` is what it carries, as far as that is still in the redo log or was just posted,
    /// and `head` what it overtakes.
    pub(crate) async fn follow(
        &self,
        visit: &mut Visit<'_>,
        open: &Open,
        lead: &Delivery,
        carried: Vec<Candidate>,
        head: &[Candidate],
    ) -> Result<Next, Fault> {
        let attempt = of_this_post(lead, open);
        let is_delivered = lead.status == DeliveryStatus::Delivered;
        if !open.overtakes.is_empty() && !is_delivered {
            self.probe_failed(visit, open, lead).await?;
            return Ok(Next::Again);
        }
        let is_settled = lead.status.is_settled();
        let is_own = open.log == Log::Redo && carried.iter().all(|it| it.overtaken().is_some());
        let failure = attempt.map(|attempt| self.failure(attempt, open.unknown));
        let next = match (attempt, failure) {
            _ if is_delivered => {
                visit.lane.succeeded();
                let unknown = visit.lane.aside.take().map_or(0, |aside| aside.unknown);
                self.put_aside(visit, head, unknown).await?;
                Next::Again
            }
            (Some(attempt), _) if attempt.is_followed && !is_settled => {
                visit.split(open.deliveries.len());
                Next::Again
            }
            (_, Some(failure)) if is_own && !is_settled => {
                self.keep_aside(visit, carried, lead, &failure).await?;
                visit.lane.kept_waiting(&failure);
                visit.lane.withdraw();
                self.save(visit).await?;
                Next::Again
            }
            (Some(attempt), _) if is_about_the_message(attempt.outcome) => {
                // Its destination answers.
                visit.lane.trouble = None;
                Next::Again
            }
            (Some(attempt), Some(failure))
                if !is_settled || !is_own && has_given_up(lead, attempt) =>
            {
                visit.lane.failed(&failure);
                wait_as_told(&mut visit.lane, lead);
                let next = match is_settled {
                    true => Next::GiveUp,
                    false if may_be_to_blame(&visit.lane, attempt, &failure) => {
                        Next::Overtake(carried)
                    }
                    false => Next::Again,
                };
                if !is_settled {
                    visit.post_failed(failure.unknown);
                    self.save(visit).await?;
                }
                next
            }
            // Nothing was posted, and nobody knows why.
            _ if !is_settled => {
                visit.lane.withdraw();
                Next::Again
            }
            _ => Next::Again,
        };
        if is_settled {
            visit.leave_behind(open);
            // What else is settled, the next post or the next visit says in time.
            if visit.lane.wait.is_some() || is_own || !open.overtakes.is_empty() {
                self.save(visit).await?;
            }
        }
        Ok(next)
    }

    /// What a probe was to overtake is still the first one.
    async fn probe_failed(
        &self,
        visit: &mut Visit<'_>,
        open: &Open,
        probe: &Delivery,
    ) -> Result<(), Fault> {
        let attempt = of_this_post(probe, open);
        if !probe.status.is_settled() {
            if let Some(attempt) = attempt {
                let failure = self.failure(attempt, open.unknown);
                visit.lane.kept_waiting(&failure);
                wait_as_told(&mut visit.lane, probe);
            }
            // It may have arrived.
            if attempt.is_none_or(|attempt| attempt.outcome == Outcome::Unknown) {
                visit.lane.singly = visit.lane.singly.max(2);
                self.mark_overtaken(visit, &open.overtakes, None).await?;
            }
        }
        visit.step_back();
        self.save(visit).await
    }

    /// What was overtaken, and has failed once more, waits for its own time.
    async fn keep_aside(
        &self,
        visit: &Visit<'_>,
        carried: Vec<Candidate>,
        lead: &Delivery,
        failure: &Failure<'_>,
    ) -> Result<(), Fault> {
        let mut redo: Vec<Redo> = carried.into_iter().filter_map(|it| it.redo).collect();
        for overtaken in redo.iter_mut().filter_map(|redo| redo.overtaken.as_mut()) {
            overtaken.failures = overtaken.failures.saturating_add(1);
            overtaken.unknown = failure.unknown;
            overtaken.asked = visit.lane.asked_at;
            overtaken.due_at = lead.next_attempt_at.unwrap_or(failure.now);
        }
        let lanes = &self.stores.lanes;
        Ok(lanes.put_redo(visit.id, &redo, failure.now).await?)
    }

    fn failure<'a>(&self, attempt: &'a Attempt, unknown: u32) -> Failure<'a> {
        let reason = attempt.hint.as_deref().or(attempt.code.as_deref());
        Failure {
            outcome: attempt.outcome,
            reason: reason.unwrap_or_default(),
            asked: attempt.retry_after_ms.map(Duration::from_millis),
            unknown: unknown + u32::from(attempt.outcome == Outcome::Unknown),
            is_unanswered: is_unanswered(attempt),
            begun: attempt.at,
            now: self.clock.now(),
            random: (self.random)(),
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
        waiting.retain(|it| it.overtaken().is_none());
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
