//! API keys: what they may do is found by their hash; the keys themselves are kept nowhere.

use carillon_domain::audit::Action;
use carillon_domain::{ApiKey, ApiKeyId, OrganizationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Quota, Registry, key, key_of, pk};
use crate::Error;
use crate::table::{IntoStep, Item, Order, Step, from_item, is_made, row, text};

const KEY: &str = "KEY#";
const WHAT: &str = "an API key";

/// A key's row among its organization's; the other row has the key alone.
#[derive(Serialize, Deserialize)]
struct Listed {
    #[serde(flatten)]
    key: ApiKey,
    hash: String,
}

fn listed(organization: &OrganizationId, id: &ApiKeyId) -> Item {
    key(organization, format!("{KEY}{id}"))
}

fn by_hash(hash: &str) -> Item {
    key_of(format!("KEYHASH#{hash}"), "KEY")
}

impl Registry {
    /// Keeps a new key under the hash by which it will be found; false where the organization has
    /// as many as it can have.
    pub async fn create_key(&self, new: &ApiKey, hash: &str) -> Result<bool, Error> {
        let found = row(WHAT, by_hash(hash), new)?;
        let value = Listed {
            key: new.clone(),
            hash: hash.to_owned(),
        };
        let listed = row(WHAT, listed(&new.organization, &new.id), &value)?;
        let mut steps = vec![
            self.put_new(found),
            self.put_new(listed),
            self.count_by(&new.organization, Quota::ApiKeys, 1),
        ];
        steps.extend(self.audit(&new.organization, Action::Created, new.into(), Vec::new())?);
        match self.transact("making an API key", steps).await?.as_deref() {
            None => Ok(true),
            Some([2]) => Ok(false),
            Some(_) => Err(Error::Call {
                operation: "making an API key",
                cause: "its id or hash is there already".to_owned(),
            }),
        }
    }

    /// The key that has this hash, as it was when it was made.
    pub async fn key_by_hash(&self, hash: &str) -> Result<Option<ApiKey>, Error> {
        self.read(WHAT, by_hash(hash)).await
    }

    /// At most so many keys of an organization, oldest first, behind this id, and behind which
    /// to go on, where there may be more.
    pub async fn keys(
        &self,
        organization: &OrganizationId,
        after: Option<&str>,
        max: usize,
    ) -> Result<(Vec<ApiKey>, Option<String>), Error> {
        let pk = pk(organization);
        let rows = self.some_rows(pk, KEY, after, max, Order::OldestFirst);
        let (rows, next) = rows.await?;
        let keys = rows.into_iter().map(|(_, row)| from_item(WHAT, row));
        Ok((keys.collect::<Result<_, _>>()?, next))
    }

    /// Revokes a key; gives its hash, or none where there is no such key.
    pub async fn delete_key(
        &self,
        organization: &OrganizationId,
        id: &ApiKeyId,
    ) -> Result<Option<String>, Error> {
        let listed = listed(organization, id);
        let Some(row) = self.read::<Listed>(WHAT, listed.clone()).await? else {
            return Ok(None);
        };
        let mut steps = vec![
            self.delete_existing(listed),
            self.delete_existing(by_hash(&row.hash)),
            self.count_by(organization, Quota::ApiKeys, -1),
        ];
        let object = (&row.key).into();
        steps.extend(self.audit(organization, Action::Removed, object, Vec::new())?);
        // A failed condition: somebody else has revoked it in the meantime.
        let failed = self.transact("revoking an API key", steps).await?;
        Ok(failed.is_none().then_some(row.hash))
    }

    /// A key, and its hash.
    pub async fn key(
        &self,
        organization: &OrganizationId,
        id: &ApiKeyId,
    ) -> Result<Option<(ApiKey, String)>, Error> {
        let found = self.read(WHAT, listed(organization, id)).await?;
        Ok(found.map(|Listed { key, hash }| (key, hash)))
    }

    /// Gives a key the name and the end of `new`; false where it is not as it was read.
    pub async fn update_key(&self, read: &ApiKey, new: &ApiKey, hash: &str) -> Result<bool, Error> {
        let listed = listed(&new.organization, &new.id);
        let mut steps = vec![
            self.rename_key(listed, read, new),
            self.rename_key(by_hash(hash), read, new),
        ];
        let changed = read.changed_fields(new);
        steps.extend(self.audit(&new.organization, Action::Updated, new.into(), changed)?);
        let failed = self.transact("changing an API key", steps).await?;
        Ok(failed.is_none())
    }

    /// Puts another key in the place of one that nobody has used yet; false where somebody has, or
    /// it was changed. Its id, and all else, stays.
    pub async fn replace_unused_key(
        &self,
        key: &ApiKey,
        old_hash: &str,
        new_hash: &str,
    ) -> Result<bool, Error> {
        let found = row(WHAT, by_hash(new_hash), key)?;
        let listed = self
            .table
            .update_step(listed(&key.organization, &key.id))
            .update_expression("SET #hash = :new")
            .condition_expression("#hash = :old AND attribute_not_exists(last_used_at)")
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_values(":old", text(old_hash))
            .expression_attribute_values(":new", text(new_hash));
        let mut steps = vec![
            listed.step(),
            self.delete_existing(by_hash(old_hash)),
            self.put_new(found),
        ];
        let changed = vec!["key".to_owned()];
        steps.extend(self.audit(&key.organization, Action::Updated, key.into(), changed)?);
        let failed = self.transact("making an API key anew", steps).await?;
        Ok(failed.is_none())
    }

    fn rename_key(&self, row: Item, read: &ApiKey, new: &ApiKey) -> Step {
        let update = self
            .table
            .update_step(row)
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":read", text(&read.name))
            .expression_attribute_values(":name", text(&new.name));
        let update = match read.expires_at {
            Some(time) => update
                .condition_expression("#name = :read AND expires_at = :read_end")
                .expression_attribute_values(":read_end", text(time.to_string())),
            None => {
                update.condition_expression("#name = :read AND attribute_not_exists(expires_at)")
            }
        };
        let update = match new.expires_at {
            Some(time) => update
                .update_expression("SET #name = :name, expires_at = :end")
                .expression_attribute_values(":end", text(time.to_string())),
            None => update.update_expression("SET #name = :name REMOVE expires_at"),
        };
        update.step()
    }

    /// Notes that a key was used.
    pub async fn key_used(&self, used: &ApiKey, now: Timestamp) -> Result<(), Error> {
        let noted = self
            .table
            .update(listed(&used.organization, &used.id))
            .update_expression("SET last_used_at = :now")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", text(now.to_string()))
            .send()
            .await;
        // A failed condition: it was revoked a moment ago.
        is_made("noting the use of an API key", noted)?;
        Ok(())
    }
}
