//! What answers without a key.

use std::sync::LazyLock;

use axum::Json;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::document;
use crate::problem::Problem;
use crate::query::Query;

/// The API answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    status: &'static str,
    version: &'static str,
}

/// Whether the API answers.
#[utoipa::path(get, path = "/health", tag = "meta", responses((status = 200, description = "It does", body = Health)))]
pub async fn health(query: Query) -> Result<Json<Health>, Problem> {
    query.finish()?;
    Ok(Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    }))
}

/// Made when somebody asks for it: no other call needs it.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let (_, routes) = super::all().split_for_parts();
    document::complete(&routes)
});

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "meta", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object, example = json!({"openapi": "3.1.0"})),
))]
pub async fn openapi(query: Query) -> Result<Json<&'static Value>, Problem> {
    query.finish()?;
    Ok(Json(&*DOCUMENT))
}
