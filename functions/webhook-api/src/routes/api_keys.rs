//! API keys: make, list, revoke. Keys of admins only.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use carillon_domain::ApiKeyId;
use carillon_domain::api_key::KeyRequest;
use jiff::Timestamp;
use secrecy::ExposeSecret;

use crate::Api;
use crate::auth::{Caller, Keys};
use crate::body::JsonBody;
use crate::page::{Page, Wanted};
use crate::path::PathOf;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;
use crate::view::KeyView;

/// Makes a key. The answer is the only place where it is ever shown.
#[utoipa::path(
    post, path = "/api-keys/", tag = "api-keys", security(("api_key" = []), ("bearer" = [])),
    request_body(content = schema::NewApiKey),
    responses((status = 201, description = "The key, shown once", body = KeyView)),
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller<Keys>,
    query: Query,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<KeyView>), Problem> {
    let now = Timestamp::now();
    let request = KeyRequest::parse(&body, &caller.organization, now).map_err(Problem::Invalid);
    let request = query.with(request)?;
    let (key, secret) = api.keys.create(&caller.organization, request, now).await?;
    tracing::info!(
        key_id = key.id.as_str(),
        organization = key.organization.as_str(),
        role = key.role.as_str(),
        "made an API key"
    );
    let view = KeyView::with_key(key, secret.expose_secret().to_owned());
    Ok((StatusCode::CREATED, Json(view)))
}

/// Lists the organization's keys, oldest first, without the keys themselves. The key that was
/// made at deployment is not among them.
#[utoipa::path(
    get, path = "/api-keys/", tag = "api-keys", security(("api_key" = []), ("bearer" = [])),
    params(schema::PageParameters),
    responses((status = 200, description = "The keys", body = Page<KeyView>)),
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller<Keys>,
    mut query: Query,
) -> Result<Json<Page<KeyView>>, Problem> {
    let wanted = Wanted::read(&api, &caller, "api-keys", &mut query).await?;
    query.finish()?;
    let after = wanted.after.as_deref();
    let (keys, next) = api
        .keys
        .list(&caller.organization, after, wanted.limit)
        .await?;
    let views = keys.into_iter().map(KeyView::from).collect();
    wanted.page(&api, views, next.as_deref()).await.map(Json)
}

/// Revokes a key. It stops working within seconds.
#[utoipa::path(
    delete, path = "/api-keys/{id}/", tag = "api-keys",
    security(("api_key" = []), ("bearer" = [])),
    params(("id" = String, Path, description = "The key's id", example = "key_01KAJ2V5J8M3E1Q7S9T0C4X6YZ")),
    responses((status = 204, description = "Revoked")),
)]
pub async fn revoke(
    State(api): State<Api>,
    caller: Caller<Keys>,
    query: Query,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, Problem> {
    query.finish()?;
    let id = ApiKeyId::parse(&id).ok_or(Problem::NotFound)?;
    if !api.keys.revoke(&caller.organization, &id).await? {
        return Err(Problem::NotFound);
    }
    tracing::info!(key_id = id.as_str(), "revoked an API key");
    Ok(StatusCode::NO_CONTENT)
}
