//! The audit log, newest first.
//!
//! Guarantees: an entry is written in the transaction that makes the change, so that there is
//! one for each change that somebody made, and for nothing else.
//!
//! Keys: `pk` = `AUDIT#<organization>`, `sk` = the entry's id. `kept_until` is what DynamoDB's
//! time to live looks at: `expires_at` says when a key ends.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use carillon_domain::OrganizationId;
use carillon_domain::audit::{Action, By, Entry, Object};
use jiff::Timestamp;

use super::Registry;
use crate::Error;
use crate::rising::rising_ulid;
use crate::table::{Item, from_item, text, to_item};

const WHAT: &str = "an entry of the audit log";

fn pk(organization: &OrganizationId) -> AttributeValue {
    text(format!("AUDIT#{organization}"))
}

impl Registry {
    /// The registry as somebody changes it: what they do is in the audit log.
    #[must_use]
    pub fn by(&self, by: By) -> Self {
        Self {
            by: Some(by.into()),
            ..self.clone()
        }
    }

    /// The step of a transaction that tells of a change; none where nobody makes it.
    pub(super) fn audit(
        &self,
        organization: &OrganizationId,
        action: Action,
        object: Object,
        changed: Vec<String>,
    ) -> Result<Option<Result<TransactWriteItem, BuildError>>, Error> {
        let Some(by) = self.by.as_deref() else {
            return Ok(None);
        };
        let at = Timestamp::now();
        let id = format!("aud_{}", rising_ulid());
        let mut row = to_item(
            WHAT,
            &Entry {
                id: id.clone(),
                at,
                actor: by.actor.clone(),
                action,
                object,
                changed,
                request_id: by.request_id.clone(),
            },
        )?;
        let until = self.retention.end(at);
        row.extend([
            ("pk".into(), pk(organization)),
            ("sk".into(), text(id)),
            ("kept_until".into(), AttributeValue::N(until.to_string())),
        ]);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(row))
            .build();
        Ok(Some(
            put.map(|put| TransactWriteItem::builder().put(put).build()),
        ))
    }

    /// At most so many entries of an organization, newest first, behind this id, and behind
    /// which to go on, where there may be more.
    pub async fn audit_log(
        &self,
        organization: &OrganizationId,
        after: Option<&str>,
        max: usize,
    ) -> Result<(Vec<Entry>, Option<String>), Error> {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", pk(organization))
            .scan_index_forward(false)
            // One more than is wanted tells whether there are more.
            .limit(i32::try_from(max + 1).unwrap_or(i32::MAX))
            .consistent_read(true);
        if let Some(after) = after {
            query = query
                .exclusive_start_key("pk", pk(organization))
                .exclusive_start_key("sk", text(after));
        }
        let answer = query.send().await;
        let answer = answer.map_err(Error::call("reading the audit log"))?;
        let rows: Vec<Item> = answer.items.unwrap_or_default();
        let entries = rows.into_iter().map(|row| from_item(WHAT, row));
        let mut entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
        let has_more = entries.len() > max || answer.last_evaluated_key.is_some();
        entries.truncate(max);
        let last = entries.last().filter(|_| has_more);
        let next = last.map(|entry| entry.id.clone());
        Ok((entries, next))
    }
}
