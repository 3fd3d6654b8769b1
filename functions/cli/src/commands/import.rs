//! `carillon import`: webhooks of other systems, taken over as they are.

use std::env;
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::apply::{self, BLOCK, How};
use crate::client::Client;
use crate::document::Document;
use crate::error::Error;
use crate::output::Report;
use crate::substitute;
use crate::text::clean;
use crate::yaml::escaped;

/// What a read of a webhook has beside what it was made from.
const TOLD_BY_READS: [&str; 6] = [
    "id",
    "url",
    "created_at",
    "modified_at",
    "created_by",
    "modified_by",
];

#[derive(Debug, Subcommand)]
pub enum Import {
    /// CloudTruth's webhooks: what was posted to its /api/v1/webhooks/, or what a read of it
    /// answers, in JSON or YAML
    Cloudtruth {
        /// `-` is standard input. ${NAME} is replaced from the environment
        file: PathBuf,
        #[command(flatten)]
        how: How,
    },
    /// CloudCTL's configuration, as `carillon apply` takes it
    Cloudctl {
        /// ~/.cloudctl/config.yaml, unless given
        file: Option<PathBuf>,
        #[command(flatten)]
        how: How,
    },
}

/// Can be repeated: a webhook that is there already is made what the file says.
pub fn run(client: &Client, import: &Import) -> Result<Report, Error> {
    match import {
        Import::Cloudctl { file, how } => {
            let home = || Some(env::home_dir()?.join(".cloudctl").join("config.yaml"));
            let file = file.clone().or_else(home);
            let file = file.ok_or_else(|| Error::Input("give the file".to_owned()))?;
            apply::put(client, &apply::block(Document::read(&file)?)?, how, false)
        }
        Import::Cloudtruth { file, how } => {
            let taken = Taken::of(&substitute::read(file)?)?;
            let report = apply::put(client, &taken.block, how, false)?;
            let text = format!("{}\n{}", report.text, taken.notes.join("\n"));
            Ok(Report { text, ..report })
        }
    }
}

/// CloudTruth's webhooks as a block of `notifications`.
struct Taken {
    block: Document,
    notes: Vec<String>,
}

impl Taken {
    fn of(document: &Document) -> Result<Self, Error> {
        let mut block = Map::new();
        let (mut moved, mut faults, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for (at, webhook) in webhooks(&document.value) {
            let mut fault = |what: String| {
                faults.push(format!("{}: {what}", document.places.find(&at)));
            };
            let Some(fields) = webhook.as_object() else {
                fault("must be a webhook: an object with `name`, `type` and so on".to_owned());
                continue;
            };
            let Some(name) = fields.get("name").and_then(Value::as_str) else {
                fault("`name` is required: the name of the webhook".to_owned());
                continue;
            };
            if block.contains_key(name) {
                fault(format!("the name `{}` is there twice", clean(name)));
                continue;
            }
            let target = format!("/{BLOCK}/{}", escaped(name));
            let mut entry = Map::new();
            moved.push((target.clone(), at.clone()));
            // It knows no other platform, and may leave it out.
            let kind = fields.get("type").cloned();
            entry.insert("provider".into(), kind.unwrap_or_else(|| json!("slack")));
            moved.push((format!("{target}/provider"), format!("{at}/type")));
            for (field, value) in fields {
                match (field.as_str(), value) {
                    ("name" | "type", _) => {}
                    ("event_types", value) => {
                        entry.insert("events".into(), value.clone());
                        moved.push((format!("{target}/events"), format!("{at}/event_types")));
                    }
                    ("configuration", Value::Object(configuration)) => {
                        entry.extend(configuration.clone());
                        moved.push((target.clone(), format!("{at}/configuration")));
                        // The entry itself is the webhook, not its configuration.
                        moved.push((target.clone(), at.clone()));
                    }
                    ("organization", _) => notes.push(format!(
                        "{}: left out `organization`; the webhook belongs to the key's own",
                        clean(name)
                    )),
                    (field, _) if TOLD_BY_READS.contains(&field) => {}
                    // Carillon says what is wrong with it.
                    (_, value) => {
                        entry.insert(field.clone(), value.clone());
                    }
                }
            }
            block.insert(name.to_owned(), Value::Object(entry));
        }
        if block.is_empty() && faults.is_empty() {
            let file = document.places.find("");
            faults.push(format!("{file}: there is no webhook in it"));
        }
        match faults.is_empty() {
            true => Ok(Self {
                block: Document {
                    value: Value::Object(block),
                    places: document.places.moved(&moved).below(&format!("/{BLOCK}")),
                },
                notes,
            }),
            false => Err(Error::Faults(faults)),
        }
    }
}

/// The webhooks of a file, and where each stands: one, a list, or a list's answer.
fn webhooks(value: &Value) -> Vec<(String, &Value)> {
    let (at, list) = match (value, &value["results"]) {
        (Value::Array(list), _) => ("", list),
        (_, Value::Array(list)) => ("/results", list),
        _ => return vec![(String::new(), value)],
    };
    let webhooks = list.iter().enumerate();
    webhooks
        .map(|(n, webhook)| (format!("{at}/{n}"), webhook))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn taken(text: &str) -> Result<Taken, String> {
        let document = Document::parse(Path::new("ct.json"), text).unwrap();
        Taken::of(&document).map_err(|error| error.to_string())
    }

    const DOCUMENTED: &str = r#"{
  "name": "MyNewWebhook",
  "event_types": [
    "parameter_created"
  ],
  "type": "slack",
  "configuration": {
    "token": "xoxb-fake",
    "channel": "infra",
    "username": "CloudTruth"
  },
  "organization": "string"
}"#;

    #[test]
    fn the_documented_payload_is_taken_as_it_is() {
        let taken = taken(DOCUMENTED).unwrap();
        assert_eq!(
            taken.block.value,
            json!({"MyNewWebhook": {
                "provider": "slack", "events": ["parameter_created"], "token": "xoxb-fake",
                "channel": "infra", "username": "CloudTruth",
            }})
        );
        assert_eq!(
            taken.block.places.find("/MyNewWebhook/token"),
            "ct.json:8:5"
        );
        assert_eq!(
            taken.block.places.find("/MyNewWebhook/events/0"),
            "ct.json:4:5"
        );
        assert_eq!(
            taken.block.places.find("/MyNewWebhook/provider"),
            "ct.json:6:3"
        );
        assert_eq!(taken.notes.len(), 1);
    }

    #[test]
    fn what_a_read_answers_is_taken_too() {
        let text = format!(r#"{{"count": 1, "next": null, "results": [{DOCUMENTED}]}}"#);
        assert!(taken(&text).unwrap().block.value["MyNewWebhook"].is_object());
        let text = r#"[{"name": "a", "id": "1", "created_at": "x", "configuration": {}}]"#;
        assert_eq!(
            taken(text).unwrap().block.value,
            json!({"a": {"provider": "slack"}})
        );
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let error = taken("[1, {\"type\": \"slack\"},\n {\"name\": \"a\"}, {\"name\": \"a\"}]");
        let error = error.err().unwrap();
        assert_eq!(error.lines().count(), 3, "{error}");
        assert!(error.contains("ct.json:1:5: `name` is required"), "{error}");
        assert!(taken("[]").is_err());
    }
}
