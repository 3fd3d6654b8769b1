//! What an organization may have, and how much of it is used.

use axum::Json;
use carillon_aws::Quota;
use futures::future::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use super::Call;
use crate::problem::Problem;

/// The organization's quotas.
#[derive(Debug, Serialize, ToSchema)]
pub struct Quotas {
    results: Vec<QuotaUse>,
}

/// How many the organization has, and may have.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuotaUse {
    #[schema(example = "webhooks")]
    quota: &'static str,
    used: u32,
    limit: u32,
}

/// Reads the quotas, and how much of them is used.
#[utoipa::path(
    get, path = "/quotas/", tag = "audit", operation_id = "list_quotas",
    responses((status = 200, description = "The quotas", body = Quotas)),
)]
pub async fn list(Call(api, caller, query): Call) -> Result<Json<Quotas>, Problem> {
    query.finish()?;
    let registry = &api.registry;
    let count = |quota| registry.count(&caller.organization, quota);
    let (webhooks, api_keys) = try_join(count(Quota::Webhooks), count(Quota::ApiKeys)).await?;
    let used = |quota, name, used| QuotaUse {
        quota: name,
        used,
        limit: registry.limit(quota),
    };
    Ok(Json(Quotas {
        results: vec![
            used(Quota::Webhooks, "webhooks", webhooks),
            used(Quota::ApiKeys, "api_keys", api_keys),
        ],
    }))
}
