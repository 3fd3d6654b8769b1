//! Who uses which credential: a row for each webhook and credential, and their number in the
//! credential's own row.
//!
//! Guarantees: both are written in the transaction that writes the webhook, so that the users of
//! a credential are always those of the webhooks that name it.
//!
//! Keys: `sk` = `USE#<fingerprint>#<webhook id>` beside the webhook.

use carillon_domain::{
    CredentialId, CredentialRef, Fingerprint, OrganizationId, Webhook, WebhookId, WebhookStatus,
};

use super::credentials::credential_key;
use super::{Registry, key};
use crate::Error;
use crate::table::{IntoStep, Item, Step, number, text};

fn use_kind(fingerprint: &Fingerprint) -> String {
    format!("USE#{fingerprint}#")
}

fn use_key(webhook: &Webhook, credential: &CredentialRef) -> Item {
    let kind = use_kind(&credential.fingerprint);
    key(&webhook.organization, format!("{kind}{}", webhook.id))
}

/// The credentials that a webhook counts as a user of.
fn used(webhook: Option<&Webhook>) -> Vec<&CredentialRef> {
    let Some(webhook) = webhook else {
        return Vec::new();
    };
    let fallback = webhook.fallback.as_ref();
    let fallback = fallback.filter(|fallback| **fallback != webhook.credential);
    std::iter::once(&webhook.credential)
        .chain(fallback)
        .collect()
}

/// What a transaction changes about the users of credentials.
#[derive(Default)]
pub(super) struct Uses {
    begun: Vec<Item>,
    ended: Vec<Item>,
    /// Each credential once, by how many its users change, and whether it may work again.
    counts: Vec<(CredentialRef, i32, bool)>,
}

impl Uses {
    /// A webhook changes; from nothing where it is registered, to nothing where it is removed.
    pub fn change(&mut self, before: Option<&Webhook>, after: Option<&Webhook>) {
        let Some(webhook) = after.or(before) else {
            return;
        };
        let (had, has) = (used(before), used(after));
        for credential in has.iter().filter(|used| !had.contains(used)) {
            self.begun.push(use_key(webhook, credential));
            self.count(credential, 1, true);
        }
        for credential in had.iter().filter(|used| !has.contains(used)) {
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
        let mut counts = self.counts.iter_mut();
        match counts.find(|(known, ..)| known == credential) {
            Some((_, sum, works)) => {
                *sum += by;
                *works |= may_work;
            }
            None => self.counts.push((credential.clone(), by, may_work)),
        }
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
        let counts = uses.counts.iter().map(|(credential, by, may_work)| {
            let step = self.use_count(organization, credential, *by, *may_work);
            (step, (*by > 0).then(|| credential.id.clone()))
        });
        let begun = uses.begun.into_iter().map(|row| self.put_new(row));
        let ended = uses.ended.into_iter().map(|row| self.delete_existing(row));
        let rows = begun.chain(ended).map(|step| (step, None));
        counts.chain(rows).collect()
    }

    fn use_count(
        &self,
        organization: &OrganizationId,
        credential: &CredentialRef,
        by: i32,
        may_work: bool,
    ) -> Step {
        let mut update = self
            .table
            .update_step(credential_key(organization, &credential.fingerprint))
            .expression_attribute_values(":credential", text(credential.id.as_str()));
        let mut condition = "credential_id = :credential".to_owned();
        let mut changes = Vec::new();
        if by != 0 {
            changes.push("ADD user_count :by");
            update = update.expression_attribute_values(":by", number(by));
        }
        if by < 0 {
            condition.push_str(" AND user_count >= :fewer");
            update = update.expression_attribute_values(":fewer", number(by.unsigned_abs()));
        }
        if may_work {
            changes.push("REMOVE dead_since");
        }
        update
            .update_expression(changes.join(" "))
            .condition_expression(condition)
            .step()
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
