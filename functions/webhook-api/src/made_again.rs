//! A secret that was made for an answer that got lost is made again: nobody knows the first one.

use axum::http::StatusCode;
use axum::response::Response;
use carillon_aws::Order;
use carillon_domain::webhook::Made;
use carillon_domain::{ApiKeyId, Webhook, WebhookId};
use jiff::Timestamp;
use serde_json::json;

use crate::Api;
use crate::auth::{Scope, keys};
use crate::idempotency::{Answer, Answered};
use crate::problem::Problem;
use crate::rotation::{self, Rotation};
use crate::versions::IfMatch;
use crate::view::{KeyView, WebhookView};

/// How many of the latest deliveries are looked at.
const DELIVERIES: usize = 50;

/// The first answer of a call that registered or rotated a webhook; where it had a secret, with
/// another one.
///
/// # Errors
/// Where the first secret may be in use.
pub async fn webhook(api: &Scope, first: Answered) -> Result<Response, Problem> {
    if !first.answer.had_secret {
        return Ok(first.again());
    }
    let id = WebhookId::parse(first.object_id()).ok_or(Problem::SecretGone)?;
    let found = api.registry.webhook(&api.organization, &id).await?;
    let webhook = found.ok_or(Problem::SecretGone)?;
    let is_changed = first.answer.version != Some(webhook.version);
    let is_late = first.is_late(Timestamp::now());
    if is_late || is_changed || has_posted(api, &id, first.begun_at()).await? {
        return Err(Problem::SecretGone);
    }
    let (webhook, made) = with_another_secret(api, &webhook).await?;
    let status = first.status();
    let shown = WebhookView::from(&webhook);
    let shown = match status {
        StatusCode::CREATED => shown,
        _ => shown.rotated(&[]),
    };
    Ok(first.renewed(api, shown.answer(status, &made)).await)
}

/// Whether it was tried to send something by the webhook since then.
async fn has_posted(api: &Api, id: &WebhookId, since: Timestamp) -> Result<bool, Problem> {
    let newest = api
        .ledger
        .page(id, &[], Order::NewestFirst, None, DELIVERIES);
    let (deliveries, _) = newest.await?;
    let mut attempts = deliveries.iter().flat_map(|delivery| &delivery.attempts);
    Ok(attempts.any(|attempt| attempt.at >= since))
}

/// A webhook with another of the secrets that are made, and that secret. What the first one signed
/// can still be checked for a while.
pub async fn with_another_secret(
    api: &Scope,
    webhook: &Webhook,
) -> Result<(Webhook, Made), Problem> {
    let rotation = Rotation::parse(api.chat.kinds(), &json!({}), webhook);
    let rotation = rotation.map_err(|faults| Problem::internal(faults))?;
    let secret = rotation.secret(api, webhook).await?;
    let is_same = IfMatch::only(webhook);
    let rotated = rotation::rotate(api, webhook, &rotation, &secret, &is_same).await;
    match rotated {
        Ok((webhook, _)) => Ok((webhook, rotation.destination.made)),
        // A repeat at the same time was first.
        Err(Problem::PreconditionFailed) => Err(Problem::InProgress),
        Err(problem) => Err(problem),
    }
}

/// The first answer of a call that made a key, with another one.
///
/// # Errors
/// Where the first one was used, or may be.
pub async fn key(api: &Scope, first: Answered) -> Result<Response, Problem> {
    let id = ApiKeyId::parse(first.object_id()).ok_or(Problem::SecretGone)?;
    if first.is_late(Timestamp::now()) {
        return Err(Problem::SecretGone);
    }
    let answer = another_key(api, &id).await?;
    Ok(first.renewed(api, answer.ok_or(Problem::SecretGone)?).await)
}

/// Another key in the place of one that nobody has used; none where somebody has, or there is no
/// such key.
pub async fn another_key(api: &Scope, id: &ApiKeyId) -> Result<Option<Answer>, Problem> {
    let renewed = keys::renew(api, id).await?;
    Ok(renewed.map(|(key, secret)| KeyView::answer(key, &secret)))
}
