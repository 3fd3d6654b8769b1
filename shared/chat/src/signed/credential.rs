//! The credential: where the webhook is, what it is signed with, and what is sent along.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::signature::sign;

/// How long what is signed with a new secret is signed with those before, too.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

/// How many secrets sign, with those before: somebody who rotates in a loop must not make the
/// header grow without bound.
const MOST: usize = 4;

/// As it is stored.
#[derive(Debug, Deserialize)]
pub(super) struct Credential {
    pub url: SecretString,
    secret: SecretString,
    #[serde(default)]
    pub headers: BTreeMap<String, SecretString>,
    /// The secrets before, the latest first.
    #[serde(default)]
    previous: Vec<Previous>,
}

#[derive(Debug, Deserialize)]
struct Previous {
    secret: SecretString,
    until: Timestamp,
}

impl Credential {
    pub fn read(secret: &SecretString) -> Option<Self> {
        serde_json::from_str(secret.expose_secret()).ok()
    }

    /// `webhook-signature`: by the secret, and by each that was rotated lately.
    pub fn signatures(&self, webhook_id: &str, now: Timestamp, body: &str) -> Option<String> {
        let previous = self.previous.iter().filter(|previous| now < previous.until);
        let secrets = [&self.secret]
            .into_iter()
            .chain(previous.map(|previous| &previous.secret));
        let signatures = secrets.map(|secret| sign(secret.expose_secret(), webhook_id, now, body));
        // One space: what there is in libraries takes nothing else.
        Some(signatures.collect::<Option<Vec<_>>>()?.join(" "))
    }

    /// What nobody may see: the secrets, the headers, and whatever the URL's query says.
    pub fn hidden(&self) -> Vec<String> {
        let url = Url::parse(self.url.expose_secret()).ok();
        let mut hidden: Vec<String> = Vec::new();
        if let Some(url) = &url {
            hidden.extend(url.query().map(str::to_owned));
            hidden.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
        }
        let previous = self.previous.iter().map(|previous| &previous.secret);
        let secrets = [&self.secret].into_iter().chain(previous);
        let secrets = secrets.chain(self.headers.values());
        hidden.extend(secrets.map(|secret| secret.expose_secret().to_owned()));
        hidden
    }
}

/// The new credential with the secrets of the old one that still sign.
pub(super) fn rotated(old: &SecretString, new: SecretString, now: Timestamp) -> SecretString {
    let whole = serde_json::from_str::<Value>(new.expose_secret()).ok();
    let (Some(mut whole), Some(old)) = (whole, Credential::read(old)) else {
        return new;
    };
    let latest = old.secret.expose_secret();
    let replaced = (whole["secret"] != latest).then(|| (latest, now + OVERLAP));
    let previous = old.previous.iter();
    let previous = previous.map(|previous| (previous.secret.expose_secret(), previous.until));
    let kept: Vec<Value> = replaced
        .into_iter()
        .chain(previous.filter(|(secret, until)| now < *until && whole["secret"] != *secret))
        .take(MOST - 1)
        .map(|(secret, until)| json!({"secret": secret, "until": until}))
        .collect();
    if !kept.is_empty() {
        whole["previous"] = kept.into();
    }
    SecretString::from(whole.to_string())
}
