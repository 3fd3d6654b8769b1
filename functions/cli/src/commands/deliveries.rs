//! `carillon deliveries`, `recover` and `redeliver`.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::thread;

use clap::Args;
use jiff::{Span, Timestamp, Zoned};
use serde_json::{Map, Value, json};

use super::lookup::{self, webhook_id};
use crate::client::{Call, Client, path, query};
use crate::error::Error;
use crate::output::{Report, count, facts, table, text, time};

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
    let webhooks = Mutex::new(lookup::webhooks(client)?);
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

/// The reason, or what the platform said last.
fn why(delivery: &Value) -> String {
    let attempts = delivery["attempts"].as_array();
    let last = attempts.and_then(|attempts| attempts.last());
    let said = last.map(|attempt| match attempt["code"].is_null() {
        true => text(&attempt["http_status"]),
        false => text(&attempt["code"]),
    });
    match (
        delivery["reason"].as_str(),
        delivery["status"] == "delivered",
    ) {
        (Some(reason), _) => reason.to_owned(),
        (None, true) => String::new(),
        (None, false) => said.unwrap_or_default(),
    }
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

#[derive(Debug, Args)]
pub struct Recover {
    /// Of this webhook alone: its name or id
    webhook: Option<String>,
    /// Only what failed since then: RFC 3339, or how long ago (2h, 3 days)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only what failed until then
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Say how many there are, and send nothing
    #[arg(long)]
    dry_run: bool,
}

/// Goes on until everything is asked for: one call takes some thousands.
pub fn recover(client: &Client, recover: &Recover) -> Result<Report, Error> {
    let path = match &recover.webhook {
        Some(webhook) => path(&["webhooks", &webhook_id(client, webhook)?, "recover"]),
        None => path(&["recover"]),
    };
    let dry_run = recover.dry_run.then(|| "true".to_owned());
    let path = query(&path, &[("dry_run", dry_run)]);
    let mut body = Map::new();
    let times = [("since", recover.since), ("until", recover.until)];
    for (name, time) in times {
        body.extend(time.map(|time| (name.to_owned(), json!(time.to_string()))));
    }
    let mut accepted = 0;
    let mut answer;
    loop {
        let sent = Value::Object(body.clone()).to_string();
        let call = Call::post(path.as_str()).json(&sent);
        answer = client.call(&call).map_err(|error| match recover.webhook {
            None => client.unless_unknown("recover of all webhooks")(error),
            Some(_) => error,
        })?;
        accepted += answer["accepted"].as_u64().unwrap_or(0);
        match answer["next_after"].as_str() {
            Some(after) if body.get("after") != Some(&json!(after)) => {
                body.insert("after".into(), json!(after));
            }
            _ => break,
        }
    }
    answer["accepted"] = json!(accepted);
    let text = accepted_text(&answer, recover.dry_run);
    Ok(Report::new(answer, text))
}

fn accepted_text(answer: &Value, dry_run: bool) -> String {
    let accepted = answer["accepted"].as_u64().unwrap_or(0);
    let accepted = usize::try_from(accepted).unwrap_or(usize::MAX);
    match (accepted, answer["reason"].as_str(), dry_run) {
        (0, Some(reason), _) => format!("Nothing is sent: {}", crate::text::clean(reason)),
        (0, None, _) => "There is nothing to send.".to_owned(),
        (accepted, _, true) => format!("{} would be sent.", count(accepted, "delivery")),
        (accepted, _, false) => format!("{} will be sent.", count(accepted, "delivery")),
    }
}

/// A time, or how long ago.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let span: Span = text.parse().map_err(|_| {
        "must be RFC 3339, such as 2026-11-21T10:15:00Z, or how long ago: 2h, 3 days".to_owned()
    })?;
    let time = Zoned::now().checked_sub(span.abs());
    time.map(|time| time.timestamp())
        .map_err(|error| error.to_string())
}

#[derive(Debug, Args)]
pub struct Redeliver {
    /// Its name or id
    webhook: String,
    /// The delivery's id
    delivery: String,
}

pub fn redeliver(client: &Client, redeliver: &Redeliver) -> Result<Report, Error> {
    let id = webhook_id(client, &redeliver.webhook)?;
    let parts = [
        "webhooks",
        &id,
        "deliveries",
        &redeliver.delivery,
        "redeliver",
    ];
    let answer = client.call(&Call::post(path(&parts)))?;
    let text = accepted_text(&answer, false);
    let good = answer["accepted"] != 0;
    let report = Report::new(answer, text);
    Ok(Report { good, ..report })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_how_long_ago() {
        assert_eq!(
            moment("2026-11-21T10:15:00Z").unwrap().to_string(),
            "2026-11-21T10:15:00Z"
        );
        for (text, seconds) in [("2h", 7_200), ("90m", 5_400), ("3 days", 259_200)] {
            let ago = Timestamp::now()
                .duration_since(moment(text).unwrap())
                .as_secs();
            // A day may have 23 or 25 hours where the reader lives.
            assert!((ago - seconds).abs() <= 3_700, "{text}: {ago}");
        }
        assert!(moment("yesterday").is_err());
    }

    #[test]
    fn why_is_the_reason_or_what_the_platform_said_last() {
        let attempts = json!([{"code": null, "http_status": 503}, {"code": "no_text"}]);
        assert_eq!(
            why(&json!({"status": "failed", "attempts": attempts})),
            "no_text"
        );
        let skipped = json!({"status": "skipped", "reason": "the webhook was off"});
        assert_eq!(why(&skipped), "the webhook was off");
        assert_eq!(
            why(&json!({"status": "delivered", "attempts": [{"code": "x"}]})),
            ""
        );
    }

    #[test]
    fn what_is_sent_is_counted_in_words() {
        assert_eq!(
            accepted_text(&json!({"accepted": 1}), false),
            "1 delivery will be sent."
        );
        assert_eq!(
            accepted_text(&json!({"accepted": 0, "reason": "it is too old"}), false),
            "Nothing is sent: it is too old"
        );
    }
}
