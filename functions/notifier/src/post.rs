//! Posting: one message, to where it belongs.

use std::time::{Duration, Instant};

use carillon_chat::{Place, Post, Remedy, Reply, Summary, Without, grouped};
use carillon_delivery::{By, NotPosted, used_up};
use carillon_domain::delivery::POST_TIMEOUT;
use carillon_domain::ids::stable_uuid;
use carillon_domain::{Attempt, Event, Outcome};
use jiff::Timestamp;

use crate::Notifier;
use crate::compose::Message;
use crate::grouping::Joined;
use crate::pace::LONGEST_NAP;
use crate::verdict::{Answer, NOT_POSTED};
use crate::visit::Fault;
use crate::webhooks::Destination;

impl Notifier {
    /// Posts a message; also where its thread, or the message that it would change, is gone.
    pub(crate) async fn post(
        &self,
        message: &mut Message,
        to: &Destination<'_>,
        joined: Option<&Joined>,
    ) -> Result<Answer, Fault> {
        let mut place = joined.map_or(Place::Channel, Joined::place);
        let started = Instant::now();
        let said = match (to.webhooks.dead_credential(&to.webhook), joined) {
            (None, Some(joined)) => self.end_story(message, to, joined).await?,
            (said, _) => said,
        };
        let has_to_wait = said.is_some();
        let mut begun = self.clock.now();
        let left = || POST_TIMEOUT.saturating_sub(started.elapsed());
        let mut reply = match said {
            Some(said) => said,
            None => self.send(message, to, &place, begun, left()).await?,
        };
        if place != Place::Channel && !has_to_wait && may_be_the_place(&reply) {
            // The message that it belonged to is gone, or its channel: this one begins anew.
            note(message, &reply, begun);
            let rest = reply.pause_after.unwrap_or_default();
            if rest > LONGEST_NAP {
                reply = used_up(rest);
            } else {
                self.clock.sleep(rest).await;
                begun = self.clock.now();
                place = Place::Channel;
                reply = self.send(message, to, &place, begun, left()).await?;
            }
        }
        if matches!(place, Place::Thread(_)) && self.stands_alone(&reply) {
            place = Place::Channel;
        }
        if let Some(joined) = joined {
            self.remember(joined, &place, &reply).await;
        }
        Ok(Answer {
            reply,
            begun,
            is_suspended: false,
        })
    }

    async fn send(
        &self,
        message: &mut Message,
        to: &Destination<'_>,
        place: &Place,
        begun: Timestamp,
        within: Duration,
    ) -> Result<Reply, NotPosted> {
        let started = Instant::now();
        let Destination {
            webhook, channel, ..
        } = to;
        // Two posts or more may have left it behind: first something that posts nothing.
        if message.unknown >= 2 && !self.poster.is_answered(webhook).await? {
            return Ok(unanswered());
        }
        let post_id = post_id(message);
        let mut events: Vec<&Event> = message.parts.iter().map(|part| &part.event).collect();
        let summary = message.is_summary.then(|| Summary::of(&events)).flatten();
        if let Some(summary) = &summary {
            events = vec![&summary.event];
        }
        let post = Post {
            webhook,
            channel,
            events: &events,
            post_id: &post_id,
            place,
            without: Without::default(),
            headline: summary.as_ref().map(|it| it.headline.as_str()),
        };
        let within = within.saturating_sub(started.elapsed());
        let posted = self.poster.send(&post, within).await?;
        for earlier in &posted.earlier {
            note(message, earlier, begun);
        }
        if summary.is_some() {
            let others = message.parts.len() - 1;
            for part in &mut message.parts {
                part.note = Some(format!(
                    "Summed up in one message with {} others.",
                    grouped(others)
                ));
            }
        } else {
            for (part, form) in message.parts.iter_mut().zip(posted.standard_forms) {
                part.note = form;
            }
        }
        let pause = self
            .pace
            .posted(webhook, channel, begun, &posted.reply)
            .await;
        match (posted.by, posted.reply.outcome) {
            (By::Current, Outcome::Delivered) if webhook.fallback.is_some() => {
                self.end_rotation(webhook).await;
            }
            (By::Fallback, Outcome::Delivered) => {
                let webhook_id = webhook.id.as_str();
                tracing::warn!(webhook_id, "posted with the credential before the rotation");
            }
            _ => {}
        }
        Ok(Reply {
            retry_after: posted.reply.retry_after.into_iter().chain(pause).max(),
            ..posted.reply
        })
    }
}

/// By what a platform can tell repeats of a message.
fn post_id(message: &Message) -> String {
    match message.parts.as_slice() {
        [one] => one.row.id.post_id(one.candidate.waiting.redelivery),
        several => {
            let keys: Vec<String> = several
                .iter()
                .map(|part| part.candidate.waiting.key())
                .collect();
            stable_uuid(&keys.iter().map(String::as_str).collect::<Vec<_>>())
        }
    }
}

/// Writes down an attempt that another one follows at once.
fn note(message: &mut Message, reply: &Reply, begun: Timestamp) {
    for part in &mut message.parts {
        part.row.note(Attempt {
            is_followed: true,
            ..reply.attempt(begun)
        });
    }
}

/// The platform was not posted to: it does not even answer what posts nothing.
fn unanswered() -> Reply {
    Reply::new(Outcome::Unavailable).code(NOT_POSTED).hint(
        "Earlier posts may have arrived, and the platform does not answer a question that \
             posts nothing. So as not to make more copies, this attempt posted nothing.",
    )
}

/// Whether it may be the thread, or the message to change, that the platform refuses. Those
/// stand in the channel of their time.
fn may_be_the_place(reply: &Reply) -> bool {
    reply.remedy == Some(Remedy::Place) || reply.outcome == Outcome::DestinationDead
}
