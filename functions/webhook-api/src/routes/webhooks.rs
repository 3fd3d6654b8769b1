//! Webhooks: register, list, read, remove.

use axum::Json;
use axum::http::header::ETAG;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use carillon_domain::webhook::{Made, Update};
use carillon_domain::{Pointer, Registration, Webhook, WebhookId};
use serde_json::{Value, json};

use crate::auth::{Call, Read, Scope, Write};
use crate::body::JsonBody;
use crate::idempotency::{Answer, Begun, Keyable};
use crate::page::{Page, Wanted};
use crate::problem::Problem;
use crate::verification::verify;
use crate::versions::{IfMatch, etag, is_known};
use crate::view::WebhookView;
use crate::{made_again, parameters, registration, waking};

/// Registers a webhook.
#[utoipa::path(
    post, path = "/webhooks/", tag = "webhooks", operation_id = "create_webhook",
    params(parameters::Repeatable, parameters::Verifying),
    request_body(content = ref("#/components/schemas/NewWebhook")),
    responses(
        (status = 201, description = "Registered", body = WebhookView, headers(
            ("Location" = String, description = "The webhook's path"),
            ("ETag"),
        )),
    ),
)]
pub async fn create(
    Call(api, mut query, ..): Call<Write>,
    keyable: Keyable,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let verified = query.flag(&parameters::VERIFY);
    let organization = &api.organization;
    let registration = registration::read(api.chat.kinds(), &body, organization, None);
    let registration = query.with(registration)?;
    let id = WebhookId::generate(carillon_aws::rising_ulid());
    let call = match keyable.begin(&api, &body, id.to_string()).await? {
        Begun::First(call) => call,
        Begun::Answered(first) => return made_again::webhook(&api, first).await,
    };
    let id = call.object_id().and_then(WebhookId::parse).unwrap_or(id);
    let result = registered(&api, &id, &registration, verified, call.is_again).await;
    call.end(&api, result).await
}

async fn registered(
    api: &Scope,
    id: &WebhookId,
    registration: &Registration,
    verified: bool,
    is_again: bool,
) -> Result<Answer, Problem> {
    let destination = &registration.destination;
    // It may have been registered by a call that died before it could say so.
    if is_again && let Some(webhook) = api.registry.webhook(&api.organization, id).await? {
        let (webhook, made) = match destination.made.is_empty() {
            true => (webhook, Made::new()),
            false => made_again::with_another_secret(api, &webhook).await?,
        };
        return Ok(WebhookView::from(&webhook).answer(StatusCode::CREATED, &made));
    }
    registration::check_room(api, &registration.name).await?;
    let at = Pointer::root().field("configuration");
    let verification = verify(api, destination, &destination.credential, verified, &at).await?;
    let webhook = registration::register(api, id, registration).await?;
    let shown = WebhookView::from(&webhook).verified(verification);
    Ok(shown.answer(StatusCode::CREATED, &destination.made))
}

/// Lists the organization's webhooks, oldest first.
///
/// Of a large organization a call looks at some
/// thousands: where few of them match, a page may be short, or empty, and `next` goes on.
#[utoipa::path(
    get, path = "/webhooks/", tag = "webhooks", operation_id = "list_webhooks",
    params(parameters::WebhookFilters, parameters::Paging),
    responses((status = 200, description = "The webhooks", body = Page<WebhookView>)),
)]
pub async fn list(Call(api, mut query, ..): Call) -> Result<Json<Page<WebhookView>>, Problem> {
    let types = api.chat.kinds().types();
    let api_type = query.choice(&parameters::WEBHOOK_TYPE, &types);
    let event_types = query.event_types(&parameters::EVENT_TYPE);
    let status = query.get(&parameters::WEBHOOK_STATUS);
    let name = query.get(&parameters::WEBHOOK_NAME);
    let wanted = Wanted::read(&api, "webhooks", query).await?;
    let is_wanted = |webhook: &Webhook| {
        api_type.is_none_or(|wanted| webhook.kind.api_type() == wanted)
            && status.is_none_or(|status| webhook.status == status)
            && (event_types.is_empty() || event_types.iter().any(|it| webhook.names(*it)))
    };
    let organization = &api.organization;
    let (results, last) = match name {
        Some(name) => {
            let found = match api.registry.name_owner(organization, &name).await? {
                Some(id) => api.registry.webhook(organization, &id).await?,
                None => None,
            };
            (found.into_iter().filter(is_wanted).collect(), None)
        }
        None => {
            let after = wanted.after.clone();
            let registry = &api.registry;
            registry
                .wanted_webhooks(organization, after, wanted.limit, is_wanted)
                .await?
        }
    };
    let Page { results, next } = wanted.page(&api, results, last.as_deref()).await?;
    let shown = results.iter().zip(waking::standings(&api, &results).await?);
    Ok(Json(Page {
        results: shown
            .map(|(webhook, standing)| WebhookView::from(webhook).standing(standing))
            .collect(),
        next,
    }))
}

/// Reads a webhook.
#[utoipa::path(
    get, path = "/webhooks/{id}/", tag = "webhooks", operation_id = "get_webhook",
    params(parameters::OfWebhook, parameters::AtOtherVersion),
    responses(
        (status = 200, description = "The webhook", body = WebhookView, headers(("ETag"))),
        (status = 304, description = "It has the version that `If-None-Match` names", headers(
            ("ETag"),
        )),
    ),
)]
pub async fn read(
    Call(api, query, id, ..): Call<Read, String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    query.finish()?;
    let webhook = registration::find(&api, &id).await?;
    if is_known(&headers, &webhook) {
        let version = [(ETAG, etag(webhook.version))];
        return Ok((StatusCode::NOT_MODIFIED, version).into_response());
    }
    let standing = waking::standing(&api, &webhook).await?;
    let shown = WebhookView::from(&webhook).standing(standing);
    Ok(shown.into_response())
}

/// Changes what the body names, and leaves the rest as it is.
///
/// The body is a merge patch (RFC 7396). The masked credential means 'unchanged'. A new credential or channel, or `enabled: true`, ends a suspension.
#[utoipa::path(
    patch, path = "/webhooks/{id}/", tag = "webhooks", operation_id = "update_webhook",
    params(parameters::OfWebhook, parameters::AtVersion, parameters::Verifying),
    request_body(content(
        (ref("#/components/schemas/WebhookPatch") = "application/merge-patch+json"),
        (ref("#/components/schemas/WebhookPatch") = "application/json"),
    )),
    responses((
        status = 200, description = "The webhook as it is now", body = WebhookView,
        headers(("ETag")),
    )),
)]
pub async fn patch(call: Change, JsonBody(patch): JsonBody) -> Result<WebhookView, Problem> {
    let document = |webhook: &Webhook| patched(webhook, &patch);
    let is_enabling = patch.get("enabled") == Some(&Value::Bool(true));
    change(call, Update::Patch, document, is_enabling).await
}

/// Replaces a webhook.
///
/// What the body does not name gets its default. The masked credential means 'unchanged'; what the server adds may be sent along.
#[utoipa::path(
    put, path = "/webhooks/{id}/", tag = "webhooks", operation_id = "replace_webhook",
    params(parameters::OfWebhook, parameters::AtVersion, parameters::Verifying),
    request_body(content = ref("#/components/schemas/WebhookReplacement")),
    responses((
        status = 200, description = "The webhook as it is now", body = WebhookView,
        headers(("ETag")),
    )),
)]
pub async fn replace(call: Change, JsonBody(body): JsonBody) -> Result<WebhookView, Problem> {
    change(call, Update::Replace, |_: &Webhook| body.clone(), false).await
}

/// A change that is asked for, but for its body.
type Change = (Call<Write, String>, HeaderMap);

async fn change(
    (Call(api, mut query, id, ..), headers): Change,
    update: Update,
    document: impl Fn(&Webhook) -> Value,
    is_enabling: bool,
) -> Result<WebhookView, Problem> {
    let organization = &api.organization;
    let if_match = IfMatch::read(&headers, &mut query);
    let verified = query.flag(&parameters::VERIFY);
    if query.is_wrong() {
        // The faults of the body are told along with those of the query.
        let read = registration::find(&api, &id).await?;
        let (kinds, document) = (api.chat.kinds(), document(&read));
        let registration = registration::read(kinds, &document, organization, Some(&read));
        query.with(registration)?;
    }
    let changed = registration::update(&api, &id, update, verified, document, &if_match);
    let (webhook, verification, made) = changed.await?;
    if is_enabling {
        // Also where it was: somebody has mended what it posts to.
        waking::hurry(&api, &webhook).await;
    }
    let standing = waking::standing_after_change(&api, &webhook).await;
    let shown = WebhookView::from(&webhook).verified(verification);
    Ok(shown.standing(standing).showing(&made))
}

/// The document of a webhook with a merge patch applied. Whether it is enabled is left to
/// the patch: a suspended webhook must not look as if somebody had enabled it.
fn patched(webhook: &Webhook, patch: &Value) -> Value {
    if !patch.is_object() {
        return patch.clone();
    }
    let mut document = json!({
        "name": webhook.name,
        "type": webhook.kind.api_type(),
        "event_types": webhook.event_types,
        "filters": webhook.filters,
        "configuration": webhook.configuration.shown(),
        "message": webhook.message,
    });
    if patch["type"] != Value::Null && patch["type"] != document["type"] {
        // What the one type alone is told means nothing to another.
        if let Some(configuration) = document["configuration"].as_object_mut() {
            configuration.retain(|name, _| !webhook.configuration.own.contains_key(name));
        }
    }
    json_patch::merge(&mut document, patch);
    // Null asks for the default.
    if patch.get("enabled").is_some_and(Value::is_null) {
        document["enabled"] = Value::Bool(true);
    }
    document
}

/// Removes a webhook, and its credential if no other webhook uses it.
#[utoipa::path(
    delete, path = "/webhooks/{id}/", tag = "webhooks", operation_id = "delete_webhook",
    params(parameters::OfWebhook, parameters::AtVersion),
    responses((status = 204, description = "Removed")),
)]
pub async fn remove(
    Call(api, mut query, id, ..): Call<Write, String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let if_match = IfMatch::read(&headers, &mut query);
    query.finish()?;
    registration::remove(&api, &id, &if_match).await?;
    Ok(StatusCode::NO_CONTENT)
}
