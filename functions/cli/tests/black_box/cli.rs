//! The binary, with a home and an environment of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use carillon_tests::{App, KEY};
use serde_json::Value;
use tempfile::TempDir;

pub struct Cli {
    home: TempDir,
    variables: Vec<(String, String)>,
}

/// What a command has come to.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Done {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Requires that it went well.
    pub fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Cli {
    /// For this Carillon, as its admin.
    pub fn of(app: &App) -> Self {
        Self::at(&app.url()).with("CARILLON_KEY", KEY)
    }

    /// For whatever answers there, without a key.
    pub fn at(url: &str) -> Self {
        let cli = Self {
            home: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        };
        let path = std::env::var("PATH").unwrap_or_default();
        cli.with("CARILLON_URL", url).with("PATH", &path)
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A file in the home; commands run there.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.shell(env!("CARGO_BIN_EXE_carillon"));
        command.args(arguments);
        command
    }

    /// Another program, in the same surroundings.
    pub fn shell(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("HOME", self.home())
            .current_dir(self.home())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub async fn run(&self, arguments: &[&str]) -> Done {
        finish(self.command(arguments), "").await
    }

    pub async fn run_with_input(&self, arguments: &[&str], input: &str) -> Done {
        finish(self.command(arguments), input).await
    }
}

/// Runs a command to its end, beside the Carillon of the test.
pub async fn finish(mut command: Command, input: &str) -> Done {
    let input = input.to_owned();
    if !input.is_empty() {
        command.stdin(Stdio::piped());
    }
    let run = move || {
        let mut child = command.spawn().unwrap();
        if let Some(mut stdin) = child.stdin.take() {
            // One that reads nothing may be gone.
            let _ = stdin.write_all(input.as_bytes());
        }
        child.wait_with_output().unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap().into()
}

/// The events that Carillon has, oldest first.
pub async fn events(app: &App) -> Vec<Value> {
    let mut events = app.get("/events/").await.results().to_vec();
    events.sort_by_key(|event| event["occurred_at"].as_str().unwrap().to_owned());
    events
}
