//! Events: publish, read.

use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use carillon_aws::EventFilter;
use carillon_domain::{Event, EventId, FaultCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::Call;
use crate::auth::Publish;
use crate::event_deliveries::EventView;
use crate::page::{Page, Wanted};
use crate::path::PathOf;
use crate::problem::Problem;
use crate::{event_deliveries, parameters, publishing, schema};

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

/// Publishes an event, or up to 100 of them.
///
/// Several are sent as `{"events": [...]}`; a batch with a fault stores nothing.
///
/// CloudEvents 1.0 are taken in the structured and batch mode of their HTTP binding, and in its
/// binary mode: the attributes are headers (`ce-specversion: 1.0`, `ce-id`, `ce-source`, `ce-type`
/// and others), and the body, of any media type, is the data. JSON data may have the fields of an
/// event, text becomes its message, anything else is only mentioned.
#[utoipa::path(
    post, path = "/events/", tag = "events", operation_id = "publish_events",
    params(parameters::Publishing),
    request_body(content(
        (ref("#/components/schemas/Publication") = "application/json"),
        (ref("#/components/schemas/CloudEvent") = "application/cloudevents+json"),
        (ref("#/components/schemas/CloudEventBatch") = "application/cloudevents-batch+json"),
    )),
    responses(
        (status = 202, description = "Stored: it will be delivered", body = schema::PublicationAnswer),
    ),
)]
pub async fn publish(
    Call(api, caller, query): Call<Publish>,
    request: Request,
) -> Result<Response, Problem> {
    let read = publishing::read(request, &caller).await;
    let (is_batch, events) = query.with(read)?;
    let mut results = Vec::with_capacity(events.len());
    // One after the other: the stream keeps the order in which they are stored.
    for event in events {
        let (id, duplicate) = publishing::store(&api, event).await?;
        let id = id.to_string();
        results.push(Published { id, duplicate });
    }
    Ok(match results.pop() {
        Some(one) if !is_batch => (StatusCode::ACCEPTED, Json(one)).into_response(),
        last => {
            results.extend(last);
            (StatusCode::ACCEPTED, Json(PublishedBatch { results })).into_response()
        }
    })
}

/// Lists the organization's events, newest first.
///
/// By when they happened.
#[utoipa::path(
    get, path = "/events/", tag = "events", operation_id = "list_events",
    params(parameters::EventFilters, parameters::Paging),
    responses((status = 200, description = "The events", body = Page<schema::Event>)),
)]
pub async fn list(Call(api, caller, mut query): Call) -> Result<Json<Page<Event>>, Problem> {
    let filter = EventFilter {
        since: query.time(&parameters::SINCE),
        until: query.time(&parameters::UNTIL),
        event_types: query.event_types(&parameters::TYPE),
        status: query.get(&parameters::STATUS),
        environment: query.get(&parameters::ENVIRONMENT),
        project: query.get(&parameters::PROJECT),
        actor: query.get(&parameters::ACTOR),
        correlation_id: query.get(&parameters::CORRELATION_ID),
    };
    if let (Some(since), Some(until)) = (filter.since, filter.until)
        && until <= since
    {
        let detail = "must be later than `since`";
        query.fault(parameters::UNTIL.name, FaultCode::OutOfRange, detail);
    }
    let wanted = Wanted::read(&api, &caller, "events", query).await?;
    let after = wanted.after.as_deref();
    let (events, last) = api
        .events
        .list(&caller.organization, &filter, after, wanted.limit)
        .await?;
    wanted.page(&api, events, last.as_deref()).await.map(Json)
}

/// Reads an event, with what became of it for each webhook.
#[utoipa::path(
    get, path = "/events/{id}/", tag = "events", operation_id = "get_event",
    params(parameters::OfEvent),
    responses((status = 200, description = "The event", body = EventView)),
)]
pub async fn read(
    Call(api, caller, query): Call,
    PathOf(id): PathOf<String>,
) -> Result<Json<EventView>, Problem> {
    query.finish()?;
    let id = EventId::parse(&id).ok_or(Problem::NotFound)?;
    let found = api.events.get(&caller.organization, &id).await?;
    let event = found.ok_or(Problem::NotFound)?;
    Ok(Json(event_deliveries::of(&api, event).await?))
}
