//! Sending once more what was not delivered.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use carillon_aws::Order;
use carillon_domain::lane::Redo;
use carillon_domain::{Delivery, DeliveryId, DeliveryStatus, LaneId, Webhook, WebhookStatus};
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Scope;
use crate::pause::to_the_second;
use crate::problem::Problem;
use crate::{Api, schema, waking};

/// How many deliveries are read and put back at once.
const BATCH: usize = 100;
/// How many one call sends at most, and how long it goes on: an HTTP API gives up after
/// 30 seconds.
const MAX: usize = 5_000;
const LONGEST: Duration = Duration::from_secs(15);
/// How what did not arrive has ended; what goes on by itself is left to that.
const UNDELIVERED: &[DeliveryStatus] = &[DeliveryStatus::Failed, DeliveryStatus::Skipped];
/// How long before its end a delivery's event may have come: an outage of a month.
const LOOK_BACK: Duration = Duration::from_secs(35 * 86_400);

/// How many deliveries will be sent.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Accepted {
    pub accepted: usize,
    /// Where there were too many for one call: `after` of the next one.
    #[schema(required)]
    pub next_after: Option<String>,
    /// Why nothing will be sent, where nothing is, or why not at once.
    #[schema(required)]
    pub reason: Option<String>,
    /// Webhooks that are not active.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub left_out: Vec<LeftOut>,
    /// Whether they were only counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// A webhook whose deliveries are not sent again, as it is not active.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeftOut {
    pub webhook_id: String,
    pub name: String,
    #[schema(value_type = schema::WebhookStatus)]
    pub status: WebhookStatus,
}

impl Accepted {
    /// One, which a platform may ask to wait for.
    fn one(bound_until: Option<Timestamp>) -> Self {
        Self {
            accepted: 1,
            reason: bound_until.map(asks_to_wait),
            ..Self::default()
        }
    }

    fn none(reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::default()
        }
    }
}

/// Sends a delivery once more that has come to its end, or now where it waits.
pub async fn redeliver(
    api: &Scope,
    webhook: &Webhook,
    delivery: Delivery,
) -> Result<Accepted, Problem> {
    require_active(webhook)?;
    let lane = delivery.lane_id();
    if webhook.channel(&lane).is_none() {
        return Ok(Accepted::none("its channel was taken out of the webhook"));
    }
    let bound_until = waking::held_until(api, webhook, std::slice::from_ref(&lane)).await?;
    if !delivery.status.is_settled() {
        if let Some(until) = bound_until {
            return Ok(Accepted::none(asks_to_wait(until)));
        }
        waking::wake(api, &[lane], true).await?;
        return Ok(Accepted::one(None));
    }
    let by_lane = sendable(api, webhook, vec![delivery]).await?;
    if by_lane.is_empty() {
        return Ok(Accepted::none("its event is past its retention"));
    }
    put_back(api, by_lane).await?;
    Ok(Accepted::one(bound_until))
}

pub fn asks_to_wait(until: Timestamp) -> String {
    let until = to_the_second(until);
    format!("The platform asks to wait until {until}; it is sent then.")
}

/// What is to be sent once more, or only counted: what came to its end within these times.
#[derive(Debug)]
pub struct Asked {
    pub since: Option<Timestamp>,
    /// Itself left out.
    pub until: Option<Timestamp>,
    /// Only counts, and changes nothing.
    pub dry_run: bool,
}

impl Asked {
    fn covers(&self, delivery: &Delivery) -> bool {
        let ended = delivery.ended_at();
        delivery.is_undelivered()
            && self.since.is_none_or(|since| ended >= since)
            && self.until.is_none_or(|until| ended < until)
    }

    /// Behind which delivery to begin. An old event's delivery may have failed just now, so that
    /// it is looked for among the events of a month before.
    fn begin(&self) -> Option<DeliveryId> {
        let since = self.since?;
        Some(DeliveryId::earliest(since - LOOK_BACK))
    }

    /// Whether all that comes behind this delivery has ended too late.
    fn is_over_at(&self, id: &DeliveryId) -> bool {
        self.until
            .is_some_and(|until| *id >= DeliveryId::earliest(until))
    }

    /// What is said where there is nothing to send, with these words after it.
    pub fn nothing(&self, of: &str, budget: &Budget) -> String {
        let nothing = match budget.gone {
            0 => format!("nothing failed or was skipped{of}"),
            gone => format!(
                "nothing{of} can be sent: of {gone} that failed or were skipped, the event is \
                 past its retention, or the channel was taken out"
            ),
        };
        match budget.bound_until {
            _ if self.dry_run => nothing,
            None => format!("{nothing}; anything that waits is tried now"),
            Some(until) => format!("{nothing}. {}", asks_to_wait(until)),
        }
    }
}

/// What one call does at most.
#[derive(Debug)]
pub struct Budget {
    begun: Instant,
    pub accepted: usize,
    /// How many have failed or were skipped, but cannot be sent any more.
    gone: usize,
    /// Until when a platform asks to wait.
    bound_until: Option<Timestamp>,
}

impl Budget {
    pub fn begin() -> Self {
        Self {
            begun: Instant::now(),
            accepted: 0,
            gone: 0,
            bound_until: None,
        }
    }

    /// Why some of what was accepted is not sent at once.
    pub fn some_wait(&self) -> Option<String> {
        let until = self.bound_until.map(to_the_second)?;
        Some(format!(
            "Where a platform asks to wait, until {until} at the latest, it is sent then."
        ))
    }

    pub fn is_spent(&self) -> bool {
        self.accepted >= MAX || self.begun.elapsed() >= LONGEST
    }
}

/// Sends everything once more that failed or was skipped in that time, in the order of the
/// events, and has what waits tried now.
pub async fn recover(
    api: &Scope,
    webhook: &Webhook,
    asked: &Asked,
    after: Option<DeliveryId>,
) -> Result<Accepted, Problem> {
    if !asked.dry_run {
        require_active(webhook)?;
    }
    let mut budget = Budget::begin();
    let next_after = recover_within(api, webhook, asked, after, &mut budget).await?;
    let nothing = budget.accepted == 0 && next_after.is_none();
    Ok(Accepted {
        accepted: budget.accepted,
        next_after: next_after.map(|id| id.to_string()),
        reason: match nothing {
            true => Some(asked.nothing("", &budget)),
            false => budget.some_wait(),
        },
        left_out: Vec::new(),
        dry_run: asked.dry_run,
    })
}

/// The same of a webhook that is active, as far as the budget goes; gives the delivery behind
/// which to go on, where there is more.
pub async fn recover_within(
    api: &Scope,
    webhook: &Webhook,
    asked: &Asked,
    after: Option<DeliveryId>,
    budget: &mut Budget,
) -> Result<Option<DeliveryId>, Problem> {
    let mut after = after.or_else(|| asked.begin());
    let next_after = loop {
        let page = api
            .ledger
            .page(&webhook.id, UNDELIVERED, Order::OldestFirst, after, BATCH);
        let (mut undelivered, more) = page.await?;
        undelivered.retain(|delivery| asked.covers(delivery));
        let found = undelivered.len();
        let by_lane = sendable(api, webhook, undelivered).await?;
        let accepted: usize = by_lane.values().map(Vec::len).sum();
        budget.accepted += accepted;
        budget.gone += found - accepted;
        if !asked.dry_run {
            put_back(api, by_lane).await?;
        }
        let more = more.filter(|id| !asked.is_over_at(id));
        if more.is_none() || budget.is_spent() {
            break more;
        }
        after = more;
    };
    if !asked.dry_run {
        let lanes = waking::lanes(webhook);
        waking::wake(api, &lanes, true).await?;
        let bound_until = waking::held_until(api, webhook, &lanes).await?;
        budget.bound_until = budget.bound_until.max(bound_until);
    }
    Ok(next_after)
}

fn require_active(webhook: &Webhook) -> Result<(), Problem> {
    match webhook.status {
        WebhookStatus::Active => Ok(()),
        WebhookStatus::Disabled => Err(Problem::NotActive { suspended: false }),
        WebhookStatus::Suspended => Err(Problem::NotActive { suspended: true }),
    }
}

/// The deliveries by lane, without those that have nothing left to tell or nowhere to go: the
/// event is past its retention, or the channel was taken out.
async fn sendable(
    api: &Api,
    webhook: &Webhook,
    deliveries: Vec<Delivery>,
) -> Result<BTreeMap<LaneId, Vec<Delivery>>, Problem> {
    let ids: Vec<_> = deliveries
        .iter()
        .map(|delivery| delivery.event_id.clone())
        .collect();
    let events = api.events.get_many(&webhook.organization, &ids).await?;
    let mut by_lane: BTreeMap<LaneId, Vec<Delivery>> = BTreeMap::new();
    for delivery in deliveries {
        let lane = delivery.lane_id();
        if events.contains_key(&delivery.event_id) && webhook.channel(&lane).is_some() {
            by_lane.entry(lane).or_default().push(delivery);
        }
    }
    Ok(by_lane)
}

/// First what is to be sent, then that it is pending, then the wake-up: a call that dies leaves
/// at worst something that is sent later, and one that is repeated puts nothing back twice.
async fn put_back(api: &Scope, by_lane: BTreeMap<LaneId, Vec<Delivery>>) -> Result<(), Problem> {
    let now = Timestamp::now();
    for (lane, deliveries) in by_lane {
        let again = deliveries.into_iter().map(|delivery| {
            let waiting = delivery.again(now);
            let pending = Delivery {
                overtaken: false,
                ..delivery.for_order(waiting.redelivery)
            };
            let overtaken = None;
            (Redo { waiting, overtaken }, pending)
        });
        let (redo, pending): (Vec<Redo>, Vec<Delivery>) = again.unzip();
        api.lanes.put_redo(&lane, &redo, now).await?;
        try_join_all(pending.iter().map(|row| api.ledger.write(row))).await?;
        waking::wake(api, &[lane], true).await?;
    }
    Ok(())
}
