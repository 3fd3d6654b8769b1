//! `carillon send`: an event from flags, a file or standard input.

use std::io::{IsTerminal as _, stdin};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use super::matching;
use crate::call::{Call, path};
use crate::client::Client;
use crate::document::Document;
use crate::error::Error;
use crate::event::{self, Fields};
use crate::output::{Report, count};

#[derive(Debug, Args)]
pub struct Send {
    /// What happened, such as deploy, destroy, scale or error
    #[arg(value_name = "TYPE")]
    event_type: Option<String>,
    /// started, succeeded or failed
    #[arg(short, long, value_name = "STATUS")]
    status: Option<String>,
    /// An event in JSON or YAML, {"events": [...]}, or CloudEvents; `-` is standard input. Flags
    /// count before what it says
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Your own id: an event with an id that was there before changes nothing
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// When it happened (RFC 3339); now, unless given
    #[arg(long, value_name = "TIME")]
    occurred_at: Option<String>,
    /// Say which webhooks would get it, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    fields: Fields,
}

pub fn run(client: &Client, send: &Send) -> Result<Report, Error> {
    let document = send.document()?;
    let Document { value, places } = &document;
    if send.dry_run {
        if value.get("events").is_some() || value.is_array() {
            let what = "--dry-run takes one event, and this is a batch";
            return Err(Error::Input(what.to_owned()));
        }
        return matching::of(client, &document);
    }
    let call = Call::post(path(&["events"])).body(media_type(value), value, places);
    client.call(&call.repeatable()).map(report)
}

fn report(answer: Value) -> Report {
    let one = |sent: &Value| {
        let id = crate::text::clean(sent["id"].as_str().unwrap_or("?"));
        match sent["duplicate"].as_bool() {
            Some(true) => format!("{id} was there already: nothing is sent again"),
            _ => format!("Sent {id}"),
        }
    };
    let text = match answer["results"].as_array() {
        None => one(&answer),
        Some(results) => {
            let lines = results.iter().map(one).collect::<Vec<_>>().join("\n");
            format!("{lines}\n{}", count(results.len(), "event"))
        }
    };
    Report::new(answer, text)
}

impl Send {
    /// What is sent, and where its parts stand in the file that it came from.
    fn document(&self) -> Result<Document, Error> {
        let file = match (&self.file, &self.event_type) {
            (Some(file), _) => file.as_path(),
            (None, Some(event_type)) => {
                let mut event = event::now(event_type);
                self.add_to(&mut event);
                return Ok(Document::made(Value::Object(event)));
            }
            (None, None) if !stdin().is_terminal() => Path::new("-"),
            (None, None) => {
                let what = "give the event's type, such as `carillon send deploy`, or a file: -f";
                return Err(Error::Input(what.to_owned()));
            }
        };
        let mut document = Document::read(file)?;
        let mut flags = Map::new();
        self.add_to(&mut flags);
        match &mut document.value {
            Value::Object(fields) if fields.contains_key("specversion") => {
                require_no_flags(&flags, "a CloudEvent")?;
            }
            Value::Object(fields) if fields.contains_key("events") => {
                require_no_flags(&flags, "a batch")?;
                let events = fields["events"].as_array_mut().into_iter().flatten();
                events.filter_map(Value::as_object_mut).for_each(identify);
            }
            Value::Object(fields) => {
                merge(fields, flags);
                identify(fields);
            }
            // CloudEvents, or a fault that Carillon names.
            _ => require_no_flags(&flags, "a list")?,
        }
        Ok(document)
    }

    fn add_to(&self, event: &mut Map<String, Value>) {
        let own = [
            ("type", &self.event_type),
            ("status", &self.status),
            ("id", &self.id),
            ("occurred_at", &self.occurred_at),
        ];
        for (name, text) in own {
            event.extend(text.as_ref().map(|text| (name.to_owned(), json!(text))));
        }
        self.fields.add_to(event);
    }
}

fn require_no_flags(flags: &Map<String, Value>, what: &str) -> Result<(), Error> {
    match flags.keys().next() {
        None => Ok(()),
        Some(name) => Err(Error::Input(format!(
            "the file is {what}: `{name}` cannot be given beside it"
        ))),
    }
}

/// Puts fields over others; those of an object one by one.
fn merge(fields: &mut Map<String, Value>, over: Map<String, Value>) {
    for (name, value) in over {
        match (fields.get_mut(&name), value) {
            (Some(Value::Object(under)), Value::Object(over)) => merge(under, over),
            (_, value) => {
                fields.insert(name, value);
            }
        }
    }
}

/// Gives an event an id, so that sending it again does not double it.
fn identify(event: &mut Map<String, Value>) {
    event
        .entry("id")
        .or_insert_with(|| json!(event::new_id("evt_")));
}

fn media_type(body: &Value) -> &'static str {
    match body {
        Value::Array(list) if list.iter().all(|event| event.get("specversion").is_some()) => {
            "application/cloudevents-batch+json"
        }
        Value::Object(fields) if fields.contains_key("specversion") => {
            "application/cloudevents+json"
        }
        _ => "application/json",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_count_before_the_file() {
        let mut fields = json!({"type": "deploy", "resource": {"id": "a", "name": "b"}});
        let over = json!({"status": "failed", "resource": {"id": "c"}});
        let Value::Object(over) = over else {
            unreachable!()
        };
        merge(fields.as_object_mut().unwrap(), over);
        assert_eq!(
            fields,
            json!({"type": "deploy", "status": "failed", "resource": {"id": "c", "name": "b"}})
        );
    }

    #[test]
    fn cloudevents_go_as_what_they_are() {
        assert_eq!(media_type(&json!({"type": "deploy"})), "application/json");
        let one = json!({"specversion": "1.0"});
        assert_eq!(media_type(&one), "application/cloudevents+json");
        assert_eq!(
            media_type(&json!([one])),
            "application/cloudevents-batch+json"
        );
    }
}
