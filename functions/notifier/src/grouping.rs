//! Threads and edits: joining the messages of one operation.

use std::sync::atomic::Ordering;
use std::time::Duration;

use carillon_aws::Error;
use carillon_chat::{Place, Reply};
use carillon_domain::delivery::Ending;
use carillon_domain::webhook::Grouping;
use carillon_domain::{Attempt, Conversation, Event, Outcome, Webhook};

use crate::Notifier;
use crate::claims::Taken;
use crate::serve::Step;

/// A message that belongs to others.
pub(crate) struct Joined {
    grouping: Grouping,
    correlation_id: String,
    event: Event,
    /// Which order to deliver it is.
    by: String,
    /// What there is of the operation already.
    read: Option<Conversation>,
}

impl Joined {
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
        taken: &[Taken<'_>],
        webhook: &Webhook,
        channel: &str,
    ) -> Result<Option<Joined>, Error> {
        let grouping = webhook.configuration.grouping;
        let [Taken { order, .. }] = taken else {
            return Ok(None);
        };
        let Some(correlation_id) = &order.event.correlation_id else {
            return Ok(None);
        };
        if grouping == Grouping::None {
            return Ok(None);
        }
        let read = self
            .stores
            .ledger
            .conversation(&webhook.id, channel, correlation_id)
            .await?;
        Ok(Some(Joined {
            grouping,
            correlation_id: correlation_id.clone(),
            event: order.event.clone(),
            by: order.deduplication_id(),
            read,
        }))
    }

    /// Closes a delivery that needs no post: an earlier attempt of it, which died before it
    /// was closed, has left its message behind; or what it tells is past.
    pub(crate) async fn known_already(
        &self,
        joined: &Joined,
        taken: &[Taken<'_>],
    ) -> Result<Option<Step>, Error> {
        let (Some(read), [Taken { claimed, order, .. }]) = (&joined.read, taken) else {
            return Ok(None);
        };
        let now = self.clock.now();
        let closed = if read.by == joined.by {
            let attempt = Attempt {
                at: now,
                outcome: Outcome::Delivered,
                http_status: None,
                code: None,
                hint: Some(
                    "An earlier attempt has posted it; its end was not written down.".into(),
                ),
                duration_ms: 0,
                retry_after_ms: None,
                is_followed: false,
            };
            let ending = Ending {
                now,
                random: 0.0,
                asked: None,
                suspended: false,
                last_call: None,
            };
            let message = Some(read.message.clone());
            claimed.clone().closed(attempt, message, &ending).0
        } else if joined.grouping == Grouping::Update && read.is_past(&joined.event) {
            let reason = "the message shows already how the operation ended";
            let released = claimed.clone().released();
            released.skipped(order.generation, now, reason).superseded()
        } else {
            return Ok(None);
        };
        let ours = self.outcomes.write(claimed, &closed).await?;
        Ok(Some(match ours {
            true => Step::Done(1),
            false => Step::Wait(Duration::ZERO),
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
    pub(crate) async fn remember(
        &self,
        joined: &Joined,
        place: &Place,
        reply: &Reply,
        webhook: &Webhook,
        channel: &str,
    ) {
        let Some(message) = &reply.message else {
            return;
        };
        // A thread goes on under its first message, unless that is gone.
        let stays = matches!(place, Place::Thread(_));
        if reply.outcome != Outcome::Delivered || stays {
            return;
        }
        let new = Conversation::showing(&joined.event, message.clone(), joined.by.clone());
        let remembered = self
            .stores
            .ledger
            .remember(
                &webhook.id,
                channel,
                &joined.correlation_id,
                joined.read.as_ref(),
                &new,
            )
            .await;
        if let Err(error) = remembered {
            let webhook_id = webhook.id.as_str();
            tracing::error!(webhook_id, %error, "a thread could not be remembered");
        }
    }
}
