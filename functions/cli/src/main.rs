//! `carillon`, the command line.

mod arguments;
mod call;
mod client;
mod commands;
mod document;
mod error;
mod event;
mod moment;
mod output;
mod places;
mod problem;
mod profile;
mod progress;
mod run;
mod substitute;
mod text;
mod yaml;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use clap_complete::Shell;
use serde_json::json;

use arguments::{Arguments, Command};
use client::{Client, Patience};
use commands::{
    apply, deliveries, import, keys, login, matching, others, recovery, send, trial, webhooks,
};
use error::Error;
use output::{Format, Report};
use profile::{Config, Connection, Environment};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match follow(&arguments) {
        Ok(Ending::Status(status)) => status,
        // Whoever has read enough of it has closed the pipe.
        Ok(Ending::Told(report)) => match report.print(arguments.output).is_ok() && report.good {
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
    // A profile that is named counts alone.
    let environment = match profile {
        Some(_) => Environment::default(),
        None => Environment::read()?,
    };
    Config::read(profile::path()?)?.connection(profile, environment)
}

fn completions(shell: Shell) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "carillon", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Report::new(script.clone().into(), script)
}

/// How a command ends.
enum Ending {
    Told(Report),
    /// It has told by itself how it went.
    Status(ExitCode),
}

fn follow(arguments: &Arguments) -> Result<Ending, Error> {
    let connection = || connection(arguments.profile.as_deref());
    let client = || Client::new(connection()?, Patience::PERSON);
    let report = match &arguments.command {
        Command::Login(login) => login::login(login),
        Command::Logout(logout) => login::logout(logout),
        Command::Completions { shell } => Ok(completions(*shell)),
        Command::Profiles => Ok(login::profiles(&Config::read(profile::path()?)?)),
        Command::Send(send) => send::run(&client()?, send),
        Command::Match(event) => matching::run(&client()?, event),
        Command::Apply(apply) => apply::run(&client()?, apply),
        Command::Export => others::export(&client()?),
        Command::Import(import) => import::run(&client()?, import),
        Command::Webhooks(command) => webhooks::run(&client()?, command),
        Command::Test(test) => trial::test(&client()?, test),
        Command::Preview(preview) => trial::preview(&client()?, preview),
        Command::Deliveries(deliveries) => deliveries::run(&client()?, deliveries),
        Command::Recover(recover) => recovery::recover(&client()?, recover),
        Command::Redeliver(redeliver) => recovery::redeliver(&client()?, redeliver),
        Command::Events(events) => others::events(&client()?, events),
        Command::Audit(audit) => others::audit(&client()?, audit),
        Command::Failures => others::failures(&client()?),
        Command::Keys(command) => keys::run(&client()?, command),
        Command::Run(run) => return Ok(Ending::Status(run::run(run, connection()))),
    };
    report.map(Ending::Told)
}
