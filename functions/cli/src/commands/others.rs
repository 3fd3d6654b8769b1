//! `carillon events`, `audit`, `failures` and `export`: what is only read.

use clap::Args;
use serde_json::Value;

use crate::call::{Call, path};
use crate::client::Client;
use crate::error::Error;
use crate::output::{Report, facts, table, text, time};

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
        let text = event(&answer);
        return Ok(Report::new(answer, text));
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
    let rows = found.iter().map(|event| {
        let resource = &event["resource"];
        vec![
            time(&event["occurred_at"]),
            text(&event["type"]),
            text(&event["status"]),
            text(&event["environment"]),
            text(if resource["name"].is_null() {
                &resource["id"]
            } else {
                &resource["name"]
            }),
            text(&event["actor"]),
            text(&event["id"]),
        ]
    });
    let columns = [
        "when",
        "type",
        "status",
        "environment",
        "resource",
        "actor",
        "id",
    ];
    let text = match found.is_empty() {
        true => "There is none.".to_owned(),
        false => table(&columns, rows),
    };
    Ok(Report::new(Value::Array(found), text))
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
    let rows = |list: &str, columns: &[&str]| -> Vec<Vec<String>> {
        let list = answer[list].as_array().into_iter().flatten();
        list.map(|row| columns.iter().map(|column| text(&row[*column])).collect())
            .collect()
    };
    let deliveries = rows(
        "deliveries",
        &["webhook_id", "channel", "status", "reason", "id"],
    );
    if !deliveries.is_empty() {
        let columns = ["webhook", "channel", "status", "reason", "delivery"];
        shown += &format!("\n{}\n", table(&columns, deliveries));
    }
    let unmatched = rows("unmatched", &["name", "why_not"]);
    if !unmatched.is_empty() {
        shown += &format!("\n{}\n", table(&["not for", "why"], unmatched));
    }
    shown
}

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
    let named = |value: &Value| match (value["name"].as_str(), value["id"].as_str()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(id)) => id.to_owned(),
        (None, None) => text(value),
    };
    let rows = found.iter().map(|entry| {
        vec![
            time(&entry["at"]),
            named(&entry["actor"]),
            text(&entry["action"]),
            format!(
                "{} {}",
                text(&entry["object"]["type"]),
                named(&entry["object"])
            ),
            text(&entry["changed"]),
            text(&entry["request_id"]),
        ]
    });
    let columns = ["when", "who", "did", "to", "fields", "request"];
    let text = match found.is_empty() {
        true => "Nobody has changed anything yet.".to_owned(),
        false => table(&columns, rows),
    };
    Ok(Report::new(Value::Array(found), text))
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
    let rows = found.iter().map(|failure| {
        let fields = ["function", "reason"].map(|field| text(&failure[field]));
        [vec![time(&failure["at"])], fields.to_vec()].concat()
    });
    let text = match found.is_empty() {
        true => "There is none.".to_owned(),
        false => table(&["when", "function", "reason"], rows),
    };
    Ok(Report::new(Value::Array(found), text))
}

/// The webhooks as a file: YAML for people, JSON for programs.
pub fn export(client: &Client) -> Result<Report, Error> {
    let value = client.call(&Call::get(path(&["notifications"])))?;
    let text = serde_saphyr::to_string(&value)
        .map_err(|error| Error::Input(format!("the answer is no YAML: {error}")))?;
    Ok(Report::new(value, text))
}
