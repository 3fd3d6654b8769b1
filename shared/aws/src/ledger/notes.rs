//! What posters leave for each other beside the deliveries: the messages that begin
//! threads or are edited, and the pauses of whole platforms.
//!
//! They stand in the deliveries table, under keys that no webhook has.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use carillon_domain::ids::stable_uuid;
use carillon_domain::pause::PlatformPause;
use carillon_domain::{Conversation, WebhookId};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Ledger;
use crate::Error;
use crate::table::{Item, from_item, text, to_item};

/// Where a note stands.
struct Key {
    webhook_id: String,
    id: String,
}

impl Key {
    /// The events of one correlation id in one channel of a webhook.
    fn conversation(webhook: &WebhookId, channel: &str, correlation_id: &str) -> Self {
        Self {
            webhook_id: format!("CONVERSATION#{webhook}"),
            id: stable_uuid(&[channel, correlation_id]),
        }
    }

    fn pause(platform: &str) -> Self {
        Self {
            webhook_id: "PAUSE".into(),
            id: platform.into(),
        }
    }

    fn attributes(&self) -> Item {
        Item::from([
            ("webhook_id".into(), text(&self.webhook_id)),
            ("id".into(), text(&self.id)),
        ])
    }
}

impl Ledger {
    /// The messages that the events of one correlation id have in a channel, if any.
    pub async fn conversation(
        &self,
        webhook: &WebhookId,
        channel: &str,
        correlation_id: &str,
    ) -> Result<Option<Conversation>, Error> {
        let key = Key::conversation(webhook, channel, correlation_id);
        self.note("a conversation", &key).await
    }

    /// Remembers a conversation, in the place of the one that was read. The first that is
    /// remembered stays: nothing happens where it is another by now.
    pub async fn remember(
        &self,
        webhook: &WebhookId,
        channel: &str,
        correlation_id: &str,
        read: Option<&Conversation>,
        new: &Conversation,
    ) -> Result<(), Error> {
        let key = Key::conversation(webhook, channel, correlation_id);
        let condition = match read {
            None => ("attribute_not_exists(id)", None),
            Some(read) => ("#by = :read", Some(("by", read.by.as_str()))),
        };
        self.put_note(
            "a conversation",
            &key,
            new,
            new.occurred_at.max(Timestamp::now()),
            condition,
        )
        .await
    }

    /// Until when nothing is to be posted to a platform, which is called as the `type` of its
    /// webhooks.
    pub async fn platform_pause(&self, platform: &str) -> Result<Option<PlatformPause>, Error> {
        self.note("a pause", &Key::pause(platform)).await
    }

    /// Tells every poster to leave a platform alone. Where somebody has told of a longer
    /// pause, that one stays; gives the one that counts.
    pub async fn pause_platform(
        &self,
        platform: &str,
        pause: PlatformPause,
    ) -> Result<PlatformPause, Error> {
        const UNTIL: &str = "until_ms";
        let key = Key::pause(platform);
        let until = AttributeValue::N(pause.until.as_millisecond().to_string());
        let mut item = to_item("a pause", &pause)?;
        item.extend(key.attributes());
        // As a number, because times as texts do not compare.
        item.insert(UNTIL.into(), until.clone());
        self.retention.expire(&mut item, pause.until);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#until) OR #until <= :new")
            .expression_attribute_names("#until", UNTIL)
            .expression_attribute_values(":new", until)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(pause),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    from_item("a pause", failed.item.clone().unwrap_or_default())
                }
                _ => Err(Error::call("writing a pause")(error)),
            },
        }
    }

    async fn note<T: DeserializeOwned>(
        &self,
        what: &'static str,
        key: &Key,
    ) -> Result<Option<T>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .send()
            .await
            .map_err(Error::call("reading a note"))?;
        answer.item.map(|item| from_item(what, item)).transpose()
    }

    async fn put_note(
        &self,
        what: &'static str,
        key: &Key,
        note: &impl Serialize,
        from: Timestamp,
        (condition, value): (&str, Option<(&str, &str)>),
    ) -> Result<(), Error> {
        let mut item = to_item(what, note)?;
        item.extend(key.attributes());
        self.retention.expire(&mut item, from);
        let mut put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition);
        if let Some((name, value)) = value {
            put = put
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(":read", AttributeValue::S(value.to_owned()));
        }
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(Error::call("writing a note")(error)),
        }
    }
}
