//! What a file changes: found without changing anything.

use std::collections::HashMap;

use carillon_domain::{
    Credential, FaultCode, Faults, Fingerprint, OrganizationId, Pointer, Registration, Webhook,
    WebhookStatus,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::document::{Document, Entry, NOTIFICATIONS};
use super::entry;

/// How many webhooks one file can create, change and remove at once: each takes some calls
/// of AWS, and the caller waits for at most 30 seconds.
const MAX_STEPS: usize = 100;

/// What a file changes, in its order.
pub(super) struct Plan {
    pub steps: Vec<Step>,
    /// Webhooks that the file does not name.
    pub removals: Vec<Webhook>,
}

/// What becomes of one entry.
pub(super) struct Step {
    pub at: Pointer,
    pub change: Change,
    pub registration: Registration,
    /// The credential, where it or what it is used for is new.
    pub unverified: Option<SecretString>,
}

pub(super) enum Change {
    Create,
    Update {
        read: Box<Webhook>,
        changed: Vec<&'static str>,
    },
    Keep(Box<Webhook>),
}

impl Plan {
    /// Compares a file with the webhooks that there are.
    ///
    /// # Errors
    /// Every fault of every entry.
    pub fn of(
        document: &Document,
        existing: Vec<Webhook>,
        organization: &OrganizationId,
        prune: bool,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut by_name: HashMap<String, Webhook> = existing
            .iter()
            .map(|webhook| (webhook.name.clone(), webhook.clone()))
            .collect();
        let mut steps = Vec::with_capacity(document.entries.len());
        for entry in &document.entries {
            let current = by_name.remove(&entry.name);
            let read = entry::read(entry, organization, current.as_ref(), &mut faults);
            steps.extend(read.map(|registration| Step::of(entry, registration, current)));
        }
        let removals: Vec<Webhook> = existing
            .into_iter()
            .filter(|webhook| prune && by_name.contains_key(&webhook.name))
            .collect();
        let count = steps.iter().filter(|step| step.writes()).count() + removals.len();
        if count > MAX_STEPS {
            let detail = format!(
                "changes {count} webhooks; at most {MAX_STEPS} can be changed at once: apply it in \
                 parts"
            );
            let at = Pointer::root().field(NOTIFICATIONS);
            faults.add(at, FaultCode::OutOfRange, detail);
        }
        faults
            .into_result(Some(Self { steps, removals }))
            .map_err(|faults| document.located(faults))
    }
}

impl Step {
    fn of(entry: &Entry, mut registration: Registration, current: Option<Webhook>) -> Self {
        let secret = match &registration.credential {
            Credential::New(secret) => Some(secret.clone()),
            Credential::Unchanged => None,
        };
        let Some(current) = current else {
            return Self {
                at: entry.at.clone(),
                change: Change::Create,
                registration,
                unverified: secret,
            };
        };
        let organization = &current.organization;
        let is_current = |secret: &SecretString| {
            Fingerprint::of(organization, secret) == current.credential.fingerprint
        };
        if secret.as_ref().is_some_and(is_current) {
            registration.credential = Credential::Unchanged;
        }
        // A file says again and again that a webhook is on; only a change of where it posts
        // is a reason to believe that it works again.
        if registration.enabled == Some(true) && current.status == WebhookStatus::Suspended {
            registration.enabled = None;
        }
        let by_environments = entry.value["environments"] != Value::Null;
        let changed = changed(&current, &registration, by_environments);
        let aims_elsewhere = changed.iter().any(|field| AIM.contains(field));
        Self {
            at: entry.at.clone(),
            change: match changed.is_empty() {
                true => Change::Keep(Box::new(current)),
                false => Change::Update {
                    read: Box::new(current),
                    changed,
                },
            },
            registration,
            unverified: secret.filter(|_| aims_elsewhere),
        }
    }

    pub fn writes(&self) -> bool {
        !matches!(self.change, Change::Keep(_))
    }
}

/// The fields that a platform has something to say about.
const AIM: [&str; 9] = [
    "provider",
    "token",
    "webhook_url",
    "channel",
    "channels",
    "username",
    "icon_emoji",
    "thread_id",
    "grouping",
];

/// The fields of the file that are to be other than they are, in the order of its
/// documentation.
fn changed(current: &Webhook, wanted: &Registration, by_environments: bool) -> Vec<&'static str> {
    let (ours, theirs) = (&current.configuration, &wanted.configuration);
    let disabled = current.status == WebhookStatus::Disabled;
    let new_credential = matches!(wanted.credential, Credential::New(_));
    let filters = |filters| serde_json::to_value(filters).unwrap_or_default();
    let (mut before, mut after) = (filters(&current.filters), filters(&wanted.filters));
    let mut environments = false;
    if by_environments {
        // These have a key of their own.
        let take = |filters: &mut Value| {
            let filters = filters.as_object_mut();
            filters.and_then(|filters| filters.remove("environment"))
        };
        environments = take(&mut before) != take(&mut after);
    }
    let is_other = [
        ("enabled", wanted.enabled.is_some_and(|on| on == disabled)),
        ("provider", current.platform != wanted.platform),
        (theirs.kind.credential_field(), new_credential),
        ("channel", ours.channel != theirs.channel),
        ("channels", ours.channels != theirs.channels),
        ("events", current.event_types != wanted.event_types),
        ("environments", environments),
        (
            "filters",
            before != after && !(is_empty(&before) && is_empty(&after)),
        ),
        ("username", ours.username != theirs.username),
        ("icon_emoji", ours.icon_emoji != theirs.icon_emoji),
        ("avatar_url", ours.avatar_url != theirs.avatar_url),
        ("thread_id", ours.thread_id != theirs.thread_id),
        ("grouping", ours.grouping != theirs.grouping),
        ("digest", ours.digest != theirs.digest),
    ];
    is_other
        .into_iter()
        .filter_map(|(field, is_other)| is_other.then_some(field))
        .collect()
}

fn is_empty(filters: &Value) -> bool {
    filters.is_null() || *filters == json!({})
}

#[cfg(test)]
mod tests;
