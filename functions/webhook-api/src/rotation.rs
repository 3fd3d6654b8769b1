//! Putting a new credential in the place of the one that is there.

use carillon_domain::{
    Configuration, Credential, FaultCode, Faults, Fields, Fingerprint, OrganizationId, Pointer,
    Webhook,
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::Api;
use crate::problem::Problem;
use crate::registration::{self, Precondition, TRIES, pause};

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

/// Rotates the webhook, or all that share its credential. Gives the webhook and the ids of
/// all that have the new credential now.
pub async fn rotate(
    api: &Api,
    organization: &OrganizationId,
    read: &Webhook,
    rotation: &Rotation,
    is_wanted: impl Precondition,
) -> Result<(Webhook, Vec<Webhook>), Problem> {
    let rotated = one(api, organization, read, rotation, is_wanted).await?;
    let mut others = Vec::new();
    if rotation.everywhere {
        let sharing: Vec<Webhook> = api
            .registry
            .webhooks(organization)
            .await
            .map_err(Problem::internal("rotating a credential"))?
            .into_iter()
            .filter(|other| other.id != read.id && shares(other, read, &rotation.credential))
            .collect();
        for other in sharing {
            match one(api, organization, &other, rotation, |_: &Webhook| true).await {
                Ok(webhook) => others.push(webhook),
                // Removed meanwhile.
                Err(Problem::NotFound) => {}
                Err(problem) => return Err(problem),
            }
        }
    }
    Ok((rotated, others))
}

/// Whether a webhook is to be rotated with the one that was read: it has the same credential;
/// or the one before, where this call repeats one that died before it came to this webhook.
fn shares(other: &Webhook, read: &Webhook, new: &SecretString) -> bool {
    let is_repeat = read.credential.fingerprint == Fingerprint::of(&read.organization, new);
    other.credential == read.credential
        || (is_repeat && Some(&other.credential) == read.fallback.as_ref())
}

async fn one(
    api: &Api,
    organization: &OrganizationId,
    webhook: &Webhook,
    rotation: &Rotation,
    is_wanted: impl Precondition,
) -> Result<Webhook, Problem> {
    for tries in 0..TRIES {
        let read = registration::find(api, organization, webhook.id.as_str()).await?;
        if !is_wanted(&read) {
            return Err(Problem::PreconditionFailed);
        }
        if read.configuration.kind != rotation.configuration.kind {
            // It was given another kind of credential meanwhile.
            return Err(Problem::Contended);
        }
        let opened = registration::open(api, organization, &rotation.credential).await?;
        let configuration = Configuration {
            masked_credential: rotation.configuration.masked_credential.clone(),
            ..read.configuration.clone()
        };
        let new = read.rotated(configuration, opened, Timestamp::now());
        if let Some(webhook) = registration::replace(api, &read, new).await? {
            return Ok(webhook);
        }
        pause(tries).await;
    }
    Err(Problem::Contended)
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
