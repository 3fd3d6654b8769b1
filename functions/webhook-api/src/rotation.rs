//! Putting a new credential in the place of the one that is there.

use std::collections::BTreeSet;

use carillon_aws::MAX_ROTATED_AT_ONCE;
use carillon_chat::form::{self, Rule};
use carillon_chat::{Kind, Kinds};
use carillon_domain::field::{Field, Flag};
use carillon_domain::{
    Configured, Credential, CredentialRef, FaultCode, Faults, Fields, Fingerprint, Pointer,
    Webhook, WebhookId,
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::Api;
use crate::auth::Scope;
use crate::problem::Problem;
use crate::registration::{self, TRIES, pause};
use crate::versions::IfMatch;
use crate::writing;

/// Whether the other webhooks get the credential, too.
pub const EVERYWHERE: Field<Flag> = Field::optional(
    "everywhere",
    "Whether all webhooks that share the old credential get the new one; only for credentials of \
     one part",
    Flag,
);

/// What a client asks for: the new credential, and whether all webhooks that share the old
/// one get it.
#[derive(Debug)]
pub struct Rotation {
    pub destination: Configured,
    pub everywhere: bool,
}

impl Rotation {
    /// Reads a client's rotation of a webhook: the new parts of the credential under the names
    /// that they have in a configuration.
    pub fn parse(kinds: &Kinds, value: &Value, webhook: &Webhook) -> Result<Self, Faults> {
        let Some(kind) = kinds.get(&webhook.kind) else {
            let detail = "this version of Carillon does not know the webhook's kind";
            return Err(Faults::only(Pointer::root(), FaultCode::NotAllowed, detail));
        };
        Faults::of(|faults| Self::read(kinds, kind, value, webhook, faults))
    }

    fn read(
        kinds: &Kinds,
        kind: &dyn Kind,
        value: &Value,
        webhook: &Webhook,
        faults: &mut Faults,
    ) -> Option<Self> {
        let root = Pointer::root();
        let mut fields = Fields::of(value, root.clone(), faults)?;
        let everywhere = fields.get(&EVERYWHERE).unwrap_or(false);
        fields.own_organization(&webhook.organization);
        let own: Vec<&'static str> = kind.secret_fields().map(|field| field.name).collect();
        let inside = fields.value("configuration").filter(|it| it.is_object());
        let at = match inside {
            Some(inside) => {
                for name in own.iter().copied().filter(|it| value.get(it).is_some()) {
                    fields.value(name);
                    let detail = "is beside `configuration`: give the new credential in one of \
                                  these places";
                    fields.fault(name, FaultCode::NotAllowed, detail);
                }
                fields.finish();
                let at = root.field("configuration");
                fields = Fields::of(inside, at.clone(), faults)?;
                at
            }
            None => root.clone(),
        };
        let mut document = webhook.configuration.shown();
        let mut current = webhook.clone();
        let mut is_given = own.iter().any(|name| fields.has(name));
        // Where nothing is given, what can be made is made anew: a rotation is for that.
        let is_made = !is_given;
        for field in kind.secret_fields() {
            let given = fields.value(field.name);
            if given.is_some() || is_made && can_be_made(field) {
                document[field.name] = given.cloned().unwrap_or_default();
                // The mask of what is to be replaced means nothing.
                current.configuration.own.remove(field.name);
                is_given = true;
            }
        }
        let is_own = is_given;
        let all = kinds.iter().flat_map(|kind| kind.secret_fields());
        let all: BTreeSet<&'static str> = all.map(|field| field.name).collect();
        let foreign = all.into_iter().filter(|name| !own.contains(name));
        let foreign: Vec<_> = foreign.filter(|name| fields.has(name)).collect();
        for name in foreign {
            fields.value(name);
            let detail = format!(
                "this webhook posts with a `{}`; to change the way it posts, PATCH its \
                 configuration",
                own.join("`, `")
            );
            fields.fault(name, FaultCode::NotAllowed, detail);
            is_given = true;
        }
        if !is_given {
            fields.required(kind.credential_field());
        }
        fields.finish();
        // What is made differs each time, and a part that stays is each webhook's own: the call
        // could not be repeated.
        if everywhere && own.len() > 1 {
            let detail = "is for credentials of one part, such as a token: rotate each of these \
                          webhooks by itself, with the same values";
            faults.add(root.field("everywhere"), FaultCode::NotAllowed, detail);
        }
        let random = &rand::random::<[u8; 32]>;
        let api_type = webhook.kind.api_type();
        let read = kinds.configuration(api_type, &document, &at, Some(&current), random, faults)?;
        if matches!(read.credential, Credential::Unchanged) {
            // An empty part is given, and nothing new.
            if is_own {
                let detail = "nothing of the credential would be another: give the new one";
                let at = at.field(kind.credential_field());
                faults.add(at, FaultCode::Required, detail);
            }
            return None;
        }
        for (name, value) in &read.configuration.own {
            let is_secret = own.contains(&name.as_str());
            if !is_secret && webhook.configuration.own.get(name) != Some(value) {
                let detail = format!("would change `{name}`, too; to do that, PATCH it");
                let at = at.field(kind.credential_field());
                faults.add(at, FaultCode::NotAllowed, detail);
            }
        }
        Some(Self {
            destination: read,
            everywhere,
        })
    }

    /// The whole new credential, as it is to be stored.
    pub async fn secret(&self, api: &Api, webhook: &Webhook) -> Result<SecretString, Problem> {
        let (at, given) = (Pointer::root(), self.destination.credential.clone());
        let whole = registration::completed(api, webhook, given, &at).await?;
        match whole {
            Credential::New(new) => Ok(new),
            _ => Err(Problem::internal("there is no new credential")),
        }
    }
}

/// Whether a part of a credential is made where it is left out.
fn can_be_made(field: &form::Field) -> bool {
    matches!(&field.rule, Rule::Secret(rule) if rule.make.is_some())
}

/// Rotates the webhook that was read, or all that share its credential. Gives the webhook, and all
/// others that have the new credential now.
///
/// The others come first, in transactions of as many as fit, and the webhook itself last: as long
/// as a call has not come to its end, the same call finds those that are left.
pub async fn rotate(
    api: &Scope,
    read: &Webhook,
    rotation: &Rotation,
    secret: &SecretString,
    if_match: &IfMatch,
) -> Result<(Webhook, Vec<Webhook>), Problem> {
    let completed_from = &read.credential;
    let mut others = Vec::new();
    if rotation.everywhere {
        let read = registration::find(api, read.id.as_str()).await?;
        if_match.check(&read)?;
        let mut old = vec![&read.credential];
        // This call may repeat one that died before it came to all of them.
        if read.credential.fingerprint == Fingerprint::of(&api.organization, secret) {
            old.extend(&read.fallback);
        }
        let shares = |other: &Webhook| old.contains(&&other.credential) && other.kind == read.kind;
        let ids = sharing(api, &read, &old).await?;
        for ids in ids.chunks(MAX_ROTATED_AT_ONCE) {
            others.extend(together(api, ids, rotation, secret, shares).await?);
        }
    }
    for tries in 0..TRIES {
        let read = registration::find(api, read.id.as_str()).await?;
        if_match.check(&read)?;
        // It was given another kind of credential meanwhile, or another one, of which parts are
        // to stay.
        let is_other = read.credential != *completed_from;
        if read.kind != rotation.destination.kind || is_other && registration::has_parts(api, &read)
        {
            return Err(Problem::Contended);
        }
        let opened = registration::open(api, secret).await?;
        let change = [rotated(api, &read, rotation, &opened)];
        if writing::replace_together(api, &change).await? {
            let [(_, webhook)] = change;
            return Ok((webhook, others));
        }
        pause(tries).await;
    }
    Err(Problem::Contended)
}

/// The ids of the other webhooks that have one of these credentials.
async fn sharing(
    api: &Api,
    read: &Webhook,
    credentials: &[&CredentialRef],
) -> Result<Vec<WebhookId>, Problem> {
    let mut ids = Vec::new();
    for credential in credentials {
        let users = api
            .registry
            .users(&read.organization, &credential.fingerprint)
            .await?;
        ids.extend(users);
    }
    ids.retain(|id| *id != read.id);
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// Rotates those of these webhooks that share the credential, all at once.
async fn together(
    api: &Scope,
    ids: &[WebhookId],
    rotation: &Rotation,
    secret: &SecretString,
    shares: impl Fn(&Webhook) -> bool,
) -> Result<Vec<Webhook>, Problem> {
    for tries in 0..TRIES {
        let wanted = ids.iter().map(|id| (&api.organization, id));
        let found = api.registry.webhooks_by_id(wanted).await?;
        let found = ids.iter().filter_map(|id| found.get(id)?.as_ref());
        let sharing: Vec<&Webhook> = found.filter(|webhook| shares(webhook)).collect();
        if sharing.is_empty() {
            return Ok(Vec::new());
        }
        let opened = registration::open(api, secret).await?;
        let changes: Vec<_> = sharing
            .into_iter()
            .map(|read| rotated(api, read, rotation, &opened))
            .collect();
        if writing::replace_together(api, &changes).await? {
            return Ok(changes.into_iter().map(|(_, new)| new).collect());
        }
        pause(tries).await;
    }
    Err(Problem::Contended)
}

/// A webhook, and how it is with the new credential.
fn rotated(
    api: &Api,
    read: &Webhook,
    rotation: &Rotation,
    opened: &CredentialRef,
) -> (Webhook, Webhook) {
    let mut configuration = read.configuration.clone();
    let kind = api.chat.kinds().get(&read.kind);
    for field in kind.into_iter().flat_map(|kind| kind.secret_fields()) {
        if let Some(shown) = rotation.destination.configuration.own.get(field.name) {
            configuration.set(field.name, shown.clone());
        }
    }
    let new = read.rotated(configuration, opened.clone(), Timestamp::now());
    (read.clone(), new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::sample;
    use serde_json::json;

    fn pointers(value: Value) -> Vec<String> {
        let faults =
            Rotation::parse(&Kinds::default(), &value, &sample::webhook(1, &["*"])).unwrap_err();
        faults.iter().map(|f| f.pointer.to_string()).collect()
    }

    #[test]
    fn the_new_credential_has_the_name_that_it_has_in_the_configuration() {
        let webhook = sample::webhook(1, &["*"]);
        let value = json!({"token": "xoxb-fake-new-token-abcd", "everywhere": true});
        let rotation = Rotation::parse(&Kinds::default(), &value, &webhook).unwrap();
        assert!(rotation.everywhere);
        let configuration = &rotation.destination.configuration;
        assert_eq!(configuration.text("token"), Some("xoxb-…abcd"));
        assert_eq!(configuration.text("channel"), Some("infra"));
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
        assert_eq!(
            pointers(json!({
                "token": "xoxb-fake-one-abcd", "configuration": {"token": "xoxb-fake-two-abcd"}
            })),
            ["/token"]
        );
    }

    #[test]
    fn only_fields_that_a_rotation_of_this_kind_takes_are_proposed() {
        let value = json!({"tokn": "xoxb-fake-new-token-abcd", "token": "xoxb-fake-new-token"});
        let webhook = sample::webhook(1, &["*"]);
        let faults = Rotation::parse(&Kinds::default(), &value, &webhook).unwrap_err();
        let said = faults.to_string();
        assert!(said.contains("did you mean `token`?"), "{said}");
        assert!(!said.contains("webhook_url"), "{said}");
    }
}
