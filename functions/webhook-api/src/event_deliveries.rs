//! What became of an event: its deliveries by the webhooks that there still are.
//!
//! The ledger is kept by webhook, and has no index by event: that would cost a write for
//! every delivery. A delivery's id follows from its event and its channel, though, and ids
//! begin with the time when the event arrived.

use std::collections::BTreeMap;

use carillon_domain::delivery::QUEUE_LIFE;
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
        .flat_map(|webhook| webhook.orders(event))
        .map(|order| (order.webhook_id, order.delivery_id))
        .collect();
    let there = api
        .ledger
        .several(&possible)
        .await
        .map_err(Problem::internal(OPERATION))?;
    // What is there takes the place of what is expected.
    let mut found = expected(&webhooks, event, Timestamp::now());
    found.extend(there);
    let mut asked = Vec::new();
    for webhook in &webhooks {
        // Only these may have had other channels when the event arrived.
        if webhook.modified_at + SKEW >= event.received_at {
            asked.push(of_webhook(api, event, webhook));
        }
    }
    let earlier: Vec<Vec<Delivery>> = futures::stream::iter(asked)
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

/// The deliveries that are on their way, if nobody has begun with them yet: a row is made when
/// a delivery is taken up. Only of webhooks that are as they were when the event arrived.
fn expected(webhooks: &[Webhook], event: &Event, now: Timestamp) -> Vec<Delivery> {
    if event.received_at + QUEUE_LIFE < now {
        return Vec::new();
    }
    webhooks
        .iter()
        .filter(|webhook| webhook.modified_at <= event.received_at && webhook.subscribes(event))
        .flat_map(|webhook| webhook.orders(event))
        .map(|order| Delivery::new(&order, event.received_at))
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{DeliveryStatus, EventType, sample};

    #[test]
    fn what_nobody_has_taken_up_yet_is_pending_where_it_is_sure_to_come() {
        let event = sample::event(EventType::Deploy);
        let mut webhooks = vec![
            sample::webhook(1, &["deploy"]),
            sample::webhook(2, &["scale"]),
            sample::webhook(3, &["*"]),
        ];
        for webhook in &mut webhooks {
            webhook.modified_at = event.received_at;
        }
        webhooks[2].modified_at = event.received_at + SignedDuration::from_secs(1);
        let found = expected(&webhooks, &event, event.received_at);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].webhook_id, webhooks[0].id);
        assert_eq!(found[0].status, DeliveryStatus::Pending);
        let weeks_later = event.received_at + SignedDuration::from_hours(24 * 15);
        assert!(expected(&webhooks, &event, weeks_later).is_empty());
    }
}
