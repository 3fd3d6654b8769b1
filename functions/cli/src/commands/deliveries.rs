//! `carillon deliveries`: the ledger.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::thread;

use clap::Args;
use serde_json::Value;

use super::lookup::{self, webhook_id};
use crate::call::{Call, path};
use crate::client::Client;
use crate::error::Error;
use crate::output::{Report, count, facts, table, text, time};
use crate::progress::Progress;

/// How many webhooks' ledgers are read at once.
const AT_ONCE: usize = 8;

#[derive(Debug, Args)]
pub struct Deliveries {
    /// Of this webhook alone: its name or id
    webhook: Option<String>,
    /// Show this delivery, with every attempt
    #[arg(requires = "webhook", value_name = "DELIVERY")]
    id: Option<String>,
    /// Only those that failed; short for --status failed
    #[arg(long, conflicts_with_all = ["status", "id"])]
    failed: bool,
    /// pending, retrying, delivered, failed or skipped
    #[arg(long, conflicts_with = "id")]
    status: Option<String>,
    /// How many at most, the newest first
    #[arg(short = 'n', long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

pub fn run(client: &Client, deliveries: &Deliveries) -> Result<Report, Error> {
    if let (Some(webhook), Some(id)) = (&deliveries.webhook, &deliveries.id) {
        let webhook = webhook_id(client, webhook)?;
        let answer = client.call(&Call::get(path(&["webhooks", &webhook, "deliveries", id])))?;
        let text = shown(&answer);
        return Ok(Report::new(answer, text));
    }
    let status = match deliveries.failed {
        true => Some("failed".to_owned()),
        false => deliveries.status.clone(),
    };
    let found = match &deliveries.webhook {
        Some(webhook) => {
            let id = webhook_id(client, webhook)?;
            ledger(client, &id, status, deliveries.limit)?
        }
        None => of_all(client, status.as_deref(), deliveries.limit)?,
    };
    let text = listed(&found, deliveries.webhook.is_none());
    Ok(Report::new(Value::Array(found), text))
}

fn ledger(
    client: &Client,
    webhook: &str,
    status: Option<String>,
    limit: usize,
) -> Result<Vec<Value>, Error> {
    let path = path(&["webhooks", webhook, "deliveries"]);
    client.list(&path, &[("status", status)], limit)
}

/// The newest of all webhooks; each says whose it is.
fn of_all(client: &Client, status: Option<&str>, limit: usize) -> Result<Vec<Value>, Error> {
    let webhooks = lookup::webhooks(client)?;
    let what = count(webhooks.len(), "webhook");
    let _progress = Progress::start(format!("Reading the deliveries of {what}"));
    let webhooks = Mutex::new(webhooks);
    let next = || webhooks.lock().ok().and_then(|mut webhooks| webhooks.pop());
    let work = || {
        let mut found = Vec::new();
        while let Some(webhook) = next() {
            let id = webhook["id"].as_str().unwrap_or_default();
            for mut delivery in ledger(client, id, status.map(str::to_owned), limit)? {
                delivery["webhook"] = webhook["name"].clone();
                found.push(delivery);
            }
        }
        Ok(found)
    };
    let mut all = Vec::new();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let found: Result<Vec<Value>, Error> = worker.join().unwrap_or_else(|_| Ok(Vec::new()));
            all.extend(found?);
        }
        Ok::<_, Error>(())
    })?;
    let created = |delivery: &Value| delivery["created_at"].as_str().unwrap_or("").to_owned();
    all.sort_by_key(|delivery| std::cmp::Reverse(created(delivery)));
    all.truncate(limit);
    Ok(all)
}

fn listed(deliveries: &[Value], of_all: bool) -> String {
    if deliveries.is_empty() {
        return "There is none.".to_owned();
    }
    let mut columns = vec!["when", "event", "channel", "status", "why", "id"];
    if of_all {
        columns.insert(1, "webhook");
    }
    let rows = deliveries.iter().map(|delivery| {
        let mut row = vec![
            time(&delivery["created_at"]),
            format!(
                "{} {}",
                text(&delivery["event_type"]),
                text(&delivery["event_id"])
            ),
            text(&delivery["channel"]),
            text(&delivery["status"]),
            why(delivery),
            text(&delivery["id"]),
        ];
        if of_all {
            row.insert(1, text(&delivery["webhook"]));
        }
        row
    });
    table(&columns, rows)
}

/// What the platform said last, and the reason in words.
fn why(delivery: &Value) -> String {
    if delivery["status"] == "delivered" {
        return String::new();
    }
    let attempts = delivery["attempts"].as_array();
    let last = attempts.and_then(|attempts| attempts.last());
    let code = last.map_or(&Value::Null, |attempt| match &attempt["code"] {
        Value::Null => &attempt["http_status"],
        code => code,
    });
    let said = [text(code), text(&delivery["reason"])];
    let said: Vec<_> = said.into_iter().filter(|text| !text.is_empty()).collect();
    said.join(": ")
}

fn shown(delivery: &Value) -> String {
    let flag = |name: &str, what: &str| match delivery[name] == true {
        true => what.to_owned(),
        false => String::new(),
    };
    let mut shown = facts(&[
        ("id", text(&delivery["id"])),
        ("webhook", text(&delivery["webhook_id"])),
        (
            "event",
            format!(
                "{} {}",
                text(&delivery["event_type"]),
                text(&delivery["event_id"])
            ),
        ),
        ("channel", text(&delivery["channel"])),
        ("status", text(&delivery["status"])),
        ("reason", text(&delivery["reason"])),
        (
            "duplicate",
            flag("possible_duplicate", "possible: an outcome was never known"),
        ),
        (
            "overtaken",
            flag("overtaken", "later ones were sent before it"),
        ),
        ("created", time(&delivery["created_at"])),
        ("next attempt", time(&delivery["next_attempt_at"])),
    ]);
    let attempts = delivery["attempts"].as_array().into_iter().flatten();
    let rows: Vec<_> = attempts
        .map(|attempt| {
            vec![
                time(&attempt["at"]),
                text(&attempt["outcome"]),
                text(&attempt["http_status"]),
                text(&attempt["code"]),
                format!("{} ms", text(&attempt["duration_ms"])),
                text(&attempt["hint"]),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let columns = ["attempt", "outcome", "HTTP", "code", "took", "what to do"];
        let _ = write!(shown, "\n{}", table(&columns, rows));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn why_is_what_the_platform_said_last_and_the_reason() {
        let delivery = |status: &str, reason: Value, attempts: Value| {
            why(&json!({"status": status, "reason": reason, "attempts": attempts}))
        };
        let attempts = json!([{"code": null, "http_status": 503}, {"code": "no_text"}]);
        assert_eq!(
            delivery("failed", json!("empty"), attempts),
            "no_text: empty"
        );
        let attempts = json!([{"code": null, "http_status": 503}]);
        assert_eq!(delivery("retrying", Value::Null, attempts), "503");
        assert_eq!(
            delivery("skipped", json!("it was off"), json!([])),
            "it was off"
        );
        assert_eq!(
            delivery("delivered", Value::Null, json!([{"code": "x"}])),
            ""
        );
    }
}
