//! Who changed what in an organization, what it may have, and how much of that is used.

use axum::Json;
use carillon_aws::Quota;
use carillon_domain::audit::Entry;
use futures::future::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Call;
use crate::page::{Page, Wanted};
use crate::problem::Problem;
use crate::{parameters, schema};

/// A change that somebody made. It has the names of what changed, and no values.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct AuditEntry {
    id: String,
    #[schema(format = DateTime)]
    at: String,
    actor: schema::Actor,
    action: schema::AuditAction,
    object: schema::AuditObject,
    /// The names of the fields that an update changed.
    changed: Vec<String>,
    request_id: String,
}

/// Lists who changed what, newest first.
///
/// It is kept as long as events are.
#[utoipa::path(
    get, path = "/audit/", tag = "audit", operation_id = "list_audit",
    params(parameters::Paging),
    responses((status = 200, description = "The changes", body = Page<AuditEntry>)),
)]
pub async fn list(Call(api, query, ..): Call) -> Result<Json<Page<Entry>>, Problem> {
    let wanted = Wanted::read(&api, "audit", query).await?;
    let after = wanted.after.as_deref();
    let (entries, next) = api
        .registry
        .audit_log(&api.organization, after, wanted.limit)
        .await?;
    wanted.page(&api, entries, next.as_deref()).await.map(Json)
}

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
pub async fn quotas(Call(api, query, ..): Call) -> Result<Json<Quotas>, Problem> {
    query.finish()?;
    let registry = &api.registry;
    let count = |quota| registry.count(&api.organization, quota);
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
