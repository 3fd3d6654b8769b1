//! What all tables share.

use std::collections::HashMap;
use std::num::{NonZeroU32, ParseIntError};
use std::str::FromStr;

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

pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn to_item(what: &'static str, value: &impl Serialize) -> Result<Item, Error> {
    serde_dynamo::to_item(value).map_err(Error::unreadable(what))
}

pub(crate) fn from_item<T: DeserializeOwned>(what: &'static str, item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(Error::unreadable(what))
}

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
    type Err = ParseIntError;

    fn from_str(days: &str) -> Result<Self, ParseIntError> {
        days.parse().map(Self)
    }
}

impl Retention {
    pub(crate) fn expire(self, item: &mut Item, from: Timestamp) {
        let at = from.as_second() + i64::from(self.0.get()) * 86_400;
        item.insert(EXPIRES_AT.into(), AttributeValue::N(at.to_string()));
    }
}
