//! Stories: what joins the events of one operation where their source names none.
//!
//! The source of an event may say what began and what is over, but not that the one belongs
//! to the other. A story remembers under a key of the source's which correlation id the events
//! of an operation under way have. The rows stand in the deliveries table, under keys that no
//! webhook has.
//!
//! Guarantees: what was remembered is known to every later reader, for as long as
//! [`KEPT`] after it was last touched. All calls can be repeated.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use carillon_domain::OrganizationId;
use carillon_domain::ids::stable_uuid;
use jiff::Timestamp;

use crate::Error;
use crate::table::{EXPIRES_AT, Item, Table, delivery_key, field, number, text};

/// How long something that goes on and says nothing is still the same story.
pub const KEPT: Duration = Duration::from_secs(30 * 86_400);

const CORRELATION: &str = "correlation_id";

#[derive(Debug, Clone)]
pub struct Stories {
    table: Table,
}

fn row(organization: &OrganizationId, key: &str) -> Item {
    let id = stable_uuid(&[organization.as_str(), key]);
    delivery_key(format!("STORY#{id}"), "story")
}

impl Stories {
    /// Stories in the deliveries table.
    pub fn new(client: Client, table: String) -> Self {
        Self {
            table: Table::new(client, table),
        }
    }

    /// The correlation id of a story under way.
    pub async fn recall(
        &self,
        organization: &OrganizationId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<String>, Error> {
        let row = self
            .table
            .row("recalling a story", row(organization, key))
            .await?;
        let row = row.unwrap_or_default();
        // DynamoDB's TTL may be days late.
        let expires = row.get(EXPIRES_AT).and_then(|at| at.as_n().ok());
        let is_over = expires
            .and_then(|at| at.parse().ok())
            .is_some_and(|at: i64| at <= now.as_second());
        let correlation = field(&row, CORRELATION).filter(|_| !is_over);
        Ok(correlation.map(str::to_owned))
    }

    /// A story goes on under this correlation id.
    pub async fn remember(
        &self,
        organization: &OrganizationId,
        key: &str,
        correlation: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut item = row(organization, key);
        item.insert(CORRELATION.into(), text(correlation));
        let at = u64::try_from(now.as_second()).unwrap_or_default() + KEPT.as_secs();
        item.insert(EXPIRES_AT.into(), number(at));
        let put = self.table.put(item).send().await;
        put.map_err(Error::call("remembering a story"))?;
        Ok(())
    }

    /// A story is over.
    pub async fn forget(&self, organization: &OrganizationId, key: &str) -> Result<(), Error> {
        let delete = self.table.delete(row(organization, key)).send().await;
        delete.map_err(Error::call("forgetting a story"))?;
        Ok(())
    }
}
