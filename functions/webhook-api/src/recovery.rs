//! Sending once more what was not delivered.

use std::time::{Duration, Instant};

use carillon_aws::QueueMessage;
use carillon_domain::delivery::QUEUE_LIFE;
use carillon_domain::{Delivery, DeliveryId, Webhook, WebhookStatus};
use jiff::Timestamp;

use crate::Api;
use crate::problem::Problem;

/// How many deliveries are read and queued at once.
const BATCH: usize = 100;
/// How many one call sends at most, and how long it goes on: an HTTP API gives up after
/// 30 seconds.
const MOST: usize = 5_000;
const LONGEST: Duration = Duration::from_secs(15);

/// More than all attempts of the schedule take.
const SCHEDULE: Duration = Duration::from_secs(2 * 86_400);

/// What a call has come to.
#[derive(Debug, PartialEq, Eq)]
pub struct Recovered {
    pub accepted: usize,
    /// Behind which delivery to go on, where there is more.
    pub next_after: Option<DeliveryId>,
}

/// Queues a delivery that has come to its end once more, or has been forgotten on its way;
/// gives how many that were.
pub async fn redeliver(api: &Api, webhook: &Webhook, delivery: Delivery) -> Result<usize, Problem> {
    require_active(webhook)?;
    if !delivery.status.is_settled() && !delivery.is_overdue(Timestamp::now()) {
        // It is on its way.
        return Ok(0);
    }
    queue(api, webhook, vec![delivery]).await
}

/// Queues everything once more that failed or was skipped since then, in the order of the
/// events. An old event's delivery may have failed just now, so that it is looked for among
/// the events of as long before as a delivery can take; what was asked for again long after
/// its event is found without `since`.
pub async fn recover(
    api: &Api,
    webhook: &Webhook,
    since: Option<Timestamp>,
    mut after: Option<DeliveryId>,
) -> Result<Recovered, Problem> {
    require_active(webhook)?;
    let begun = Instant::now();
    let now = Timestamp::now();
    if after.is_none() {
        after = since.map(|since| DeliveryId::earliest(since - (QUEUE_LIFE + SCHEDULE)));
    }
    let mut accepted = 0;
    loop {
        let (mut undelivered, more) = api
            .ledger
            .undelivered(&webhook.id, after, BATCH)
            .await
            .map_err(Problem::internal("finding what was not delivered"))?;
        undelivered.retain(|delivery| {
            delivery.is_undelivered(now) && since.is_none_or(|since| delivery.ended_at() >= since)
        });
        // Events that arrived at the very same time: as they came out of the queue.
        undelivered.sort_by_key(|delivery| (delivery.id.time(), delivery.created_at));
        accepted += queue(api, webhook, undelivered).await?;
        let Some(more) = more else {
            return Ok(Recovered {
                accepted,
                next_after: None,
            });
        };
        if accepted >= MOST || begun.elapsed() >= LONGEST {
            return Ok(Recovered {
                accepted,
                next_after: Some(more),
            });
        }
        after = Some(more);
    }
}

fn require_active(webhook: &Webhook) -> Result<(), Problem> {
    match webhook.status {
        WebhookStatus::Active => Ok(()),
        WebhookStatus::Disabled => Err(Problem::NotActive { suspended: false }),
        WebhookStatus::Suspended => Err(Problem::NotActive { suspended: true }),
    }
}

/// Nothing is written here: the order itself says that it is a new one, so that a call
/// that dies leaves nothing half-done, and one that is repeated orders nothing twice.
async fn queue(api: &Api, webhook: &Webhook, deliveries: Vec<Delivery>) -> Result<usize, Problem> {
    let ids: Vec<_> = deliveries
        .iter()
        .map(|delivery| delivery.event_id.clone())
        .collect();
    let events = api
        .events
        .get_many(&webhook.organization, &ids)
        .await
        .map_err(Problem::internal("reading events"))?;
    let messages: Vec<QueueMessage> = deliveries
        .iter()
        // An event that is past its retention has nothing left to tell.
        .filter_map(|delivery| {
            let event = events.get(&delivery.event_id)?;
            let channel = webhook.channel_today(&delivery.channel, &delivery.channels)?;
            let order = delivery.again(event.clone());
            Some(QueueMessage::order(&order, webhook.destination(channel)))
        })
        .collect();
    api.queue
        .send(&messages)
        .await
        .map_err(Problem::internal("queueing deliveries"))?;
    Ok(messages.len())
}
