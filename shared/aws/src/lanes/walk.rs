//! Walking all lanes, page by page.

use carillon_domain::lane::Lane;
use carillon_domain::{LaneId, OrganizationId};

use super::{Lanes, key, lane_of};
use crate::Error;
use crate::table::{Item, field, from_item};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const POSITION: &str = "how far the walk has come";
/// Over how many partitions the lanes' rows are spread: each takes a thousand writes a second.
pub const WALK_SHARDS: u8 = 16;

/// A lane that was met on the way.
#[derive(Debug)]
pub struct Walked {
    pub organization: OrganizationId,
    pub id: LaneId,
    pub lane: Lane,
}

/// How far the walk has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkPosition {
    pub began_at: Timestamp,
    /// The partition; [`WALK_SHARDS`] where it is done.
    pub shard: u8,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<String>,
}

pub(super) fn partition(shard: u8) -> String {
    format!("LANES#{shard:02}")
}

impl Lanes {
    pub async fn walk_position(&self) -> Result<Option<WalkPosition>, Error> {
        let (rows, _) = self.query("WALK", " ", 1).await?;
        let row = rows.into_iter().next();
        row.map(|row| from_item(POSITION, row)).transpose()
    }

    pub async fn put_walk_position(
        &self,
        position: &WalkPosition,
        now: Timestamp,
    ) -> Result<(), Error> {
        let row = self.row(POSITION, key("WALK", "lanes"), position, now)?;
        self.table
            .set("writing how far the walk has come", row)
            .await
    }

    /// The next lanes of a partition, behind this one; none where it is at its end. What cannot
    /// be read is passed over.
    pub async fn walk(
        &self,
        shard: u8,
        after: Option<&str>,
        max: usize,
    ) -> Result<(Vec<Walked>, Option<String>), Error> {
        let after = after.unwrap_or(" ");
        let (rows, _) = self.query(partition(shard), after, max).await?;
        let last = rows.last().and_then(|row| field(row, "id"));
        let last = last.map(str::to_owned);
        Ok((rows.into_iter().filter_map(walked).collect(), last))
    }
}

fn walked(row: Item) -> Option<Walked> {
    let id = LaneId::parse(field(&row, "id")?)?;
    let organization = OrganizationId::parse(field(&row, "organization")?)?;
    let lane = lane_of(row)
        .inspect_err(|error| tracing::error!(lane = id.as_str(), %error, "passed over"))
        .ok()?;
    Some(Walked {
        organization,
        id,
        lane,
    })
}
