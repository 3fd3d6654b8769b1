//! Registering, changing and removing webhooks: the use cases behind the routes.
//!
//! Each begins anew where somebody else was faster: what is written is always decided on
//! what is there.

use std::time::Duration;

use carillon_aws::{Change, Quota};
use carillon_chat::form::{self, Field, Rule};
use carillon_chat::{Kind, Kinds};
use carillon_domain::webhook::{Lanes, Made, Update};
use carillon_domain::{
    Credential, CredentialRef, FaultCode, Faults, OrganizationId, Pointer, Registration, Webhook,
    WebhookId, WebhookStatus,
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::Api;
use crate::auth::Scope;
use crate::problem::Problem;
use crate::verification::{Verified, verify_change};
use crate::versions::IfMatch;
use crate::writing::{replace_together, write_together};

/// How often a write begins anew because something was changed meanwhile.
pub const TRIES: u32 = 12;
/// The longest pause after the first try; it doubles from there, this often. All of them
/// together are 5 s at most: somebody waits for the answer.
const PAUSE: Duration = Duration::from_millis(10);
const DOUBLINGS: u32 = 6;

/// Reads a new webhook, or the one that is to replace `current`.
pub fn read(
    kinds: &Kinds,
    body: &Value,
    organization: &OrganizationId,
    current: Option<&Webhook>,
) -> Result<Registration, Faults> {
    let read = kinds.registration(body, organization, current, &rand::random::<[u8; 32]>);
    read.map_err(|faults| told_type(kinds, body, faults))
}

/// The faults of a webhook; where a credential is right for another type, with which one.
fn told_type(kinds: &Kinds, webhook: &Value, mut faults: Faults) -> Faults {
    let named = webhook["type"].as_str().unwrap_or_default();
    for fault in faults.iter_mut() {
        let at = fault.pointer.as_str();
        let given = webhook.pointer(at).and_then(Value::as_str);
        let field = at.strip_prefix("/configuration/");
        let meant = kind_of(kinds, |name| given.filter(|_| field == Some(name)));
        let meant = meant.map(|kind| kind.id().api_type().to_owned());
        if let Some(meant) = meant.filter(|meant| meant != named) {
            fault.detail = format!(
                "this is a credential of the type `{meant}`, not `{named}`: choose that type"
            );
        }
    }
    faults
}

/// The kind whose credential was given, by the texts that its fields have.
pub fn kind_of<'k, 't>(
    kinds: &'k Kinds,
    given: impl Fn(&str) -> Option<&'t str>,
) -> Option<&'k dyn Kind> {
    let fits = |field: &Field| match field.rule {
        Rule::Secret(rule) => given(field.name).is_some_and(|text| (rule.read)(text).is_ok()),
        _ => false,
    };
    kinds.iter().find(|kind| kind.secret_fields().any(fits))
}

/// A credential with the parts that stay as they are, and with what still counts beside a new
/// one: those of the webhook that was read.
pub async fn completed(
    api: &Api,
    read: &Webhook,
    credential: Credential,
    at: &Pointer,
) -> Result<Credential, Problem> {
    match credential {
        Credential::Unchanged => return Ok(credential),
        // One of a single part keeps nothing of the one before.
        Credential::New(_) if !has_parts(api, read) => return Ok(credential),
        Credential::New(_) | Credential::Partial(_) => {}
    }
    let before = api.credentials.value(read).await?;
    let whole = match (credential, &before) {
        // A whole one is good also where the old one is gone.
        (Credential::New(whole), _) => Some(whole),
        (Credential::Partial(partial), Some(before)) => form::completed(&partial, before),
        _ => None,
    };
    let kind = api.chat.kinds().get(&read.kind);
    let whole = whole.map(|whole| match (kind, before) {
        (Some(kind), Some(before)) => kind.rotated(&before, whole, Timestamp::now()),
        _ => whole,
    });
    whole.map(Credential::New).ok_or_else(|| {
        let detail = "the parts of the credential that are to stay are gone: give all of it";
        Problem::fault(at.clone(), FaultCode::Refused, detail)
    })
}

pub fn has_parts(api: &Api, webhook: &Webhook) -> bool {
    let kind = api.chat.kinds().get(&webhook.kind);
    kind.is_some_and(|kind| kind.secret_fields().count() > 1)
}

/// Whether there is room for it and its name is free, before a platform is asked about the rest.
/// Only the write itself can be sure.
pub async fn check_room(api: &Scope, name: &str) -> Result<(), Problem> {
    if let Some(existing_id) = api.registry.name_owner(&api.organization, name).await? {
        return Err(Problem::NameTaken { existing_id });
    }
    let count = api
        .registry
        .count(&api.organization, Quota::Webhooks)
        .await?;
    let limit = api.registry.limit(Quota::Webhooks);
    match count < limit {
        true => Ok(()),
        false => Err(Problem::quota_exceeded(Quota::Webhooks, limit, None)),
    }
}

pub async fn register(
    api: &Scope,
    id: &WebhookId,
    registration: &Registration,
) -> Result<Webhook, Problem> {
    let Credential::New(value) = &registration.destination.credential else {
        return Err(Problem::internal(
            "a new webhook cannot have an unchanged credential",
        ));
    };
    for tries in 0..TRIES {
        let credential = open(api, value).await?;
        let now = Timestamp::now();
        let webhook = new_webhook(&api.organization, id.clone(), registration, credential, now);
        let change = Change::new(None, Some(&webhook));
        if write_together(api, &[change]).await? {
            return Ok(webhook);
        }
        pause(tries).await;
    }
    Err(Problem::Contended)
}

/// A webhook as it is registered, with a credential that has been opened.
pub fn new_webhook(
    organization: &OrganizationId,
    id: WebhookId,
    registration: &Registration,
    credential: CredentialRef,
    now: Timestamp,
) -> Webhook {
    let destination = &registration.destination;
    Webhook {
        id,
        organization: organization.clone(),
        name: registration.name.clone(),
        kind: destination.kind.clone(),
        event_types: registration.event_types.clone(),
        filters: registration.filters.clone(),
        lanes: Lanes::of(&destination.channels),
        configuration: destination.configuration.clone(),
        message: registration.message.clone(),
        credential,
        fallback: None,
        status: match registration.enabled {
            Some(false) => WebhookStatus::Disabled,
            Some(true) | None => WebhookStatus::Active,
        },
        status_reason: None,
        created_at: now,
        modified_at: now,
        version: 1,
    }
}

/// Changes a webhook; gives it as it then is, what was said of its credential, and the parts of
/// that that were made here.
pub async fn update(
    api: &Scope,
    id: &str,
    update: Update,
    verified: bool,
    document: impl Fn(&Webhook) -> Value,
    if_match: &IfMatch,
) -> Result<(Webhook, Option<Verified>, Made), Problem> {
    let mut verification = None;
    for tries in 0..TRIES {
        let read = find(api, id).await?;
        if_match.check(&read)?;
        let document = document(&read);
        let mut registration =
            self::read(api.chat.kinds(), &document, &api.organization, Some(&read))?;
        let at = Pointer::root().field("configuration");
        let credential = registration.destination.credential;
        registration.destination.credential = completed(api, &read, credential, &at).await?;
        if verification.is_none() {
            verification = verify_change(api, &read, &registration, verified, &at).await?;
        }
        let made = std::mem::take(&mut registration.destination.made);
        let credential = match &registration.destination.credential {
            Credential::New(value) => open(api, value).await?,
            Credential::Unchanged | Credential::Partial(_) => read.credential.clone(),
        };
        let new = read.updated(update, registration, credential, Timestamp::now());
        let changes = [(read, new)];
        if replace_together(api, &changes).await? {
            let [(_, webhook)] = changes;
            return Ok((webhook, verification, made));
        }
        pause(tries).await;
    }
    Err(Problem::Contended)
}

pub async fn find(api: &Scope, id: &str) -> Result<Webhook, Problem> {
    let id = WebhookId::parse(id).ok_or(Problem::NotFound)?;
    let found = api.registry.webhook(&api.organization, &id).await?;
    found.ok_or(Problem::NotFound)
}

/// Removes a webhook, and its credential with it if nobody else uses that.
pub async fn remove(api: &Scope, id: &str, if_match: &IfMatch) -> Result<(), Problem> {
    for tries in 0..TRIES {
        let read = find(api, id).await?;
        if_match.check(&read)?;
        let change = Change::new(Some(&read), None);
        if write_together(api, &[change]).await? {
            return Ok(());
        }
        pause(tries).await;
    }
    Err(Problem::Contended)
}

/// Makes sure that a credential's secret is there.
pub async fn open(api: &Scope, value: &SecretString) -> Result<CredentialRef, Problem> {
    let opened = api
        .credentials
        .open(&api.organization, value, Timestamp::now());
    Ok(opened.await?)
}

/// The webhook's new credential has delivered: the one before is not needed any more.
pub async fn end_rotation(api: &Api, webhook: &Webhook) {
    if webhook.fallback.is_none() {
        return;
    }
    let ended = api.credentials.end_rotation(webhook, Timestamp::now());
    if let Err(error) = ended.await {
        let webhook_id = webhook.id.as_str();
        tracing::error!(webhook_id, %error, "a rotation could not be ended");
    }
}

/// Lets those who are in the way go first.
pub async fn pause(tries: u32) {
    let longest = PAUSE * 2_u32.pow(tries.min(DOUBLINGS));
    tokio::time::sleep(longest.mul_f64(rand::random())).await;
}
