//! Putting a new credential in the place of the one that is there.

use carillon_aws::TOGETHER;
use carillon_domain::{
    Configuration, Credential, CredentialRef, FaultCode, Faults, Fields, Fingerprint,
    OrganizationId, Pointer, Webhook, WebhookId,
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::Api;
use crate::problem::Problem;
use crate::registration::{self, Precondition, TRIES, pause};

const OPERATION: &str = "rotating a credential";

/// What a client asks for: the new credential, and whether all webhooks that share the old
/// one get it.
#[derive(Debug)]
pub struct Rotation {
    pub configuration: Configuration,
    pub credential: SecretString,
    pub everywhere: bool,
}

impl Rotation {
    /// Reads a client's rotation of a webhook: the credential under the name that it has in
    /// a configuration.
    pub fn parse(value: &Value, webhook: &Webhook) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let rotation = Self::read(value, webhook, &mut faults);
        faults.into_result(rotation)
    }

    fn read(value: &Value, webhook: &Webhook, faults: &mut Faults) -> Option<Self> {
        let field = webhook.configuration.kind.credential_field();
        let mut fields = Fields::of(value, Pointer::root(), faults)?;
        let everywhere = fields.boolean("everywhere").unwrap_or(false);
        fields.own_organization(&webhook.organization);
        let given = fields.value(field).cloned();
        let other = match field {
            "token" => "webhook_url",
            _ => "token",
        };
        if fields.value(other).is_some() {
            let detail = format!(
                "this webhook posts with a `{field}`; to change the way it posts, PATCH its configuration"
            );
            fields.fault(other, FaultCode::NotAllowed, detail);
        } else {
            fields.required(field);
        }
        fields.finish();
        let mut document = webhook.configuration.shown();
        document[field] = given?;
        // A mask would mean 'unchanged' only where the current configuration is known.
        let at = Pointer::root();
        let read = carillon_chat::configuration(webhook.platform, &document, &at, None, faults)?;
        let (configuration, Credential::New(credential)) = read else {
            return None;
        };
        if configuration.thread_id != webhook.configuration.thread_id {
            let detail = "the URL names another thread; to post to that one, PATCH `thread_id`";
            faults.add(at.field(field), FaultCode::NotAllowed, detail);
        }
        Some(Self {
            configuration,
            credential,
            everywhere,
        })
    }
}

/// Rotates the webhook, or all that share its credential. Gives the webhook, and all others that
/// have the new credential now.
///
/// The others come first, in transactions of as many as fit, and the webhook itself last: as long
/// as a call has not come to its end, the same call finds those that are left.
pub async fn rotate(
    api: &Api,
    organization: &OrganizationId,
    read: &Webhook,
    rotation: &Rotation,
    is_wanted: impl Precondition,
) -> Result<(Webhook, Vec<Webhook>), Problem> {
    let mut others = Vec::new();
    if rotation.everywhere {
        let read = registration::find(api, organization, read.id.as_str()).await?;
        if !is_wanted(&read) {
            return Err(Problem::PreconditionFailed);
        }
        let ids = sharing(api, &read, rotation).await?;
        for ids in ids.chunks(TOGETHER) {
            let shares = |other: &Webhook| shares(other, &read, rotation);
            others.extend(together(api, organization, ids, rotation, shares).await?);
        }
    }
    let same_kind = |webhook: &Webhook| webhook.configuration.kind == rotation.configuration.kind;
    for tries in 0..TRIES {
        let read = registration::find(api, organization, read.id.as_str()).await?;
        if !is_wanted(&read) {
            return Err(Problem::PreconditionFailed);
        }
        if !same_kind(&read) {
            // It was given another kind of credential meanwhile.
            return Err(Problem::Contended);
        }
        let opened = registration::open(api, organization, &rotation.credential).await?;
        let change = [rotated(&read, rotation, &opened)];
        if registration::replace_together(api, &change).await? {
            let [(_, webhook)] = change;
            return Ok((webhook, others));
        }
        pause(tries).await;
    }
    Err(Problem::Contended)
}

/// The ids of the other webhooks that may have to be rotated with one.
async fn sharing(
    api: &Api,
    read: &Webhook,
    rotation: &Rotation,
) -> Result<Vec<WebhookId>, Problem> {
    let mut ids = Vec::new();
    let before = read.fallback.iter().filter(|_| is_repeat(read, rotation));
    for credential in std::iter::once(&read.credential).chain(before) {
        let users = api
            .registry
            .users(&read.organization, &credential.fingerprint)
            .await
            .map_err(Problem::internal(OPERATION))?;
        ids.extend(users);
    }
    ids.retain(|id| *id != read.id);
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// Whether the webhook has the new credential already: this call repeats another one.
fn is_repeat(read: &Webhook, rotation: &Rotation) -> bool {
    let new = Fingerprint::of(&read.organization, &rotation.credential);
    read.credential.fingerprint == new
}

/// Whether a webhook is to be rotated with the one that was read: it has the same credential;
/// or the one before, where this call repeats one that died before it came to this webhook.
fn shares(other: &Webhook, read: &Webhook, rotation: &Rotation) -> bool {
    let is_repeat = is_repeat(read, rotation);
    let has_the_same = other.credential == read.credential
        || (is_repeat && Some(&other.credential) == read.fallback.as_ref());
    has_the_same && other.configuration.kind == rotation.configuration.kind
}

/// Rotates those of these webhooks that share the credential, all at once.
async fn together(
    api: &Api,
    organization: &OrganizationId,
    ids: &[WebhookId],
    rotation: &Rotation,
    shares: impl Fn(&Webhook) -> bool,
) -> Result<Vec<Webhook>, Problem> {
    let wanted: Vec<_> = ids
        .iter()
        .map(|id| (organization.clone(), id.clone()))
        .collect();
    for tries in 0..TRIES {
        let found = api
            .registry
            .webhooks_by_id(&wanted)
            .await
            .map_err(Problem::internal(OPERATION))?;
        let found = ids.iter().filter_map(|id| found.get(id)?.as_deref());
        let sharing: Vec<&Webhook> = found.filter(|webhook| shares(webhook)).collect();
        if sharing.is_empty() {
            return Ok(Vec::new());
        }
        let opened = registration::open(api, organization, &rotation.credential).await?;
        let changes: Vec<_> = sharing
            .into_iter()
            .map(|read| rotated(read, rotation, &opened))
            .collect();
        if registration::replace_together(api, &changes).await? {
            return Ok(changes.into_iter().map(|(_, new)| new).collect());
        }
        pause(tries).await;
    }
    Err(Problem::Contended)
}

/// A webhook, and how it is with the new credential.
fn rotated(read: &Webhook, rotation: &Rotation, opened: &CredentialRef) -> (Webhook, Webhook) {
    let configuration = Configuration {
        masked_credential: rotation.configuration.masked_credential.clone(),
        ..read.configuration.clone()
    };
    let new = read.rotated(configuration, opened.clone(), Timestamp::now());
    (read.clone(), new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::sample;
    use serde_json::json;

    fn pointers(value: Value) -> Vec<String> {
        let faults = Rotation::parse(&value, &sample::webhook(1, &["*"])).unwrap_err();
        faults.iter().map(|f| f.pointer.to_string()).collect()
    }

    #[test]
    fn the_new_credential_has_the_name_that_it_has_in_the_configuration() {
        let webhook = sample::webhook(1, &["*"]);
        let value = json!({"token": "xoxb-fake-new-token-abcd", "everywhere": true});
        let rotation = Rotation::parse(&value, &webhook).unwrap();
        assert!(rotation.everywhere);
        assert_eq!(rotation.configuration.masked_credential, "xoxb-…abcd");
        assert_eq!(
            rotation.configuration.channel,
            webhook.configuration.channel
        );
    }

    #[test]
    fn every_fault_of_a_rotation_is_found_at_once() {
        assert_eq!(
            pointers(json!({"everywhere": "yes", "tokn": "x"})),
            ["/everywhere", "/token", "/tokn"]
        );
        assert_eq!(pointers(json!({"token": "xoxb-…wxyz"})), ["/token"]);
        assert_eq!(pointers(json!({"token": "hunter2"})), ["/token"]);
        assert_eq!(
            pointers(json!({"webhook_url": "https://hooks.slack.com/services/T0/B0/x"})),
            ["/webhook_url"]
        );
    }
}
