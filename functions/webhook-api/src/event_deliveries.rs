//! What became of an event: its deliveries by the webhooks that there still are.
//!
//! The ledger is kept by webhook, and has no index by event: that would cost a write for
//! every delivery. A delivery's id follows from its event and its channel, though, and ids
//! begin with the time when the event arrived.

use std::collections::BTreeMap;

use carillon_domain::{Delivery, DeliveryId, Event, Webhook};
use futures::stream::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};

use crate::Api;
use crate::problem::Problem;

const OPERATION: &str = "reading an event's deliveries";

/// How many webhooks are looked at at once, and how many rows of each in one call.
const AT_ONCE: usize = 8;
const ROWS: usize = 25;

/// How far the clocks may be apart that say when an event arrived and when a webhook was
/// changed.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// The deliveries, by webhook and channel. Those of webhooks that were removed cannot be
/// found.
pub async fn of(api: &Api, event: &Event) -> Result<Vec<Delivery>, Problem> {
    let webhooks = api
        .registry
        .webhooks(&event.organization)
        .await
        .map_err(Problem::internal(OPERATION))?;
    let possible: Vec<_> = webhooks
        .iter()
        .flat_map(|webhook| webhook.deliveries_of(event))
        .collect();
    let mut found = api
        .ledger
        .several(&possible)
        .await
        .map_err(Problem::internal(OPERATION))?;
    // Only these may have had other channels when the event arrived.
    let changed = webhooks
        .iter()
        .filter(|webhook| webhook.modified_at + SKEW >= event.received_at);
    let earlier: Vec<Vec<Delivery>> = futures::stream::iter(changed)
        .map(|webhook| of_webhook(api, event, webhook))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    found.extend(earlier.into_iter().flatten());
    let mut by_channel: BTreeMap<_, Delivery> = BTreeMap::new();
    for delivery in found {
        let key = (
            delivery.webhook_id.to_string(),
            delivery.channel.clone(),
            delivery.id.to_string(),
        );
        by_channel.insert(key, delivery);
    }
    Ok(by_channel.into_values().collect())
}

/// All rows of the millisecond in which the event arrived, as far as they are about it.
async fn of_webhook(api: &Api, event: &Event, webhook: &Webhook) -> Result<Vec<Delivery>, Problem> {
    let begin = DeliveryId::earliest(event.received_at);
    let mut after = Some(DeliveryId::earliest(next_millisecond(event.received_at)));
    let mut found = Vec::new();
    while after.is_some() {
        let (rows, more) = api
            .ledger
            .page(&webhook.id, None, after, ROWS)
            .await
            .map_err(Problem::internal(OPERATION))?;
        after = more.filter(|last| last.as_str() >= begin.as_str());
        let of_event = rows.into_iter().filter(|delivery| {
            delivery.event_id == event.id && delivery.id.as_str() >= begin.as_str()
        });
        found.extend(of_event);
    }
    Ok(found)
}

fn next_millisecond(time: Timestamp) -> Timestamp {
    time.checked_add(SignedDuration::from_millis(1))
        .unwrap_or(Timestamp::MAX)
}
