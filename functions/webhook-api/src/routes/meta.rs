//! What answers without a key.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// The API answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    status: &'static str,
    version: &'static str,
}

/// Whether the API answers.
#[utoipa::path(get, path = "/health", tag = "meta", responses((status = 200, description = "It does", body = Health)))]
pub async fn health() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}
