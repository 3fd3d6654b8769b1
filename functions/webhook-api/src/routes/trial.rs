//! Trying a webhook out: test, rotate.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use carillon_chat::{Kind, Post};
use carillon_delivery::By;
use carillon_domain::delivery::POST_TIMEOUT;
use carillon_domain::{
    Credential, DeliveryId, Event, EventType, FaultCode, Faults, Fields, LaneId, Outcome, Pointer,
    Webhook, WebhookStatus, sample,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::NOTHING;
use crate::auth::{Call, Scope, Write};
use crate::body::{JsonBody, OptionalJsonBody};
use crate::idempotency::{Answer, Begun, Keyable};
use crate::pause::{note_pause, paused_hint, paused_until};
use crate::problem::Problem;
use crate::query::Query;
use crate::recovery::asks_to_wait;
use crate::rotation::{self, Rotation};
use crate::verification::verify;
use crate::versions::IfMatch;
use crate::view::WebhookView;
use crate::{Api, made_again, parameters, registration, schema, tried_event, waking};

/// What the platform said to a test message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tested {
    #[schema(value_type = schema::Outcome)]
    outcome: Outcome,
    #[schema(required)]
    http_status: Option<u16>,
    /// The platform's error code.
    #[schema(required)]
    code: Option<String>,
    /// What to do, in plain words.
    #[schema(required)]
    hint: Option<String>,
    duration_ms: u64,
}

/// Sends a `ping`, and says what the platform answers.
///
/// It goes in the way of every delivery, and may take up to 22 s. A webhook that is switched off can be tested, too.
#[utoipa::path(
    post, path = "/webhooks/{id}/test/", tag = "webhooks", operation_id = "test_webhook",
    params(parameters::OfWebhook, parameters::OfChannel),
    responses((status = 200, description = "What the platform said", body = Tested)),
)]
pub async fn test(
    Call(api, mut query, id, ..): Call<Write, String>,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<Json<Tested>, Problem> {
    let webhook = registration::find(&api, &id).await?;
    let channel = channel(&webhook, &mut query);
    query.with(nothing(&body, &webhook))?;
    let event = ping(&webhook);
    let lane = lane(&webhook, &channel);
    let delivery_id = DeliveryId::of(&event.organization, &event.id, event.received_at, &lane);
    let kind = kind(&api, &webhook)?;
    if let Some(until) = paused_until(&api.ledger, kind).await {
        let hint = paused_hint(until);
        return Ok(Json(Tested::unsent(Outcome::Blocked, hint)));
    }
    if let Some(until) = waking::bound_until(&api, std::slice::from_ref(&lane)).await? {
        let hint = asks_to_wait(until);
        return Ok(Json(Tested::unsent(Outcome::RateLimited, hint)));
    }
    let begun = Timestamp::now();
    let (events, post_id) = ([&event], delivery_id.post_id(0));
    let post = Post::new(&webhook, &channel, &events, &post_id);
    let posted = api.poster.send(&post, POST_TIMEOUT).await;
    let posted = posted.map_err(|error| Problem::internal(error))?;
    note_pause(&api.ledger, kind, begun, &posted.reply).await;
    let is_delivered = posted.reply.outcome == Outcome::Delivered;
    if posted.by == By::Current && is_delivered {
        registration::end_rotation(&api, &webhook).await;
    }
    if is_delivered {
        waking::hurry(&api, &webhook).await;
    }
    tracing::info!(
        webhook_id = webhook.id.as_str(),
        outcome = ?posted.reply.outcome,
        code = posted.reply.code.as_deref(),
        "tested"
    );
    let reply = posted.reply;
    let still_off = still_off(webhook.status).filter(|_| is_delivered);
    Ok(Json(Tested {
        outcome: reply.outcome,
        http_status: reply.http_status,
        code: reply.code,
        hint: still_off.or(reply.hint),
        duration_ms: u64::try_from(reply.duration.as_millis()).unwrap_or(u64::MAX),
    }))
}

/// What is said of a webhook that takes a test, and nothing else yet.
fn still_off(status: WebhookStatus) -> Option<String> {
    let status = match status {
        WebhookStatus::Active => return None,
        WebhookStatus::Disabled => "disabled",
        WebhookStatus::Suspended => "suspended",
    };
    Some(format!(
        "It arrived, but the webhook is still {status}: switch it on with `{{\"enabled\": true}}`."
    ))
}

impl Tested {
    /// Nothing was sent: the platform asks for that, or its block would be prolonged.
    fn unsent(outcome: Outcome, hint: String) -> Self {
        Self {
            outcome,
            http_status: None,
            code: Some("paused".into()),
            hint: Some(hint),
            duration_ms: 0,
        }
    }
}

/// Puts a new credential in the place of the one that is there.
///
/// It is verified, kept and used. The one before remains the fallback until the new one has delivered once. With
/// `"everywhere": true`, which is for credentials of one part, all webhooks that share the old
/// credential get the new one, the named one last: where the call breaks off, the same call goes
/// on.
#[utoipa::path(
    post, path = "/webhooks/{id}/rotate/", tag = "webhooks", operation_id = "rotate_webhook",
    params(parameters::OfWebhook, parameters::AtVersion, parameters::Repeatable, parameters::Verifying),
    request_body(content = ref("#/components/schemas/Rotation")),
    responses((status = 200, description = "The webhook", body = WebhookView, headers(("ETag")))),
)]
pub async fn rotate(
    Call(api, mut query, id, ..): Call<Write, String>,
    keyable: Keyable,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let if_match = IfMatch::read(&headers, &mut query);
    let verified = query.flag(&parameters::VERIFY);
    let webhook = registration::find(&api, &id).await?;
    let rotation = query.with(Rotation::parse(api.chat.kinds(), &body, &webhook))?;
    let call = match keyable.begin(&api, &body, id).await? {
        Begun::First(call) => call,
        Begun::Answered(first) => return made_again::webhook(&api, first).await,
    };
    let result = rotated(&api, &webhook, &rotation, verified, &if_match).await;
    call.end(&api, result).await
}

async fn rotated(
    api: &Scope,
    webhook: &Webhook,
    rotation: &Rotation,
    wanted: bool,
    if_match: &IfMatch,
) -> Result<Answer, Problem> {
    if_match.check(webhook)?;
    let secret = rotation.secret(api, webhook).await?;
    let credential = Credential::New(secret.clone());
    let (destination, at) = (&rotation.destination, Pointer::root());
    let verification = verify(api, destination, &credential, wanted, &at).await?;
    let (webhook, others) = rotation::rotate(api, webhook, rotation, &secret, if_match).await?;
    let standing = waking::standing_after_change(api, &webhook).await;
    let shown = WebhookView::from(&webhook).verified(verification);
    let shown = shown.standing(standing).rotated(&others);
    Ok(shown.answer(StatusCode::OK, &destination.made))
}

/// A test needs no body; what somebody says in one would be done otherwise than they mean.
fn nothing(body: &Value, webhook: &Webhook) -> Result<(), Faults> {
    Fields::read(body, &NOTHING, |fields| {
        fields.own_organization(&webhook.organization);
        if fields.value("channel").is_some() {
            let detail = "stands in the query: `?channel=`";
            fields.fault("channel", FaultCode::NotAllowed, detail);
        }
        Some(())
    })
}

/// What the webhook posts to.
pub(super) fn kind<'a>(api: &'a Api, webhook: &Webhook) -> Result<&'a dyn Kind, Problem> {
    let kind = api.chat.kinds().get(&webhook.kind);
    kind.ok_or_else(|| Problem::internal("the webhook's kind is unknown here"))
}

/// The lane of one of the webhook's channels.
pub(super) fn lane(webhook: &Webhook, channel: &str) -> LaneId {
    let mut channels = webhook.lanes.channels.iter();
    let found = channels.find(|known| known.name == channel);
    LaneId::of(&webhook.id, found.map_or(0, |channel| channel.lane))
}

/// The channel that is named, or the webhook's first.
pub(super) fn channel(webhook: &Webhook, query: &mut Query) -> String {
    let channels = webhook.lanes.names();
    let first = channels.first().copied().unwrap_or_default().to_owned();
    let Some(named) = query.get(&parameters::CHANNEL) else {
        return first;
    };
    if !channels.contains(&named.as_str()) {
        let detail = match channels.iter().all(|known| known.is_empty()) {
            true => "the webhook has only the channel that it was made for; leave it out".into(),
            false => format!("must be one of the webhook's: {}", channels.join(", ")),
        };
        query.fault("channel", FaultCode::UnknownValue, detail);
    }
    named
}

fn ping(webhook: &Webhook) -> Event {
    Event {
        message: sample::event(EventType::Ping).message,
        actor: sample::event(EventType::Ping).actor,
        ..Event::bare(EventType::Ping, tried_event::capture(&webhook.organization))
    }
}
