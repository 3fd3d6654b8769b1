//! What all tables share.

mod batches;
mod pages;

use std::collections::HashMap;
use std::error::Error as StdError;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::builders::{DeleteBuilder, PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use pages::{CALLS, list, page};

use crate::Error;
use crate::error::chain;

pub(crate) type Item = HashMap<String, AttributeValue>;

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
