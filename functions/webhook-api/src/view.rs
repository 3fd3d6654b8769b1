//! What callers see of what is stored.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse, Response};
use carillon_domain::delivery::MessageRef;
use carillon_domain::{
    ApiKey, Attempt, Delivery, DeliveryStatus, EventType, Filters, MessageTemplate, Outcome, Role,
    Webhook, WebhookStatus,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::auth::DEPLOYMENT;
use crate::idempotency::Answer;
use crate::verification::Verified;
use crate::versions::etag;
use crate::waking::Standing;
use crate::{BASE, schema};

/// A registration; its credential is masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookView {
    #[schema(example = "wh_01KAJ2V5J8M3E1Q7S9T0C4X6YZ")]
    id: String,
    name: String,
    #[schema(value_type = schema::DestinationType)]
    r#type: String,
    event_types: Vec<String>,
    #[schema(value_type = schema::Filters)]
    filters: Filters,
    #[schema(value_type = Object)]
    configuration: Value,
    /// Words of its own; null where its messages have the standard ones.
    #[schema(value_type = Option<schema::MessageTemplate>, required)]
    message: Option<MessageTemplate>,
    organization: String,
    enabled: bool,
    #[schema(value_type = schema::WebhookStatus)]
    status: WebhookStatus,
    /// Why the system suspended it, and what to do.
    #[schema(required)]
    status_reason: Option<String>,
    /// Since when a channel of it has taken no message, where that is so.
    #[schema(format = DateTime, required)]
    failing_since: Option<String>,
    /// When what waits is tried next, the first of all channels.
    #[schema(format = DateTime, required)]
    next_attempt_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    modified_at: String,
    /// What the platform said of a new credential, in the answer to the call that brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    verification: Option<Verified>,
    /// After a rotation: all webhooks that have the new credential now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rotated: Option<Vec<String>>,
    /// What the header `ETag` tells.
    #[serde(skip)]
    version: u64,
}

impl WebhookView {
    pub fn verified(self, verification: Option<Verified>) -> Self {
        Self {
            verification,
            ..self
        }
    }

    pub fn standing(self, standing: Standing) -> Self {
        Self {
            failing_since: standing.failing_since.map(|time| time.to_string()),
            next_attempt_at: standing.next_attempt_at.map(|time| time.to_string()),
            ..self
        }
    }

    /// With the parts of the credential that were made here: nobody else knows them.
    pub fn showing(mut self, made: &[(&'static str, SecretString)]) -> Self {
        for (field, secret) in made {
            self.configuration[*field] = secret.expose_secret().into();
        }
        self
    }

    /// With the others that were rotated along with it.
    pub fn rotated(mut self, others: &[Webhook]) -> Self {
        let others = others.iter().map(|webhook| webhook.id.to_string());
        self.rotated = Some(std::iter::once(self.id.clone()).chain(others).collect());
        self
    }

    /// The answer to a call that wrote it, with the parts of the credential that were made for it.
    pub fn answer(self, status: StatusCode, made: &[(&'static str, SecretString)]) -> Answer {
        let mut headers = BTreeMap::from([(ETAG.to_string(), etag(self.version))]);
        if status == StatusCode::CREATED {
            let location = format!("{BASE}/webhooks/{}/", self.id);
            headers.insert(LOCATION.to_string(), location);
        }
        let version = Some(self.version);
        let body = serde_json::to_value(&self).unwrap_or_default();
        let shown = (!made.is_empty())
            .then(|| serde_json::to_value(self.showing(made)).unwrap_or_default());
        Answer {
            status,
            headers,
            body,
            shown,
            version,
        }
    }
}

impl IntoResponse for WebhookView {
    fn into_response(self) -> Response {
        ([(ETAG, etag(self.version))], Json(self)).into_response()
    }
}

impl From<&Webhook> for WebhookView {
    fn from(webhook: &Webhook) -> Self {
        Self {
            failing_since: None,
            next_attempt_at: None,
            id: webhook.id.to_string(),
            name: webhook.name.clone(),
            r#type: webhook.kind.api_type().to_owned(),
            event_types: webhook
                .event_types
                .iter()
                .map(|pattern| pattern.as_str().to_owned())
                .collect(),
            filters: webhook.filters.clone(),
            configuration: webhook.configuration.shown(),
            message: webhook.message.clone(),
            organization: webhook.organization.to_string(),
            enabled: webhook.status != WebhookStatus::Disabled,
            status: webhook.status,
            status_reason: webhook.status_reason.clone(),
            created_at: webhook.created_at.to_string(),
            modified_at: webhook.modified_at.to_string(),
            verification: None,
            rotated: None,
            version: webhook.version,
        }
    }
}

/// A row of the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryView {
    id: String,
    webhook_id: String,
    event_id: String,
    #[schema(value_type = schema::EventType)]
    event_type: EventType,
    /// The trace that the event belongs to.
    #[schema(required)]
    traceparent: Option<String>,
    channel: String,
    #[schema(value_type = schema::DeliveryStatus)]
    status: DeliveryStatus,
    #[schema(required)]
    reason: Option<String>,
    possible_duplicate: bool,
    /// Whether later ones were sent before it, as it kept failing while its channel took them.
    overtaken: bool,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime, required)]
    next_attempt_at: Option<String>,
    #[schema(value_type = Option<schema::Message>, required)]
    message: Option<MessageRef>,
    attempts: Vec<AttemptView>,
}

/// One try to post.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub struct AttemptView {
    #[schema(format = DateTime)]
    at: String,
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

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id.to_string(),
            webhook_id: delivery.webhook_id.to_string(),
            event_id: delivery.event_id.to_string(),
            event_type: delivery.event_type,
            traceparent: delivery.traceparent.map(|trace| trace.to_string()),
            channel: delivery.channel,
            status: delivery.status,
            reason: delivery.reason,
            possible_duplicate: delivery.possible_duplicate,
            overtaken: delivery.overtaken,
            created_at: delivery.created_at.to_string(),
            next_attempt_at: delivery.next_attempt_at.map(|time| time.to_string()),
            message: delivery.message,
            attempts: delivery
                .attempts
                .into_iter()
                .map(AttemptView::from)
                .collect(),
        }
    }
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        Self {
            at: attempt.at.to_string(),
            outcome: attempt.outcome,
            http_status: attempt.http_status,
            code: attempt.code,
            hint: attempt.hint,
            duration_ms: attempt.duration_ms,
        }
    }
}

/// An API key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct KeyView {
    #[schema(example = "key_01KAJ2V5J8M3E1Q7S9T0C4X6YZ")]
    id: String,
    name: String,
    #[schema(value_type = schema::Role)]
    role: Role,
    /// The key itself, only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<String>,
    /// Null of the key that was made at deployment.
    #[schema(format = DateTime, required)]
    created_at: Option<String>,
    #[schema(format = DateTime, required)]
    expires_at: Option<String>,
    /// To the minute.
    #[schema(format = DateTime, required)]
    last_used_at: Option<String>,
}

impl KeyView {
    /// The key that was made at deployment: where it is kept, nothing more is known of it.
    pub fn deployment() -> Self {
        Self {
            id: DEPLOYMENT.to_owned(),
            name: "admin key".to_owned(),
            role: Role::Admin,
            key: None,
            created_at: None,
            expires_at: None,
            last_used_at: None,
        }
    }

    /// The answer that shows a key that was made.
    pub fn answer(key: ApiKey, secret: &SecretString) -> Answer {
        let view = Self::from(key);
        let body = serde_json::to_value(&view).unwrap_or_default();
        let view = Self {
            key: Some(secret.expose_secret().to_owned()),
            ..view
        };
        Answer {
            status: StatusCode::CREATED,
            headers: BTreeMap::new(),
            body,
            shown: serde_json::to_value(view).ok(),
            version: None,
        }
    }
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            role: key.role,
            key: None,
            created_at: Some(key.created_at.to_string()),
            expires_at: key.expires_at.map(|time| time.to_string()),
            last_used_at: key.last_used_at.map(|time| time.to_string()),
        }
    }
}
