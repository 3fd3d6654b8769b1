//! Webhooks that this process has read before.
//!
//! Whether a webhook is still as it was is asked of the table each time; reading it in full,
//! and taking it apart, is most of the work and spared where it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use carillon_domain::{CredentialId, OrganizationId, Webhook, WebhookId, WebhookStatus};
use serde::Deserialize;

use super::{Registry, key, readable, row_id, webhook_sk};
use crate::Error;
use crate::table::{Item, Projection, from_item, read_all};

/// How many are remembered; with more than that, all begins anew.
const REMEMBERED: usize = 1_000;

/// What tells whether a webhook has been changed. Each change counts its version, but the end
/// of a rotation; the status is what people change by hand.
const STATE: Projection = Projection {
    attributes: "sk, version, #status, fallback.credential_id",
    reserved: &[("#status", "status")],
};

#[derive(Deserialize, PartialEq, Eq)]
struct State {
    version: u64,
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
pub(super) struct Known(Mutex<HashMap<WebhookId, Arc<Webhook>>>);

impl Known {
    fn get(&self, (organization, id): &Wanted) -> Option<Arc<Webhook>> {
        let webhook = self.lock().get(id).cloned()?;
        (webhook.organization == *organization).then_some(webhook)
    }

    fn remember(&self, webhook: &Arc<Webhook>) {
        let mut known = self.lock();
        if known.len() >= REMEMBERED && !known.contains_key(&webhook.id) {
            known.clear();
        }
        known.insert(webhook.id.clone(), Arc::clone(webhook));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WebhookId, Arc<Webhook>>> {
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
