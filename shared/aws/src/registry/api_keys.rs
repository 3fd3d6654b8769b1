//! API keys: what they may do is found by their hash; the keys themselves are kept nowhere.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use carillon_domain::audit::Action;
use carillon_domain::{ApiKey, ApiKeyId, OrganizationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Quota, Registry, WriteError, key, with_key};
use crate::Error;
use crate::table::{Item, from_item, text, to_item};

const KEY: &str = "KEY#";
const WHAT: &str = "an API key";

/// A key's row among its organization's; the other row has the key alone.
#[derive(Serialize, Deserialize)]
struct Listed {
    #[serde(flatten)]
    key: ApiKey,
    hash: String,
}

fn listed_sk(id: &ApiKeyId) -> String {
    format!("{KEY}{id}")
}

fn by_hash(hash: &str) -> Item {
    Item::from([
        ("pk".into(), text(format!("KEYHASH#{hash}"))),
        ("sk".into(), text("KEY")),
    ])
}

impl Registry {
    /// Keeps a new key under the hash by which it will be found.
    ///
    /// # Errors
    /// Also where the organization has as many as it can have.
    pub async fn create_key(&self, new: &ApiKey, hash: &str) -> Result<(), WriteError> {
        let mut found = to_item(WHAT, new)?;
        found.extend(by_hash(hash));
        let listed = Listed {
            key: new.clone(),
            hash: hash.to_owned(),
        };
        let sk = text(listed_sk(&new.id));
        let listed = with_key(to_item(WHAT, &listed)?, &new.organization, sk);
        let mut steps = vec![
            self.put_new(found),
            self.put_new(listed),
            self.count_by(&new.organization, Quota::ApiKeys, 1),
        ];
        steps.extend(self.audit(&new.organization, Action::Created, new.into(), Vec::new())?);
        match self.transact("making an API key", steps).await?.as_deref() {
            None => Ok(()),
            Some([2]) => Err(WriteError::QuotaExceeded(Quota::ApiKeys)),
            Some(_) => Err(WriteError::Aws(Error::Call {
                operation: "making an API key",
                cause: "its id or hash is there already".to_owned(),
            })),
        }
    }

    /// The key that has this hash, as it was when it was made.
    pub async fn key_by_hash(&self, hash: &str) -> Result<Option<ApiKey>, Error> {
        self.row(by_hash(hash))
            .await?
            .map(|item| from_item(WHAT, item))
            .transpose()
    }

    /// At most so many keys of an organization, oldest first, behind this id, and behind which
    /// to go on, where there may be more.
    pub async fn keys(
        &self,
        organization: &OrganizationId,
        after: Option<&str>,
        max: usize,
    ) -> Result<(Vec<ApiKey>, Option<String>), Error> {
        // One more than is wanted tells whether there are more.
        let (mut keys, next): (Vec<ApiKey>, _) = self
            .page_of(organization, (KEY, WHAT), after, max + 1)
            .await?;
        if keys.len() <= max {
            return Ok((keys, next));
        }
        keys.truncate(max);
        let last = keys.last().map(|key| key.id.to_string());
        Ok((keys, last))
    }

    /// Revokes a key; gives its hash, or none where there is no such key.
    pub async fn delete_key(
        &self,
        organization: &OrganizationId,
        id: &ApiKeyId,
    ) -> Result<Option<String>, Error> {
        let listed = key(organization, text(listed_sk(id)));
        let Some(row) = self.row(listed.clone()).await? else {
            return Ok(None);
        };
        let row: Listed = from_item(WHAT, row)?;
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
        let row = self.row(key(organization, text(listed_sk(id)))).await?;
        let listed = row.map(|row| from_item(WHAT, row)).transpose()?;
        Ok(listed.map(|Listed { key, hash }| (key, hash)))
    }

    /// Gives a key the name and the end of `new`; false where it is not as it was read.
    pub async fn update_key(&self, read: &ApiKey, new: &ApiKey, hash: &str) -> Result<bool, Error> {
        let listed = key(&new.organization, text(listed_sk(&new.id)));
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
        let mut found = to_item(WHAT, key)?;
        found.extend(by_hash(new_hash));
        let listed = Update::builder()
            .table_name(&self.table)
            .set_key(Some(super::key(
                &key.organization,
                text(listed_sk(&key.id)),
            )))
            .update_expression("SET #hash = :new")
            .condition_expression("#hash = :old AND attribute_not_exists(last_used_at)")
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_values(":old", text(old_hash))
            .expression_attribute_values(":new", text(new_hash))
            .build()
            .map(|update| TransactWriteItem::builder().update(update).build());
        let mut steps = vec![
            listed,
            self.delete_existing(by_hash(old_hash)),
            self.put_new(found),
        ];
        let changed = vec!["key".to_owned()];
        steps.extend(self.audit(&key.organization, Action::Updated, key.into(), changed)?);
        let failed = self.transact("making an API key anew", steps).await?;
        Ok(failed.is_none())
    }

    fn rename_key(
        &self,
        row: Item,
        read: &ApiKey,
        new: &ApiKey,
    ) -> Result<TransactWriteItem, BuildError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(row))
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
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    /// Notes that a key was used.
    pub async fn key_used(&self, used: &ApiKey, now: Timestamp) -> Result<(), Error> {
        let sk = text(listed_sk(&used.id));
        let result = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&used.organization, sk)))
            .update_expression("SET last_used_at = :now")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", text(now.to_string()))
            .send()
            .await;
        match result {
            Ok(_) => Ok(()),
            // It was revoked a moment ago.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(Error::call("noting the use of an API key")(error)),
        }
    }
}
