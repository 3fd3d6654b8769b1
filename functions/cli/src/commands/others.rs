//! `carillon events`, `audit`, `failures` and `export`: what is only read.

use clap::Args;
use serde_json::Value;

use crate::call::{Call, path};
use crate::client::Client;
use crate::error::Error;
use crate::output::{Column, Report, facts, listed, text, time};

#[derive(Debug, Args)]
pub struct Events {
    /// Show this event, with its deliveries
    id: Option<String>,
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// started, succeeded or failed
    #[arg(long)]
    status: Option<String>,
    #[arg(short, long, value_name = "NAME")]
    environment: Option<String>,
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    #[arg(long, value_name = "ID")]
    correlation_id: Option<String>,
    /// How many at most, the newest first
    #[arg(short = 'n', long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

pub fn events(client: &Client, events: &Events) -> Result<Report, Error> {
    if let Some(id) = &events.id {
        let answer = client.call(&Call::get(path(&["events", id])))?;
        return Ok(Report::of(answer, event));
    }
    let filters = [
        ("type", events.event_type.clone()),
        ("status", events.status.clone()),
        ("environment", events.environment.clone()),
        ("project", events.project.clone()),
        ("actor", events.actor.clone()),
        ("correlation_id", events.correlation_id.clone()),
    ];
    let found = client.list(&path(&["events"]), &filters, events.limit)?;
    Ok(Report::list(found, EVENTS, "There is none."))
}

const EVENTS: &[Column] = &[
    ("when", |event| time(&event["occurred_at"])),
    ("type", |event| text(&event["type"])),
    ("status", |event| text(&event["status"])),
    ("environment", |event| text(&event["environment"])),
    ("resource", |event| named(&event["resource"])),
    ("actor", |event| text(&event["actor"])),
    ("id", |event| text(&event["id"])),
];

/// What people call it, or else its id.
fn named(value: &Value) -> String {
    match value["name"].is_null() {
        true => text(&value["id"]),
        false => text(&value["name"]),
    }
}

/// An event's fields, then where it went and where not.
fn event(answer: &Value) -> String {
    let lists = ["deliveries", "unmatched"];
    let fields = answer.as_object().into_iter().flatten();
    let fields: Vec<_> = fields
        .filter(|(name, _)| !lists.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect();
    let mut shown = facts(&fields);
    for (list, columns) in [("deliveries", DELIVERIES), ("unmatched", UNMATCHED)] {
        if let Some(list) = answer[list].as_array().filter(|it| !it.is_empty()) {
            shown += &format!("\n{}\n", listed(list, columns));
        }
    }
    shown
}

const DELIVERIES: &[Column] = &[
    ("webhook", |delivery| text(&delivery["webhook_id"])),
    ("channel", |delivery| text(&delivery["channel"])),
    ("status", |delivery| text(&delivery["status"])),
    ("reason", |delivery| text(&delivery["reason"])),
    ("delivery", |delivery| text(&delivery["id"])),
];

const UNMATCHED: &[Column] = &[
    ("not for", |webhook| text(&webhook["name"])),
    ("why", |webhook| text(&webhook["why_not"])),
];

#[derive(Debug, Args)]
pub struct Audit {
    /// How many at most, the newest first
    #[arg(short = 'n', long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

pub fn audit(client: &Client, audit: &Audit) -> Result<Report, Error> {
    let found = client
        .list(&path(&["audit"]), &[], audit.limit)
        .map_err(client.unless_unknown("audit"))?;
    Ok(Report::list(
        found,
        AUDIT,
        "Nobody has changed anything yet.",
    ))
}

const AUDIT: &[Column] = &[
    ("when", |entry| time(&entry["at"])),
    ("who", |entry| somebody(&entry["actor"])),
    ("did", |entry| text(&entry["action"])),
    ("to", |entry| {
        format!(
            "{} {}",
            text(&entry["object"]["type"]),
            somebody(&entry["object"])
        )
    }),
    ("fields", |entry| text(&entry["changed"])),
    ("request", |entry| text(&entry["request_id"])),
];

/// What has neither a name nor an id is shown as it is.
fn somebody(value: &Value) -> String {
    match value["name"].is_null() && value["id"].is_null() {
        true => text(value),
        false => named(value),
    }
}

pub fn failures(client: &Client) -> Result<Report, Error> {
    let call = Call::get("/_local/failures").without_key();
    let answer = client.call(&call).map_err(|error| match error {
        Error::Refused(problem) if matches!(problem.status, 401 | 403 | 404) => Error::Unknown {
            url: client.url().to_owned(),
            call: "failures".to_owned(),
            why: "only a local Carillon lists them; on AWS they are in the failure queue",
        },
        error => error,
    })?;
    let found = answer.as_array().cloned().unwrap_or_default();
    Ok(Report::list(found, FAILURES, "There is none."))
}

const FAILURES: &[Column] = &[
    ("when", |failure| time(&failure["at"])),
    ("function", |failure| text(&failure["function"])),
    ("reason", |failure| text(&failure["reason"])),
];

/// The webhooks as a file: YAML for people, JSON for programs.
pub fn export(client: &Client) -> Result<Report, Error> {
    let value = client.call(&Call::get(path(&["notifications"])))?;
    let text = serde_saphyr::to_string(&value)
        .map_err(|error| Error::Input(format!("the answer is no YAML: {error}")))?;
    Ok(Report::new(value, text))
}
