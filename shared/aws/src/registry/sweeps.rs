//! What a sweep over all organizations needs: who they are, and how far it has come.
//!
//! Keys: the organizations that have or had credentials by `pk` = `ORGANIZATIONS`, `sk` =
//! `<organization>`; how far the sweep has come by `pk` = `SWEEP`, `sk` = `credentials`.

use carillon_domain::OrganizationId;

use super::{Registry, key_of};
use crate::Error;
use crate::table::{Item, Order, field, text};

pub(super) const ORGANIZATIONS: &str = "ORGANIZATIONS";

fn position_key() -> Item {
    key_of("SWEEP", "credentials")
}

impl Registry {
    /// At most so many of the organizations that have or had credentials, behind this one, and
    /// behind which to go on, where there may be more.
    pub async fn organizations(
        &self,
        after: Option<&str>,
        max: usize,
    ) -> Result<(Vec<OrganizationId>, Option<String>), Error> {
        let read = self
            .some_rows(ORGANIZATIONS, "", after, max, Order::OldestFirst)
            .await?;
        let found = read.rows.iter();
        let found = found.filter_map(|(id, _)| OrganizationId::parse(id));
        Ok((found.collect(), read.next))
    }

    /// Behind which organization the sweep goes on; none where it begins anew.
    pub async fn sweep_position(&self) -> Result<Option<String>, Error> {
        let row = self.row(position_key()).await?;
        Ok(row.and_then(|row| field(&row, "after").map(str::to_owned)))
    }

    /// Notes how far the sweep has come; none where it has come to its end.
    pub async fn put_sweep_position(&self, after: Option<&str>) -> Result<(), Error> {
        let mut row = position_key();
        row.extend(after.map(|after| ("after".into(), text(after))));
        let put = self.table.put(row).send().await;
        put.map_err(Error::call("noting how far the sweep has come"))?;
        Ok(())
    }
}
