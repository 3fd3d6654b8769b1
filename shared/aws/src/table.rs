//! What all tables share.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
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

pub(crate) fn to_item(what: &'static str, value: &impl Serialize) -> Result<Item, Error> {
    serde_dynamo::to_item(value).map_err(Error::unreadable(what))
}

pub(crate) fn from_item<T: DeserializeOwned>(what: &'static str, item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(Error::unreadable(what))
}

/// For how long rows of a table are kept, in days.
#[derive(Debug, Clone, Copy)]
pub struct Retention(pub u32);

impl Retention {
    /// For how long events and deliveries are kept where nobody says otherwise.
    pub const DEFAULT_DAYS: u32 = 90;

    pub(crate) fn expire(self, item: &mut Item, from: Timestamp) {
        let at = from.as_second() + i64::from(self.0) * 86_400;
        item.insert(EXPIRES_AT.into(), AttributeValue::N(at.to_string()));
    }
}
