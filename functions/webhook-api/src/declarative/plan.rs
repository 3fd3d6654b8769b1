//! What a file changes: found without changing anything.

use std::collections::{HashMap, HashSet};

use carillon_chat::{Kind, Kinds};
use carillon_domain::{
    Credential, FaultCode, Faults, Fingerprint, OrganizationId, Pointer, Registration, Webhook,
    WebhookStatus,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::document::{Document, Entry};
use super::entry;

/// How many new credentials one call takes: the platform is asked about each, and a secret is
/// made, while the caller waits for at most 30 seconds.
pub(super) const MAX_CREDENTIALS: usize = 200;

/// What could not be verified, or will go wrong later, by the names of the webhooks.
pub(super) type Warnings = HashMap<String, Vec<String>>;

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
    /// Every fault of the file and of its entries.
    pub fn of(
        kinds: &Kinds,
        document: &Document,
        existing: Vec<Webhook>,
        organization: &OrganizationId,
        prune: bool,
    ) -> Result<Self, Faults> {
        let mut found = Faults::default();
        let mut by_name: HashMap<String, Webhook> = existing
            .iter()
            .map(|webhook| (webhook.name.clone(), webhook.clone()))
            .collect();
        let mut steps = Vec::with_capacity(document.entries.len());
        for entry in &document.entries {
            let current = by_name.remove(&entry.name);
            let read = entry::read(kinds, entry, organization, current.as_ref(), &mut found);
            steps.extend(read.map(|registration| Step::of(kinds, entry, registration, current)));
        }
        let removals: Vec<Webhook> = existing
            .into_iter()
            .filter(|webhook| prune && by_name.contains_key(&webhook.name))
            .collect();
        let mut faults = document.faults.clone();
        let known = document.faults.iter();
        let known = known.filter(|fault| fault.code != FaultCode::Repeated);
        let known: HashSet<&str> = known.map(|fault| fault.pointer.as_str()).collect();
        for fault in found.iter() {
            // What a part that cannot be read lacks or has too much follows from that.
            let at = fault.pointer.as_str();
            let mut around = at.match_indices('/').map(|(end, _)| &at[..end]).chain([at]);
            if !around.any(|at| known.contains(at)) {
                faults.add(fault.pointer.clone(), fault.code, fault.detail.clone());
            }
        }
        faults
            .into_result(Some(Self { steps, removals }))
            .map_err(|faults| document.located(faults))
    }

    /// The credentials that are not those of the same webhooks already, each once, with the first
    /// step that has it.
    pub fn new_credentials(&self, organization: &OrganizationId) -> impl Iterator<Item = &Step> {
        let mut known = HashSet::new();
        self.steps.iter().filter(
            move |step| match &step.registration.destination.credential {
                Credential::New(secret) => known.insert(Fingerprint::of(organization, secret)),
                Credential::Partial(_) => true,
                Credential::Unchanged => false,
            },
        )
    }

    /// Says where the file has more new credentials than one call takes.
    pub fn warn_of_too_many(&self, organization: &OrganizationId, warnings: &mut Warnings) {
        for step in self.new_credentials(organization).skip(MAX_CREDENTIALS) {
            let warning = format!(
                "one call takes {MAX_CREDENTIALS} new credentials, and the file has more: apply it \
                 in parts"
            );
            let name = step.registration.name.clone();
            warnings.entry(name).or_default().push(warning);
        }
    }
}

impl Step {
    fn of(
        kinds: &Kinds,
        entry: &Entry,
        mut registration: Registration,
        current: Option<Webhook>,
    ) -> Self {
        let secret = match &registration.destination.credential {
            Credential::New(secret) => Some(secret.clone()),
            Credential::Unchanged | Credential::Partial(_) => None,
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
            registration.destination.credential = Credential::Unchanged;
        }
        // A file says again and again that a webhook is on; only a change of where it posts
        // is a reason to believe that it works again.
        if registration.enabled == Some(true) && current.status == WebhookStatus::Suspended {
            registration.enabled = None;
        }
        let by_environments = entry.value["environments"] != Value::Null;
        let changed = changed(kinds, &current, &registration, by_environments);
        let is_asked = is_asked(kinds, &current, &registration);
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
            unverified: secret.filter(|_| is_asked),
        }
    }

    /// Of the parts of the credential, these alone are to be other than they are.
    pub fn settle(&mut self, kind: &dyn Kind, other: &[&'static str]) {
        if other.is_empty() {
            self.registration.destination.credential = Credential::Unchanged;
            self.unverified = None;
        }
        let Change::Update { read, changed } = &mut self.change else {
            return;
        };
        let is_part = |name: &str| kind.secret_fields().any(|field| field.name == name);
        changed.retain(|name| !is_part(name) || other.contains(name));
        if changed.is_empty() {
            self.change = Change::Keep(read.clone());
        }
    }

    pub fn writes(&self) -> bool {
        !matches!(self.change, Change::Keep(_))
    }
}

/// Whether the platform has something to say about what is to be other than it is.
fn is_asked(kinds: &Kinds, current: &Webhook, wanted: &Registration) -> bool {
    let wanted = &wanted.destination;
    let kind = kinds.get(&wanted.kind);
    current.kind != wanted.kind
        || !matches!(wanted.credential, Credential::Unchanged)
        || kind.is_some_and(|kind| kind.asks_more(&current.configuration, &wanted.configuration))
}

/// The fields of the file that are to be other than they are.
fn changed(
    kinds: &Kinds,
    current: &Webhook,
    wanted: &Registration,
    by_environments: bool,
) -> Vec<&'static str> {
    let destination = &wanted.destination;
    let (ours, theirs) = (&current.configuration, &destination.configuration);
    let disabled = current.status == WebhookStatus::Disabled;
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
    let is_new = !matches!(destination.credential, Credential::Unchanged);
    let kind = kinds.get(&destination.kind);
    let secret = kind.into_iter().flat_map(|kind| kind.secret_fields());
    let secret: Vec<&'static str> = secret.map(|field| field.name).collect();
    let own = [Some(&destination.kind), Some(&current.kind)];
    let own = own.into_iter().flatten().filter_map(|kind| kinds.get(kind));
    let own = own
        .flat_map(|kind| kind.about().fields)
        .map(|field| field.name);
    let mut fields: Vec<(&'static str, bool)> = Vec::new();
    for name in own {
        let is_other = match secret.contains(&name) {
            true => is_new,
            false => ours.own.get(name) != theirs.own.get(name),
        };
        let is_foreign = kinds.get(&current.kind).is_some_and(|kind| {
            !secret.contains(&name) && kind.secret_fields().any(|field| field.name == name)
        });
        if !is_foreign && fields.iter().all(|(known, _)| *known != name) {
            fields.push((name, is_other));
        }
    }
    let enabled = wanted.enabled.is_some_and(|on| on == disabled);
    let provider = current.kind.api_type() != destination.kind.api_type();
    let filters = before != after && !(is_empty(&before) && is_empty(&after));
    [("enabled", enabled), ("provider", provider)]
        .into_iter()
        .chain(fields)
        .chain([
            ("events", current.event_types != wanted.event_types),
            ("environments", environments),
            ("filters", filters),
            ("message", current.message != wanted.message),
            ("grouping", ours.grouping != theirs.grouping),
            ("digest", ours.digest != theirs.digest),
            ("summary_after", ours.summary_after != theirs.summary_after),
        ])
        .filter_map(|(field, is_other)| is_other.then_some(field))
        .collect()
}

/// Whether filters, or a part of a credential, say nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    value.is_null() || *value == json!({})
}

#[cfg(test)]
mod tests;
