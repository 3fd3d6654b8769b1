//! What all tables share.

use std::collections::HashMap;
use std::num::{NonZeroU32, ParseIntError};
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, WriteRequest};
use futures::StreamExt;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// The attribute that DynamoDB's TTL looks at: Unix seconds.
const EXPIRES_AT: &str = "expires_at";

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn to_item(what: &'static str, value: &impl Serialize) -> Result<Item, Error> {
    serde_dynamo::to_item(value).map_err(Error::unreadable(what))
}

pub(crate) fn from_item<T: DeserializeOwned>(what: &'static str, item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(Error::unreadable(what))
}

/// The fewest days that rows may be kept: what an outage of 30 days has made fail can still be
/// recovered then.
const MIN_DAYS: u32 = 35;

/// For how long rows of a table are kept, in days; 90 where nobody says otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Retention(NonZeroU32);

impl Default for Retention {
    fn default() -> Self {
        const DAYS: NonZeroU32 = NonZeroU32::new(90).unwrap();
        Self(DAYS)
    }
}

impl FromStr for Retention {
    type Err = String;

    fn from_str(days: &str) -> Result<Self, String> {
        let read: Result<NonZeroU32, ParseIntError> = days.parse();
        match read.map_err(|error| error.to_string())? {
            days if days.get() < MIN_DAYS => Err(format!("must be {MIN_DAYS} or more")),
            days => Ok(Self(days)),
        }
    }
}

impl Retention {
    /// When what was written then is over, in Unix seconds.
    pub(crate) fn end(self, from: Timestamp) -> i64 {
        from.as_second() + i64::from(self.0.get()) * 86_400
    }

    pub(crate) fn expire(self, item: &mut Item, from: Timestamp) {
        let at = self.end(from);
        item.insert(EXPIRES_AT.into(), AttributeValue::N(at.to_string()));
    }
}

/// How many keys DynamoDB reads in one call.
const READ_BATCH: usize = 100;
/// How often it is asked for keys that it leaves out, six seconds in all.
const READ_TRIES: u32 = 8;

/// Which attributes of rows are read.
#[derive(Clone, Copy)]
pub(crate) struct Projection {
    pub attributes: &'static str,
    /// What stands in it for names that are words of DynamoDB's.
    pub reserved: &'static [(&'static str, &'static str)],
}

/// Reads several rows of a table at once; those that are not there are left out.
pub(crate) async fn read_all(
    client: &Client,
    table: &str,
    operation: &'static str,
    mut keys: Vec<Item>,
    projection: Option<Projection>,
) -> Result<Vec<Item>, Error> {
    let reserved = projection.map(|projection| {
        let names = projection.reserved.iter();
        let names = names.map(|(name, is)| ((*name).to_owned(), (*is).to_owned()));
        names.collect::<HashMap<_, _>>()
    });
    let mut found = Vec::with_capacity(keys.len());
    while !keys.is_empty() {
        let batch = keys.drain(..keys.len().min(READ_BATCH)).collect();
        let request = KeysAndAttributes::builder()
            .set_keys(Some(batch))
            .set_projection_expression(projection.map(|it| it.attributes.to_owned()))
            .set_expression_attribute_names(reserved.clone())
            .consistent_read(true)
            .build()
            .map_err(Error::call(operation))?;
        let mut waiting = HashMap::from([(table.to_owned(), request)]);
        for tries in 0.. {
            let answer = client
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
            // DynamoDB leaves keys out when it is asked for too much.
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

/// How many writes DynamoDB takes in one call.
const WRITE_BATCH: usize = 25;
/// How many calls are under way at once.
const WRITE_CALLS: usize = 8;
/// How often it is asked to take what it leaves out, about three seconds in all.
const WRITE_TRIES: u32 = 6;
/// The pause before the second try is twice this, and so on.
const WRITE_PAUSE: Duration = Duration::from_millis(10);

/// Makes writes that depend on nothing; gives those that DynamoDB did not take, some seconds of
/// asking included.
pub(crate) async fn write_all(
    client: &Client,
    table: &str,
    operation: &'static str,
    requests: Vec<WriteRequest>,
) -> Vec<WriteRequest> {
    let batches = requests.chunks(WRITE_BATCH).map(<[_]>::to_vec);
    let calls = batches.map(|batch| write_batch(client, table, operation, batch));
    let left: Vec<Vec<WriteRequest>> = futures::stream::iter(calls)
        .buffered(WRITE_CALLS)
        .collect()
        .await;
    left.into_iter().flatten().collect()
}

async fn write_batch(
    client: &Client,
    table: &str,
    operation: &'static str,
    mut waiting: Vec<WriteRequest>,
) -> Vec<WriteRequest> {
    for tries in 0..WRITE_TRIES {
        if tries > 0 {
            tokio::time::sleep(WRITE_PAUSE * 2_u32.pow(tries)).await;
        }
        let call = client
            .batch_write_item()
            .request_items(table, waiting.clone());
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
        tokio::time::sleep(Duration::from_millis(50) * 2_u32.pow(tries)).await;
    }
    let left = waiting.len();
    tracing::error!(operation, left, "DynamoDB does not take all writes");
    waiting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_for_longer_than_an_outage_of_a_month() {
        for refused in ["34", "1", "0", "many"] {
            assert!(refused.parse::<Retention>().is_err(), "{refused}");
        }
        assert_eq!("35".parse::<Retention>().unwrap().0.get(), 35);
    }
}
