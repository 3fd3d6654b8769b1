//! What answers without a key.

use std::sync::{Arc, OnceLock};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Api;
use crate::problem::Problem;
use crate::query::Query;

/// The API answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    status: &'static str,
    version: &'static str,
}

/// Says whether the API answers.
#[utoipa::path(get, path = "/health", tag = "meta", operation_id = "get_health", responses((status = 200, description = "It does", body = Health)))]
pub async fn health(query: Query) -> Result<Json<Health>, Problem> {
    query.finish()?;
    Ok(Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    }))
}

/// Made when somebody asks for it: no other call needs it.
#[derive(Clone, Default)]
pub struct Document(Arc<OnceLock<Value>>);

/// Gives this document.
#[utoipa::path(get, path = "/openapi.json", tag = "meta", operation_id = "get_openapi_document", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object, example = json!({"openapi": "3.1.0"})),
))]
pub async fn openapi(
    State(api): State<Arc<Api>>,
    Extension(Document(document)): Extension<Document>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let document = document.get_or_init(|| crate::document(api.chat.kinds()));
    Ok(Json(document).into_response())
}
