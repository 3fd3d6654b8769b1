//! Composing: which deliveries the next message carries.

use std::collections::{BTreeMap, HashMap};

use carillon_domain::lane::{Log, Position};
use carillon_domain::webhook::{Digest, Grouping};
use carillon_domain::{Delivery, DeliveryId, DeliveryStatus, Event, EventId, Webhook};
use jiff::Timestamp;

use crate::Notifier;
use crate::choice::Chosen;
use crate::visit::{Candidate, Fault, Known, Visit, ids, is_settled};
use crate::webhooks::Destination;

/// How many events are read at once.
const AT_ONCE: usize = 100;

/// A delivery of a message.
#[derive(Debug)]
pub struct Part {
    pub candidate: Candidate,
    pub event: Event,
    /// As the ledger has it, or as it begins.
    pub row: Delivery,
    /// What the ledger says of how it was sent: in the standard form, though the webhook has words
    /// of its own, or summed up.
    pub note: Option<String>,
}

/// What is posted next.
#[derive(Debug)]
pub struct Message {
    pub log: Log,
    pub parts: Vec<Part>,
    /// Whether it says only how many there are of what.
    pub is_summary: bool,
    /// How many posts of it had an unknown outcome: each may have left a copy.
    pub unknown: u32,
    /// What has kept failing, and is overtaken if this one is delivered.
    pub overtakes: Vec<Candidate>,
}

impl Message {
    pub fn ids(&self) -> Vec<DeliveryId> {
        let ids = self.parts.iter().map(|part| part.row.id.clone());
        ids.collect()
    }

    pub fn candidates(&self) -> Vec<Candidate> {
        let candidates = self.parts.iter().map(|part| part.candidate.clone());
        candidates.collect()
    }

    /// Where it ends in the log.
    pub fn end(&self) -> Option<&Position> {
        self.parts.last()?.candidate.position.as_ref()
    }
}

pub enum Composed {
    Message(Message),
    /// Something was done instead; look again.
    Again,
    /// There is nothing to send, or not before then.
    Nothing(Option<Timestamp>),
}

impl Notifier {
    /// The next message of a lane; with `head` one that comes behind it.
    pub(crate) async fn compose(
        &self,
        visit: &mut Visit<'_>,
        to: &Destination<'_>,
        head: &[Candidate],
    ) -> Result<Composed, Fault> {
        let (mut next, is_summary) = match self.choose(visit, head).await? {
            Chosen::These(next, is_summary) => (next, is_summary),
            Chosen::Nothing(until) => return Ok(Composed::Nothing(until)),
        };
        let repeated = visit.lane.open.as_ref().filter(|_| head.is_empty());
        let repeated = repeated.map(|open| open.unknown);
        let unknown = repeated.or_else(|| Some(next.first()?.overtaken()?.unknown));
        if unknown > Some(0) {
            visit.doubtful.extend(ids(&next));
        }
        let known = self.rows(visit, &next).await?;
        let is_settled = |it: &Candidate| is_settled(&known, it);
        if head.is_empty() {
            let settled = next.iter().take_while(|it| is_settled(it)).count();
            if settled > 0 || next.is_empty() {
                next.truncate(settled);
                self.pass(visit, &next, &known, repeated, unknown).await?;
                return Ok(Composed::Again);
            }
            next.truncate(next.iter().take_while(|it| !is_settled(it)).count());
        } else {
            // The head is still to be sent: nothing behind it moves the lane.
            next.retain(|it| !is_settled(it));
            next.truncate(1);
        }
        let mut events = self.events_for(visit, &next, is_summary).await?;
        let is_there = |it: &Candidate| events.contains_key(&it.waiting.event_id);
        if !next.first().is_some_and(is_there) {
            if !head.is_empty() {
                return Ok(Composed::Nothing(None));
            }
            next.truncate(1);
            let reason = "the event is past its retention";
            self.dispose(visit, &to.channel, next, |row, now| {
                row.skipped(reason, now)
            })
            .await?;
            return Ok(Composed::Again);
        }
        let kind = self.poster.kinds().get(&to.webhook.kind);
        let can_join = kind.is_some_and(|kind| kind.joins(&to.webhook.configuration));
        let joins = |event: &Event| can_join && joins(&to.webhook, event);
        // They belong together, whatever each of them is.
        let is_whole = unknown.is_some() || is_summary;
        let mut parts: Vec<Part> = Vec::with_capacity(next.len());
        for candidate in next {
            let Some(event) = events.get(&candidate.waiting.event_id).cloned() else {
                break;
            };
            let is_with = |first: &Part| is_whole || joins(&first.event) && joins(&event);
            if !parts.first().is_none_or(is_with) {
                break;
            }
            let mut row = visit.row(&known, &candidate.waiting, &to.channel)?;
            // What waited goes where the webhook posts today.
            row.channel.clone_from(&to.channel);
            row.possible_duplicate |= visit.doubtful.contains(&row.id);
            parts.push(Part {
                candidate,
                event,
                row,
                note: None,
            });
        }
        match parts.as_mut_slice() {
            // What a summary says of it is not enough for a message of its own.
            [only] if is_summary => {
                let candidate = std::slice::from_ref(&only.candidate);
                let mut whole = self.events_for(visit, candidate, false).await?;
                let whole = whole.remove(&only.candidate.waiting.event_id);
                only.event = whole.ok_or(Fault::Lost)?;
            }
            _ if is_summary => {}
            parts => {
                for part in parts {
                    events.remove(&part.event.id);
                }
                visit.events = events;
            }
        }
        Ok(Composed::Message(Message {
            log: parts.first().map_or(Log::Main, |part| part.candidate.log()),
            is_summary: is_summary && parts.len() > 1,
            parts,
            unknown: unknown.unwrap_or(0),
            overtakes: head.to_vec(),
        }))
    }

    /// Leaves behind what is settled already, or, where a post was to be `repeated`, gone.
    async fn pass(
        &self,
        visit: &mut Visit<'_>,
        settled: &[Candidate],
        known: &Known,
        repeated: Option<u32>,
        unknown: Option<u32>,
    ) -> Result<(), Fault> {
        if unknown > Some(0) {
            self.mark_as_doubled(visit, settled, known).await?;
        }
        if repeated.is_some() {
            visit.lane.withdraw();
            visit.has_news = true;
        }
        self.move_behind(visit, settled).await
    }

    /// What the ledger knows of deliveries, where it may know something.
    async fn rows(&self, visit: &Visit<'_>, candidates: &[Candidate]) -> Result<Known, Fault> {
        let tried = visit.lane.tried.as_ref();
        let is_new = |it: &Candidate| it.position.is_some() && it.position.as_ref() > tried;
        if visit.lane.trouble.is_none()
            && visit.lane.open.is_none()
            && candidates.iter().all(is_new)
        {
            return Ok(Known::new());
        }
        self.known(visit.id, &ids(candidates)).await
    }

    /// Somebody who was slow, or has died since, has written an outcome down after all: the post is
    /// not repeated. The message may be there twice.
    async fn mark_as_doubled(
        &self,
        visit: &Visit<'_>,
        settled: &[Candidate],
        known: &Known,
    ) -> Result<(), Fault> {
        let rows = settled
            .iter()
            .filter_map(|it| known.get(&it.waiting.delivery_id));
        let rows: Vec<Delivery> = rows
            .filter(|row| row.status == DeliveryStatus::Delivered && !row.possible_duplicate)
            .map(|row| Delivery {
                possible_duplicate: true,
                post: visit.row.version,
                ..row.clone()
            })
            .collect();
        let written = self.write_once(rows).await;
        Ok(written.map_err(|(_, error)| error)?)
    }

    /// The events of candidates, as far as they are still there; for a summary only what that says
    /// of them.
    async fn events_for(
        &self,
        visit: &mut Visit<'_>,
        candidates: &[Candidate],
        is_summary: bool,
    ) -> Result<HashMap<EventId, Event>, Fault> {
        let mut events = std::mem::take(&mut visit.events);
        for candidates in candidates.chunks(AT_ONCE) {
            let ids = candidates.iter().map(|it| &it.waiting.event_id);
            let missing: Vec<EventId> =
                ids.filter(|id| !events.contains_key(id)).cloned().collect();
            if !missing.is_empty() {
                let read = self.stores.events.get_many(visit.organization, &missing);
                events.extend(read.await?);
            }
            if is_summary {
                events.values_mut().for_each(slim);
            }
        }
        Ok(events)
    }
}

/// Leaves of an event what a summary says of it.
fn slim(event: &mut Event) {
    event.message = None;
    event.changes = Vec::new();
    event.details = BTreeMap::new();
}

/// Whether an event may share a message with others.
fn joins(webhook: &Webhook, event: &Event) -> bool {
    let configuration = &webhook.configuration;
    configuration.digest == Digest::Auto
        // What belongs into a thread, or takes another message's place, stands alone.
        && (configuration.grouping == Grouping::None || event.correlation_id.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{EventType, sample};

    #[test]
    fn who_wants_no_digest_or_groups_by_operation_gets_single_messages() {
        let mut webhook = sample::webhook(1, &["*"]);
        let mut event = sample::event(EventType::Deploy);
        event.correlation_id = Some("release-42".into());
        assert!(joins(&webhook, &event));
        webhook.configuration.grouping = Grouping::Thread;
        assert!(!joins(&webhook, &event));
        event.correlation_id = None;
        assert!(joins(&webhook, &event));
        webhook.configuration.digest = Digest::Off;
        assert!(!joins(&webhook, &event));
    }
}
