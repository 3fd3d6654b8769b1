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
use crate::output::{Column, Report, count, facts, listed, text, time};
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
        return Ok(Report::of(answer, shown));
    }
    let status = match deliveries.failed {
        true => Some("failed".to_owned()),
        false => deliveries.status.clone(),
    };
    let mut columns = COLUMNS.to_vec();
    let found = match &deliveries.webhook {
        Some(webhook) => {
            let id = webhook_id(client, webhook)?;
            ledger(client, &id, status, deliveries.limit)?
        }
        None => {
            columns.insert(1, ("webhook", |delivery| text(&delivery["webhook"])));
            of_all(client, status.as_deref(), deliveries.limit)?
        }
    };
    Ok(Report::list(found, &columns, "There is none."))
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

const COLUMNS: [Column; 6] = [
    ("when", |delivery| time(&delivery["created_at"])),
    ("event", event),
    ("channel", |delivery| text(&delivery["channel"])),
    ("status", |delivery| text(&delivery["status"])),
    ("why", why),
    ("id", |delivery| text(&delivery["id"])),
];

fn event(delivery: &Value) -> String {
    let [event_type, id] = ["event_type", "event_id"].map(|field| text(&delivery[field]));
    format!("{event_type} {id}")
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
        ("event", event(delivery)),
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
    if let Some(attempts) = delivery["attempts"].as_array().filter(|it| !it.is_empty()) {
        let _ = write!(shown, "\n{}", listed(attempts, ATTEMPTS));
    }
    shown
}

const ATTEMPTS: &[Column] = &[
    ("attempt", |attempt| time(&attempt["at"])),
    ("outcome", |attempt| text(&attempt["outcome"])),
    ("HTTP", |attempt| text(&attempt["http_status"])),
    ("code", |attempt| text(&attempt["code"])),
    ("took", |attempt| {
        format!("{} ms", text(&attempt["duration_ms"]))
    }),
    ("what to do", |attempt| text(&attempt["hint"])),
];

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
