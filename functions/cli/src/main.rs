//! `carillon`, the command line.

mod arguments;
mod client;
mod commands;
mod document;
mod error;
mod event;
mod output;
mod problem;
mod profile;
mod progress;
mod run;
mod substitute;
mod text;
mod yaml;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use serde_json::json;

use arguments::{Arguments, Command};
use client::{Client, Patience};
use commands::{apply, deliveries, import, keys, login, matching, others, send, trial, webhooks};
use error::Error;
use output::{Format, Report};
use profile::{Config, Connection, Environment};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Command::Run(run) = &arguments.command {
        return run::run(run, connection(arguments.profile.as_deref()));
    }
    if let Command::Completions { shell } = &arguments.command {
        let mut command = Arguments::command();
        clap_complete::generate(*shell, &mut command, "carillon", &mut std::io::stdout());
        return ExitCode::SUCCESS;
    }
    match report(&arguments) {
        // Whoever has read enough of it has closed the pipe.
        Ok(report) => match report.print(arguments.output).is_ok() && report.good {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(1),
        },
        Err(error) => {
            match (arguments.output, &error) {
                (Format::Json, Error::Refused(problem)) => eprintln!("{:#}", problem.document),
                (Format::Json, error) => eprintln!("{:#}", json!({"detail": error.to_string()})),
                (Format::Table, error) => anstream::eprintln!("carillon: {error}"),
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Which Carillon is meant.
fn connection(profile: Option<&str>) -> Result<Connection, Error> {
    Config::read(profile::path()?)?.connection(profile, Environment::read())
}

fn report(arguments: &Arguments) -> Result<Report, Error> {
    match &arguments.command {
        Command::Login(login) => return login::login(login),
        Command::Logout(logout) => return login::logout(logout),
        Command::Profiles => return Ok(login::profiles(&Config::read(profile::path()?)?)),
        _ => {}
    }
    let connection = connection(arguments.profile.as_deref())?;
    let client = &Client::new(connection, Patience::PERSON)?;
    match &arguments.command {
        Command::Send(send) => send::run(client, send),
        Command::Match(event) => matching::run(client, event),
        Command::Apply(apply) => apply::run(client, apply),
        Command::Export => others::export(client),
        Command::Import(import) => import::run(client, import),
        Command::Webhooks(command) => webhooks::run(client, command),
        Command::Test(test) => trial::test(client, test),
        Command::Preview(preview) => trial::preview(client, preview),
        Command::Deliveries(deliveries) => deliveries::run(client, deliveries),
        Command::Recover(recover) => deliveries::recover(client, recover),
        Command::Redeliver(redeliver) => deliveries::redeliver(client, redeliver),
        Command::Events(events) => others::events(client, events),
        Command::Audit(audit) => others::audit(client, audit),
        Command::Failures => others::failures(client),
        Command::Keys(command) => keys::run(client, command),
        Command::Run(_)
        | Command::Completions { .. }
        | Command::Login(_)
        | Command::Logout(_)
        | Command::Profiles => Err(Error::Input("this needs no Carillon".to_owned())),
    }
}
