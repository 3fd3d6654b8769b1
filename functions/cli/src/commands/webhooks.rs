//! `carillon webhooks`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::credential::{credential, fields_of, fields_of_type};
use super::lookup::webhook_id;
use crate::call::{Call, path, query};
use crate::client::Client;
use crate::document::Document;
use crate::error::Error;
use crate::output::{Column, Report, facts, text, time};
use crate::substitute;

#[derive(Debug, Subcommand)]
pub enum Webhooks {
    /// List them
    #[command(visible_alias = "ls")]
    List(List),
    /// Show one
    Show {
        /// Its name or id
        webhook: String,
    },
    /// Register one, from flags or a file; the credential is asked for, or read from standard
    /// input
    Create(Box<Create>),
    /// Change what a file says of one, and nothing else
    Update {
        /// Its name or id
        webhook: String,
        /// The fields to change, in JSON or YAML; `-` is standard input
        #[arg(short, long)]
        file: PathBuf,
        /// Do not ask the platform about a new credential
        #[arg(long)]
        no_verify: bool,
    },
    /// Switch one on; also one that was suspended
    Enable {
        /// Its name or id
        webhook: String,
    },
    /// Switch one off
    Disable {
        /// Its name or id
        webhook: String,
    },
    /// Put a new credential in place; it is asked for, or read from standard input
    Rotate {
        /// Its name or id
        webhook: String,
        /// Of all webhooks that share the old credential
        #[arg(long)]
        everywhere: bool,
        /// Have Carillon make the new signing secret of a signed webhook
        #[arg(long, conflicts_with = "everywhere")]
        make: bool,
    },
    /// Remove one, and its credential
    #[command(visible_alias = "rm")]
    Delete {
        /// Its name or id
        webhook: String,
    },
}

#[derive(Debug, Args)]
pub struct List {
    /// Such as slack, discord, teams or webhook
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only those that want this type of event
    #[arg(long, value_name = "TYPE")]
    event_type: Option<String>,
    /// active, disabled or suspended
    #[arg(long)]
    status: Option<String>,
}

#[derive(Debug, Args)]
pub struct Create {
    /// Its name
    #[arg(required_unless_present = "file")]
    name: Option<String>,
    /// Such as slack, discord, teams or webhook
    #[arg(
        long = "type",
        value_name = "TYPE",
        default_value = "slack",
        conflicts_with = "file"
    )]
    kind: String,
    /// Types of events, or patterns such as *_deleted
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "deploy,destroy,error",
        conflicts_with = "file"
    )]
    events: Vec<String>,
    /// Only of this environment; may be repeated, * is a wildcard
    #[arg(
        short,
        long = "environment",
        value_name = "NAME",
        conflicts_with = "file"
    )]
    environments: Vec<String>,
    /// Where a bot posts, or a label
    #[arg(long, conflicts_with = "file")]
    channel: Option<String>,
    /// none, thread or update
    #[arg(long, conflicts_with = "file")]
    grouping: Option<String>,
    /// The whole webhook in JSON or YAML, as the API takes it; ${NAME} is replaced
    #[arg(short, long)]
    file: Option<PathBuf>,
    /// Do not ask the platform about the credential
    #[arg(long)]
    no_verify: bool,
}

pub fn run(client: &Client, command: &Webhooks) -> Result<Report, Error> {
    match command {
        Webhooks::List(list) => self::list(client, list),
        Webhooks::Show { webhook } => {
            let id = webhook_id(client, webhook)?;
            let answer = client.call(&Call::get(path(&["webhooks", &id])))?;
            Ok(Report::of(answer, shown))
        }
        Webhooks::Create(create) => self::create(client, create),
        Webhooks::Update {
            webhook,
            file,
            no_verify,
        } => change(client, webhook, &substitute::read(file)?, *no_verify),
        Webhooks::Enable { webhook } => switch(client, webhook, true),
        Webhooks::Disable { webhook } => switch(client, webhook, false),
        Webhooks::Rotate {
            webhook,
            everywhere,
            make,
        } => rotate(client, webhook, *everywhere, *make),
        Webhooks::Delete { webhook } => {
            let id = webhook_id(client, webhook)?;
            client.call(&Call::delete(path(&["webhooks", &id])))?;
            let text = format!("Removed {webhook}.");
            Ok(Report::new(json!({"id": id}), text))
        }
    }
}

fn list(client: &Client, list: &List) -> Result<Report, Error> {
    let filters = [
        ("type", list.kind.clone()),
        ("event_type", list.event_type.clone()),
        ("status", list.status.clone()),
    ];
    let webhooks = client.list(&path(&["webhooks"]), &filters, usize::MAX)?;
    let none = "There is no webhook: `carillon webhooks create` makes one.";
    Ok(Report::list(webhooks, COLUMNS, none))
}

const COLUMNS: &[Column] = &[
    ("name", |webhook| text(&webhook["name"])),
    ("type", |webhook| text(&webhook["type"])),
    ("status", standing),
    ("events", |webhook| text(&webhook["event_types"])),
    ("filters", |webhook| text(&webhook["filters"])),
    ("id", |webhook| text(&webhook["id"])),
];

/// The status, and whether it fails at the moment.
fn standing(webhook: &Value) -> String {
    let status = text(&webhook["status"]);
    match webhook["failing_since"].is_null() {
        true => status,
        false => format!("{status}, failing"),
    }
}

fn shown(webhook: &Value) -> String {
    let mut lines = vec![
        ("name", text(&webhook["name"])),
        ("id", text(&webhook["id"])),
        ("type", text(&webhook["type"])),
        ("status", text(&webhook["status"])),
        ("reason", text(&webhook["status_reason"])),
        ("failing since", time(&webhook["failing_since"])),
        ("next attempt", time(&webhook["next_attempt_at"])),
        ("events", text(&webhook["event_types"])),
        ("filters", text(&webhook["filters"])),
    ];
    for (name, value) in webhook["configuration"].as_object().into_iter().flatten() {
        lines.push((name.as_str(), text(value)));
    }
    lines.extend(words(&webhook["message"]));
    let verification = &webhook["verification"];
    let said = ["status", "hint", "warnings"].map(|field| text(&verification[field]));
    let said: Vec<_> = said.into_iter().filter(|text| !text.is_empty()).collect();
    lines.push(("verification", said.join("; ")));
    lines.push(("created", time(&webhook["created_at"])));
    lines.push(("modified", time(&webhook["modified_at"])));
    facts(&lines)
}

/// What its messages say in words of its own.
fn words(message: &Value) -> Vec<(&'static str, String)> {
    let each = |name: &str, line: fn(&Value) -> String| {
        let entries = message[name].as_array().into_iter().flatten();
        entries.map(line).collect::<Vec<_>>().join("; ")
    };
    let link = |link: &Value| format!("{} ({})", text(&link["label"]), text(&link["url"]));
    let mention = |rule: &Value| match text(&rule["when"]) {
        when if when.is_empty() => text(&rule["who"]),
        when => format!("{} when {when}", text(&rule["who"])),
    };
    vec![
        ("title", text(&message["title"])),
        ("text", text(&message["text"])),
        ("fields", text(&message["fields"])),
        ("links", each("links", link)),
        ("mentions", each("mentions", mention)),
    ]
}

fn create(client: &Client, create: &Create) -> Result<Report, Error> {
    let mut webhook = match &create.file {
        Some(file) => substitute::read(file)?,
        None => Document::made(create.webhook(client)?),
    };
    if let (Some(name), Some(fields)) = (&create.name, webhook.value.as_object_mut()) {
        fields.insert("name".into(), json!(name));
    }
    let verify = create.no_verify.then(|| "false".to_owned());
    let path = query(&path(&["webhooks"]), &[("verify", verify)]);
    let answer = client.call(&Call::post(path).document(&webhook).once())?;
    Ok(Report::of(answer, with_secret))
}

impl Create {
    fn webhook(&self, client: &Client) -> Result<Value, Error> {
        let fields = fields_of_type(client, &self.kind)?;
        let (field, secret) = credential(&format!("Credential of {}", self.kind), &fields)?;
        let mut configuration = Map::new();
        configuration.insert(field, json!(secret.expose_secret()));
        if let Some(channel) = &self.channel {
            configuration.insert("channel".into(), json!(channel));
        }
        if let Some(grouping) = &self.grouping {
            configuration.insert("grouping".into(), json!(grouping));
        }
        let mut webhook = json!({
            "type": self.kind, "event_types": self.events, "configuration": configuration,
        });
        if !self.environments.is_empty() {
            webhook["filters"] = json!({"environment": self.environments});
        }
        Ok(webhook)
    }
}

fn switch(client: &Client, name: &str, on: bool) -> Result<Report, Error> {
    let patch = Document::made(json!({"enabled": on}));
    change(client, name, &patch, false)
}

fn change(client: &Client, name: &str, patch: &Document, no_verify: bool) -> Result<Report, Error> {
    let id = webhook_id(client, name)?;
    let verify = no_verify.then(|| "false".to_owned());
    let path = query(&path(&["webhooks", &id]), &[("verify", verify)]);
    let answer = client.call(&Call::patch(path).document(patch))?;
    Ok(Report::of(answer, shown))
}

fn rotate(client: &Client, name: &str, everywhere: bool, make: bool) -> Result<Report, Error> {
    let id = webhook_id(client, name)?;
    let mut body = Map::new();
    if !make {
        let webhook = client.call(&Call::get(path(&["webhooks", &id])))?;
        let (field, secret) = credential("New credential", &fields_of(&webhook))?;
        body.insert(field, json!(secret.expose_secret()));
    }
    if everywhere {
        body.insert("everywhere".into(), json!(true));
    }
    let path = path(&["webhooks", &id, "rotate"]);
    let answer = client.call(&Call::post(path).json(&json!(body)).once())?;
    Ok(Report::of(answer, with_secret))
}

/// The webhook; where the answer shows a secret that was made, with what to do about it.
fn with_secret(webhook: &Value) -> String {
    let secret = webhook["configuration"]["secret"].as_str();
    let mut text = shown(webhook);
    if secret.is_some_and(|secret| !secret.contains('…')) {
        text.push_str("\nKeep the secret now: it is shown this once.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_its_own_are_shown() {
        let webhook = json!({"name": "x", "message": {
            "title": "{{ status }}", "fields": ["status", "project"],
            "links": [{"label": "Runbook", "url": "https://wiki.example.com/"}],
            "mentions": [
                {"when": {"status": ["failed"]}, "who": ["S0FAKE", "here"]}, {"who": ["U0FAKE"]}
            ],
        }});
        let shown = shown(&webhook);
        for (name, value) in [
            ("title", "{{ status }}"),
            ("fields", "status, project"),
            ("links", "Runbook (https://wiki.example.com/)"),
            ("mentions", "S0FAKE, here when status: failed; U0FAKE"),
        ] {
            let line = shown.lines().find(|line| line.starts_with(name));
            assert!(
                line.is_some_and(|line| line.contains(value)),
                "{name}: {shown}"
            );
        }
    }

    #[test]
    fn one_that_fails_is_seen_in_the_list() {
        let failing = json!({"status": "active", "failing_since": "2026-11-21T10:15:00Z"});
        assert_eq!(standing(&failing), "active, failing");
        assert_eq!(
            standing(&json!({"status": "active", "failing_since": null})),
            "active"
        );
    }
}
