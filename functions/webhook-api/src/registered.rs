//! A webhook as an answer shows it that has written it.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse, Response};
use carillon_domain::Webhook;
use secrecy::{ExposeSecret, SecretString};

use crate::BASE;
use crate::idempotency::Answer;
use crate::verification::Verified;
use crate::versions::etag;
use crate::view::WebhookView;
use crate::waking::Standing;

/// A webhook that was written.
pub struct Registered {
    webhook: WebhookView,
    etag: String,
}

impl Registered {
    pub fn new(webhook: &Webhook, verification: Option<Verified>) -> Self {
        let mut shown = WebhookView::from(webhook);
        shown.verification = verification;
        Self {
            webhook: shown,
            etag: etag(webhook),
        }
    }

    /// With how its channels stand.
    pub fn standing(mut self, standing: Standing) -> Self {
        self.webhook = self.webhook.standing(standing);
        self
    }

    /// With the parts of the credential that were made here: nobody else knows them.
    pub fn showing(mut self, made: &[(&'static str, SecretString)]) -> Self {
        for (field, secret) in made {
            self.webhook.configuration[*field] = secret.expose_secret().into();
        }
        self
    }

    /// The answer, with the parts of the credential that were made for it.
    pub fn answer(
        self,
        webhook: &Webhook,
        status: StatusCode,
        made: &[(&'static str, SecretString)],
    ) -> Answer {
        let mut headers = vec![(ETAG, self.etag.clone())];
        if status == StatusCode::CREATED {
            headers.push((LOCATION, format!("{BASE}/webhooks/{}/", webhook.id)));
        }
        let body = serde_json::to_value(&self.webhook).unwrap_or_default();
        let shown = (!made.is_empty())
            .then(|| serde_json::to_value(self.showing(made).webhook).unwrap_or_default());
        Answer {
            status,
            headers,
            body,
            shown,
            version: Some(webhook.version),
        }
    }

    pub fn rotated(mut self, webhook: &Webhook, others: &[Webhook]) -> Self {
        let all = std::iter::once(webhook).chain(others);
        self.webhook.rotated = Some(all.map(|webhook| webhook.id.to_string()).collect());
        self
    }
}

impl IntoResponse for Registered {
    fn into_response(self) -> Response {
        ([(ETAG, self.etag)], Json(self.webhook)).into_response()
    }
}
