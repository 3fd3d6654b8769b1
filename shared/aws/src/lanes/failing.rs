//! Channels that have failed for most of an hour, or longer, by organization and platform, so that the organization
//! can be told once of all of them.

use carillon_domain::failing::{FailingLane, Outage};
use carillon_domain::{LaneId, OrganizationId};

use super::{Lanes, key};
use crate::Error;
use crate::table::{Item, from_items, is_made, row};

/// One row for each organization and platform that has a failing channel.
const OUTAGES: &str = "OUTAGE";
const NOTING: &str = "noting that a lane fails";
const READING: &str = "reading which lanes fail";
/// How many outages are read in one call.
const OUTAGES_PAGE: usize = 1_000;

fn outage_id(organization: &OrganizationId, platform: &str) -> String {
    format!("{organization}#{platform}")
}

fn outage_key(outage: &Outage) -> Item {
    let id = outage_id(&outage.organization, &outage.platform);
    key(OUTAGES, id)
}

fn partition(organization: &OrganizationId, platform: &str) -> String {
    format!("FAILING#{}", outage_id(organization, platform))
}

impl Lanes {
    /// Notes that a lane fails, at each attempt: a row that is old tells of nothing any more.
    pub async fn note_failing(
        &self,
        organization: &OrganizationId,
        platform: &str,
        lane: &FailingLane,
    ) -> Result<(), Error> {
        let now = lane.tried_at;
        let key = key(partition(organization, platform), lane.lane.as_str());
        self.table
            .set(NOTING, self.row(NOTING, key, lane, now)?)
            .await?;
        // After the lane: whoever finds the outage finds what fails.
        let outage = Outage::new(organization.clone(), platform, now);
        let put = self.table.put(row(NOTING, outage_key(&outage), &outage)?);
        let put = put.condition_expression("attribute_not_exists(id)");
        is_made(NOTING, put.send().await)?;
        Ok(())
    }

    /// Notes that lanes fail no more.
    pub async fn forget_failing(
        &self,
        organization: &OrganizationId,
        platform: &str,
        lanes: &[LaneId],
    ) -> Result<(), Error> {
        let partition = partition(organization, platform);
        let keys = lanes.iter().map(|lane| key(&partition, lane.as_str()));
        self.write_all(NOTING, Vec::new(), keys.collect()).await
    }

    /// Some of the outages behind this one; none where there are no more.
    pub async fn outages(&self, after: Option<&Outage>) -> Result<Vec<Outage>, Error> {
        let after = after.map(|outage| outage_id(&outage.organization, &outage.platform));
        let after = after.as_deref().unwrap_or(" ");
        let (rows, _) = self.query(OUTAGES, after, OUTAGES_PAGE).await?;
        from_items(READING, rows)
    }

    /// Some of the lanes that fail in an outage, behind this one; none where there are no more.
    pub async fn failing(
        &self,
        outage: &Outage,
        after: Option<&LaneId>,
        max: usize,
    ) -> Result<Vec<FailingLane>, Error> {
        let partition = partition(&outage.organization, &outage.platform);
        let after = after.map_or(" ", LaneId::as_str);
        let (rows, _) = self.query(partition, after, max).await?;
        from_items(READING, rows)
    }

    /// Writes what was told of an outage.
    pub async fn put_outage(&self, outage: &Outage) -> Result<(), Error> {
        self.table
            .set(NOTING, row(NOTING, outage_key(outage), outage)?)
            .await
    }

    /// An outage is over.
    pub async fn remove_outage(&self, outage: &Outage) -> Result<(), Error> {
        self.table.remove(NOTING, outage_key(outage)).await
    }
}
