//! Who is calling.

use axum::Json;
use carillon_domain::audit::Actor;
use carillon_domain::{OrganizationId, Role};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Caller, Catalogue};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// The caller, as its key or its token says.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    #[schema(value_type = String, example = "org_acme")]
    organization: OrganizationId,
    #[schema(value_type = schema::Role)]
    role: Role,
    #[schema(value_type = schema::Actor)]
    actor: Actor,
}

/// Reads who is calling, and what they may do. Every role can.
#[utoipa::path(
    get, path = "/me/", tag = "api-keys", operation_id = "read_me",
    responses((status = 200, description = "The caller", body = Me)),
)]
pub async fn read(caller: Caller<Catalogue>, query: Query) -> Result<Json<Me>, Problem> {
    query.finish()?;
    Ok(Json(Me {
        role: caller.role,
        actor: caller.actor,
        organization: caller.organization,
    }))
}
