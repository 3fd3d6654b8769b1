//! What a file did, or would do.

use std::collections::HashMap;

use carillon_domain::webhook::Made;
use carillon_domain::{Webhook, WebhookId};
use secrecy::ExposeSecret;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::plan::{Change, Step};

/// What became of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    Created,
    Updated,
    Unchanged,
    Removed,
}

/// What became of one name, or would become of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = NotificationResult)]
pub struct Outcome {
    pub(super) name: String,
    pub(super) result: Done,
    /// The fields of the file that are other than they were.
    pub(super) changed: Vec<&'static str>,
    /// Null where a dry run would create it.
    #[schema(required)]
    pub(super) id: Option<String>,
    /// What could not be verified, or will go wrong later.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(super) warnings: Vec<String>,
    /// The parts of the credential that were made as the file does not have them, such as
    /// `secret`, in full: they are shown this once.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "in_full")]
    #[schema(value_type = std::collections::BTreeMap<String, String>, required = false)]
    pub(super) made: Made,
}

fn in_full<S: Serializer>(made: &Made, serializer: S) -> Result<S::Ok, S::Error> {
    let parts = made.iter();
    serializer.collect_map(parts.map(|(field, secret)| (field, secret.expose_secret())))
}

impl Outcome {
    fn new(name: &str, result: Done, id: Option<&WebhookId>) -> Self {
        Self {
            name: name.to_owned(),
            result,
            changed: Vec::new(),
            id: id.map(ToString::to_string),
            warnings: Vec::new(),
            made: Made::new(),
        }
    }

    /// What a step does, before it is done.
    pub(super) fn of(step: &Step) -> Self {
        let name = &step.registration.name;
        match &step.change {
            Change::Create => Self::new(name, Done::Created, None),
            Change::Keep(webhook) => Self::new(name, Done::Unchanged, Some(&webhook.id)),
            Change::Update { read, changed } => Self {
                changed: changed.clone(),
                ..Self::new(name, Done::Updated, Some(&read.id))
            },
        }
    }

    pub(super) fn of_removal(webhook: &Webhook) -> Self {
        Self::new(&webhook.name, Done::Removed, Some(&webhook.id))
    }
}

/// What was done, by the names of the webhooks; what was removed in its order.
#[derive(Default)]
pub(super) struct Written {
    pub named: HashMap<String, Outcome>,
    pub removed: Vec<Outcome>,
}

impl Written {
    pub(super) fn count(&self) -> usize {
        self.named.len() + self.removed.len()
    }
}
