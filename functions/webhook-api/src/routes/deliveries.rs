//! The ledger of a webhook.

use axum::Json;
use axum::http::StatusCode;
use carillon_domain::field::Object;
use carillon_domain::fields::ORGANIZATION;
use carillon_domain::{Delivery, DeliveryId, Fields, Webhook};

use crate::auth::{Call, Read, Write};
use crate::body::OptionalJsonBody;
use crate::ledger_page::{self, Cursor};
use crate::page::{Page, Wanted};
use crate::problem::Problem;
use crate::recovery::Accepted;
use crate::view::DeliveryView;
use crate::{Api, parameters, recovery, registration};

/// What a call says that needs nothing.
pub const NOTHING: Object = Object {
    about: "Nothing is needed",
    fields: &[&ORGANIZATION],
};

/// Lists a webhook's deliveries, newest first.
///
/// Under a filter, a page may be short and still have a next one.
#[utoipa::path(
    get, path = "/webhooks/{id}/deliveries/", tag = "deliveries", operation_id = "list_deliveries",
    params(parameters::OfWebhook, parameters::DeliveryFilters, parameters::Paging),
    responses((status = 200, description = "The deliveries", body = Page<DeliveryView>)),
)]
pub async fn list(
    Call(api, mut query, id, ..): Call<Read, String>,
) -> Result<Json<Page<DeliveryView>>, Problem> {
    let webhook = registration::find(&api, &id).await?;
    let status = query.get(&parameters::DELIVERY_STATUS);
    let list = format!("deliveries/{}", webhook.id);
    let wanted = Wanted::read(&api, &list, query).await?;
    let cursor = match &wanted.after {
        // It may be from another version.
        Some(cursor) => serde_json::from_str(cursor).map_err(|_| Wanted::not_a_cursor())?,
        None => Cursor::default(),
    };
    let (deliveries, next) =
        ledger_page::read(&api, &webhook, status, cursor, wanted.limit).await?;
    let results = deliveries.into_iter().map(DeliveryView::from).collect();
    let next = next.map(|next| serde_json::to_string(&next)).transpose();
    let next = next.map_err(|error| Problem::internal(error))?;
    wanted.page(&api, results, next.as_deref()).await.map(Json)
}

/// Sends a delivery once more.
///
/// One that failed or was skipped, or one that was delivered. What still waits is tried now,
/// unless the platform itself asks to wait.
#[utoipa::path(
    post, path = "/webhooks/{id}/deliveries/{delivery_id}/redeliver/", tag = "deliveries",
    operation_id = "redeliver",
    params(parameters::OfWebhook, parameters::OfDelivery),
    request_body(content = ref("#/components/schemas/Nothing"), description = "Not needed"),
    responses((status = 202, description = "It will be sent", body = Accepted)),
)]
pub async fn redeliver(
    Call(api, query, (id, delivery_id), ..): Call<Write, (String, String)>,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let webhook = registration::find(&api, &id).await?;
    query.with(Fields::read(&body, &NOTHING, |fields| {
        fields.own_organization(&api.organization);
        Some(())
    }))?;
    let delivery = find(&api, &webhook, &delivery_id).await?;
    let answer = recovery::redeliver(&api, &webhook, delivery).await?;
    let (delivery_id, accepted) = (delivery_id.as_str(), answer.accepted);
    tracing::info!(delivery_id, accepted, "asked for once more");
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// Reads a delivery, with every attempt.
#[utoipa::path(
    get, path = "/webhooks/{id}/deliveries/{delivery_id}/", tag = "deliveries",
    operation_id = "get_delivery",
    params(parameters::OfWebhook, parameters::OfDelivery),
    responses(
        (status = 200, description = "The delivery", body = DeliveryView),
    ),
)]
pub async fn read(
    Call(api, query, (id, delivery_id), ..): Call<Read, (String, String)>,
) -> Result<Json<DeliveryView>, Problem> {
    query.finish()?;
    let webhook = registration::find(&api, &id).await?;
    let delivery = find(&api, &webhook, &delivery_id).await?;
    Ok(Json(DeliveryView::from(delivery)))
}

async fn find(api: &Api, webhook: &Webhook, id: &str) -> Result<Delivery, Problem> {
    let id = DeliveryId::parse(id).ok_or(Problem::NotFound)?;
    if let Some(known) = api.ledger.get(&webhook.id, &id).await? {
        return Ok(known);
    }
    let waiting = ledger_page::find(api, webhook, &id).await?;
    waiting.ok_or(Problem::NotFound)
}
