//! Several rows in one call, asked for again where DynamoDB leaves some out.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use futures::StreamExt;

use super::{Item, Table};
use crate::Error;

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

impl Table {
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
}

/// Waits before a repeated try: DynamoDB leaves things out when it is asked for too much.
async fn pause_before(tries: u32) {
    if let Some(earlier) = tries.checked_sub(1) {
        tokio::time::sleep(PAUSE * 2_u32.pow(earlier)).await;
    }
}

#[cfg(test)]
mod tests;
