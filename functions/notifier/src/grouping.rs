//! Threads and edits: joining the messages of one operation.

use std::sync::atomic::Ordering;

use carillon_aws::{Error, Operation};
use carillon_chat::{Place, Reply};
use carillon_domain::webhook::Grouping;
use carillon_domain::{Conversation, Delivery, DeliveryStatus, Event, Outcome};
use jiff::Timestamp;

use crate::Notifier;
use crate::compose::{Message, Part};
use crate::webhooks::Destination;

/// A message that belongs to others.
pub(crate) struct Joined {
    grouping: Grouping,
    operation: Operation,
    event: Event,
    /// Which order to deliver it is.
    by: String,
    /// What there is of the operation already.
    read: Option<Conversation>,
}

impl Joined {
    /// What an earlier attempt, which died before its end was written down, has left.
    fn posted_before(&self) -> Option<&Conversation> {
        self.read.as_ref().filter(|read| read.by == self.by)
    }

    /// Whether the delivery needs no post: it was posted before, or what it tells is past.
    pub fn is_needless(&self) -> bool {
        let is_past = |read: &Conversation| read.is_past(&self.event);
        self.posted_before().is_some()
            || self.grouping == Grouping::Update && self.read.as_ref().is_some_and(is_past)
    }

    /// How the delivery ends that needs no post, after so many posts of unknown outcome: of more
    /// than one, each may have arrived.
    pub fn without_post(&self, unknown: u32, mut row: Delivery, now: Timestamp) -> Delivery {
        row.possible_duplicate |= unknown > 1;
        let Some(read) = self.posted_before() else {
            let reason = "the message shows already how the operation ended";
            return row.skipped(reason, now).superseded();
        };
        let hint = "An earlier attempt has posted it; its end was not written down.";
        let attempt = Reply::new(Outcome::Delivered).hint(hint).attempt(now);
        let row = row.tried(attempt, Some(read.message.clone()));
        row.ended(DeliveryStatus::Delivered, None, now)
    }

    /// The thread whose operation ends with this event, where its first message does not show
    /// that yet.
    pub fn ending(&self) -> Option<&Conversation> {
        let read = self.read.as_ref()?;
        let ends = self.grouping == Grouping::Thread && read.is_ended_by(&self.event);
        ends.then_some(read)
    }

    pub fn place(&self) -> Place {
        match (&self.read, self.grouping) {
            (None, _) | (_, Grouping::None) => Place::Channel,
            (Some(read), Grouping::Thread) => Place::Thread(read.message.clone()),
            (Some(read), Grouping::Update) => Place::Edit(read.message.clone()),
        }
    }
}

impl Notifier {
    /// What a message is to be joined with; none where it stands alone.
    pub(crate) async fn joined(
        &self,
        message: &Message,
        to: &Destination<'_>,
    ) -> Result<Option<Joined>, Error> {
        let grouping = to.webhook.configuration.grouping;
        let ([part], false) = (message.parts.as_slice(), grouping == Grouping::None) else {
            return Ok(None);
        };
        let Part {
            candidate, event, ..
        } = part;
        let Some(correlation_id) = &event.correlation_id else {
            return Ok(None);
        };
        let operation = Operation::of(&to.webhook.id, &to.channel, correlation_id);
        let read = self.stores.ledger.conversation(&operation).await?;
        Ok(Some(Joined {
            grouping,
            operation,
            event: event.clone(),
            by: candidate.waiting.key(),
            read,
        }))
    }

    /// Whether a reply has become a message of its own. Slack takes one whose first message is
    /// gone, and shows it without a thread (slack-go/slack#1571). That tells something only
    /// where threads are shown at all.
    pub(crate) fn stands_alone(&self, reply: &Reply) -> bool {
        let shown = reply.in_thread == Some(true);
        let are_shown = self.threads_are_shown.fetch_or(shown, Ordering::Relaxed);
        are_shown && reply.in_thread == Some(false)
    }

    /// Remembers the message that was posted there for what follows. Where that fails, what
    /// follows begins anew.
    pub(crate) async fn remember(&self, joined: &Joined, place: &Place, reply: &Reply) {
        let Some(message) = &reply.message else {
            return;
        };
        // A thread goes on under its first message, unless that is gone.
        let stays = matches!(place, Place::Thread(_));
        if reply.outcome != Outcome::Delivered || stays {
            return;
        }
        let new = Conversation::showing(&joined.event, message.clone(), joined.by.clone());
        self.remember_as("a message", joined, &new).await;
    }

    /// Remembers this in the place of what was read; a failure is only logged.
    pub(crate) async fn remember_as(&self, what: &str, joined: &Joined, new: &Conversation) {
        let (ledger, read) = (&self.stores.ledger, joined.read.as_ref());
        if let Err(error) = ledger.remember(&joined.operation, read, new).await {
            let webhook_id = joined.operation.webhook.as_str();
            tracing::error!(webhook_id, %error, what, "not remembered of a thread");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::delivery::MessageRef;
    use carillon_domain::lane::Waiting;
    use carillon_domain::{DeliveryId, EventType, LaneId, sample};

    #[test]
    fn what_is_found_to_be_posted_may_be_there_twice_after_two_posts_of_unknown_outcome() {
        let event = sample::event(EventType::Deploy);
        let now = event.received_at;
        let lane = LaneId::of(&sample::webhook(1, &["*"]).id, 1);
        let waiting = Waiting {
            delivery_id: DeliveryId::of(&event.organization, &event.id, now, &lane),
            event_id: event.id.clone(),
            event_type: event.event_type,
            traceparent: None,
            since: now,
            redelivery: 0,
        };
        let row = Delivery::new(&event.organization, &lane, "infra", &waiting).unwrap();
        let message = MessageRef {
            id: Some("1732184100.000100".into()),
            channel_id: None,
        };
        let joined = Joined {
            grouping: Grouping::Thread,
            operation: Operation::of(&row.webhook_id, "infra", "release-42"),
            by: waiting.key(),
            read: Some(Conversation::showing(&event, message, waiting.key())),
            event,
        };
        let ended = |unknown| joined.without_post(unknown, row.clone(), now);
        assert_eq!(ended(1).status, DeliveryStatus::Delivered);
        assert!(!ended(1).possible_duplicate);
        assert!(ended(2).possible_duplicate);
    }
}
