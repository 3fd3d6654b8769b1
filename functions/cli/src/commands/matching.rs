//! `carillon match`: who would get an event, and why the others would not.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use crate::call::{Call, path};
use crate::client::Client;
use crate::document::Document;
use crate::error::Error;
use crate::output::{Column, Report, listed, text};

#[derive(Debug, Args)]
pub struct Match {
    /// An event in JSON or YAML; `-` is standard input
    file: PathBuf,
}

pub fn run(client: &Client, arguments: &Match) -> Result<Report, Error> {
    of(client, &Document::read(&arguments.file)?)
}

/// Asks about an event; nothing is stored or sent.
pub fn of(client: &Client, event: &Document) -> Result<Report, Error> {
    let call = Call::post(path(&["events", "match"])).document(event);
    let answer = client.call(&call.repeatable());
    let answer = answer.map_err(client.unless_unknown("match"))?;
    Ok(Report::of(answer, shown))
}

fn shown(answer: &Value) -> String {
    let results = answer["results"].as_array().map_or(&[][..], Vec::as_slice);
    let count = results.iter().filter(|it| it["would_send"] == true).count();
    match results.len() {
        0 => "There is no webhook: nobody would get it.".to_owned(),
        all => format!(
            "{}\n\n{count} of {all} would get it; nothing was sent.",
            listed(results, COLUMNS)
        ),
    }
}

const COLUMNS: &[Column] = &[
    ("webhook", |result| text(&result["name"])),
    ("gets it", gets_it),
    ("why not", |result| text(&result["why_not"])),
    ("id", |result| text(&result["webhook_id"])),
];

fn gets_it(result: &Value) -> String {
    match result["would_send"] == true {
        true => "yes".to_owned(),
        false => "no".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_says_who_and_why_not() {
        let shown = shown(&json!({"results": [
            {"webhook_id": "wh_1", "name": "work", "would_send": true, "why_not": null},
            {"webhook_id": "wh_2", "name": "gaming", "would_send": false,
             "why_not": "environment: staging is not production"},
        ]}));
        assert!(shown.contains("work     yes"), "{shown}");
        assert!(shown.contains("staging is not production"), "{shown}");
        assert!(
            shown.ends_with("1 of 2 would get it; nothing was sent."),
            "{shown}"
        );
    }
}
