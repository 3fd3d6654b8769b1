//! `carillon test` and `carillon preview`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::lookup::webhook_id;
use crate::call::{Call, path, query};
use crate::client::Client;
use crate::document::Document;
use crate::error::Error;
use crate::output::{Column, Report, facts, listed, text};
use crate::text::clean;

#[derive(Debug, Args)]
pub struct Test {
    /// Its name or id
    webhook: String,
    /// One of its channels; its first, unless given
    #[arg(long)]
    channel: Option<String>,
}

/// The exit code says whether the message arrived.
pub fn test(client: &Client, test: &Test) -> Result<Report, Error> {
    let id = webhook_id(client, &test.webhook)?;
    let path = path(&["webhooks", &id, "test"]);
    let path = query(&path, &[("channel", test.channel.clone())]);
    let answer = client.call(&Call::post(path))?;
    let good = answer["outcome"] == "delivered";
    let took = answer["duration_ms"].as_u64().map(|ms| format!("{ms} ms"));
    let text = facts(&[
        ("outcome", text(&answer["outcome"])),
        ("HTTP status", text(&answer["http_status"])),
        ("code", text(&answer["code"])),
        ("what to do", text(&answer["hint"])),
        ("took", took.unwrap_or_default()),
    ]);
    Ok(Report {
        good,
        ..Report::new(answer, text)
    })
}

#[derive(Debug, Args)]
pub struct Preview {
    /// Its name or id
    webhook: String,
    #[command(flatten)]
    event: Previewed,
    /// One of its channels; its first, unless given
    #[arg(long)]
    channel: Option<String>,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct Previewed {
    /// The sample of an event type
    #[arg(long, value_name = "TYPE", default_value = "deploy")]
    sample: String,
    /// An event that was published
    #[arg(long, value_name = "ID")]
    event_id: Option<String>,
    /// An event in JSON or YAML; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
}

pub fn preview(client: &Client, preview: &Preview) -> Result<Report, Error> {
    let event = &preview.event;
    let event = match (&event.event_id, &event.file) {
        (Some(id), _) => Document::made(json!({"event_id": id})),
        (_, Some(file)) => Document::read(file)?,
        _ => Document::made(json!({"sample": event.sample})),
    };
    let id = webhook_id(client, &preview.webhook)?;
    let path = path(&["webhooks", &id, "preview"]);
    let path = query(&path, &[("channel", preview.channel.clone())]);
    let answer = client.call(&Call::post(path).document(&event).repeatable())?;
    Ok(Report::of(answer, shown))
}

const LIMITS: &[Column] = &[
    ("limit", |limit| text(&limit["what"])),
    ("used", |limit| {
        format!("{} of {}", limit["used"], limit["limit"])
    }),
];

fn shown(answer: &Value) -> String {
    let mut shown = String::new();
    match answer["would_send"].as_bool() {
        Some(true) => shown.push_str("The webhook would send it.\n\n"),
        Some(false) => {
            let why = clean(&text(&answer["why_not"]));
            let _ = write!(shown, "The webhook would not send it: {why}\n\n");
        }
        None => {}
    }
    if let Some(why) = answer["standard_form"].as_str() {
        let _ = write!(shown, "{}\n\n", clean(why));
    }
    let request = &answer["request"];
    let (method, url) = (text(&request["method"]), text(&request["url"]));
    let _ = writeln!(shown, "{} {}", clean(&method), clean(&url));
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        let _ = writeln!(shown, "{}: {}", clean(name), clean(&text(value)));
    }
    // JSON has its control characters escaped.
    let _ = writeln!(shown, "\n{:#}", request["body"]);
    if let Some(limits) = answer["limits"].as_array().filter(|it| !it.is_empty()) {
        let _ = writeln!(shown, "\n{}", listed(limits, LIMITS));
    }
    if let Some(url) = answer["builder_url"].as_str() {
        let _ = writeln!(shown, "\nTo look at it and change it: {}", clean(url));
    }
    shown
}
