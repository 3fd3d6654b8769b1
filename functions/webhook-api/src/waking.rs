//! Lanes as people see and hurry them.

use carillon_aws::{Error, WakeUp};
use carillon_domain::lane::Lane;
use carillon_domain::{LaneId, Webhook};
use futures::future::try_join_all;
use jiff::Timestamp;

use crate::Api;
use crate::auth::Scope;
use crate::pause::paused_until;

/// How many lanes are asked to look at once.
const ASKED_AT_ONCE: usize = 64;

/// How a webhook's channels stand.
#[derive(Debug, Default, Clone, Copy)]
pub struct Standing {
    /// Since when the one has been failing that has for longest.
    pub failing_since: Option<Timestamp>,
    /// When the first one that waits is tried again.
    pub next_attempt_at: Option<Timestamp>,
}

impl Standing {
    fn of<'a>(lanes: impl Iterator<Item = &'a Lane> + Clone, now: Timestamp) -> Self {
        let troubles = lanes.clone().filter_map(|lane| lane.trouble.as_ref());
        Self {
            failing_since: troubles.map(|trouble| trouble.since).min(),
            next_attempt_at: lanes.filter_map(|lane| lane.waits_until(now)).min(),
        }
    }
}

pub fn lanes(webhook: &Webhook) -> Vec<LaneId> {
    let channels = webhook.lanes.channels.iter();
    channels.map(|channel| webhook.lane(channel)).collect()
}

pub async fn standing(api: &Api, webhook: &Webhook) -> Result<Standing, Error> {
    let standings = standings(api, std::slice::from_ref(webhook)).await?;
    Ok(standings.into_iter().next().unwrap_or_default())
}

/// How a webhook stands that was changed: that is done, whatever can be read now.
pub async fn standing_after_change(api: &Api, webhook: &Webhook) -> Standing {
    let standing = standing(api, webhook).await;
    let standing = standing.inspect_err(|error| {
        tracing::error!(webhook_id = webhook.id.as_str(), %error, "how it stands is not told");
    });
    standing.unwrap_or_default()
}

/// How webhooks stand, in their order.
pub async fn standings(api: &Api, webhooks: &[Webhook]) -> Result<Vec<Standing>, Error> {
    let ids: Vec<LaneId> = webhooks.iter().flat_map(lanes).collect();
    let rows = api.lanes.read(&ids).await?;
    let now = Timestamp::now();
    let of = |webhook: &Webhook| {
        let ids = lanes(webhook);
        Standing::of(ids.iter().filter_map(|id| rows.get(id)), now)
    };
    Ok(webhooks.iter().map(of).collect())
}

/// Until when nobody can hurry some of these lanes, because their platform asks to wait.
pub async fn bound_until(api: &Api, lanes: &[LaneId]) -> Result<Option<Timestamp>, Error> {
    let rows = api.lanes.read(lanes).await?;
    let now = Timestamp::now();
    let asked = rows.values().filter_map(|row| row.is_bound_until(now));
    Ok(asked.max())
}

/// The same of lanes of a webhook, whose platform may also block us.
pub async fn held_until(
    api: &Api,
    webhook: &Webhook,
    lanes: &[LaneId],
) -> Result<Option<Timestamp>, Error> {
    let paused = match api.chat.kinds().get(&webhook.kind) {
        Some(kind) => paused_until(&api.ledger, kind).await,
        None => None,
    };
    Ok(bound_until(api, lanes).await?.max(paused))
}

/// Has lanes looked at now, whatever they wait for.
///
/// # Errors
/// Where that could not be said to all of them.
pub async fn wake(api: &Scope, lanes: &[LaneId], has_redo: bool) -> Result<(), Error> {
    let now = Timestamp::now();
    for lanes in lanes.chunks(ASKED_AT_ONCE) {
        let asked = lanes
            .iter()
            .map(|lane| api.lanes.ask(&api.organization, lane, has_redo, now));
        try_join_all(asked).await?;
    }
    let wake_ups: Vec<_> = lanes
        .iter()
        .map(|lane| WakeUp::new(api.organization.clone(), lane.clone()).urgent())
        .collect();
    carillon_aws::wake(&*api.queue, &wake_ups).await
}

/// Has what waits in a webhook's lanes tried at once, however long it was to wait. Where that
/// fails, the lanes go on by themselves, later.
pub async fn hurry(api: &Scope, webhook: &Webhook) {
    let mut lanes = lanes(webhook);
    match api.lanes.read(&lanes).await {
        Ok(rows) => lanes.retain(|lane| rows.get(lane).is_some_and(Lane::may_have_waited)),
        Err(error) => {
            tracing::error!(webhook_id = webhook.id.as_str(), %error, "all lanes are woken");
        }
    }
    wake_after_change(api, &lanes).await;
}

/// As [`wake`], for what a webhook's change is followed by: where that fails, the lanes go on
/// by themselves, later.
pub async fn wake_after_change(api: &Scope, lanes: &[LaneId]) {
    if let Err(error) = wake(api, lanes, false).await {
        let organization = &api.organization;
        tracing::error!(%organization, %error, "lanes could not be woken");
    }
}
