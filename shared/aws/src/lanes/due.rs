//! Lanes that come back later than the queue keeps a wake-up for them.

use carillon_domain::{LaneId, OrganizationId};
use jiff::Timestamp;

use super::{Lanes, key};
use crate::Error;
use crate::table::{Item, text};

/// One partition takes a thousand writes a second: those of half a million failing lanes that
/// are tried every ten minutes.
const PARTITION: &str = "DUE";
const WRITING: &str = "writing when a lane is due";

/// A lane whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub organization: OrganizationId,
    pub lane: LaneId,
    pub at: Timestamp,
    id: String,
}

/// Times compare as texts.
fn time(at: Timestamp) -> String {
    format!("{:015}", at.as_millisecond().max(0))
}

impl Lanes {
    /// Has a lane woken at a time, or a minute later.
    pub async fn wake_at(
        &self,
        organization: &OrganizationId,
        lane: &LaneId,
        at: Timestamp,
    ) -> Result<(), Error> {
        let id = format!("{}#{lane}", time(at));
        let mut item = key(PARTITION.into(), id);
        item.insert("organization".into(), text(organization.as_str()));
        item.insert("lane".into(), text(lane.as_str()));
        self.retention.expire(&mut item, at);
        self.put(WRITING, item).await
    }

    /// Some of the lanes whose time has come, those that have waited longest.
    pub async fn due(&self, now: Timestamp, max: i32) -> Result<Vec<Due>, Error> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("webhook_id = :partition AND id < :now")
            .expression_attribute_values(":partition", text(PARTITION))
            .expression_attribute_values(":now", text(format!("{}$", time(now))))
            .limit(max)
            .consistent_read(true)
            .send()
            .await
            .map_err(Error::call("reading which lanes are due"))?;
        let rows = answer.items.unwrap_or_default();
        Ok(rows.iter().filter_map(due_of).collect())
    }

    /// Forgets lanes that have been woken.
    pub async fn forget_due(&self, due: &[Due]) -> Result<(), Error> {
        let keys = due.iter().map(|due| key(PARTITION.into(), due.id.as_str()));
        // What stays is woken once more.
        self.delete_all(WRITING, keys.collect()).await
    }
}

fn due_of(row: &Item) -> Option<Due> {
    let field = |name: &str| row.get(name)?.as_s().ok();
    Some(Due {
        organization: OrganizationId::parse(field("organization")?)?,
        lane: LaneId::parse(field("lane")?)?,
        at: field("id")?
            .split_once('#')
            .and_then(|(at, _)| Timestamp::from_millisecond(at.parse().ok()?).ok())?,
        id: field("id")?.clone(),
    })
}
