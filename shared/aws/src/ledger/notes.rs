//! What is remembered beside the deliveries: the messages that begin threads or are edited, the
//! pauses of whole platforms, and stories: what joins the events of one operation where their
//! source names none.
//!
//! The source of an event may say what began and what is over, but not that the one belongs to
//! the other. A story remembers under a key of the source's which correlation id the events of an
//! operation under way have. All calls of stories can be repeated.
//!
//! The rows stand in the deliveries table, under keys that no webhook has.

use std::time::Duration;

use carillon_domain::ids::stable_uuid;
use carillon_domain::pause::PlatformPause;
use carillon_domain::{Conversation, OrganizationId, WebhookId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::Error;
use crate::table::{Item, delivery_key, from_item, is_made, number, put_or_find, row, text};

const CONVERSATION: &str = "a conversation";
const PAUSE: &str = "a pause";
const STORY: &str = "a story";
const READING: &str = "reading a note";

/// How long a story that says nothing still goes on.
const STORY_KEPT: Duration = Duration::from_secs(30 * 86_400);

/// A story under way, as it is stored.
#[derive(Serialize, Deserialize)]
struct Story {
    correlation_id: String,
    expires_at: i64,
}

fn story_key(organization: &OrganizationId, key: &str) -> Item {
    let id = stable_uuid(&[organization.as_str(), key]);
    delivery_key(format!("STORY#{id}"), "story")
}

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

    /// The correlation id of a story under way.
    pub async fn story(
        &self,
        organization: &OrganizationId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<String>, Error> {
        let key = story_key(organization, key);
        let story = self.table.read::<Story>("recalling a story", STORY, key);
        // DynamoDB's TTL may be days late.
        let under_way = story.await?.filter(|it| now.as_second() < it.expires_at);
        Ok(under_way.map(|it| it.correlation_id))
    }

    /// A story goes on under this correlation id.
    pub async fn put_story(
        &self,
        organization: &OrganizationId,
        key: &str,
        correlation: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let story = Story {
            correlation_id: correlation.to_owned(),
            expires_at: (now + STORY_KEPT).as_second(),
        };
        let item = row(STORY, story_key(organization, key), &story)?;
        self.table.set("remembering a story", item).await
    }

    /// A story is over.
    pub async fn end_story(&self, organization: &OrganizationId, key: &str) -> Result<(), Error> {
        let key = story_key(organization, key);
        self.table.remove("forgetting a story", key).await
    }
}
