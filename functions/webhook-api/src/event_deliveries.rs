//! What became of an event: its deliveries, and why others do not get it.

use std::collections::HashMap;

use carillon_aws::registry::PAGE;
use carillon_domain::lane::Waiting;
use carillon_domain::{Delivery, DeliveryId, Event, LaneId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::view::DeliveryView;
use crate::{Api, schema, waking};

/// How many of those that do not get it are told why.
const UNMATCHED: usize = 10;
/// Among how many webhooks they are looked for.
const LOOKED_AT: usize = 100;

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
    /// By webhook and channel, also of webhooks that were removed since.
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
    let record = api.lanes.record(organization, &event.id).await?;
    let max = match &record {
        Some(_) => LOOKED_AT,
        None => PAGE,
    };
    let some = api.registry.webhook_page(organization, None, max).await?;
    let (matched, lanes) = match record {
        Some(record) => (Some(record.matched), record.lanes),
        // It is about to be dispatched.
        None => {
            let subscribing = some.webhooks.iter().filter(|it| it.subscribes(&event));
            let subscribing: Vec<_> = subscribing.collect();
            let matched = some.next.is_none().then_some(subscribing.len());
            let lanes = subscribing.into_iter().flat_map(waking::lanes);
            (matched, lanes.collect())
        }
    };
    let unmatched = some.webhooks.into_iter().filter_map(|webhook| {
        Some(Unmatched {
            why_not: webhook.why_not(&event)?,
            webhook_id: webhook.id.to_string(),
            name: webhook.name,
        })
    });
    Ok(EventView {
        matched,
        deliveries: deliveries(api, &event, &lanes).await?,
        unmatched: unmatched.take(UNMATCHED).collect(),
        event,
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
        .map(|(webhook, _)| (organization.clone(), webhook.clone()))
        .collect();
    ids.dedup();
    let webhooks = api.registry.webhooks_by_id(&ids).await?;
    let row = |lane: &LaneId| {
        let id = DeliveryId::of(organization, &event.id, event.received_at, lane);
        if let Some(row) = known.remove(&id) {
            return Some(row);
        }
        let webhook = webhooks.get(&lane.webhook()?).and_then(Option::as_deref);
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
    let rows = lanes.iter().filter_map(row);
    Ok(rows.map(DeliveryView::from).collect())
}
