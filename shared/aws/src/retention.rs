//! For how long rows are kept.

use std::num::ParseIntError;
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::table::{Item, number};

/// The fewest days that rows may be kept: what an outage of 30 days has made fail can still be
/// recovered then.
const MIN_DAYS: u32 = 35;

/// How much longer the ledger's rows are kept than events and entries of logs: TTL may be late by
/// days, and an entry whose row is gone before it would be sent again.
pub(crate) const LONGER: Duration = Duration::from_secs(30 * 86_400);

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
        let days: u32 = days
            .parse()
            .map_err(|error: ParseIntError| error.to_string())?;
        match days < MIN_DAYS {
            true => Err(format!("must be {MIN_DAYS} or more")),
            false => Ok(Self(days)),
        }
    }
}

impl Retention {
    /// When what was written then is over, in Unix seconds.
    pub(crate) fn end(self, from: Timestamp) -> AttributeValue {
        number(from.as_second() + i64::from(self.0) * 86_400)
    }

    /// Has DynamoDB's TTL remove what is written then.
    pub(crate) fn expire(self, item: &mut Item, from: Timestamp) {
        item.insert("expires_at".into(), self.end(from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_for_longer_than_an_outage_of_a_month() {
        for refused in ["34", "1", "0", "many"] {
            assert!(refused.parse::<Retention>().is_err(), "{refused}");
        }
        assert_eq!("35".parse::<Retention>().unwrap().0, 35);
    }
}
