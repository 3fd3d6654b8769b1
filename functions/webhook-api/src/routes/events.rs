//! Events: publish, read, try out who would get one, and which types there are.

use std::marker::PhantomData;

use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use carillon_aws::EventFilter;
use carillon_domain::event_type::EventGroup;
use carillon_domain::{Event, EventId, EventType, FaultCode, sample};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Call, Catalogue, Publish, Read};
use crate::body::JsonBody;
use crate::event_deliveries::EventView;
use crate::page::{Page, Wanted};
use crate::problem::Problem;
use crate::{event_deliveries, parameters, publishing, schema, tried_event};

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
    Call(api, query, ..): Call<Publish>,
    request: Request,
) -> Result<Response, Problem> {
    let read = publishing::read(request, &api).await;
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
pub async fn list(Call(api, mut query, ..): Call) -> Result<Json<Page<Event>>, Problem> {
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
    let wanted = Wanted::read(&api, "events", query).await?;
    let after = wanted.after.as_deref();
    let (events, last) = api
        .events
        .list(&api.organization, &filter, after, wanted.limit)
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
    Call(api, query, id, ..): Call<Read, String>,
) -> Result<Json<EventView>, Problem> {
    query.finish()?;
    let id = EventId::parse(&id).ok_or(Problem::NotFound)?;
    let found = api.events.get(&api.organization, &id).await?;
    let event = found.ok_or(Problem::NotFound)?;
    Ok(Json(event_deliveries::of(&api, event).await?))
}

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
    Call(api, query, ..): Call,
    JsonBody(body): JsonBody,
) -> Result<Json<Matches>, Problem> {
    let event = query.with(tried_event::read(&api, &body).await)?;
    let webhooks = api.registry.webhooks(&api.organization).await?;
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
pub async fn event_of_this_name(Call(api, query, ..): Call) -> Result<Json<EventView>, Problem> {
    read(Call(api, query, "match".to_owned(), PhantomData)).await
}

/// A type of events, with a sample.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CatalogueEntry)]
pub struct EventTypeView {
    #[schema(value_type = schema::EventType)]
    r#type: &'static str,
    #[schema(value_type = schema::EventGroup)]
    group: EventGroup,
    description: &'static str,
    /// Whether clients can publish it; the others are raised by Carillon itself.
    publishable: bool,
    #[schema(value_type = schema::Event)]
    sample: Event,
}

/// Lists all event types, each with a sample.
#[utoipa::path(
    get, path = "/event-types/", tag = "events", operation_id = "list_event_types",
    responses((status = 200, description = "The catalogue", body = Page<EventTypeView>)),
)]
pub async fn types(
    Call(api, query, ..): Call<Catalogue>,
) -> Result<Json<Page<EventTypeView>>, Problem> {
    query.finish()?;
    let results = EventType::ALL
        .iter()
        .map(|event_type| EventTypeView {
            r#type: event_type.as_str(),
            group: event_type.group(),
            description: event_type.description(),
            publishable: event_type.is_publishable(),
            sample: Event {
                organization: api.organization.clone(),
                ..sample::event(*event_type)
            },
        })
        .collect();
    Ok(Json(Page {
        results,
        next: None,
    }))
}
