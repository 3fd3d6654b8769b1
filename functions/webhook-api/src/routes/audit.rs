//! Who changed what.

use axum::Json;
use axum::extract::State;
use carillon_domain::audit::{Action, Actor, Entry, Object};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::page::{Page, Wanted};
use crate::problem::Problem;
use crate::query::Query;
use crate::{Api, parameters, schema};

/// A change that somebody made. It has the names of what changed, and no values.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    id: String,
    #[schema(format = DateTime)]
    at: String,
    #[schema(value_type = schema::Actor)]
    actor: Actor,
    #[schema(value_type = schema::AuditAction)]
    action: Action,
    #[schema(value_type = schema::AuditObject)]
    object: Object,
    /// The names of the fields that an update changed.
    changed: Vec<String>,
    request_id: String,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            at: entry.at.to_string(),
            actor: entry.actor,
            action: entry.action,
            object: entry.object,
            changed: entry.changed,
            request_id: entry.request_id,
        }
    }
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
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Query,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let wanted = Wanted::read(&api, &caller, "audit", query).await?;
    let after = wanted.after.as_deref();
    let (entries, next) = api
        .registry
        .audit_log(&caller.organization, after, wanted.limit)
        .await?;
    let entries = entries.into_iter().map(AuditEntry::from).collect();
    wanted.page(&api, entries, next.as_deref()).await.map(Json)
}
