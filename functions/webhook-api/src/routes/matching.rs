//! Who would get an event.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Call, events};
use crate::body::JsonBody;
use crate::event_deliveries::EventView;
use crate::path::PathOf;
use crate::problem::Problem;
use crate::tried_event;

/// Every webhook of the organization, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Matches {
    results: Vec<Match>,
}

/// Whether a webhook would get the event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Match {
    #[schema(example = "wh_01KAJ2V5J8M3E1Q7S9T0C4X6YZ")]
    webhook_id: String,
    name: String,
    would_send: bool,
    /// Why not, where it would not.
    #[schema(required)]
    why_not: Option<String>,
}

/// Says of each webhook whether it would get an event and, if not, why.
///
/// Stores and sends nothing. The body is an event, `{"sample": "<event type>"}` or `{"event_id": "<id>"}` of an event that
/// was published.
#[utoipa::path(
    post, path = "/events/match/", tag = "events", operation_id = "match_event",
    request_body(content = ref("#/components/schemas/TriedEvent")),
    responses((status = 200, description = "Each webhook", body = Matches)),
)]
pub async fn matches(
    Call(api, caller, query): Call,
    JsonBody(body): JsonBody,
) -> Result<Json<Matches>, Problem> {
    let event = query.with(tried_event::read(&api, &caller.organization, &body).await)?;
    let webhooks = api.registry.webhooks(&caller.organization).await?;
    let results = webhooks.into_iter().map(|webhook| {
        let why_not = webhook.why_not_now(&event);
        Match {
            webhook_id: webhook.id.to_string(),
            name: webhook.name,
            would_send: why_not.is_none(),
            why_not,
        }
    });
    Ok(Json(Matches {
        results: results.collect(),
    }))
}

/// An event may be called `match`, too.
pub async fn event_of_this_name(call: Call) -> Result<Json<EventView>, Problem> {
    events::read(call, PathOf("match".to_owned())).await
}
