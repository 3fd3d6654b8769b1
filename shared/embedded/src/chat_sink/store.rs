//! What the sink keeps: the messages, in the order they came, and who is to be told.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::destination::Place;

/// The most messages kept; older ones make room.
pub const MAX_MESSAGES: usize = 10_000;

/// The most that all kept payloads may weigh together, in bytes of JSON.
const MAX_WEIGHT: usize = 32 * 1024 * 1024;

/// A message as a channel would hold it. It never holds a credential.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Message {
    /// Counts the messages from 1; never used twice.
    pub number: u64,
    /// Grows with every message and every edit, over all of them.
    pub revision: u64,
    pub received_at: Timestamp,
    /// The `type` of the webhooks that are posted to there.
    pub platform: &'static str,
    /// The host that the request was meant for, such as `hooks.slack.com`.
    pub host: String,
    /// The channel as people call it, without `#`.
    pub channel: String,
    pub channel_id: String,
    /// The name it was posted under, where the sender may choose one.
    pub sender: Option<String>,
    /// The platform's own id of the message: Slack's `ts`, Discord's snowflake, the id of the run
    /// of a Teams workflow, `webhook-id`.
    pub id: String,
    /// The thread it is in: Slack's `thread_ts`, Discord's `thread_id`, or the thread that
    /// it began in a forum.
    pub thread: Option<String>,
    /// What the forum's thread is called that it began.
    pub thread_name: Option<String>,
    pub edited: bool,
    pub edited_at: Option<Timestamp>,
    /// Whom this message could ping: for Slack by the mentions in it, for Discord by what
    /// `allowed_mentions` leaves open (`users` where it is absent).
    pub open_mentions: Vec<String>,
    /// Why the platform took it and yet shows nothing: only Teams does so.
    pub not_shown: Vec<String>,
    /// Whether the signature was found to be right; none where nothing is signed.
    pub verified: Option<bool>,
    /// What was posted, as it was posted.
    pub payload: Value,
}

/// Makes ids that grow, whatever the clock does.
#[derive(Debug)]
pub(super) struct Ids {
    now: Timestamp,
    last_microsecond: i64,
    last_snowflake: u64,
}

impl Ids {
    /// Slack's `ts`.
    pub fn timestamp(&mut self) -> String {
        self.last_microsecond = self.now.as_microsecond().max(self.last_microsecond + 1);
        format!(
            "{}.{:06}",
            self.last_microsecond / 1_000_000,
            self.last_microsecond % 1_000_000
        )
    }

    /// Discord's id.
    pub fn snowflake(&mut self) -> String {
        self.next().to_string()
    }

    pub fn next(&mut self) -> u64 {
        self.last_snowflake = snowflake(self.now).max(self.last_snowflake + 1);
        self.last_snowflake
    }
}

/// What changed since a revision.
#[derive(Debug)]
pub(crate) struct Changes {
    /// Up to which revision this is.
    pub revision: u64,
    /// Everything from before was forgotten.
    pub cleared: bool,
    /// The numbers of messages that were removed one by one.
    pub removed: Vec<u64>,
    /// New and edited messages, the oldest change first.
    pub messages: Vec<Arc<Message>>,
}

#[derive(Debug)]
pub(super) struct Store {
    messages: VecDeque<(Arc<Message>, usize)>,
    /// The most messages kept.
    most: usize,
    weight: usize,
    last_number: u64,
    revision: u64,
    /// Messages that were removed one by one, by the revision.
    removed: VecDeque<(u64, u64)>,
    /// The revision at which everything before was forgotten.
    cleared_at: u64,
    ids: Ids,
}

impl Store {
    /// Revisions begin at the time, so that a reader who knew an earlier run of the
    /// sink is behind this one, and not ahead of it.
    pub fn new(now: Timestamp) -> Self {
        let revision = u64::try_from(now.as_microsecond()).unwrap_or_default();
        Self {
            messages: VecDeque::new(),
            most: MAX_MESSAGES,
            weight: 0,
            last_number: 0,
            revision,
            removed: VecDeque::new(),
            cleared_at: revision,
            ids: Ids {
                now,
                last_microsecond: 0,
                last_snowflake: 0,
            },
        }
    }

    pub fn revision(&self) -> u64 {
        self.revision
    }

    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Arc<Message>> {
        self.messages.iter().map(|(message, _)| message)
    }

    /// Keeps a message, of which only the sender's part is filled in; it may have an id.
    pub fn add(
        &mut self,
        place: &Place,
        mut message: Message,
        id: impl FnOnce(&mut Ids) -> String,
        now: Timestamp,
    ) -> Arc<Message> {
        self.ids.now = now;
        if message.id.is_empty() {
            message.id = id(&mut self.ids);
        }
        if message.thread_name.is_some() {
            // The first message of a forum's thread has the thread's id.
            message.thread = Some(message.id.clone());
        }
        self.last_number += 1;
        self.revision += 1;
        let message = Arc::new(Message {
            number: self.last_number,
            revision: self.revision,
            received_at: now,
            platform: place.kind.platform,
            channel: place.channel.clone(),
            channel_id: place.channel_id.clone(),
            ..message
        });
        let weight = weigh(&message.payload);
        self.weight += weight;
        self.messages.push_back((Arc::clone(&message), weight));
        self.make_room();
        message
    }

    /// The message with this id in this channel.
    pub fn find(&self, platform: &str, channel_id: &str, id: &str) -> Option<Arc<Message>> {
        self.messages()
            .rev()
            .find(|m| m.platform == platform && m.channel_id == channel_id && m.id == id)
            .cloned()
    }

    /// Replaces what a message says. A message that had to make room meanwhile stays gone.
    pub fn edit(
        &mut self,
        number: u64,
        payload: Value,
        open_mentions: Vec<String>,
        now: Timestamp,
    ) {
        let mut messages = self.messages.iter_mut();
        let Some((message, weight)) = messages.find(|(message, _)| message.number == number) else {
            return;
        };
        self.revision += 1;
        let new_weight = weigh(&payload);
        self.weight = self.weight - *weight + new_weight;
        *weight = new_weight;
        let edited = Arc::make_mut(message);
        edited.payload = payload;
        edited.open_mentions = open_mentions;
        edited.edited = true;
        edited.edited_at = Some(now);
        edited.revision = self.revision;
        self.make_room();
    }

    /// Removes a message, as people do in a channel.
    pub fn remove(&mut self, number: u64) -> bool {
        let found = self.messages.iter().position(|(m, _)| m.number == number);
        let Some((_, weight)) = found.and_then(|index| self.messages.remove(index)) else {
            return false;
        };
        self.weight -= weight;
        self.revision += 1;
        self.removed.push_back((self.revision, number));
        if self.removed.len() > MAX_MESSAGES {
            self.removed.pop_front();
        }
        true
    }

    pub fn changes_since(&self, revision: u64) -> Changes {
        let changed = self.messages();
        let changed = changed.filter(|message| message.revision > revision);
        let mut messages: Vec<_> = changed.cloned().collect();
        messages.sort_by_key(|message| message.revision);
        let removed = self.removed.iter().filter(|(at, _)| *at > revision);
        Changes {
            revision: self.revision,
            cleared: revision < self.cleared_at,
            removed: removed.map(|(_, number)| *number).collect(),
            messages,
        }
    }

    pub fn keep(&mut self, most: usize) {
        self.most = most;
        self.make_room();
    }

    pub fn clear(&mut self) {
        self.messages.clear();
        self.weight = 0;
        self.revision += 1;
        self.cleared_at = self.revision;
    }

    fn make_room(&mut self) {
        while self.messages.len() > self.most
            || (self.weight > MAX_WEIGHT && self.messages.len() > 1)
        {
            if let Some((_, weight)) = self.messages.pop_front() {
                self.weight -= weight;
            }
        }
    }
}

/// Discord's id for something made at this time: milliseconds since 2015, then 22 bits.
fn snowflake(at: Timestamp) -> u64 {
    const DISCORD_EPOCH: i64 = 1_420_070_400_000;
    u64::try_from(at.as_millisecond() - DISCORD_EPOCH).unwrap_or_default() << 22
}

fn weigh(payload: &Value) -> usize {
    payload.to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat_sink::slack::BOT;
    use serde_json::json;

    fn place() -> Place {
        Place {
            kind: &BOT,
            channel: "deployments".into(),
            channel_id: "C0EXAMPLE".into(),
            webhook: None,
            credential: 0,
        }
    }

    fn add(store: &mut Store, payload: Value) -> Arc<Message> {
        let message = Message {
            payload,
            ..Message::default()
        };
        store.add(&place(), message, Ids::timestamp, noon())
    }

    fn noon() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn ids_grow_even_when_the_clock_stands_still_or_goes_back() {
        for make in [Ids::timestamp, Ids::snowflake] {
            let mut store = Store::new(noon());
            let earlier = "2026-11-21T11:00:00Z".parse().unwrap();
            let mut ids: Vec<String> = Vec::new();
            for now in [noon(), noon(), earlier] {
                let message = store.add(&place(), Message::default(), make, now);
                ids.push(message.id.clone());
            }
            assert!(ids[0] < ids[1] && ids[1] < ids[2], "{ids:?}");
        }
    }

    #[test]
    fn a_slack_ts_has_ten_and_six_digits() {
        let mut store = Store::new(noon());
        let message = add(&mut store, json!({}));
        assert_eq!(message.id, "1795262400.000000");
    }

    #[test]
    fn old_messages_make_room_by_number_and_by_weight() {
        let mut store = Store::new(noon());
        for _ in 0..MAX_MESSAGES + 5 {
            add(&mut store, json!({}));
        }
        assert_eq!(store.messages().count(), MAX_MESSAGES);
        let heavy = json!({"text": "x".repeat(MAX_WEIGHT)});
        add(&mut store, heavy);
        assert_eq!(store.messages().count(), 1);
    }

    #[test]
    fn numbers_go_on_after_clearing() {
        let mut store = Store::new(noon());
        add(&mut store, json!({}));
        store.clear();
        assert_eq!(store.messages().count(), 0);
        let next = add(&mut store, json!({}));
        assert_eq!(next.number, 2);
        assert!(next.revision > store.cleared_at);
    }
}
