//! `carillon login`, `logout` and `profiles`: keys, kept for their owner alone.

use clap::Args;
use secrecy::ExposeSecret;
use serde_json::json;

use super::credential::secret;
use crate::call::{Call, path};
use crate::client::{Client, Patience};
use crate::error::Error;
use crate::output::{Column, Report, text};
use crate::profile::{self, Config, Connection, LOCAL};

#[derive(Debug, Args)]
pub struct Login {
    /// Where Carillon answers: on AWS the stack's output ApiUrl
    #[arg(env = "CARILLON_URL", default_value = LOCAL)]
    url: String,
    /// The profile's name
    #[arg(long, default_value = "default", value_name = "NAME")]
    name: String,
}

/// Reads a key from the terminal, without showing it, or else from standard input; keeps it
/// once Carillon has taken it.
pub fn login(login: &Login) -> Result<Report, Error> {
    let key = secret("API key: ")?;
    let connection = Connection {
        url: login.url.clone(),
        key: Some(key.clone()),
    };
    let client = Client::new(connection, Patience::PERSON)?;
    // What every role may read.
    client.call(&Call::get(path(&["event-types"])))?;
    let path = profile::path()?;
    let url = client.url().to_owned();
    let name = login.name.as_str();
    profile::change(&path, |file| {
        let profiles = file
            .entry("profiles")
            .or_insert_with(|| toml::Table::new().into());
        if let Some(profiles) = profiles.as_table_mut() {
            let mut profile = toml::Table::new();
            profile.insert("url".into(), url.clone().into());
            profile.insert("key".into(), key.expose_secret().into());
            profiles.insert(name.to_owned(), profile.into());
        }
        file.insert("default".into(), name.into());
    })?;
    let text = format!("The key works. Profile `{name}` is the default now: {url}");
    Ok(Report::new(json!({"profile": name, "url": url}), text))
}

#[derive(Debug, Args)]
pub struct Logout {
    /// The profile that is forgotten
    #[arg(default_value = "default")]
    name: String,
}

pub fn logout(logout: &Logout) -> Result<Report, Error> {
    let name = logout.name.as_str();
    let mut found = false;
    profile::change(&profile::path()?, |file| {
        let profiles = file.get_mut("profiles").and_then(toml::Value::as_table_mut);
        found = profiles.is_some_and(|profiles| profiles.remove(name).is_some());
        if file.get("default").and_then(toml::Value::as_str) == Some(name) {
            file.remove("default");
        }
    })?;
    match found {
        true => Ok(Report::new(
            json!({"profile": name}),
            format!(
                "Forgot profile `{name}`. Its key still works: `carillon keys delete` ends it."
            ),
        )),
        false => Err(Error::NotFound(format!("there is no profile `{name}`"))),
    }
}

pub fn profiles(config: &Config) -> Report {
    let profiles = config.profiles();
    let profiles =
        profiles.map(|(name, url, default)| json!({"name": name, "url": url, "default": default}));
    let none = "There is no profile: `carillon login` makes one.";
    Report::list(profiles.collect(), PROFILES, none)
}

const PROFILES: &[Column] = &[
    ("profile", |profile| text(&profile["name"])),
    ("url", |profile| text(&profile["url"])),
    ("", |profile| match profile["default"] == true {
        true => "default".to_owned(),
        false => String::new(),
    }),
];
