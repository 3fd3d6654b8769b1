//! Transactions: all steps or none, tried again where another transaction was in the way.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

use super::Registry;
use crate::Error;
use crate::table::{IntoStep, Item, Step, is_made};

/// How often a transaction is tried that others are in the way of.
const TRIES: u32 = 8;
/// The longest pause before the second try; it doubles from there.
const PAUSE: Duration = Duration::from_millis(40);

impl Registry {
    /// Does all steps or none; gives the numbers of the steps whose conditions failed.
    pub(super) async fn transact(
        &self,
        operation: &'static str,
        steps: impl IntoIterator<Item = Step>,
    ) -> Result<Option<Vec<usize>>, Error> {
        let steps = steps
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .map_err(Error::call(operation))?;
        for tries in 0..TRIES {
            if let Some(earlier) = tries.checked_sub(1) {
                let longest = PAUSE * 2_u32.pow(earlier);
                tokio::time::sleep(longest.mul_f64(rand::random())).await;
            }
            let call = self.table.client.transact_write_items();
            let result = call.set_transact_items(Some(steps.clone())).send().await;
            let Err(error) = result else {
                return Ok(None);
            };
            let reasons = reasons(&error);
            let failed: Vec<usize> = (0..reasons.len())
                .filter(|n| reasons[*n] == "ConditionalCheckFailed")
                .collect();
            if !failed.is_empty() {
                return Ok(Some(failed));
            }
            // Another transaction had hold of an item.
            if !reasons.contains(&"TransactionConflict") {
                return Err(Error::call(operation)(error));
            }
        }
        Err(Error::Contended { operation })
    }

    /// Writes a row by itself; false where there is one already, or somebody is at it.
    pub(super) async fn put_if_new(
        &self,
        operation: &'static str,
        item: Item,
    ) -> Result<bool, Error> {
        let put = self.table.put(item);
        let put = put.condition_expression("attribute_not_exists(pk)");
        match put.send().await {
            Err(error) if error.code() == Some("TransactionConflictException") => Ok(false),
            written => is_made(operation, written),
        }
    }

    pub(super) fn put_new(&self, item: Item) -> Step {
        let put = self.table.put_step(item);
        put.condition_expression("attribute_not_exists(pk)").step()
    }

    pub(super) fn delete_existing(&self, key: Item) -> Step {
        let delete = self.table.delete_step(key);
        delete.condition_expression("attribute_exists(pk)").step()
    }
}

/// Why the transaction was cancelled, by its steps; nothing where it was not.
fn reasons(error: &SdkError<TransactWriteItemsError>) -> Vec<&str> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return Vec::new();
    };
    let reasons = cancelled.cancellation_reasons().iter();
    let codes = reasons.map(|reason| reason.code().unwrap_or_default());
    codes.collect()
}
