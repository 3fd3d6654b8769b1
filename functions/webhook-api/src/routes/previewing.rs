//! What a webhook would send, one that is there or one that is not yet.

use axum::Json;
use carillon_chat::Post;
use carillon_chat::limits::Usage;
use carillon_domain::field::{Field, Given, Object};
use carillon_domain::{
    CredentialId, CredentialRef, DeliveryId, Event, Faults, Fields, Fingerprint, OrganizationId,
    Pointer, Webhook, WebhookId,
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::trial::{channel, kind, lane};
use crate::auth::{Call, Read};
use crate::body::JsonBody;
use crate::problem::Problem;
use crate::{Api, parameters, registration, tried_event};

const WEBHOOK: Field<Given> = Field::required("webhook", "", Given("NewWebhook"));
const EVENT: Field<Given> = Field::required("event", "", Given("TriedEvent"));

/// A webhook that need not be there, and what it is to show.
pub const PREVIEWED: Object = Object {
    about: "A webhook that need not be there, and what it would send",
    fields: &[&WEBHOOK, &EVENT],
};

/// What would be sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preview {
    /// Whether it would be sent, were the event published now.
    would_send: bool,
    #[serde(rename = "type")]
    api_type: String,
    /// Why not, where it would not.
    #[schema(required)]
    why_not: Option<String>,
    /// Why it would be sent in the standard form, where the webhook's own words cannot be
    /// rendered over this event.
    #[schema(required)]
    standard_form: Option<String>,
    request: PreviewRequest,
    /// How full each limit of the platform is.
    #[schema(value_type = Vec<LimitUsage>)]
    limits: Vec<Usage>,
    /// Where the message can be looked at and changed: Slack's Block Kit Builder.
    #[schema(required)]
    builder_url: Option<String>,
}

/// How full a limit of the platform is: the fullest place, where it applies to several.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct LimitUsage {
    #[schema(example = "characters of a section's text")]
    what: String,
    used: u32,
    limit: u32,
}

/// The exact request, its secret parts masked.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewRequest {
    #[schema(example = "POST")]
    method: String,
    #[schema(example = "https://slack.com/api/chat.postMessage")]
    url: String,
    headers: BTreeMap<String, String>,
    #[schema(value_type = Object)]
    body: Value,
}

/// Shows the exact request that an event would be sent with.
///
/// Says whether it would be sent, and sends nothing. The body is an event, `{"sample": "<event type>"}` or `{"event_id": "<id>"}` of an event that was
/// published.
#[utoipa::path(
    post, path = "/webhooks/{id}/preview/", tag = "webhooks", operation_id = "preview_webhook",
    params(parameters::OfWebhook, parameters::OfChannel),
    request_body(content = ref("#/components/schemas/TriedEvent")),
    responses((status = 200, description = "What would be sent", body = Preview)),
)]
pub async fn preview(
    Call(api, mut query, id, ..): Call<Read, String>,
    JsonBody(body): JsonBody,
) -> Result<Json<Preview>, Problem> {
    let webhook = registration::find(&api, &id).await?;
    let channel = channel(&webhook, &mut query);
    let event = tried_event::read(&api, &body).await;
    let event = query.with(event)?;
    shown(&api, &webhook, &event, &channel)
}

/// Shows what a webhook would send that is not stored.
///
/// Stores, asks and sends nothing.
#[utoipa::path(
    post, path = "/preview/", tag = "webhooks", operation_id = "preview_new_webhook",
    request_body(content = ref("#/components/schemas/Previewed")),
    responses((status = 200, description = "What would be sent", body = Preview)),
)]
pub async fn preview_new(
    Call(api, query, ..): Call,
    JsonBody(body): JsonBody,
) -> Result<Json<Preview>, Problem> {
    let organization = &api.organization;
    let mut faults = Faults::default();
    let mut given = (None, None);
    if let Some(mut fields) = Fields::of(&body, Pointer::root(), &mut faults) {
        given = (fields.get(&WEBHOOK), fields.get(&EVENT));
        fields.finish_as(&PREVIEWED);
    }
    let below = |field: &str| Pointer::root().field(field);
    let mut webhook = None;
    if let Some(given) = given.0 {
        match registration::read(api.chat.kinds(), &given, organization, None) {
            Ok(read) => webhook = Some(read),
            Err(inner) => faults.add_below(&below(WEBHOOK.name), inner),
        }
    }
    let mut event = None;
    if let Some(given) = given.1 {
        match tried_event::read(&api, &given).await {
            Ok(read) => event = Some(read),
            Err(Problem::Invalid(inner)) => faults.add_below(&below(EVENT.name), inner),
            Err(problem) => return Err(problem),
        }
    }
    let (registration, event) = query.with(faults.into_result(webhook.zip(event)))?;
    let webhook = registration::new_webhook(
        organization,
        WebhookId::generate(carillon_aws::rising_ulid()),
        &registration,
        no_credential(organization),
        Timestamp::now(),
    );
    let channels = webhook.lanes.names();
    let channel = channels.first().copied().unwrap_or_default();
    shown(&api, &webhook, &event, channel)
}

/// A draft has no secret in it, so that none is needed.
fn no_credential(organization: &OrganizationId) -> CredentialRef {
    CredentialRef {
        id: CredentialId::generate(carillon_aws::rising_ulid()),
        fingerprint: Fingerprint::of(organization, &SecretString::default()),
    }
}

fn shown(
    api: &Api,
    webhook: &Webhook,
    event: &Event,
    channel: &str,
) -> Result<Json<Preview>, Problem> {
    let lane = lane(webhook, channel);
    let delivery_id = DeliveryId::of(&event.organization, &event.id, event.received_at, &lane);
    let kind = kind(api, webhook)?;
    let (events, post_id) = ([event], delivery_id.post_id(0));
    let post = Post::new(webhook, channel, &events, &post_id);
    let draft = kind.draft(&post);
    let why_not = webhook.why_not_now(event);
    Ok(Json(Preview {
        would_send: why_not.is_none(),
        api_type: webhook.kind.api_type().to_owned(),
        why_not,
        standard_form: post.standard_forms().into_iter().flatten().next(),
        request: PreviewRequest {
            method: draft.method.to_string(),
            url: draft.masked_url(),
            headers: draft.shown_headers().into_iter().collect(),
            body: draft.json(),
        },
        limits: kind.usage(&draft),
        builder_url: kind.builder_url(&draft),
    }))
}
