//! The deliveries table: the ledger.
//!
//! Guarantees: a row is written when an attempt has ended, or when it is known that there will
//! be none; nobody who has lost the lane to a later post writes over what that one has shown.

mod list;
mod notes;

use aws_sdk_dynamodb::Client;
use carillon_domain::{Delivery, DeliveryId, WebhookId};

use crate::Error;
use crate::table::{Retention, from_item, number, text, to_item};

#[derive(Debug, Clone)]
pub struct Ledger {
    client: Client,
    table: String,
    retention: Retention,
}

impl Ledger {
    pub fn new(client: Client, table: String, retention: Retention) -> Self {
        Self {
            client,
            table,
            retention,
        }
    }

    /// Writes how a delivery stands after a post of its lane. False where a later post of the
    /// lane has written it already.
    pub async fn write(&self, delivery: &Delivery) -> Result<bool, Error> {
        let mut row = to_item("a delivery", delivery)?;
        self.retention.expire(&mut row, delivery.created_at);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(id) OR post <= :post")
            .expression_attribute_values(":post", number(delivery.post))
            .send()
            .await;
        match put {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(Error::call("writing a delivery")(error)),
        }
    }

    pub async fn get(
        &self,
        webhook: &WebhookId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("webhook_id", text(webhook.as_str()))
            .key("id", text(id.as_str()))
            .consistent_read(true)
            .send()
            .await
            .map_err(Error::call("reading a delivery"))?;
        answer
            .item
            .map(|item| from_item("a delivery", item))
            .transpose()
    }
}
