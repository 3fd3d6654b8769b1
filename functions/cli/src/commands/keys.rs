//! `carillon keys`.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::call::{Call, path};
use crate::client::Client;
use crate::error::Error;
use crate::moment::later;
use crate::output::{Column, Report, facts, text, time};

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// List them; a key itself is never shown again
    #[command(visible_alias = "ls")]
    List,
    /// Make one; it is shown once
    Create(Create),
    /// Change a key's name or when it ends
    Update(Update),
    /// End one; it stops working within seconds
    #[command(visible_alias = "rm")]
    Delete {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct Create {
    /// What it is for
    name: String,
    /// admin, editor, publisher or viewer
    #[arg(long, default_value = "publisher")]
    role: String,
    /// When it ends: RFC 3339, or in how long (90 days)
    #[arg(long, value_name = "TIME", value_parser = later)]
    expires: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub struct Update {
    /// Its id
    id: String,
    #[arg(long, required_unless_present = "expires")]
    name: Option<String>,
    /// When it ends: RFC 3339, or in how long (90 days)
    #[arg(long, value_name = "TIME", value_parser = later)]
    expires: Option<Timestamp>,
}

pub fn run(client: &Client, command: &Keys) -> Result<Report, Error> {
    match command {
        Keys::List => {
            let keys = client.list(&path(&["api-keys"]), &[], usize::MAX)?;
            let none = "There is none but the one that was made at deployment.";
            Ok(Report::list(keys, COLUMNS, none))
        }
        Keys::Create(create) => {
            let mut body = body(Some(&create.name), create.expires);
            body.insert("role".into(), json!(create.role));
            let call = Call::post(path(&["api-keys"])).json(&json!(body));
            let answer = client.call(&call.once())?;
            let once = "Keep the key now: it is shown this once.";
            Ok(Report::of(answer, |key| format!("{}\n{once}", shown(key))))
        }
        Keys::Update(update) => {
            let body = json!(body(update.name.as_ref(), update.expires));
            let call = Call::patch(path(&["api-keys", &update.id])).json(&body);
            Ok(Report::of(client.call(&call)?, shown))
        }
        Keys::Delete { id } => {
            client.call(&Call::delete(path(&["api-keys", id])))?;
            Ok(Report::new(json!({"id": id}), format!("Ended {id}.")))
        }
    }
}

fn body(name: Option<&String>, expires: Option<Timestamp>) -> Map<String, Value> {
    let mut body = Map::new();
    body.extend(name.map(|name| ("name".to_owned(), json!(name))));
    body.extend(expires.map(|time| ("expires_at".to_owned(), json!(time.to_string()))));
    body
}

const COLUMNS: &[Column] = &[
    ("name", |key| text(&key["name"])),
    ("role", |key| text(&key["role"])),
    ("created", |key| time(&key["created_at"])),
    ("last used", |key| time(&key["last_used_at"])),
    ("expires", |key| time(&key["expires_at"])),
    ("id", |key| text(&key["id"])),
];

fn shown(key: &Value) -> String {
    facts(&[
        ("name", text(&key["name"])),
        ("id", text(&key["id"])),
        ("role", text(&key["role"])),
        ("key", text(&key["key"])),
        ("expires", time(&key["expires_at"])),
    ])
}
