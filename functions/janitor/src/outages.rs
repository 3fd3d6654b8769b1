//! Tells organizations of webhooks that have not got through for an hour.
//!
//! The notifier notes the channels. Here they are counted, each minute, and told as one event for
//! each platform and hour, and one when none of them is left. The event comes before the note
//! that it was sent: a crash in between stores the very same event again, which changes nothing.

use carillon_aws::Error;
use carillon_domain::LaneId;
use carillon_domain::failing::{FORGOTTEN_AFTER, FailingLane, Outage};
use carillon_domain::lane::Lane;
use futures::{StreamExt, stream};
use jiff::Timestamp;

use crate::LaneSweep;

/// How many outages are looked at at once.
const AT_ONCE: usize = 16;

impl LaneSweep {
    /// Tells of what fails and of what works again, until this time at most. An outage that cannot
    /// be told keeps no other from being told.
    pub(crate) async fn tell(&self, deadline: Timestamp) -> Result<(), Error> {
        let mut last: Option<Outage> = None;
        let mut failed = None;
        while self.clock.now() < deadline {
            let outages = self.lanes.outages(last.as_ref()).await?;
            let Some(last_read) = outages.last().cloned() else {
                break;
            };
            let told = stream::iter(outages).map(|outage| self.tell_one(outage));
            let mut told = told.buffer_unordered(AT_ONCE);
            while let Some(told) = told.next().await {
                if let Err(error) = told {
                    tracing::error!(%error, "an organization could not be told what fails");
                    failed = Some(error);
                }
            }
            last = Some(last_read);
        }
        failed.map_or(Ok(()), Err)
    }

    async fn tell_one(&self, outage: Outage) -> Result<(), Error> {
        let outage = &outage;
        let now = self.clock.now();
        if !outage.may_be_told(now) {
            let first = self.lanes.failing(outage, None, 1).await?;
            if first.iter().any(|lane| is_current(lane, now)) {
                return Ok(());
            }
        }
        let failing = self.still_failing(outage, now).await?;
        let (organization, platform) = (&outage.organization, outage.platform.as_str());
        if failing.is_empty() {
            if let Some(over) = outage.over(now) {
                self.events.put(&over).await?;
            }
            return self.lanes.remove_outage(outage).await;
        }
        if !outage.may_be_told(now) {
            return Ok(());
        }
        let count = failing.len();
        let Some((event, told)) = outage.tell(&failing, now) else {
            return Ok(());
        };
        tracing::warn!(%organization, platform, count, "webhooks have failed for an hour");
        self.events.put(&event).await?;
        self.lanes.put_outage(&told).await
    }

    /// The lanes that fail. Those that nobody tries any more, and that wait for nothing, are
    /// forgotten.
    async fn still_failing(
        &self,
        outage: &Outage,
        now: Timestamp,
    ) -> Result<Vec<FailingLane>, Error> {
        let mut found: Vec<FailingLane> = Vec::new();
        loop {
            let after = found.last().map(|last| &last.lane);
            let page = self.lanes.failing(outage, after, PAGE).await?;
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        let old = found.iter().filter(|lane| !is_current(lane, now));
        let old: Vec<LaneId> = old.map(|lane| lane.lane.clone()).collect();
        let rows = self.lanes.read_each(&old).await?;
        let waits = |lane: &LaneId| matches!(rows.get(lane), Some(Ok(row)) if waits(row, now));
        let (current, forgotten): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|lane| is_current(lane, now) || waits(&lane.lane));
        let forgotten: Vec<LaneId> = forgotten.into_iter().map(|lane| lane.lane).collect();
        let (organization, platform) = (&outage.organization, outage.platform.as_str());
        let lanes = &self.lanes;
        lanes
            .forget_failing(organization, platform, &forgotten)
            .await?;
        Ok(current)
    }
}

/// How many failing lanes are read in one call.
const PAGE: usize = 1_000;

fn is_current(lane: &FailingLane, now: Timestamp) -> bool {
    now < lane.tried_at + FORGOTTEN_AFTER
}

/// Whether a lane fails, and is tried when a wait is over that its platform has asked for.
fn waits(lane: &Lane, now: Timestamp) -> bool {
    let until = lane.wait.as_ref().map(|wait| wait.until);
    lane.fails_long(now).is_some() && until.is_some_and(|until| now < until + FORGOTTEN_AFTER)
}
