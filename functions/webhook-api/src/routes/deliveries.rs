//! The ledger of a webhook.

use axum::Json;
use axum::extract::State;
use carillon_domain::DeliveryId;

use crate::auth::Caller;
use crate::page::Page;
use crate::path::PathOf;
use crate::problem::{Document, Problem};
use crate::view::DeliveryView;
use crate::{Api, registration};

/// How many deliveries a list shows.
const PAGE: usize = 50;

/// Lists a webhook's deliveries, newest first.
#[utoipa::path(
    get, path = "/webhooks/{id}/deliveries/", tag = "deliveries",
    security(("api_key" = []), ("bearer" = [])),
    params(("id" = String, Path, description = "The webhook's id")),
    responses(
        (status = 200, body = Page<DeliveryView>),
        (status = 401, body = Document, content_type = "application/problem+json"),
        (status = 404, body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PathOf(id): PathOf<String>,
) -> Result<Json<Page<DeliveryView>>, Problem> {
    let webhook = registration::find(&api, &caller.organization, &id).await?;
    let (deliveries, _) = api
        .ledger
        .page(&webhook.id, None, None, PAGE)
        .await
        .map_err(Problem::internal("listing deliveries"))?;
    Ok(Json(Page {
        results: deliveries.into_iter().map(DeliveryView::from).collect(),
        next: None,
    }))
}

/// Reads a delivery, with every attempt.
#[utoipa::path(
    get, path = "/webhooks/{id}/deliveries/{delivery_id}/", tag = "deliveries",
    security(("api_key" = []), ("bearer" = [])),
    params(
        ("id" = String, Path, description = "The webhook's id"),
        ("delivery_id" = String, Path, description = "The delivery's id"),
    ),
    responses(
        (status = 200, body = DeliveryView),
        (status = 401, body = Document, content_type = "application/problem+json"),
        (status = 404, body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn read(
    State(api): State<Api>,
    caller: Caller,
    PathOf((id, delivery_id)): PathOf<(String, String)>,
) -> Result<Json<DeliveryView>, Problem> {
    let webhook = registration::find(&api, &caller.organization, &id).await?;
    let delivery_id = DeliveryId::parse(&delivery_id).ok_or(Problem::NotFound)?;
    let delivery = api
        .ledger
        .get(&webhook.id, &delivery_id)
        .await
        .map_err(Problem::internal("reading a delivery"))?
        .ok_or(Problem::NotFound)?;
    Ok(Json(DeliveryView::from(delivery)))
}
