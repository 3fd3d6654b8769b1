//! Webhooks that this process has read before.
//!
//! Whether a webhook is still as it was is asked of the table each time; reading it in full,
//! and taking it apart, is most of the work and spared where it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::builders::KeysAndAttributesBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use carillon_domain::{OrganizationId, Webhook, WebhookId};

use super::{Registry, key, readable, row_id, webhook_sk};
use crate::Error;
use crate::table::Item;

/// How many are remembered; with more than that, all begins anew.
const REMEMBERED: usize = 1_000;
/// How long one is believed to be as it was read, in whatever is no part of its state: for
/// people who write into its row past everybody.
const BELIEVED: Duration = Duration::from_secs(300);

/// What tells whether a webhook has been changed. Each change counts its version, but the end
/// of a rotation; the status is what people change by hand.
fn only_state() -> KeysAndAttributesBuilder {
    KeysAndAttributes::builder()
        .projection_expression("sk, version, modified_at, #status, fallback.credential_id")
        .expression_attribute_names("#status", "status")
}

/// What [`only_state`] gives of a row, as it is in the table: taking it apart is not needed.
fn state(row: &Item) -> Item {
    let own = ["version", "modified_at", "status"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), row.get(name)?.clone())));
    let fallback = row.get("fallback").and_then(|fallback| {
        let id = fallback.as_m().ok()?.get("credential_id")?.clone();
        let fallback = Item::from([("credential_id".to_owned(), id)]);
        Some(("fallback".to_owned(), AttributeValue::M(fallback)))
    });
    own.chain(fallback).collect()
}

type Wanted = (OrganizationId, WebhookId);
type Found = HashMap<WebhookId, Option<Arc<Webhook>>>;

#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<WebhookId, Read>>);

#[derive(Debug)]
struct Read {
    webhook: Arc<Webhook>,
    state: Item,
    at: Instant,
}

impl Known {
    fn has(&self, (organization, id): &Wanted) -> bool {
        self.lock().get(id).is_some_and(|read| {
            read.webhook.organization == *organization && read.at.elapsed() < BELIEVED
        })
    }

    /// The webhook, if this is still its state.
    fn in_state(&self, id: &WebhookId, state: &Item) -> Option<Arc<Webhook>> {
        let known = self.lock();
        let read = known.get(id).filter(|read| read.state == *state)?;
        Some(Arc::clone(&read.webhook))
    }

    fn remember(&self, webhook: &Arc<Webhook>, state: Item) {
        let mut known = self.lock();
        if known.len() >= REMEMBERED && !known.contains_key(&webhook.id) {
            known.clear();
        }
        let read = Read {
            webhook: Arc::clone(webhook),
            state,
            at: Instant::now(),
        };
        known.insert(webhook.id.clone(), read);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WebhookId, Read>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Several webhooks at once, as they are now; those that are not there are left out, and in
    /// the place of one that cannot be read there is none. One call, if the process knows all
    /// of them as they are, or none.
    pub async fn webhooks_by_id(&self, wanted: &[Wanted]) -> Result<Found, Error> {
        let (mut found, changed) = match wanted.iter().all(|one| self.known.has(one)) {
            true => self.unchanged(wanted).await?,
            false => (Found::new(), wanted.to_vec()),
        };
        if !changed.is_empty() {
            found.extend(self.read_in_full(&changed).await?);
        }
        Ok(found)
    }

    /// Those that are as they are known to be, and which others are still there.
    async fn unchanged(&self, wanted: &[Wanted]) -> Result<(Found, Vec<Wanted>), Error> {
        let rows = self.rows(wanted, only_state()).await?;
        let states: HashMap<WebhookId, Item> = rows
            .map(|(id, mut row)| {
                row.remove("sk");
                (id, row)
            })
            .collect();
        let (mut found, mut changed) = (Found::new(), Vec::new());
        for one in wanted {
            let (_, id) = one;
            let Some(state) = states.get(id) else {
                continue;
            };
            match self.known.in_state(id, state) {
                Some(webhook) => drop(found.insert(id.clone(), Some(webhook))),
                None => changed.push(one.clone()),
            }
        }
        Ok((found, changed))
    }

    async fn read_in_full(&self, wanted: &[Wanted]) -> Result<Found, Error> {
        let rows = self.rows(wanted, KeysAndAttributes::builder()).await?;
        let found = rows.map(|(id, row)| {
            let state = state(&row);
            let webhook = readable(row).map(Arc::new);
            if let Some(webhook) = &webhook {
                self.known.remember(webhook, state);
            }
            (id, webhook)
        });
        Ok(found.collect())
    }

    async fn rows(
        &self,
        wanted: &[Wanted],
        request: KeysAndAttributesBuilder,
    ) -> Result<impl Iterator<Item = (WebhookId, Item)>, Error> {
        let keys = wanted
            .iter()
            .map(|(organization, id)| key(organization, webhook_sk(id)))
            .collect();
        let operation = "reading webhooks";
        let rows = self.table.read_parts(operation, keys, request).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| Some((WebhookId::parse(row_id(&row)?)?, row))))
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::sample;

    use super::*;

    fn wanted(webhook: &Webhook) -> Wanted {
        (webhook.organization.clone(), webhook.id.clone())
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let known = Known::default();
        let webhooks: Vec<_> = (1..=1_001)
            .map(|n| Arc::new(sample::webhook(n, &["*"])))
            .collect();
        for webhook in &webhooks {
            known.remember(webhook, Item::new());
            assert!(known.has(&wanted(webhook)));
        }
        assert!(known.lock().len() <= REMEMBERED);
    }

    #[test]
    fn another_organizations_webhook_is_not_known() {
        let known = Known::default();
        let webhook = Arc::new(sample::webhook(1, &["*"]));
        known.remember(&webhook, Item::new());
        let other = OrganizationId::parse("org_other").unwrap();
        assert!(!known.has(&(other, webhook.id.clone())));
    }

    #[test]
    fn what_was_read_five_minutes_ago_is_read_in_full_again() {
        let known = Known::default();
        let webhook = Arc::new(sample::webhook(1, &["*"]));
        known.remember(&webhook, Item::new());
        let then = Instant::now().checked_sub(BELIEVED).unwrap();
        known.lock().get_mut(&webhook.id).unwrap().at = then;
        assert!(!known.has(&wanted(&webhook)));
    }
}
