//! Who changed what.

use axum::Json;
use carillon_domain::audit::Entry;
use utoipa::ToSchema;

use super::Call;
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
    get, path = "/audit/", tag = "audit",
    operation_id = "list_audit",
    params(parameters::Paging),
    responses((status = 200, description = "The changes", body = Page<AuditEntry>)),
)]
pub async fn list(Call(api, caller, query): Call) -> Result<Json<Page<Entry>>, Problem> {
    let wanted = Wanted::read(&api, &caller, "audit", query).await?;
    let after = wanted.after.as_deref();
    let (entries, next) = api
        .registry
        .audit_log(&caller.organization, after, wanted.limit)
        .await?;
    wanted.page(&api, entries, next.as_deref()).await.map(Json)
}
