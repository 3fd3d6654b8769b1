//! What all tables share.

mod list;

use std::collections::HashMap;
use std::error::Error as StdError;
use std::num::ParseIntError;
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::builders::{DeleteBuilder, PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, DeleteRequest, KeysAndAttributes, Put, PutRequest,
    ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update, WriteRequest,
};
use futures::StreamExt;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use list::{CALLS, list, page};

use crate::Error;
use crate::error::chain;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// The attribute that DynamoDB's TTL looks at: Unix seconds.
pub(crate) const EXPIRES_AT: &str = "expires_at";

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn to_item(what: &'static str, value: &impl Serialize) -> Result<Item, Error> {
    serde_dynamo::to_item(value).map_err(Error::unreadable(what))
}

pub(crate) fn from_item<T: DeserializeOwned>(what: &'static str, item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(Error::unreadable(what))
}

/// Several items, of which each can be read.
pub(crate) fn from_items<T: DeserializeOwned>(
    what: &'static str,
    items: Vec<Item>,
) -> Result<Vec<T>, Error> {
    items
        .into_iter()
        .map(|item| from_item(what, item))
        .collect()
}

pub(crate) fn row(what: &'static str, key: Item, value: &impl Serialize) -> Result<Item, Error> {
    let mut row = to_item(what, value)?;
    row.extend(key);
    Ok(row)
}

pub(crate) fn delivery_key(webhook_id: impl Into<String>, id: impl Into<String>) -> Item {
    Item::from([
        ("webhook_id".into(), text(webhook_id)),
        ("id".into(), text(id)),
    ])
}

pub(crate) fn field<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The fewest days that rows may be kept: what an outage of 30 days has made fail can still be
/// recovered then.
const MIN_DAYS: u32 = 35;

/// For how long rows of a table are kept, in days; 90 where nobody says otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Retention(u32);

impl Default for Retention {
    fn default() -> Self {
        Self(90)
    }
}

impl FromStr for Retention {
    type Err = String;

    fn from_str(days: &str) -> Result<Self, String> {
        match days
            .parse()
            .map_err(|error: ParseIntError| error.to_string())?
        {
            ..MIN_DAYS => Err(format!("must be {MIN_DAYS} or more")),
            days => Ok(Self(days)),
        }
    }
}

/// How much longer the ledger's rows are kept than events and entries of logs: TTL may be late by
/// days, and an entry whose row is gone before it would be sent again.
pub(crate) const LONGER: Duration = Duration::from_secs(30 * 86_400);

impl Retention {
    /// When what was written then is over, in Unix seconds.
    pub(crate) fn end(self, from: Timestamp) -> AttributeValue {
        number(from.as_second() + i64::from(self.0) * 86_400)
    }

    pub(crate) fn expire(self, item: &mut Item, from: Timestamp) {
        item.insert(EXPIRES_AT.into(), self.end(from));
    }
}

/// How many keys DynamoDB reads in one call.
const READ_BATCH: usize = 100;
/// How often it is asked for keys that it leaves out, about five seconds in all.
const READ_TRIES: u32 = 9;

/// How many writes DynamoDB takes in one call.
const WRITE_BATCH: usize = 25;
/// How many calls are under way at once.
const WRITE_CALLS: usize = 8;
/// How often it is asked to take what it leaves out, about three seconds in all.
const WRITE_TRIES: u32 = 8;
/// The pause before the second try; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(20);

/// In which order rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub client: Client,
    name: String,
}

impl Table {
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    pub fn put(&self, item: Item) -> PutItemFluentBuilder {
        let put = self.client.put_item().table_name(&self.name);
        put.set_item(Some(item))
    }

    pub fn update(&self, key: Item) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.name);
        update.set_key(Some(key))
    }

    pub fn delete(&self, key: Item) -> DeleteItemFluentBuilder {
        let delete = self.client.delete_item().table_name(&self.name);
        delete.set_key(Some(key))
    }

    pub fn query_all(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&self.name)
    }

    /// Reads at most so many rows.
    pub fn query(&self, max: usize) -> QueryFluentBuilder {
        let max = i32::try_from(max).unwrap_or(i32::MAX);
        self.query_all().limit(max)
    }

    /// Puts a row, whatever is there.
    pub async fn set(&self, operation: &'static str, item: Item) -> Result<(), Error> {
        let put = self.put(item).send().await;
        put.map_err(Error::call(operation))?;
        Ok(())
    }

    /// Removes a row, if it is there.
    pub async fn remove(&self, operation: &'static str, key: Item) -> Result<(), Error> {
        let delete = self.delete(key).send().await;
        delete.map_err(Error::call(operation))?;
        Ok(())
    }

    /// A row as it is now.
    pub async fn row(&self, operation: &'static str, key: Item) -> Result<Option<Item>, Error> {
        let get = self.client.get_item().table_name(&self.name);
        let answer = get.set_key(Some(key)).consistent_read(true).send().await;
        Ok(answer.map_err(Error::call(operation))?.item)
    }

    /// What a row holds now.
    pub async fn read<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        what: &'static str,
        key: Item,
    ) -> Result<Option<T>, Error> {
        let row = self.row(operation, key).await?;
        row.map(|row| from_item(what, row)).transpose()
    }

    /// Reads several rows at once; those that are not there are left out.
    pub async fn read_all(
        &self,
        operation: &'static str,
        keys: Vec<Item>,
    ) -> Result<Vec<Item>, Error> {
        let mut found = Vec::with_capacity(keys.len());
        for batch in keys.chunks(READ_BATCH) {
            let request = KeysAndAttributes::builder().set_keys(Some(batch.to_vec()));
            let request = request
                .consistent_read(true)
                .build()
                .map_err(Error::call(operation))?;
            let mut waiting = HashMap::from([(self.name.clone(), request)]);
            for tries in 0.. {
                pause_before(tries).await;
                let answer = self
                    .client
                    .batch_get_item()
                    .set_request_items(Some(waiting))
                    .send()
                    .await
                    .map_err(Error::call(operation))?;
                found.extend(answer.responses.unwrap_or_default().into_values().flatten());
                waiting = answer.unprocessed_keys.unwrap_or_default();
                if waiting.is_empty() {
                    break;
                }
                if tries + 1 == READ_TRIES {
                    return Err(Error::Call {
                        operation,
                        cause: "DynamoDB leaves out what it is asked for".into(),
                    });
                }
            }
        }
        Ok(found)
    }

    /// Puts rows, and removes others by their keys; gives what DynamoDB did not take, some seconds
    /// of asking included.
    pub async fn write_all(
        &self,
        operation: &'static str,
        puts: Vec<Item>,
        deletes: Vec<Item>,
    ) -> Vec<WriteRequest> {
        let put = |item| PutRequest::builder().set_item(Some(item)).build();
        let delete = |key| DeleteRequest::builder().set_key(Some(key)).build();
        let puts = puts.into_iter().filter_map(|item| put(item).ok());
        let puts = puts.map(|it| WriteRequest::builder().put_request(it).build());
        let deletes = deletes.into_iter().filter_map(|key| delete(key).ok());
        let deletes = deletes.map(|it| WriteRequest::builder().delete_request(it).build());
        let requests: Vec<_> = puts.chain(deletes).collect();
        let batches = requests.chunks(WRITE_BATCH).map(<[_]>::to_vec);
        let calls = batches.map(|batch| self.write_batch(operation, batch));
        let left = futures::stream::iter(calls).buffered(WRITE_CALLS);
        left.collect::<Vec<_>>().await.concat()
    }

    async fn write_batch(
        &self,
        operation: &'static str,
        mut waiting: Vec<WriteRequest>,
    ) -> Vec<WriteRequest> {
        for tries in 0..WRITE_TRIES {
            pause_before(tries).await;
            let call = self.client.batch_write_item();
            let call = call.request_items(&self.name, waiting.clone());
            match call.send().await {
                Ok(answer) => {
                    let unprocessed = answer.unprocessed_items.unwrap_or_default();
                    waiting = unprocessed.into_values().flatten().collect();
                }
                Err(error) => {
                    let error = Error::call(operation)(error);
                    tracing::error!(%error, "writes were not taken");
                    return waiting;
                }
            }
            if waiting.is_empty() {
                return waiting;
            }
        }
        let left = waiting.len();
        tracing::error!(operation, left, "DynamoDB does not take all writes");
        waiting
    }

    pub fn put_step(&self, item: Item) -> PutBuilder {
        Put::builder().table_name(&self.name).set_item(Some(item))
    }

    pub fn update_step(&self, key: Item) -> UpdateBuilder {
        Update::builder().table_name(&self.name).set_key(Some(key))
    }

    pub fn delete_step(&self, key: Item) -> DeleteBuilder {
        Delete::builder().table_name(&self.name).set_key(Some(key))
    }
}

/// Waits before a repeated try: DynamoDB leaves things out when it is asked for too much.
async fn pause_before(tries: u32) {
    if let Some(earlier) = tries.checked_sub(1) {
        tokio::time::sleep(PAUSE * 2_u32.pow(earlier)).await;
    }
}

/// A step of a transaction.
pub(crate) type Step = Result<TransactWriteItem, BuildError>;

/// What becomes a step of a transaction.
pub(crate) trait IntoStep {
    fn step(self) -> Step;
}

impl IntoStep for PutBuilder {
    fn step(self) -> Step {
        Ok(TransactWriteItem::builder().put(self.build()?).build())
    }
}

impl IntoStep for UpdateBuilder {
    fn step(self) -> Step {
        Ok(TransactWriteItem::builder().update(self.build()?).build())
    }
}

impl IntoStep for DeleteBuilder {
    fn step(self) -> Step {
        Ok(TransactWriteItem::builder().delete(self.build()?).build())
    }
}

/// Whether a write was made; false where its condition does not hold.
pub(crate) fn is_made<T, E>(
    operation: &'static str,
    written: Result<T, SdkError<E>>,
) -> Result<bool, Error>
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    match written {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(Error::call(operation)(error)),
    }
}

/// Puts an item under a condition; gives what is there where that does not hold.
pub(crate) async fn put_or_find(
    operation: &'static str,
    put: PutItemFluentBuilder,
) -> Result<Option<Item>, Error> {
    let old = ReturnValuesOnConditionCheckFailure::AllOld;
    let put = put.return_values_on_condition_check_failure(old);
    let Err(error) = put.send().await else {
        return Ok(None);
    };
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(failed)) => {
            Ok(Some(failed.item.clone().unwrap_or_default()))
        }
        Some(refused) if refused.code() == Some("ValidationException") => Err(Error::Refused {
            operation,
            cause: chain(&error),
        }),
        _ => Err(Error::call(operation)(error)),
    }
}

#[cfg(test)]
mod tests;
