//! The audit log, newest first.
//!
//! Guarantees: an entry is written in the transaction that makes the change, so that there is
//! one for each change that somebody made, and for nothing else.

use carillon_domain::OrganizationId;
use carillon_domain::audit::{Action, By, Entry, Object};
use jiff::Timestamp;

use super::{Registry, key_of};
use crate::Error;
use crate::rising::rising_ulid;
use crate::table::{IntoStep, Order, Step, from_item, row};

const WHAT: &str = "an entry of the audit log";

fn pk(organization: &OrganizationId) -> String {
    format!("AUDIT#{organization}")
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
    ) -> Result<Option<Step>, Error> {
        let Some(by) = self.by.as_deref() else {
            return Ok(None);
        };
        let at = Timestamp::now();
        let id = format!("aud_{}", rising_ulid());
        let entry = Entry {
            id: id.clone(),
            at,
            actor: by.actor.clone(),
            action,
            object,
            changed,
            request_id: by.request_id.clone(),
        };
        let mut row = row(WHAT, key_of(pk(organization), id), &entry)?;
        row.insert("kept_until".into(), self.retention.end(at));
        Ok(Some(self.table.put_step(row).step()))
    }

    /// At most so many entries of an organization, newest first, behind this id, and behind
    /// which to go on, where there may be more.
    pub async fn audit_log(
        &self,
        organization: &OrganizationId,
        after: Option<&str>,
        max: usize,
    ) -> Result<(Vec<Entry>, Option<String>), Error> {
        let pk = pk(organization);
        let rows = self.some_rows(pk, "", after, max, Order::NewestFirst);
        let (rows, next) = rows.await?;
        let entries = rows.into_iter().map(|(_, row)| from_item(WHAT, row));
        Ok((entries.collect::<Result<_, _>>()?, next))
    }
}
