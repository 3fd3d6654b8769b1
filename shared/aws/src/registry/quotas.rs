//! How much an organization may have, and how much it has.
//!
//! Guarantees: the count of a kind is changed in the transaction that makes or removes one of
//! it, and nothing is made that would be one too many, also by many calls at once. Each of these
//! transactions depends on the row that it makes or removes: one that is repeated, because its
//! answer was lost, fails. So a count cannot drift, and nobody has to repair it.

use std::num::NonZeroU32;

use carillon_domain::OrganizationId;

use super::{Registry, key};
use crate::Error;
use crate::table::{IntoStep, Item, Step, number};

/// What an organization can have too many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    Webhooks,
    ApiKeys,
}

/// How many of each an organization can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    pub webhooks: NonZeroU32,
    pub api_keys: NonZeroU32,
}

impl Default for Quotas {
    fn default() -> Self {
        const WEBHOOKS: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
        const API_KEYS: NonZeroU32 = NonZeroU32::new(100).unwrap();
        Self {
            webhooks: WEBHOOKS,
            api_keys: API_KEYS,
        }
    }
}

impl Quotas {
    /// For those who make nothing for others.
    pub(super) const NONE: Self = Self {
        webhooks: NonZeroU32::MAX,
        api_keys: NonZeroU32::MAX,
    };
}

impl Registry {
    /// Sets the quotas of every organization; there are none otherwise.
    #[must_use]
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }

    /// How many an organization can have.
    pub fn limit(&self, quota: Quota) -> u32 {
        match quota {
            Quota::Webhooks => self.quotas.webhooks.get(),
            Quota::ApiKeys => self.quotas.api_keys.get(),
        }
    }

    /// How many an organization has.
    pub async fn count(&self, organization: &OrganizationId, quota: Quota) -> Result<u32, Error> {
        let row = self.row(count_key(organization, quota)).await?;
        let amount = row.and_then(|row| row.get("amount")?.as_n().ok()?.parse().ok());
        Ok(amount.unwrap_or_default())
    }

    /// So many more or fewer, at most as many more as there can be; fails where that would be too
    /// many.
    pub(super) fn count_by(&self, organization: &OrganizationId, quota: Quota, by: i32) -> Step {
        let mut update = self
            .table
            .update_step(count_key(organization, quota))
            .update_expression("ADD amount :by")
            .expression_attribute_values(":by", number(by));
        if let Ok(by @ 1..) = u32::try_from(by) {
            let room = self.limit(quota).saturating_sub(by);
            update = update
                .condition_expression("attribute_not_exists(amount) OR amount <= :room")
                .expression_attribute_values(":room", number(room));
        }
        update.step()
    }
}

fn count_key(organization: &OrganizationId, quota: Quota) -> Item {
    let sk = match quota {
        Quota::Webhooks => "COUNT#webhooks",
        Quota::ApiKeys => "COUNT#api-keys",
    };
    key(organization, sk)
}
