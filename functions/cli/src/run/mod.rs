//! `carillon run`: tells of a command's start and end, and leaves the command to itself.
//!
//! The command keeps its terminal, its signals and its result. The event of its start is sent
//! beside it, so that it waits for nothing; what could not be sent goes along with the event
//! of its end. Only `--strict` lets Carillon decide about the result.

mod child;
mod ci;
mod mask;
mod tail;

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::call::{Call, path};
use crate::client::{Client, Patience};
use crate::error::Error;
use crate::event::{self, Fields, put};
use crate::profile::Connection;
use child::{Ended, Supervisor};
use mask::Mask;
use tail::Tail;

/// Carillon itself failed, under `--strict`; as `timeout` and others end.
const OWN_FAILURE: u8 = 125;
/// The least time that the event of the end gets, whatever the one of the start took.
const LEAST: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub struct Run {
    /// What the command does: deploy, destroy, scale …
    #[arg(long = "type", value_name = "TYPE", default_value = "deploy")]
    event_type: String,
    /// Send the last N lines of the output along, secrets of the environment masked. The
    /// command then writes to a pipe instead of the terminal
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=200))]
    tail: Option<u16>,
    /// Fail where Carillon cannot be told: before the start with 125, and at the end where the
    /// command itself has succeeded
    #[arg(long)]
    strict: bool,
    /// How long Carillon may hold up the command's end
    #[arg(long, value_name = "SECONDS", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(1..))]
    timeout: u16,
    #[command(flatten)]
    fields: Fields,
    /// The command, after --
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Runs the command; gives the exit code, unless it ends by the command's own signal.
pub fn run(run: &Run, connection: Result<Connection, Error>) -> ExitCode {
    let budget = Duration::from_secs(run.timeout.into());
    let mask = mask(&connection);
    let sender = connection
        .and_then(|connection| Client::new(connection, Patience::within(budget)))
        .map(Arc::new);
    let supervisor = match Supervisor::start() {
        Ok(supervisor) => supervisor,
        Err(error) => return fail(&format!("signals cannot be watched: {error}")),
    };
    let operation = Operation::new(run, &mask);
    let started = operation.event("started", Vec::new());
    let announced = post(&sender, &started);
    let announced = match run.strict {
        true => match announced
            .recv()
            .unwrap_or_else(|gone| Err(gone.to_string()))
        {
            Ok(()) => None,
            Err(error) => return fail(&format!("{error}; the command was not run")),
        },
        false => Some(announced),
    };

    let begun = Instant::now();
    let tail = run.tail.map(|lines| Tail::new(lines.into()));
    let mut command = Command::new(&run.command[0]);
    command.args(&run.command[1..]);
    // What it sends itself belongs to the same operation.
    command.env("CARILLON_CORRELATION_ID", &operation.correlation_id);
    let ended = supervisor.run(command, tail.as_ref());
    if let Ended::NotStarted(error) = &ended {
        say(&format!("{} cannot be started: {error}", run.command[0]));
    }
    let end = operation.end(&ended, begun.elapsed(), tail.as_ref());
    let deadline = Instant::now() + budget;
    let is_announced =
        announced.is_none_or(|announced| matches!(announced.recv_timeout(budget), Ok(Ok(()))));
    let events = match is_announced {
        true => vec![end],
        false => vec![started, end],
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let told = tell(&sender, &events, left.max(LEAST));
    if let Err(error) = &told {
        say(&format!("{error}; the command ran all the same"));
    }
    let code = ended.exit_code();
    if run.strict && told.is_err() && code == 0 {
        return ExitCode::from(OWN_FAILURE);
    }
    ended.pass_on();
    ExitCode::from(code)
}

/// Sends events; gives up after a time, whatever the network does.
fn tell(sender: &Sender, events: &[Value], within: Duration) -> Result<(), String> {
    let told = match events {
        [event] => post(sender, event),
        events => post(sender, &json!({"events": events})),
    };
    let told = told.recv_timeout(within);
    told.unwrap_or_else(|_| Err(format!("no answer within {} s", within.as_secs())))
}

/// Who sends the events, or why nobody can.
type Sender = Result<Arc<Client>, Error>;

/// Sends a body beside whatever goes on here; tells whether it was taken.
fn post(sender: &Sender, body: &Value) -> Receiver<Result<(), String>> {
    let (done, posted) = channel();
    let call = Call::post(path(&["events"])).json(body);
    match sender {
        Ok(client) => {
            let client = Arc::clone(client);
            thread::spawn(move || {
                let answer = client.call(&call.repeatable().silent());
                let _ = done.send(answer.map(drop).map_err(|error| error.to_string()));
            });
        }
        Err(error) => drop(done.send(Err(error.to_string()))),
    }
    posted
}

/// Everything that is secret here, as far as names and forms tell.
fn mask(connection: &Result<Connection, Error>) -> Mask {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let key = connection
        .as_ref()
        .ok()
        .and_then(|connection| connection.key.as_ref());
    Mask::new(variables, key.map(|key| key.expose_secret()))
}

fn say(text: &str) {
    anstream::eprintln!("carillon: {text}");
}

fn fail(text: &str) -> ExitCode {
    say(text);
    ExitCode::from(OWN_FAILURE)
}

/// What the events of a command share.
struct Operation<'a> {
    run: &'a Run,
    mask: &'a Mask,
    correlation_id: String,
}

impl<'a> Operation<'a> {
    fn new(run: &'a Run, mask: &'a Mask) -> Self {
        let given = run.fields.correlation_id.clone();
        Self {
            run,
            mask,
            correlation_id: given.unwrap_or_else(|| event::new_id("run-")),
        }
    }

    fn event(&self, status: &str, details: Vec<(&'static str, String)>) -> Value {
        let mut event = event::now(&self.run.event_type);
        event.insert("status".into(), json!(status));
        event.insert("correlation_id".into(), json!(self.correlation_id));
        if let Some(actor) = ci::actor() {
            event.insert("actor".into(), json!(actor));
        }
        let command = self.mask.apply(&short(&self.run.command));
        let build = ci::build().map(|url| ("build", url));
        let facts = [("command", command)].into_iter().chain(build);
        put(&mut event, "details", facts.chain(details));
        self.run.fields.add_to(&mut event);
        Value::Object(event)
    }

    fn end(&self, ended: &Ended, took: Duration, tail: Option<&Tail>) -> Value {
        let details = vec![("duration", duration(took)), ended.told()];
        let status = match ended.exit_code() {
            0 => "succeeded",
            _ => "failed",
        };
        let mut event = self.event(status, details);
        if let Some(lines) = tail
            .map(|tail| tail.text(self.mask))
            .filter(|t| !t.is_empty())
        {
            let message = match event["message"].as_str() {
                Some(own) => format!("{own}\n\n{lines}"),
                None => lines,
            };
            event["message"] = json!(message);
        }
        event
    }
}

/// The command without its arguments, which may be secret: the program, and what it is to do
/// where that is a plain word.
fn short(command: &[String]) -> String {
    let program = command.first().map_or("", String::as_str);
    let program = program.rsplit('/').next().unwrap_or(program);
    let is_word = |word: &&String| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.len() <= 24
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b':'))
    };
    match command.get(1).filter(is_word) {
        Some(word) => format!("{program} {word}"),
        None => program.to_owned(),
    }
}

/// Such as `3m 12s`.
fn duration(took: Duration) -> String {
    let seconds = took.as_secs();
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, _) => format!("{:.1}s", took.as_secs_f64()),
        (0, minutes, seconds) => format!("{minutes}m {seconds}s"),
        (hours, minutes, _) => format!("{hours}h {minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_short() {
        let shown = |ms| duration(Duration::from_millis(ms));
        assert_eq!(shown(1_234), "1.2s");
        assert_eq!(shown(192_000), "3m 12s");
        assert_eq!(shown(7_500_000), "2h 5m");
    }

    #[test]
    fn arguments_that_may_be_secret_are_not_told() {
        let shown = |command: &[&str]| {
            let command: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
            short(&command)
        };
        assert_eq!(
            shown(&["/usr/bin/terraform", "apply", "-auto-approve"]),
            "terraform apply"
        );
        assert_eq!(shown(&["mysql", "-pfake-password"]), "mysql");
        assert_eq!(shown(&["login", "FakePassw0rd"]), "login");
        assert_eq!(shown(&["make"]), "make");
    }
}
