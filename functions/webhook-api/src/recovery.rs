//! Sending once more what was not delivered.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use carillon_domain::lane::Redo;
use carillon_domain::{Delivery, DeliveryId, LaneId, Webhook, WebhookStatus};
use futures::future::try_join_all;
use jiff::Timestamp;

use crate::problem::Problem;
use crate::{Api, waking};

const OPERATION: &str = "sending deliveries once more";
/// How many deliveries are read and put back at once.
const BATCH: usize = 100;
/// How many one call sends at most, and how long it goes on: an HTTP API gives up after
/// 30 seconds.
const MAX: usize = 5_000;
const LONGEST: Duration = Duration::from_secs(15);
/// How long before its end a delivery's event may have come: an outage of a month.
const LOOK_BACK: Duration = Duration::from_secs(35 * 86_400);

/// What a call has come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    pub accepted: usize,
    /// Behind which delivery to go on, where there is more.
    pub next_after: Option<DeliveryId>,
    /// Why nothing is sent, where nothing is.
    pub reason: Option<String>,
}

impl Recovered {
    fn none(reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::default()
        }
    }
}

/// Sends a delivery once more that has come to its end, or now where it waits.
pub async fn redeliver(
    api: &Api,
    webhook: &Webhook,
    delivery: Delivery,
) -> Result<Recovered, Problem> {
    require_active(webhook)?;
    let lane = delivery.lane_id();
    if webhook.channel(&lane).is_none() {
        return Ok(Recovered::none("its channel was taken out of the webhook"));
    }
    if let Some(until) = bound_until(api, &lane).await? {
        return Ok(Recovered::none(asks_to_wait(until)));
    }
    if !delivery.status.is_settled() {
        let organization = &webhook.organization;
        waking::wake(api, organization, &[lane], true)
            .await
            .map_err(Problem::internal(OPERATION))?;
        return Ok(Recovered {
            accepted: 1,
            ..Recovered::default()
        });
    }
    let accepted = put_back(api, webhook, vec![delivery]).await?;
    Ok(match accepted {
        0 => Recovered::none("its event is past its retention"),
        accepted => Recovered {
            accepted,
            ..Recovered::default()
        },
    })
}

/// Until when the platform's own wait binds a lane.
async fn bound_until(api: &Api, lane: &LaneId) -> Result<Option<Timestamp>, Problem> {
    let rows = api
        .lanes
        .read(std::slice::from_ref(lane))
        .await
        .map_err(Problem::internal(OPERATION))?;
    let now = Timestamp::now();
    Ok(rows.get(lane).and_then(|row| row.is_bound_until(now)))
}

pub fn asks_to_wait(until: Timestamp) -> String {
    let until = Timestamp::from_second(until.as_second()).unwrap_or(until);
    format!("The platform asks to wait until {until}; it is sent then.")
}

/// Sends everything once more that failed or was skipped since then, in the order of the
/// events, and has what waits tried now. An old event's delivery may have failed just now, so
/// that it is looked for among the events of a month before.
pub async fn recover(
    api: &Api,
    webhook: &Webhook,
    since: Option<Timestamp>,
    mut after: Option<DeliveryId>,
) -> Result<Recovered, Problem> {
    require_active(webhook)?;
    let begun = Instant::now();
    if after.is_none() {
        after = since.map(|since| DeliveryId::earliest(since - LOOK_BACK));
    }
    let mut accepted = 0;
    let next_after = loop {
        let (mut undelivered, more) = api
            .ledger
            .undelivered(&webhook.id, after, BATCH)
            .await
            .map_err(Problem::internal("finding what was not delivered"))?;
        undelivered.retain(|delivery| {
            delivery.is_undelivered() && since.is_none_or(|since| delivery.ended_at() >= since)
        });
        accepted += put_back(api, webhook, undelivered).await?;
        if more.is_none() || accepted >= MAX || begun.elapsed() >= LONGEST {
            break more;
        }
        after = more;
    };
    let lanes = waking::lanes(webhook);
    waking::wake(api, &webhook.organization, &lanes, true)
        .await
        .map_err(Problem::internal(OPERATION))?;
    let reason = (accepted == 0 && next_after.is_none())
        .then(|| "nothing failed or was skipped; what waits is tried now".to_owned());
    Ok(Recovered {
        accepted,
        next_after,
        reason,
    })
}

fn require_active(webhook: &Webhook) -> Result<(), Problem> {
    match webhook.status {
        WebhookStatus::Active => Ok(()),
        WebhookStatus::Disabled => Err(Problem::NotActive { suspended: false }),
        WebhookStatus::Suspended => Err(Problem::NotActive { suspended: true }),
    }
}

/// First what is to be sent, then that it is pending, then the wake-up: a call that dies leaves
/// at worst something that is sent later, and one that is repeated puts nothing back twice.
async fn put_back(
    api: &Api,
    webhook: &Webhook,
    deliveries: Vec<Delivery>,
) -> Result<usize, Problem> {
    let ids: Vec<_> = deliveries
        .iter()
        .map(|delivery| delivery.event_id.clone())
        .collect();
    let events = api
        .events
        .get_many(&webhook.organization, &ids)
        .await
        .map_err(Problem::internal("reading events"))?;
    let now = Timestamp::now();
    let mut by_lane: BTreeMap<LaneId, Vec<Delivery>> = BTreeMap::new();
    let mut accepted = 0;
    for delivery in deliveries {
        let lane = delivery.lane_id();
        // An event that is past its retention has nothing left to tell.
        if events.contains_key(&delivery.event_id) && webhook.channel(&lane).is_some() {
            by_lane.entry(lane).or_default().push(delivery);
            accepted += 1;
        }
    }
    for (lane, deliveries) in by_lane {
        let redo: Vec<Redo> = deliveries
            .iter()
            .map(|delivery| Redo {
                waiting: delivery.again(now),
                overtaken: None,
            })
            .collect();
        let pending: Vec<Delivery> = deliveries
            .into_iter()
            .map(|delivery| {
                let again = delivery.again(now);
                Delivery {
                    overtaken: false,
                    ..delivery.for_order(again.redelivery)
                }
            })
            .collect();
        let put = async {
            api.lanes.put_redo(&lane, &redo, now).await?;
            try_join_all(pending.iter().map(|row| api.ledger.write(row))).await?;
            let lanes = std::slice::from_ref(&lane);
            waking::wake(api, &webhook.organization, lanes, true).await
        };
        put.await.map_err(Problem::internal(OPERATION))?;
    }
    Ok(accepted)
}
