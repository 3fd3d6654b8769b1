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
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::table::{Item, Table, delivery_key, row};

/// How long something that goes on and says nothing is still the same story.
pub const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// A story under way, as it is stored.
#[derive(Serialize, Deserialize)]
struct Row {
    correlation_id: String,
    expires_at: i64,
}

const WHAT: &str = "a story";

#[derive(Debug, Clone)]
pub struct Stories {
    table: Table,
}

fn row_key(organization: &OrganizationId, key: &str) -> Item {
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
        let key = row_key(organization, key);
        let row = self.table.read::<Row>("recalling a story", WHAT, key);
        // DynamoDB's TTL may be days late.
        let under_way = row.await?.filter(|row| now.as_second() < row.expires_at);
        Ok(under_way.map(|row| row.correlation_id))
    }

    /// A story goes on under this correlation id.
    pub async fn remember(
        &self,
        organization: &OrganizationId,
        key: &str,
        correlation: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let value = Row {
            correlation_id: correlation.to_owned(),
            expires_at: (now + KEPT).as_second(),
        };
        let item = row(WHAT, row_key(organization, key), &value)?;
        self.table.set("remembering a story", item).await
    }

    /// A story is over.
    pub async fn forget(&self, organization: &OrganizationId, key: &str) -> Result<(), Error> {
        let key = row_key(organization, key);
        self.table.remove("forgetting a story", key).await
    }
}
