//! Registering and removing webhooks: the use cases behind the routes.

use carillon_aws::CreateError;
use carillon_domain::webhook::Registration;
use carillon_domain::{Fingerprint, OrganizationId, Webhook, WebhookId, WebhookStatus};
use jiff::Timestamp;
use serde_json::Value;

use crate::Api;
use crate::problem::Problem;

/// How often a registration begins anew because its credential was deleted meanwhile.
const TRIES: usize = 5;

/// Registers what a client asks for.
pub async fn register(
    api: &Api,
    organization: &OrganizationId,
    body: &Value,
) -> Result<Webhook, Problem> {
    const OPERATION: &str = "registering a webhook";
    let registration = Registration::parse(body, organization, carillon_chat::configuration)
        .map_err(Problem::Invalid)?;
    let now = Timestamp::now();
    sweep(api, organization).await;
    let fingerprint = Fingerprint::of(organization, &registration.credential);
    for _ in 0..TRIES {
        let credential_id = api
            .credentials
            .open(organization, &fingerprint, &registration.credential, now)
            .await
            .map_err(Problem::internal(OPERATION))?;
        let webhook = Webhook {
            id: WebhookId::generate(ulid::Ulid::generate()),
            organization: organization.clone(),
            name: registration.name.clone(),
            platform: registration.platform,
            event_types: registration.event_types.clone(),
            filters: registration.filters.clone(),
            configuration: registration.configuration.clone(),
            credential_id,
            status: match registration.enabled {
                true => WebhookStatus::Active,
                false => WebhookStatus::Disabled,
            },
            status_reason: None,
            created_at: now,
            modified_at: now,
            version: 1,
        };
        match api.registry.create(&webhook, &fingerprint).await {
            Ok(()) => return Ok(webhook),
            Err(CreateError::NameFreed) => {}
            Err(CreateError::CredentialGone) => api
                .credentials
                .close(organization, &webhook.credential_id)
                .await
                .map_err(Problem::internal(OPERATION))?,
            Err(CreateError::NameTaken(existing_id)) => {
                release(api, organization, &fingerprint).await;
                return Err(Problem::NameTaken { existing_id });
            }
            Err(CreateError::Aws(error)) => return Err(Problem::internal(OPERATION)(error)),
        }
    }
    Err(Problem::internal(OPERATION)(
        "the credential was deleted again and again while it was being registered",
    ))
}

/// Finds a webhook of the organization.
pub async fn find(api: &Api, organization: &OrganizationId, id: &str) -> Result<Webhook, Problem> {
    let id = WebhookId::parse(id).ok_or(Problem::NotFound)?;
    api.registry
        .webhook(organization, &id)
        .await
        .map_err(Problem::internal("reading a webhook"))?
        .ok_or(Problem::NotFound)
}

/// Removes a webhook, and its credential with it if nobody else uses that.
pub async fn remove(api: &Api, webhook: &Webhook) -> Result<(), Problem> {
    const OPERATION: &str = "removing a webhook";
    let organization = &webhook.organization;
    let fingerprint = api
        .registry
        .delete(webhook)
        .await
        .map_err(Problem::internal(OPERATION))?
        .ok_or(Problem::NotFound)?;
    release(api, organization, &fingerprint).await;
    Ok(())
}

/// The webhook is gone, or was never made: whatever goes wrong from here on is left to
/// the next sweep, and no concern of the caller's.
async fn release(api: &Api, organization: &OrganizationId, fingerprint: &Fingerprint) {
    let now = Timestamp::now();
    if let Err(error) = api
        .credentials
        .release(organization, fingerprint, now)
        .await
    {
        tracing::error!(%organization, %error, "a credential could not be released");
    }
}

/// Finishes what calls that died have left behind.
pub async fn sweep(api: &Api, organization: &OrganizationId) {
    if let Err(error) = api.credentials.sweep(organization, Timestamp::now()).await {
        tracing::error!(%organization, %error, "credentials could not be swept");
    }
}
