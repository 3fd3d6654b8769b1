//! API keys: make, list, change, revoke. For admins only.

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
use crate::parameters;
use crate::path::PathOf;
use crate::problem::Problem;
use crate::query::Query;
use crate::view::KeyView;

/// Makes a key.
///
/// The answer is the only place where it is ever shown.
#[utoipa::path(
    post, path = "/api-keys/", tag = "api-keys", operation_id = "create_api_key",
    request_body(content = ref("#/components/schemas/NewApiKey")),
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
    let keys = api.by(&caller).keys;
    let (key, secret) = keys.create(&caller.organization, request, now).await?;
    tracing::info!(
        key_id = key.id.as_str(),
        organization = key.organization.as_str(),
        role = key.role.as_str(),
        "made an API key"
    );
    let view = KeyView::with_key(key, secret.expose_secret().to_owned());
    Ok((StatusCode::CREATED, Json(view)))
}

/// Lists the organization's keys, without the keys themselves.
///
/// First the one that was made at deployment, then the others, oldest first.
#[utoipa::path(
    get, path = "/api-keys/", tag = "api-keys", operation_id = "list_api_keys",
    params(parameters::Paging),
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
    let organization = &caller.organization;
    let mut views = Vec::new();
    if after.is_none() && api.admin_key.is_of(organization).await? {
        views.push(KeyView::deployment());
    }
    let (keys, next) = match wanted.limit - views.len() {
        // The others begin on the next page.
        0 => (Vec::new(), Some(String::new())),
        room => api.keys.list(organization, after, room).await?,
    };
    views.extend(keys.into_iter().map(KeyView::from));
    wanted.page(&api, views, next.as_deref()).await.map(Json)
}

/// Changes a key's name, or when it ends.
///
/// The key that was made at deployment is not changed here.
#[utoipa::path(
    patch, path = "/api-keys/{id}/", tag = "api-keys",
    operation_id = "update_api_key",
    params(("id" = String, Path, description = "The key's id")),
    request_body(content(
        (ref("#/components/schemas/ApiKeyPatch") = "application/merge-patch+json"),
        (ref("#/components/schemas/ApiKeyPatch") = "application/json"),
    )),
    responses((status = 200, description = "The key as it is now", body = KeyView)),
)]
pub async fn update(
    State(api): State<Api>,
    caller: Caller<Keys>,
    query: Query,
    PathOf(id): PathOf<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<KeyView>, Problem> {
    query.finish()?;
    let id = ApiKeyId::parse(&id).ok_or(Problem::NotFound)?;
    let (organization, now) = (&caller.organization, Timestamp::now());
    let keys = api.by(&caller).keys;
    let key = keys.update(organization, &id, &body, now).await?;
    tracing::info!(key_id = id.as_str(), "changed an API key");
    Ok(Json(KeyView::from(key)))
}

/// Revokes a key.
///
/// It stops working within seconds.
#[utoipa::path(
    delete, path = "/api-keys/{id}/", tag = "api-keys",
    operation_id = "delete_api_key",
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
    if !api
        .by(&caller)
        .keys
        .revoke(&caller.organization, &id)
        .await?
    {
        return Err(Problem::NotFound);
    }
    tracing::info!(key_id = id.as_str(), "revoked an API key");
    Ok(StatusCode::NO_CONTENT)
}
