//! API keys: make, list, change, revoke, for admins only; and who is calling.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use carillon_domain::api_key::KeyRequest;
use carillon_domain::audit::Actor;
use carillon_domain::{ApiKeyId, OrganizationId, Role};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Call, Catalogue, DEPLOYMENT, Keys, Scope, keys};
use crate::body::JsonBody;
use crate::idempotency::{Answer, Begun, Keyable};
use crate::page::{Page, Wanted};
use crate::problem::Problem;
use crate::view::KeyView;
use crate::{made_again, parameters, schema};

/// Makes a key.
///
/// The answer is the only place where it is ever shown.
#[utoipa::path(
    post, path = "/api-keys/", tag = "api-keys", operation_id = "create_api_key",
    params(parameters::Repeatable),
    request_body(content = ref("#/components/schemas/NewApiKey")),
    responses((status = 201, description = "The key, shown once", body = KeyView)),
)]
pub async fn create(
    Call(api, query, ..): Call<Keys>,
    keyable: Keyable,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let request = query.with(KeyRequest::parse(&body, &api.organization, now))?;
    let id = ApiKeyId::generate(carillon_aws::rising_ulid());
    let call = match keyable.begin(&api, &body, id.to_string()).await? {
        Begun::First(call) => call,
        Begun::Answered(first) => return made_again::key(&api, first).await,
    };
    let id = call.object_id().and_then(ApiKeyId::parse).unwrap_or(id);
    let result = made(&api, id, request, now, call.is_again).await;
    call.end(&api, result).await
}

async fn made(
    api: &Scope,
    id: ApiKeyId,
    request: KeyRequest,
    now: Timestamp,
    is_again: bool,
) -> Result<Answer, Problem> {
    // It may have been made by a call that died before it could say so.
    if is_again && let Some(answer) = made_again::another_key(api, &id).await? {
        return Ok(answer);
    }
    let (key, secret) = keys::create(api, id, request, now).await?;
    tracing::info!(
        key_id = key.id.as_str(),
        organization = key.organization.as_str(),
        role = key.role.as_str(),
        "made an API key"
    );
    Ok(KeyView::answer(key, &secret))
}

/// Lists the organization's keys, without the keys themselves.
///
/// First the one that was made at deployment, then the others, oldest first.
#[utoipa::path(
    get, path = "/api-keys/", tag = "api-keys", operation_id = "list_api_keys",
    params(parameters::Paging),
    responses((status = 200, description = "The keys", body = Page<KeyView>)),
)]
pub async fn list(Call(api, query, ..): Call<Keys>) -> Result<Json<Page<KeyView>>, Problem> {
    let wanted = Wanted::read(&api, "api-keys", query).await?;
    let after = wanted.after.as_deref();
    let organization = &api.organization;
    let mut views = Vec::new();
    if after.is_none() && api.admin_key.is_of(organization).await? {
        views.push(KeyView::deployment());
    }
    let (keys, next) = match wanted.limit - views.len() {
        // The others begin on the next page.
        0 => (Vec::new(), Some(String::new())),
        room => api.registry.keys(organization, after, room).await?,
    };
    views.extend(keys.into_iter().map(KeyView::from));
    wanted.page(&api, views, next.as_deref()).await.map(Json)
}

/// Changes a key's name, or when it ends.
///
/// The key that was made at deployment is not changed here.
#[utoipa::path(
    patch, path = "/api-keys/{id}/", tag = "api-keys", operation_id = "update_api_key",
    params(parameters::OfKey),
    request_body(content(
        (ref("#/components/schemas/ApiKeyPatch") = "application/merge-patch+json"),
        (ref("#/components/schemas/ApiKeyPatch") = "application/json"),
    )),
    responses((status = 200, description = "The key as it is now", body = KeyView)),
)]
pub async fn update(
    Call(api, query, id, ..): Call<Keys, String>,
    JsonBody(body): JsonBody,
) -> Result<Json<KeyView>, Problem> {
    query.finish()?;
    let id = changeable(&id)?;
    let key = keys::update(&api, &id, &body).await?;
    tracing::info!(key_id = id.as_str(), "changed an API key");
    Ok(Json(KeyView::from(key)))
}

/// Revokes a key.
///
/// It stops working within seconds.
#[utoipa::path(
    delete, path = "/api-keys/{id}/", tag = "api-keys", operation_id = "delete_api_key",
    params(parameters::OfKey),
    responses((status = 204, description = "Revoked")),
)]
pub async fn revoke(Call(api, query, id, ..): Call<Keys, String>) -> Result<StatusCode, Problem> {
    query.finish()?;
    let id = changeable(&id)?;
    keys::revoke(&api, &id).await?;
    tracing::info!(key_id = id.as_str(), "revoked an API key");
    Ok(StatusCode::NO_CONTENT)
}

/// The id of a key that is kept in the registry.
fn changeable(id: &str) -> Result<ApiKeyId, Problem> {
    match id == DEPLOYMENT {
        true => Err(Problem::DeploymentKey),
        false => ApiKeyId::parse(id).ok_or(Problem::NotFound),
    }
}

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
pub async fn me(Call(api, query, ..): Call<Catalogue>) -> Result<Json<Me>, Problem> {
    query.finish()?;
    Ok(Json(Me {
        role: api.role,
        actor: api.actor.clone(),
        organization: api.organization.clone(),
    }))
}
