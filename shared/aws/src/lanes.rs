//! The lanes: what waits for each channel of each webhook, in the deliveries table.
//!
//! | row | key (`webhook_id`, `id`) | holds |
//! |---|---|---|
//! | lane | `LANES#<shard>`, lane | how it stands, with a version; when a person asked for it |
//! | entry | `LOG#<lane>`, first and last position | what one slice of the dispatcher has for it |
//! | redo | `REDO#<lane>`, delivery | what is asked for again, or was overtaken |
//! | due | `DUE`, time and lane | a lane that comes back later than in a minute, and since when it waits |
//! | outage | `OUTAGE`, organization and platform | what was told of channels that fail |
//! | failing | `FAILING#<organization>#<platform>`, lane | a channel that has failed for most of an hour, or longer |
//! | walk | `WALK`, `lanes` | how far the daily walk of all lanes has come |
//! | record | `EVENT#<organization>#<event>`, part | which lanes get an event |
//!
//! Guarantees: a lane's row changes only as it was read; entries are never changed, so that
//! what was written twice is there once; everything can be written again.

mod due;
mod failing;
mod log;
mod records;
mod walk;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use carillon_domain::lane::Lane;
use carillon_domain::{LaneId, OrganizationId};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use due::{Due, Waiting};
pub use log::{Before, Piece, Start, entries_of};
pub use records::{EventPart, EventRecord};
pub use walk::{WALK_SHARDS, WalkPosition, Walked};

use crate::Error;
use crate::retention::{LONGER, Retention};
use crate::table::{
    Item, Table, delivery_key as key, field, from_item, number, row, text, to_item,
};

const READING: &str = "reading lanes";
/// What each write of a lane's row sets, also where it creates the row: whose lane it is, and that
/// the row is kept from now on for as long as all are.
const TOUCH: &str = "SET organization = :organization, expires_at = :expires_at";

#[derive(Debug, Clone)]
pub struct Lanes {
    table: Table,
    retention: Retention,
}

/// The rows of all lanes are spread over partitions, by which they are walked.
fn lane_key(lane: &LaneId) -> Item {
    let shard = Sha256::digest(lane.as_str().as_bytes())[0] % WALK_SHARDS;
    key(walk::partition(shard), lane.as_str())
}

/// How often others have put something into the redo log of a lane, as its row has it.
fn redo_asked(row: &Item) -> u64 {
    let asked = row.get("redo_asked").and_then(|it| it.as_n().ok());
    asked.and_then(|it| it.parse().ok()).unwrap_or(0)
}

fn lane_of(mut row: Item) -> Result<Lane, Error> {
    let asked_at = field(&row, "asked_at").and_then(|at| at.parse().ok());
    let redo_asked = redo_asked(&row);
    let lane = match row.remove("state") {
        Some(AttributeValue::M(state)) => from_item("a lane", state)?,
        _ => Lane::default(),
    };
    Ok(Lane {
        asked_at,
        redo_asked,
        ..lane
    })
}

impl Lanes {
    pub fn new(client: Client, table: String, retention: Retention) -> Self {
        Self {
            table: Table::new(client, table),
            retention,
        }
    }

    /// A row, which is kept from then on for as long as all are.
    fn row(
        &self,
        what: &'static str,
        key: Item,
        value: &impl Serialize,
        from: Timestamp,
    ) -> Result<Item, Error> {
        let mut row = row(what, key, value)?;
        self.retention.expire(&mut row, from);
        Ok(row)
    }

    /// Puts rows, and removes others by their keys; an error where DynamoDB did not take some.
    async fn write_all(
        &self,
        operation: &'static str,
        puts: Vec<Item>,
        deletes: Vec<Item>,
    ) -> Result<(), Error> {
        match self.table.write_all(operation, puts, deletes).await.len() {
            0 => Ok(()),
            refused => Err(Error::Call {
                operation,
                cause: format!("DynamoDB did not take {refused} writes"),
            }),
        }
    }

    /// How lanes stand; those that have no row yet are left out.
    pub async fn read(&self, lanes: &[LaneId]) -> Result<HashMap<LaneId, Lane>, Error> {
        let rows = self.read_each(lanes).await?.into_iter();
        rows.map(|(id, lane)| Ok((id, lane?))).collect()
    }

    /// As [`read`](Self::read), where a row that nobody can read must not take the others along.
    pub async fn read_each(
        &self,
        lanes: &[LaneId],
    ) -> Result<HashMap<LaneId, Result<Lane, Error>>, Error> {
        let keys = lanes.iter().map(lane_key).collect();
        let rows = self.table.read_all(READING, keys).await?.into_iter();
        let lane = |row: Item| Some((LaneId::parse(field(&row, "id")?)?, lane_of(row)));
        Ok(rows.filter_map(lane).collect())
    }

    /// Creates a lane's row if there is none, so that whoever walks them all finds it.
    pub async fn create(
        &self,
        organization: &OrganizationId,
        lane: &LaneId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let created = self.touch(organization, lane, now).update_expression(TOUCH);
        created.send().await.map_err(Error::call("making a lane"))?;
        Ok(())
    }

    /// An update with the values of [`TOUCH`].
    fn touch(
        &self,
        organization: &OrganizationId,
        lane: &LaneId,
        now: Timestamp,
    ) -> UpdateItemFluentBuilder {
        self.table
            .update(lane_key(lane))
            .expression_attribute_values(":organization", text(organization.as_str()))
            .expression_attribute_values(":expires_at", self.retention.end(now + LONGER))
    }

    /// Writes how a lane stands, if it is still as it was read. Gives how often others have put
    /// something into its redo log by now, or nothing where it is not as it was read.
    pub async fn save(
        &self,
        organization: &OrganizationId,
        id: &LaneId,
        read: u64,
        lane: &Lane,
        now: Timestamp,
    ) -> Result<Option<u64>, Error> {
        // Tells a write of ours, whose answer was lost, from that of somebody else.
        let mark = format!("{:016x}", rand::random::<u64>());
        let condition = match read {
            0 => "attribute_not_exists(version)",
            _ => "version = :read",
        };
        let mut update = self
            .touch(organization, id, now)
            .update_expression(format!(
                "{TOUCH}, version = :version, #state = :state, written_by = :mark"
            ))
            .condition_expression(condition)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":version", number(lane.version))
            .expression_attribute_values(":state", AttributeValue::M(to_item("a lane", lane)?))
            .expression_attribute_values(":mark", text(&mark))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_values(ReturnValue::AllNew);
        if read > 0 {
            update = update.expression_attribute_values(":read", number(read));
        }
        match update.send().await {
            Ok(saved) => Ok(Some(redo_asked(&saved.attributes.unwrap_or_default()))),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let row = failed.item.as_ref();
                    let row = row.filter(|row| row.get("written_by") == Some(&text(&mark)));
                    Ok(row.map(redo_asked))
                }
                _ => Err(Error::call("writing a lane")(error)),
            },
        }
    }

    /// Notes that a person wants a lane to be tried now, and whether there is something in its
    /// redo log.
    pub async fn ask(
        &self,
        organization: &OrganizationId,
        lane: &LaneId,
        redo: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let asked = self
            .touch(organization, lane, now)
            .update_expression(format!("{TOUCH}, asked_at = :now ADD redo_asked :redo"))
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":redo", number(u8::from(redo)))
            .send()
            .await;
        asked.map_err(Error::call("asking for a lane"))?;
        Ok(())
    }
}
