//! Composing: which deliveries the next message carries.

use std::collections::BTreeMap;

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
        let (mut candidates, is_summary) = match self.choose(visit, head).await? {
            Chosen::These(candidates, is_summary) => (candidates, is_summary),
            Chosen::Nothing(until) => return Ok(Composed::Nothing(until)),
        };
        let repeated = visit.lane.open.as_ref().filter(|_| head.is_empty());
        let overtaken = candidates
            .first()
            .and_then(|it| it.redo.as_ref()?.overtaken.as_ref());
        let repeated = repeated.map(|open| open.unknown);
        let unknown = repeated.or(overtaken.map(|it| it.unknown));
        // They belong together, whatever each of them is.
        let is_whole = unknown.is_some() || is_summary;
        let unknown = unknown.unwrap_or(0);
        if unknown > 0 {
            visit.doubtful.extend(ids(&candidates));
        }
        let known = self.rows(visit, &candidates).await?;
        if !head.is_empty() {
            // The head is still to be sent: nothing behind it moves the lane.
            candidates.retain(|it| !is_settled(&known, it));
            candidates.truncate(1);
            if candidates.is_empty() {
                return Ok(Composed::Nothing(None));
            }
        }
        let settled = candidates
            .iter()
            .take_while(|it| is_settled(&known, it))
            .count();
        if settled > 0 || candidates.is_empty() {
            if unknown > 0 {
                self.mark_as_doubled(visit, &candidates[..settled], &known)
                    .await?;
            }
            // Left behind as it is.
            if repeated.is_some() {
                visit.lane.withdraw();
                visit.has_news = true;
            }
            self.move_behind(visit, &candidates[..settled]).await?;
            return Ok(Composed::Again);
        }
        let unsettled = candidates.into_iter();
        let mut candidates: Vec<Candidate> =
            unsettled.take_while(|it| !is_settled(&known, it)).collect();
        for candidates in candidates.chunks(AT_ONCE) {
            self.read_events(visit, candidates).await?;
            if is_summary {
                visit.events.values_mut().for_each(slim);
            }
        }
        let is_there = |it: &Candidate| visit.events.contains_key(&it.waiting.event_id);
        if let Some(first) = candidates.first()
            && !is_there(first)
        {
            if !head.is_empty() {
                return Ok(Composed::Nothing(None));
            }
            let gone = candidates.drain(..1).collect();
            let reason = "the event is past its retention";
            if is_summary {
                visit.events.clear();
            }
            self.dispose(visit, &to.channel, gone, |row, now| {
                row.skipped(reason, now)
            })
            .await?;
            return Ok(Composed::Again);
        }
        let kind = self.poster.kinds().get(&to.webhook.kind);
        let can_join = kind.is_some_and(|kind| kind.joins(&to.webhook.configuration));
        let joins = |event: &Event| can_join && joins(&to.webhook, event);
        let mut parts: Vec<Part> = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let event_id = &candidate.waiting.event_id;
            let is_joining = visit.events.get(event_id).is_some_and(joins);
            let is_first = parts.is_empty();
            let first_joins = parts.first().is_none_or(|part| joins(&part.event));
            let is_together = is_first || is_whole || is_joining && first_joins;
            if !is_together {
                break;
            }
            let Some(event) = visit.events.get(event_id).cloned() else {
                break;
            };
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
        let log = parts.first().map_or(Log::Main, |part| part.candidate.log());
        for part in &parts {
            visit.events.remove(&part.candidate.waiting.event_id);
        }
        if is_summary {
            // What a summary leaves of them is not enough for a message of their own.
            visit.events.clear();
            if let [only] = parts.as_mut_slice() {
                let candidate = std::slice::from_ref(&only.candidate);
                self.read_events(visit, candidate).await?;
                let event = visit.events.remove(&only.candidate.waiting.event_id);
                only.event = event.ok_or(Fault::Lost)?;
            }
        }
        Ok(Composed::Message(Message {
            log,
            is_summary: is_summary && parts.len() > 1,
            parts,
            unknown,
            overtakes: head.to_vec(),
        }))
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

    async fn read_events(
        &self,
        visit: &mut Visit<'_>,
        candidates: &[Candidate],
    ) -> Result<(), Fault> {
        let missing: Vec<EventId> = candidates
            .iter()
            .map(|candidate| &candidate.waiting.event_id)
            .filter(|id| !visit.events.contains_key(id))
            .cloned()
            .collect();
        if !missing.is_empty() {
            let read = self.stores.events.get_many(visit.organization, &missing);
            visit.events.extend(read.await?);
        }
        Ok(())
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
