//! Lanes that come back later than the queue keeps a wake-up for them.

use std::time::Duration;

use carillon_domain::{LaneId, OrganizationId};
use jiff::Timestamp;

use super::{Lanes, key};
use crate::Error;
use crate::table::{Item, field, text};

/// One partition takes a thousand writes a second: those of half a million failing lanes that
/// are tried every ten minutes.
const PARTITION: &str = "DUE";
const SINCE: &str = "waiting_since";
const WRITTEN: &str = "written_at";
/// How far the clocks of two processes are apart at most.
const SKEW: Duration = Duration::from_secs(60);
/// Of more lanes than this many pages have, nobody needs the number.
const PAGES: usize = 20;
const WRITING: &str = "writing when a lane is due";

/// A lane whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub organization: OrganizationId,
    pub lane: LaneId,
    pub at: Timestamp,
    id: String,
}

/// How many lanes wait for longer than a minute, and for how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    pub lanes: usize,
    /// Since when the first of them has waited.
    pub since: Option<Timestamp>,
    /// When the first of them is due.
    pub first_due: Option<Timestamp>,
}

/// Times compare as texts.
fn time(at: Timestamp) -> String {
    format!("{:015}", at.as_millisecond().max(0))
}

impl Lanes {
    /// Has a lane woken at a time, or a minute later, that has waited since then.
    pub async fn wake_at(
        &self,
        organization: &OrganizationId,
        lane: &LaneId,
        at: Timestamp,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        let id = format!("{}#{lane}", time(at));
        let mut item = key(PARTITION, id);
        item.insert("organization".into(), text(organization.as_str()));
        item.insert("lane".into(), text(lane.as_str()));
        item.insert(SINCE.into(), text(time(since)));
        item.insert(WRITTEN.into(), text(time(now)));
        self.retention.expire(&mut item, at);
        self.table.set(WRITING, item).await
    }

    /// How many lanes wait: of very many, those that are due first.
    pub async fn waiting(&self) -> Result<Waiting, Error> {
        let query = self
            .table
            .query_all()
            .key_condition_expression("webhook_id = :partition")
            .expression_attribute_values(":partition", text(PARTITION))
            .projection_expression("id, #since")
            .expression_attribute_names("#since", SINCE);
        let mut pages = query.into_paginator().send();
        let mut waiting = Waiting::default();
        for _ in 0..PAGES {
            let Some(page) = pages.next().await else {
                break;
            };
            let page = page.map_err(Error::call("counting the lanes that wait"))?;
            for row in page.items() {
                let due = field(row, "id").and_then(|id| read_time(id.split_once('#')?.0));
                let since = field(row, SINCE).and_then(read_time);
                waiting.lanes += 1;
                waiting.first_due = waiting.first_due.or(due);
                waiting.since = waiting.since.into_iter().chain(since).min();
            }
        }
        Ok(waiting)
    }

    /// Some of the lanes whose time has come, those that have waited longest.
    pub async fn due(&self, now: Timestamp, max: usize) -> Result<Vec<Due>, Error> {
        let answer = self
            .table
            .query(max)
            .key_condition_expression("webhook_id = :partition AND id < :now")
            .expression_attribute_values(":partition", text(PARTITION))
            .expression_attribute_values(":now", text(format!("{}$", time(now))))
            .consistent_read(true)
            .send()
            .await
            .map_err(Error::call("reading which lanes are due"))?;
        let rows = answer.items.unwrap_or_default();
        Ok(rows.iter().filter_map(due_of).collect())
    }

    /// Some of the lanes that wait since a time that is still to come: a clock was set back.
    pub async fn due_by_a_later_clock(&self, now: Timestamp) -> Result<Vec<Due>, Error> {
        let query = self
            .table
            .query_all()
            .key_condition_expression("webhook_id = :partition AND id > :now")
            .expression_attribute_values(":partition", text(PARTITION))
            .expression_attribute_values(":now", text(time(now)))
            .filter_expression("#written > :later")
            .expression_attribute_names("#written", WRITTEN)
            .expression_attribute_values(":later", text(time(now + SKEW)))
            .consistent_read(true);
        let mut pages = query.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(Error::call("reading which lanes wait"))?;
            let due: Vec<Due> = page.items().iter().filter_map(due_of).collect();
            if !due.is_empty() {
                return Ok(due);
            }
        }
        Ok(Vec::new())
    }

    /// Forgets lanes that have been woken.
    pub async fn forget_due(&self, due: &[Due]) -> Result<(), Error> {
        let keys = due.iter().map(|due| key(PARTITION, due.id.as_str()));
        // What stays is woken once more.
        self.write_all(WRITING, Vec::new(), keys.collect()).await
    }
}

fn due_of(row: &Item) -> Option<Due> {
    let id = field(row, "id")?;
    Some(Due {
        organization: OrganizationId::parse(field(row, "organization")?)?,
        lane: LaneId::parse(field(row, "lane")?)?,
        at: read_time(id.split_once('#')?.0)?,
        id: id.to_owned(),
    })
}

fn read_time(text: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(text.parse().ok()?).ok()
}
