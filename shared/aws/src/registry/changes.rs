//! Changes of webhooks, how many of them go together, and who uses which credential then: a row
//! for each webhook and credential, and their number in the credential's own row.

use std::collections::{BTreeMap, BTreeSet};

use carillon_domain::{
    CredentialId, CredentialRef, Fingerprint, OrganizationId, Webhook, WebhookId, WebhookStatus,
};

use super::credentials::credential_key;
use super::{Registry, key};
use crate::Error;
use crate::table::{IntoStep, Item, Step, number, text};

/// How many items DynamoDB has in a transaction.
const MAX_ITEMS: usize = 100;

/// A change of a webhook; of one that is there only as long as it is as it was read.
#[derive(Debug, Clone, Copy)]
pub struct Change<'w> {
    /// As it was read; none where it is registered.
    pub before: Option<&'w Webhook>,
    /// As it is from then on, its credentials opened; none where it is removed.
    pub after: Option<&'w Webhook>,
}

impl<'w> Change<'w> {
    pub fn new(before: Option<&'w Webhook>, after: Option<&'w Webhook>) -> Self {
        Self { before, after }
    }

    pub(super) fn webhook(self) -> Option<&'w Webhook> {
        self.after.or(self.before)
    }

    /// By how many webhooks the organization has more.
    pub(super) fn more(self) -> i32 {
        i32::from(self.after.is_some()) - i32::from(self.before.is_some())
    }

    /// Whether one name is freed, another one taken, or both.
    pub(super) fn is_of_name(self) -> bool {
        let name = |webhook: Option<&'w Webhook>| webhook.map(|webhook| &webhook.name);
        name(self.before) != name(self.after)
    }

    /// How many items of a transaction it takes at most.
    fn max_items(self) -> usize {
        let mut uses = Uses::default();
        uses.change(self.before, self.after);
        let names = match self.is_of_name() {
            true => [self.before, self.after].iter().flatten().count(),
            false => 0,
        };
        // The webhook itself, and the entry of the audit log.
        2 + names + uses.items()
    }
}

/// Changes in their order, in parts of what fits into a transaction each.
pub fn parts<'c, 'w>(changes: &'c [Change<'w>]) -> Vec<&'c [Change<'w>]> {
    // One is left for the number of webhooks.
    let room = MAX_ITEMS - 1;
    let (mut parts, mut begin, mut items) = (Vec::new(), 0, 0);
    for (n, change) in changes.iter().enumerate() {
        let more = change.max_items();
        if items + more > room {
            parts.push(&changes[begin..n]);
            (begin, items) = (n, 0);
        }
        items += more;
    }
    parts.push(&changes[begin..]);
    parts.retain(|part| !part.is_empty());
    parts
}

fn use_kind(fingerprint: &Fingerprint) -> String {
    format!("USE#{fingerprint}#")
}

fn use_key(webhook: &Webhook, credential: &CredentialRef) -> Item {
    let kind = use_kind(&credential.fingerprint);
    key(&webhook.organization, format!("{kind}{}", webhook.id))
}

/// The credentials that a webhook counts as a user of.
fn used(webhook: Option<&Webhook>) -> BTreeSet<&CredentialRef> {
    webhook.into_iter().flat_map(Webhook::credentials).collect()
}

/// What a transaction changes about the users of credentials.
#[derive(Default)]
pub(super) struct Uses {
    begun: Vec<Item>,
    ended: Vec<Item>,
    /// By how many the users of each credential change, and whether it may work again.
    counts: BTreeMap<CredentialRef, (i32, bool)>,
}

impl Uses {
    /// A webhook changes; from nothing where it is registered, to nothing where it is removed.
    pub fn change(&mut self, before: Option<&Webhook>, after: Option<&Webhook>) {
        let Some(webhook) = after.or(before) else {
            return;
        };
        let (had, has) = (used(before), used(after));
        for credential in has.difference(&had) {
            self.begun.push(use_key(webhook, credential));
            self.count(credential, 1, true);
        }
        for credential in had.difference(&has) {
            self.end(webhook, credential);
        }
        let is_active = |webhook: &&Webhook| webhook.status == WebhookStatus::Active;
        if let Some(after) = after.filter(is_active)
            && before.filter(is_active).is_none()
        {
            self.count(&after.credential, 0, true);
        }
    }

    pub fn end(&mut self, webhook: &Webhook, credential: &CredentialRef) {
        self.ended.push(use_key(webhook, credential));
        self.count(credential, -1, false);
    }

    /// How many items of a transaction it takes.
    pub fn items(&self) -> usize {
        self.begun.len() + self.ended.len() + self.counts.len()
    }

    fn count(&mut self, credential: &CredentialRef, by: i32, may_work: bool) {
        let (sum, works) = self.counts.entry(credential.clone()).or_default();
        *sum += by;
        *works |= may_work;
    }
}

impl Registry {
    /// The numbers of users, each with the credential if there are more of them than before: such
    /// a step fails where that was condemned. Then the rows of the users, which are there or not
    /// as their webhooks say: fails where one of those is not what it was read as.
    pub(super) fn use_steps(
        &self,
        organization: &OrganizationId,
        uses: Uses,
    ) -> Vec<(Step, Option<CredentialId>)> {
        let counts = uses.counts.into_iter().map(|(credential, (by, may_work))| {
            let change = match may_work {
                true => "ADD user_count :by REMOVE dead_since",
                false => "ADD user_count :by",
            };
            let step = self
                .table
                .update_step(credential_key(organization, &credential.fingerprint))
                .update_expression(change)
                .condition_expression("credential_id = :credential AND user_count >= :fewer")
                .expression_attribute_values(":by", number(by))
                .expression_attribute_values(":fewer", number((-by).max(0)))
                .expression_attribute_values(":credential", text(credential.id.as_str()))
                .step();
            (step, (by > 0).then_some(credential.id))
        });
        let begun = uses.begun.into_iter().map(|row| self.put_new(row));
        let ended = uses.ended.into_iter().map(|row| self.delete_existing(row));
        let rows = begun.chain(ended).map(|step| (step, None));
        counts.chain(rows).collect()
    }

    /// The webhooks that use a credential, now or as their fallback, oldest first.
    pub async fn users(
        &self,
        organization: &OrganizationId,
        fingerprint: &Fingerprint,
    ) -> Result<Vec<WebhookId>, Error> {
        let kind = use_kind(fingerprint);
        self.all_rows(organization, &kind, |id, _| WebhookId::parse(id).map(Ok))
            .await
    }
}
