//! What became of an event: its deliveries, and why others do not get it.

use std::collections::HashMap;

use carillon_aws::registry::PAGE;
use carillon_domain::lane::Waiting;
use carillon_domain::{Delivery, DeliveryId, Event, LaneId, Webhook};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::view::DeliveryView;
use crate::{Api, schema, waking};

/// How many of those that do not get it are told why.
const UNMATCHED: usize = 10;
/// Among how many webhooks they are looked for: a few first, which is mostly enough.
const LOOKED_AT: [usize; 2] = [20, 80];

/// How many attempts all deliveries are shown with, each with its last ones: after a day's outage
/// they would be more than an answer can have, 6 MB.
const ATTEMPTS: usize = 5_000;

/// An event and its deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    #[serde(flatten)]
    #[schema(value_type = schema::Event)]
    event: Event,
    /// How many webhooks subscribe to it. Null where the event was published a moment ago and
    /// the organization has more webhooks than are looked at at once.
    #[schema(required)]
    matched: Option<usize>,
    /// By webhook and channel, also of webhooks that were removed since. Of very many attempts, the
    /// last ones of each.
    deliveries: Vec<DeliveryView>,
    /// Up to ten of the other webhooks.
    unmatched: Vec<Unmatched>,
}

/// A webhook that does not get an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unmatched {
    webhook_id: String,
    name: String,
    why_not: String,
}

pub async fn of(api: &Api, event: Event) -> Result<EventView, Problem> {
    let organization = &event.organization;
    let (matched, lanes, mut unmatched) = match api.lanes.record(organization, &event.id).await? {
        Some(record) => {
            let unmatched = others(api, &event).await?;
            (Some(record.matched), record.lanes, unmatched)
        }
        // It is about to be dispatched.
        None => {
            let some = api.registry.webhook_page(organization, None, PAGE).await?;
            let subscribing = some.webhooks.iter().filter(|it| it.subscribes(&event));
            let subscribing: Vec<_> = subscribing.collect();
            let matched = some.next.is_none().then_some(subscribing.len());
            let lanes = subscribing.into_iter().flat_map(waking::lanes).collect();
            let unmatched = unmatched(some.webhooks, &event).take(UNMATCHED);
            (matched, lanes, unmatched.collect())
        }
    };
    unmatched.truncate(UNMATCHED);
    Ok(EventView {
        matched,
        deliveries: deliveries(api, &event, &lanes).await?,
        unmatched,
        event,
    })
}

/// Some of the webhooks that do not get an event.
async fn others(api: &Api, event: &Event) -> Result<Vec<Unmatched>, Problem> {
    let mut found = Vec::new();
    let mut after = None;
    for max in LOOKED_AT {
        let registry = &api.registry;
        let page = registry.webhook_page(&event.organization, after.as_deref(), max);
        let page = page.await?;
        found.extend(unmatched(page.webhooks, event));
        after = page.next;
        if found.len() >= UNMATCHED || after.is_none() {
            break;
        }
    }
    Ok(found)
}

fn unmatched(webhooks: Vec<Webhook>, event: &Event) -> impl Iterator<Item = Unmatched> {
    webhooks.into_iter().filter_map(|webhook| {
        Some(Unmatched {
            why_not: webhook.why_not(event)?,
            webhook_id: webhook.id.to_string(),
            name: webhook.name,
        })
    })
}

/// A row for each lane: what the ledger has, or that it waits.
async fn deliveries(
    api: &Api,
    event: &Event,
    lanes: &[LaneId],
) -> Result<Vec<DeliveryView>, Problem> {
    let organization = &event.organization;
    let wanted: Vec<_> = lanes
        .iter()
        .filter_map(|lane| {
            let id = DeliveryId::of(organization, &event.id, event.received_at, lane);
            Some((lane.webhook()?, id))
        })
        .collect();
    let known = api.ledger.several(&wanted).await?;
    let mut known: HashMap<_, _> = known.into_iter().map(|row| (row.id.clone(), row)).collect();
    let mut ids: Vec<_> = wanted
        .iter()
        .filter(|(_, id)| !known.contains_key(id))
        .map(|(webhook, _)| (organization, webhook))
        .collect();
    ids.dedup();
    let webhooks = api.registry.webhooks_by_id(ids).await?;
    let row = |lane: &LaneId| {
        let id = DeliveryId::of(organization, &event.id, event.received_at, lane);
        if let Some(row) = known.remove(&id) {
            return Some(row);
        }
        let webhook = webhooks.get(&lane.webhook()?).and_then(Option::as_ref);
        let channel = webhook.and_then(|webhook| webhook.channel(lane));
        let waiting = Waiting {
            delivery_id: id,
            event_id: event.id.clone(),
            event_type: event.event_type,
            traceparent: event.traceparent.clone(),
            since: event.received_at,
            redelivery: 0,
        };
        Delivery::new(organization, lane, channel.unwrap_or_default(), &waiting)
    };
    let mut rows: Vec<Delivery> = lanes.iter().filter_map(row).collect();
    let shown = (ATTEMPTS / rows.len().max(1)).max(1);
    for row in &mut rows {
        let earlier = row.attempts.len().saturating_sub(shown);
        row.attempts.drain(..earlier);
    }
    Ok(rows.into_iter().map(DeliveryView::from).collect())
}
