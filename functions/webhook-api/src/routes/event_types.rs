//! The catalogue of event types.

use axum::Json;
use carillon_domain::event_type::EventGroup;
use carillon_domain::{Event, EventType, sample};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Caller, Catalogue};
use crate::page::Page;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

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
pub async fn list(
    caller: Caller<Catalogue>,
    query: Query,
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
                organization: caller.organization.clone(),
                ..sample::event(*event_type)
            },
        })
        .collect();
    Ok(Json(Page {
        results,
        next: None,
    }))
}
