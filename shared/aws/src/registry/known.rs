//! Webhooks that this process has read before.
//!
//! Whether a webhook is still as it was is asked of the table each time; reading it in full,
//! and taking it apart, is most of the work and spared where it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use carillon_domain::{CredentialId, OrganizationId, Webhook, WebhookId, WebhookStatus};
use jiff::Timestamp;
use serde::Deserialize;

use super::{Registry, key, readable, row_id, webhook_sk};
use crate::Error;
use crate::table::{Item, Projection, from_item, read_all};

/// How many are remembered; with more than that, all begins anew.
const REMEMBERED: usize = 1_000;
/// How long one is believed to be as it was read, in whatever is no part of its state: for
/// people who write into its row past everybody.
const BELIEVED: Duration = Duration::from_secs(300);

/// What tells whether a webhook has been changed. Each change counts its version, but the end
/// of a rotation; the status is what people change by hand.
const STATE: Projection = Projection {
    attributes: "sk, version, modified_at, #status, fallback.credential_id",
    reserved: &[("#status", "status")],
};

#[derive(Deserialize, PartialEq, Eq)]
struct State {
    version: u64,
    modified_at: Timestamp,
    status: WebhookStatus,
    fallback: Option<Fallback>,
}

#[derive(Deserialize, PartialEq, Eq)]
struct Fallback {
    credential_id: CredentialId,
}

impl State {
    fn of(webhook: &Webhook) -> Self {
        let fallback = webhook.fallback.as_ref();
        Self {
            version: webhook.version,
            modified_at: webhook.modified_at,
            status: webhook.status,
            fallback: fallback.map(|fallback| Fallback {
                credential_id: fallback.id.clone(),
            }),
        }
    }
}

type Wanted = (OrganizationId, WebhookId);
type Found = HashMap<WebhookId, Option<Arc<Webhook>>>;

#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<WebhookId, Read>>);

#[derive(Debug)]
struct Read {
    webhook: Arc<Webhook>,
    at: Instant,
}

impl Known {
    fn get(&self, (organization, id): &Wanted) -> Option<Arc<Webhook>> {
        let known = self.lock();
        let read = known.get(id)?;
        let is_wanted = read.webhook.organization == *organization;
        (is_wanted && read.at.elapsed() < BELIEVED).then(|| Arc::clone(&read.webhook))
    }

    fn remember(&self, webhook: &Arc<Webhook>) {
        let mut known = self.lock();
        if known.len() >= REMEMBERED && !known.contains_key(&webhook.id) {
            known.clear();
        }
        let read = Read {
            webhook: Arc::clone(webhook),
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
        let known: Option<Vec<_>> = wanted.iter().map(|one| self.known.get(one)).collect();
        let (mut found, changed) = match known {
            Some(known) => self.unchanged(known).await?,
            None => (Found::new(), wanted.to_vec()),
        };
        if !changed.is_empty() {
            found.extend(self.read_in_full(&changed).await?);
        }
        Ok(found)
    }

    /// Those that are as they are known to be, and which others are still there.
    async fn unchanged(&self, known: Vec<Arc<Webhook>>) -> Result<(Found, Vec<Wanted>), Error> {
        let keys = known
            .iter()
            .map(|webhook| key(&webhook.organization, webhook_sk(&webhook.id)))
            .collect();
        let states: HashMap<WebhookId, Option<State>> = self
            .read(keys, Some(STATE))
            .await?
            .map(|(id, row)| (id, from_item("a webhook's state", row).ok()))
            .collect();
        let (mut found, mut changed) = (Found::new(), Vec::new());
        for webhook in known {
            match states.get(&webhook.id) {
                Some(Some(state)) if *state == State::of(&webhook) => {
                    found.insert(webhook.id.clone(), Some(webhook));
                }
                Some(_) => changed.push((webhook.organization.clone(), webhook.id.clone())),
                None => {}
            }
        }
        Ok((found, changed))
    }

    async fn read_in_full(&self, wanted: &[Wanted]) -> Result<Found, Error> {
        let keys = wanted
            .iter()
            .map(|(organization, id)| key(organization, webhook_sk(id)))
            .collect();
        let rows = self.read(keys, None).await?;
        let found = rows.map(|(id, row)| (id, readable(row).map(Arc::new)));
        let found: Found = found.collect();
        found
            .values()
            .flatten()
            .for_each(|webhook| self.known.remember(webhook));
        Ok(found)
    }

    async fn read(
        &self,
        keys: Vec<Item>,
        projection: Option<Projection>,
    ) -> Result<impl Iterator<Item = (WebhookId, Item)>, Error> {
        let operation = "reading webhooks";
        let rows = read_all(&self.client, &self.table, operation, keys, projection).await?;
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
            known.remember(webhook);
            assert!(known.get(&wanted(webhook)).is_some());
        }
        assert!(known.lock().len() <= REMEMBERED);
    }

    #[test]
    fn another_organizations_webhook_is_not_known() {
        let known = Known::default();
        let webhook = Arc::new(sample::webhook(1, &["*"]));
        known.remember(&webhook);
        let other = OrganizationId::parse("org_other").unwrap();
        assert!(known.get(&(other, webhook.id.clone())).is_none());
    }
}
