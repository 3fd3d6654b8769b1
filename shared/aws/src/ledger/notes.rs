//! What posters leave for each other beside the deliveries: the messages that begin
//! threads or are edited, and the pauses of whole platforms.
//!
//! They stand in the deliveries table, under keys that no webhook has.

use carillon_domain::ids::stable_uuid;
use carillon_domain::pause::PlatformPause;
use carillon_domain::{Conversation, WebhookId};
use jiff::Timestamp;

use super::Ledger;
use crate::Error;
use crate::table::{Item, delivery_key, from_item, is_made, number, put_or_find, row, text};

const CONVERSATION: &str = "a conversation";
const PAUSE: &str = "a pause";
const READING: &str = "reading a note";

/// The events of one correlation id in one channel of a webhook.
#[derive(Debug)]
pub struct Operation {
    pub webhook: WebhookId,
    id: String,
}

impl Operation {
    pub fn of(webhook: &WebhookId, channel: &str, correlation_id: &str) -> Self {
        let (webhook, id) = (webhook.clone(), stable_uuid(&[channel, correlation_id]));
        Self { webhook, id }
    }

    fn key(&self) -> Item {
        delivery_key(format!("CONVERSATION#{}", self.webhook), &self.id)
    }
}

fn pause_key(platform: &str) -> Item {
    delivery_key("PAUSE", platform)
}

impl Ledger {
    /// The messages that the events of one correlation id have in a channel, if any.
    pub async fn conversation(&self, of: &Operation) -> Result<Option<Conversation>, Error> {
        self.table.read(READING, CONVERSATION, of.key()).await
    }

    /// Remembers a conversation, in the place of the one that was read. The first that is
    /// remembered stays: nothing happens where it is another by now.
    pub async fn remember(
        &self,
        of: &Operation,
        read: Option<&Conversation>,
        new: &Conversation,
    ) -> Result<(), Error> {
        let mut item = row(CONVERSATION, of.key(), new)?;
        let from = new.occurred_at.max(Timestamp::now());
        self.retention.expire(&mut item, from);
        let put = self.table.put(item);
        let put = match read {
            None => put.condition_expression("attribute_not_exists(id)"),
            Some(read) => put
                .condition_expression("#by = :read")
                .expression_attribute_names("#by", "by")
                .expression_attribute_values(":read", text(&read.by)),
        };
        is_made("writing a note", put.send().await)?;
        Ok(())
    }

    /// Until when nothing is to be posted to a platform, which is called as the `type` of its
    /// webhooks.
    pub async fn platform_pause(&self, platform: &str) -> Result<Option<PlatformPause>, Error> {
        self.table.read(READING, PAUSE, pause_key(platform)).await
    }

    /// Tells every poster to leave a platform alone. Where somebody has told of a longer
    /// pause, that one stays; gives the one that counts.
    pub async fn pause_platform(
        &self,
        platform: &str,
        pause: PlatformPause,
    ) -> Result<PlatformPause, Error> {
        const UNTIL: &str = "until_ms";
        let until = number(pause.until.as_millisecond());
        let mut item = row(PAUSE, pause_key(platform), &pause)?;
        // As a number, because times as texts do not compare.
        item.insert(UNTIL.into(), until.clone());
        self.retention.expire(&mut item, pause.until);
        let put = self
            .table
            .put(item)
            .condition_expression("attribute_not_exists(#until) OR #until <= :new")
            .expression_attribute_names("#until", UNTIL)
            .expression_attribute_values(":new", until);
        match put_or_find("writing a pause", put).await? {
            None => Ok(pause),
            Some(longer) => from_item(PAUSE, longer),
        }
    }
}
