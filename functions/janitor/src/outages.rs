//! Tells organizations of webhooks that have not got through for an hour.
//!
//! The notifier notes the channels. Here they are counted, each minute, and told as one event for
//! each platform and hour, and one when none of them is left. The event comes before the note
//! that it was sent: a crash in between stores the very same event again, which changes nothing.

use carillon_aws::Error;
use carillon_aws::lanes::FAILING_PAGE;
use carillon_domain::failing::{FORGOTTEN_AFTER, FailingLane, Outage};
use jiff::Timestamp;

use crate::LaneSweep;

impl LaneSweep {
    /// Tells of what fails and of what works again, until this time at most.
    pub(crate) async fn tell(&self, deadline: Timestamp) -> Result<(), Error> {
        let mut last: Option<Outage> = None;
        loop {
            let outages = self.lanes.outages(last.as_ref()).await?;
            for outage in &outages {
                if self.clock.now() >= deadline {
                    return Ok(());
                }
                self.tell_one(outage).await?;
            }
            match outages.len() < usize::try_from(FAILING_PAGE).unwrap_or_default() {
                true => return Ok(()),
                false => last = outages.into_iter().last(),
            }
        }
    }

    async fn tell_one(&self, outage: &Outage) -> Result<(), Error> {
        let now = self.clock.now();
        let failing = self.still_failing(outage).await?;
        let count = failing.len();
        if failing.is_empty() {
            if let Some(over) = outage.over(now) {
                self.events.put(&over).await?;
            }
            return self.lanes.remove_outage(outage).await;
        }
        if !outage.may_be_told(now) {
            return Ok(());
        }
        let Some((event, told)) = outage.tell(&failing, now) else {
            return Ok(());
        };
        let (organization, platform) = (&outage.organization, &outage.platform);
        tracing::warn!(%organization, platform, count, "channels have failed for an hour");
        self.events.put(&event).await?;
        self.lanes.put_outage(&told).await
    }

    /// The lanes that fail. Those that nobody tries any more are forgotten.
    async fn still_failing(&self, outage: &Outage) -> Result<Vec<FailingLane>, Error> {
        let now = self.clock.now();
        let mut found: Vec<FailingLane> = Vec::new();
        loop {
            let after = found.last().map(|last| &last.lane);
            let page = self.lanes.failing(outage, after).await?;
            let is_last = page.len() < usize::try_from(FAILING_PAGE).unwrap_or_default();
            found.extend(page);
            if is_last {
                break;
            }
        }
        let (current, forgotten) = found
            .into_iter()
            .partition::<Vec<_>, _>(|lane| now < lane.tried_at + FORGOTTEN_AFTER);
        for lane in forgotten {
            let (organization, platform) = (&outage.organization, &outage.platform);
            self.lanes
                .forget_failing(organization, platform, &lane.lane)
                .await?;
        }
        Ok(current)
    }
}
