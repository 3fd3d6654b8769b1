//! The end of a story: the first message of its thread shows how it ended, so that the channel
//! tells the truth to whoever does not open the thread.
//!
//! It is edited before the reply is posted: an edit may be made again after a crash, a reply may
//! not. An edit that fails for a reason that may pass holds the reply back, though not for long.

use std::time::Duration;

use carillon_chat::{Place, Post, Reply, Without};
use carillon_delivery::used_up;
use carillon_domain::Outcome;

use crate::Notifier;
use crate::compose::Message;
use crate::grouping::Joined;
use crate::pace::LONGEST_NAP;
use crate::visit::Fault;
use crate::webhooks::Destination;

/// How long an edit may take: the reply has to be posted within the same lease.
const WITHIN: Duration = Duration::from_secs(8);
/// How often an edit may hold its reply back.
const MOST_HOLDS: usize = 3;

impl Notifier {
    /// Edits the first message of a thread that ends. Gives the answer that the reply has to wait
    /// for, if it has to.
    pub(crate) async fn end_story(
        &self,
        message: &Message,
        to: &Destination<'_>,
        joined: &Joined,
    ) -> Result<Option<Reply>, Fault> {
        let (Some(read), [part]) = (joined.ending(), message.parts.as_slice()) else {
            return Ok(None);
        };
        let end = &part.event;
        // Other operations of the same thread say nothing of how this one ended.
        let Some(id) = &read.event_id else {
            return Ok(None);
        };
        let Destination {
            webhook, channel, ..
        } = to;
        let first = self.stores.events.get(&webhook.organization, id).await?;
        let Some(first) = first.filter(|first| first.is_of_same_operation(end)) else {
            return Ok(None);
        };
        let event = first.ended_by(end);
        let begun = self.clock.now();
        let post = Post {
            webhook,
            channel,
            events: &[&event],
            post_id: &part.row.id.post_id(0),
            place: &Place::Edit(read.message.clone()),
            without: Without::default(),
            headline: None,
        };
        let posted = self.poster.send(&post, WITHIN).await?;
        self.pace
            .posted(webhook, channel, begun, &posted.reply)
            .await;
        let reply = posted.reply;
        match reply.outcome {
            Outcome::Delivered => {
                // Where it is not remembered, the message is edited once more.
                self.remember_as("its end", joined, &read.ended(end)).await;
                let rest = reply.pause_after.unwrap_or_default();
                if rest > LONGEST_NAP {
                    return Ok(Some(used_up(rest)));
                }
                self.clock.sleep(rest).await;
                Ok(None)
            }
            // Whether it was edited or not, it may be again: nothing was posted.
            outcome if outcome.is_passing() && part.row.attempts.len() < MOST_HOLDS => {
                let said = reply.hint.clone().unwrap_or_default();
                let outcome = match outcome {
                    Outcome::Unknown => Outcome::Unavailable,
                    outcome => outcome,
                };
                let hint = format!("The first message of the thread is changed first. {said}");
                Ok(Some(Reply { outcome, ..reply }.hint(hint)))
            }
            // Where the message, or the credential, is gone, the reply will tell.
            _ => {
                let webhook_id = webhook.id.as_str();
                let code = reply.code.as_deref();
                tracing::warn!(webhook_id, code, "a thread's first message stays as it is");
                Ok(None)
            }
        }
    }
}
