//! What the platforms ask of the sink and tell it.

use std::sync::Arc;

use carillon_chat::Kinds;
use serde_json::Value;

use super::ChatSink;
use super::destination::Place;
use super::failures::Failure;
use super::pace::{Count, Evenly, Window};
use super::plan;
use super::standing::Standing;
use super::store::{Ids, Message};

impl ChatSink {
    pub(super) fn kinds(&self) -> &Kinds {
        &self.shared.kinds
    }

    /// Keeps a message, and counts it.
    pub(super) fn add(
        &self,
        place: &Place,
        message: Message,
        id: impl FnOnce(&mut Ids) -> String,
    ) -> Arc<Message> {
        let now = self.now();
        self.held().destinations.taken(place);
        self.change(|store| store.add(place, message, id, now))
    }

    pub(super) fn edit(
        &self,
        place: &Place,
        message: &Message,
        open_mentions: Vec<String>,
        payload: Value,
    ) {
        let now = self.now();
        self.held().destinations.taken(place);
        self.change(|store| store.edit(message.number, payload, open_mentions, now));
    }

    pub(super) fn find(&self, platform: &str, channel_id: &str, id: &str) -> Option<Arc<Message>> {
        self.held().store.find(platform, channel_id, id)
    }

    /// The name of the channel that a webhook posts to.
    pub(super) fn webhook_channel(&self, webhook: &str) -> String {
        let held = self.held();
        let named = held.names.get(webhook);
        named
            .cloned()
            .unwrap_or_else(|| format!("webhook-{webhook}"))
    }

    /// The name by which a channel's id was first seen, or the id.
    pub(super) fn channel_name(&self, channel_id: &str) -> String {
        let held = self.held();
        let mut messages = held.store.messages();
        messages
            .find(|message| message.channel_id == channel_id)
            .map_or_else(|| channel_id.to_owned(), |message| message.channel.clone())
    }

    pub(super) fn fingerprint(&self, credential: &str) -> u64 {
        self.held().destinations.fingerprint(credential)
    }

    /// How a place stands for a post or an edit that has just come.
    pub(super) fn called(&self, place: &Place) -> Standing {
        self.held().destinations.called(place)
    }

    /// The failure on order for a post to this place, if any.
    pub(super) fn planned(&self, place: &Place) -> Option<Failure> {
        let failure = plan::take(&mut self.held().plans, place.kind, &place.names());
        if let Some(Failure::RateLimited(_) | Failure::RateLimitedWithoutBody(_)) = failure {
            self.held().destinations.rate_limited(place);
        }
        failure
    }

    /// Counts a call of what the key stands for, where limits are kept.
    pub(super) fn counted(&self, place: &Place, key: &str, window: Window) -> Option<Count> {
        let now = self.now();
        let mut held = self.held();
        let limits = held.behaviour.rate_limits;
        let count = limits.then(|| held.paces.window(key, window, now))?;
        if count.exceeded {
            held.destinations.rate_limited(place);
        }
        Some(count)
    }

    /// Holds a call of what the key stands for to a pace, where limits are kept.
    pub(super) fn paced(&self, place: &Place, key: &str, pace: Evenly) -> Result<(), Failure> {
        let now = self.now();
        let mut held = self.held();
        let limits = held.behaviour.rate_limits;
        match limits.then(|| held.paces.evenly(key, pace, now)).flatten() {
            None => Ok(()),
            Some(wait) => {
                held.destinations.rate_limited(place);
                Err(Failure::RateLimited(wait.as_secs_f64()))
            }
        }
    }
}
