//! Events: publish, read.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use carillon_aws::{EventFilter, Stored};
use carillon_domain::event::MAX_NAME;
use carillon_domain::{
    Capture, Event, EventId, FaultCode, Faults, Fields, OrganizationId, Pointer,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Api;
use crate::auth::{Caller, Publish};
use crate::body::JsonBody;
use crate::page::{Page, Wanted};
use crate::path::PathOf;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;
use crate::view::DeliveryView;

/// How many events a batch may have.
const MAX_BATCH: usize = 100;

/// What became of a published event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Published {
    id: String,
    /// The id was there already: nothing changed.
    duplicate: bool,
}

/// What became of the events of a batch, in the order sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublishedBatch {
    results: Vec<Published>,
}

/// Publishes an event, or up to 100 as `{"events": [...]}`. A batch with a fault stores nothing.
#[utoipa::path(
    post, path = "/events/", tag = "events", security(("api_key" = []), ("bearer" = [])),
    request_body(content(
        (schema::Publication = "application/json"),
        (schema::CloudEvent = "application/cloudevents+json"),
        (Vec<schema::CloudEvent> = "application/cloudevents-batch+json"),
    )),
    responses(
        (status = 202, description = "Stored: it will be delivered", body = Published),
    ),
)]
pub async fn publish(
    State(api): State<Api>,
    caller: Caller<Publish>,
    query: Query,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let now = Timestamp::now();
    let is_batch = body.get("events").is_some() && body.get("type").is_none();
    let events = if is_batch {
        read_batch(&body, &caller.organization, now)
    } else {
        let mut faults = Faults::default();
        let capture = capture(&caller.organization, now);
        let event = Event::parse(&body, &Pointer::root(), capture, &mut faults);
        faults.into_result(event).map(|event| vec![event])
    }
    .map_err(Problem::Invalid)?;
    let mut results = Vec::with_capacity(events.len());
    // One after the other: the stream keeps the order in which they are stored.
    for event in &events {
        let stored = api
            .events
            .put(event)
            .await
            .map_err(Problem::internal("publishing an event"))?;
        let duplicate = stored == Stored::Duplicate;
        let event_id = event.id.as_str();
        let event_type = event.event_type.as_str();
        tracing::info!(event_id, event_type, duplicate, "captured");
        results.push(Published {
            id: event.id.to_string(),
            duplicate,
        });
    }
    Ok(match results.pop() {
        Some(one) if !is_batch => (StatusCode::ACCEPTED, Json(one)).into_response(),
        last => {
            results.extend(last);
            (StatusCode::ACCEPTED, Json(PublishedBatch { results })).into_response()
        }
    })
}

fn capture(organization: &OrganizationId, now: Timestamp) -> Capture {
    Capture {
        organization: organization.clone(),
        now,
        fallback_id: EventId::generate(ulid::Ulid::generate()),
    }
}

fn read_batch(
    body: &Value,
    organization: &OrganizationId,
    now: Timestamp,
) -> Result<Vec<Event>, Faults> {
    let mut faults = Faults::default();
    let mut events = Vec::new();
    if let Some(mut fields) = Fields::of(body, Pointer::root(), &mut faults) {
        let at = fields.at("events");
        match fields.value("events").and_then(Value::as_array) {
            Some(list) if (1..=MAX_BATCH).contains(&list.len()) => {
                for (n, value) in list.iter().enumerate() {
                    let capture = capture(organization, now);
                    events.extend(Event::parse(value, &at.index(n), capture, fields.faults()));
                }
            }
            _ => fields.fault(
                "events",
                FaultCode::OutOfRange,
                format!("must be a list of 1 to {MAX_BATCH} events"),
            ),
        }
        fields.finish();
    }
    faults.into_result(Some(events))
}

/// Lists the organization's events, newest first, by when they happened.
#[utoipa::path(
    get, path = "/events/", tag = "events", security(("api_key" = []), ("bearer" = [])),
    params(schema::EventFilters, schema::PageParameters),
    responses((status = 200, description = "The events", body = Page<schema::Event>)),
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Page<Event>>, Problem> {
    let filter = EventFilter {
        since: query.time("since"),
        until: query.time("until"),
        event_type: query.event_type("type"),
        environment: query.text("environment", MAX_NAME),
        correlation_id: query.text("correlation_id", MAX_NAME),
    };
    let wanted = Wanted::read(&api, &caller, "events", &mut query).await?;
    query.finish()?;
    let after = wanted.after.as_deref();
    let (events, last) = api
        .events
        .list(&caller.organization, &filter, after, wanted.limit)
        .await
        .map_err(Problem::internal("listing events"))?;
    wanted.page(&api, events, last.as_deref()).await.map(Json)
}

/// Reads an event, with what became of it for each webhook.
#[utoipa::path(
    get, path = "/events/{id}/", tag = "events", security(("api_key" = []), ("bearer" = [])),
    params(("id" = String, Path, description = "The event's id", example = "deploy-7f3a")),
    responses((status = 200, description = "The event", body = EventView)),
)]
pub async fn read(
    State(api): State<Api>,
    caller: Caller,
    query: Query,
    PathOf(id): PathOf<String>,
) -> Result<Json<EventView>, Problem> {
    const OPERATION: &str = "reading an event";
    query.finish()?;
    let id = EventId::parse(&id).ok_or(Problem::NotFound)?;
    let event = api
        .events
        .get(&caller.organization, &id)
        .await
        .map_err(Problem::internal(OPERATION))?
        .ok_or(Problem::NotFound)?;
    let webhooks = api
        .registry
        .webhooks(&caller.organization)
        .await
        .map_err(Problem::internal(OPERATION))?;
    let possible: Vec<_> = webhooks
        .iter()
        .flat_map(|webhook| webhook.deliveries_of(&event))
        .collect();
    let mut deliveries = api
        .ledger
        .several(&possible)
        .await
        .map_err(Problem::internal(OPERATION))?;
    deliveries.sort_by(|a, b| {
        a.webhook_id
            .cmp(&b.webhook_id)
            .then(a.channel.cmp(&b.channel))
    });
    Ok(Json(EventView {
        event,
        deliveries: deliveries.into_iter().map(DeliveryView::from).collect(),
    }))
}

/// An event and its deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    #[serde(flatten)]
    #[schema(value_type = schema::Event)]
    event: Event,
    /// To webhooks that there still are.
    deliveries: Vec<DeliveryView>,
}
