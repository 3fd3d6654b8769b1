//! The program that `cargo run` starts, seen from outside: what it prints, what it keeps,
//! and what it survives.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use carillon_embedded::chat_sink::{ChatSink, Message};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

const DEADLINE: Duration = Duration::from_secs(40);
const KEY: &str = "fake-admin-key-for-tests";
/// Planted in every credential; a secret that shows up anywhere shows this.
const CANARY: &str = "canary0canary0canary0";

/// Also what has a more specific level than any general rule.
const LOG_EVERYTHING: &str =
    "trace,aws_smithy_runtime::client::orchestrator=trace,hyper_util=trace";

struct Carillon {
    child: Child,
    url: String,
    banner: String,
    /// Reads what else the process writes, so that it never waits for a reader.
    output: Vec<JoinHandle<String>>,
    http: reqwest::Client,
}

impl Carillon {
    fn start(arguments: &[&str]) -> Self {
        // Empty is as unset.
        Self::start_with(arguments, "")
    }

    /// As [`start`](Self::start), posting to this origin.
    fn start_with(arguments: &[&str], chat_origin: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_carillon-local"))
            .args(["--port", "0", "--dynamodb-port", "0"])
            .args(arguments)
            .env("RUST_LOG", LOG_EVERYTHING)
            .env("CARILLON_CHAT_ORIGIN", chat_origin)
            // As in an empty container, there are no certificates.
            .envs(["SSL_CERT_FILE", "SSL_CERT_DIR"].map(|name| (name, "/dev/null")))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // An earlier test may have done so.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let errors = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || read_all(errors));
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("Ctrl-C ends it") {
            let read = reader.read_line(&mut banner).unwrap();
            assert_ne!(read, 0, "it ended: {banner}");
        }
        let line = |label: &str| {
            let found = banner
                .lines()
                .find(|line| line.trim_start().starts_with(label));
            found.unwrap().split_whitespace().last().unwrap().to_owned()
        };
        Self {
            url: line("Page").trim_end_matches('/').to_owned(),
            output: vec![errors, std::thread::spawn(move || read_all(reader))],
            child,
            banner,
            http: reqwest::Client::new(),
        }
    }

    fn with_data(folder: &Path) -> Self {
        Self::start(&["--admin-key", KEY, "--data", folder.to_str().unwrap()])
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, String) {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(KEY);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn post(&self, path: &str, body: Value) -> String {
        let (status, text) = self.call(Method::POST, path, Some(&body)).await;
        assert!((200..300).contains(&status), "{path}: {status} {text}");
        text
    }

    async fn get(&self, path: &str) -> String {
        self.call(Method::GET, path, None).await.1
    }

    /// Waits until the built-in Slack and Discord show this text.
    async fn wait_for_message(&self, text: &str) {
        let begun = Instant::now();
        while !self.get("/_local/messages").await.contains(text) {
            assert!(begun.elapsed() < DEADLINE, "no message with {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Waits for the end; gives all that was written.
    fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        let rest: String = self
            .output
            .drain(..)
            .map(|read| read.join().unwrap())
            .collect();
        (status, std::mem::take(&mut self.banner) + &rest)
    }
}

impl Drop for Carillon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_all(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn slack(name: &str) -> Value {
    json!({
        "name": name, "type": "slack", "event_types": ["*"],
        "configuration": {
            "token": format!("xoxb-{CANARY}-wxyz"), "channel": "infra", "digest": "off"
        }
    })
}

#[tokio::test]
async fn sigterm_and_ctrl_c_end_it_cleanly() {
    for signal in ["TERM", "INT"] {
        let carillon = Carillon::start(&[]);
        carillon.signal(signal);
        let (status, output) = carillon.end();
        assert!(status.success(), "{signal}: {status}");
        assert!(!output.contains("panicked"), "{output}");
    }
}

#[tokio::test]
async fn each_start_makes_an_admin_key_of_its_own() {
    let key = |carillon: &Carillon| {
        let line = carillon
            .banner
            .lines()
            .find(|line| line.contains("Admin key"));
        line.unwrap().split_whitespace().last().unwrap().to_owned()
    };
    let (one, two) = (Carillon::start(&[]), Carillon::start(&[]));
    assert_ne!(key(&one), key(&two));
    assert!(key(&one).starts_with("crl_") && key(&one).len() == 68);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_carillon-local"))
        .args(["--port", &port, "--dynamodb-port", "0"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        errors.contains(&port) && errors.contains("--port"),
        "{errors}"
    );
}

#[tokio::test]
async fn a_bad_setting_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_carillon-local"))
        .args(["--port", "0", "--dynamodb-port", "0"])
        .env("CARILLON_CHAT_ORIGIN", "nonsense")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("CARILLON_CHAT_ORIGIN"), "{errors}");
}

#[tokio::test]
async fn the_demo_shows_one_event_of_each_kind_on_both_platforms() {
    let carillon = Carillon::start(&["--demo", "--admin-key", KEY]);
    carillon.wait_for_message("Parameter").await;
    let begun = Instant::now();
    loop {
        let messages: Value =
            serde_json::from_str(&carillon.get("/_local/messages").await).unwrap();
        let count = messages["results"].as_array().unwrap().len();
        if count == 32 {
            break;
        }
        assert!(begun.elapsed() < DEADLINE, "{count} messages");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_commands_that_it_prints_work_when_pasted() {
    let carillon = Carillon::start(&[]);
    let commands = carillon.banner.split_once("export ").unwrap().1;
    let commands = commands.split_once("Ctrl-C").unwrap().0;
    let script = format!("set -e\nexport {commands}");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let answers = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && answers.matches("\"id\":").count() == 2,
        "{answers}"
    );
    carillon.wait_for_message("billing-db").await;
}

#[tokio::test]
async fn what_was_accepted_survives_kill_nine() {
    let folder = TempDir::new().unwrap();
    let first = Carillon::with_data(folder.path());
    first.post("/api/v1/webhooks/", slack("prod")).await;
    // Slack is away, so that the message still waits when the process dies.
    first
        .post(
            "/_local/chat-plan",
            json!({"failure": {"status": 503}, "count": 1_000}),
        )
        .await;
    for n in 0..5 {
        let event = json!({"type": "deploy", "actor": format!("actor-{n}")});
        first.post("/api/v1/events/", event).await;
    }
    first.signal("KILL");
    first.end();

    let second = Carillon::with_data(folder.path());
    second.wait_for_message("actor-4").await;
    let messages: Value = serde_json::from_str(&second.get("/_local/messages").await).unwrap();
    let newest_first = messages["results"].as_array().unwrap();
    assert_eq!(newest_first.len(), 5);
    for (n, message) in newest_first.iter().rev().enumerate() {
        assert!(
            message.to_string().contains(&format!("actor-{n}")),
            "{n}: {message}"
        );
    }
}

/// How many events a message tells, by their names, in its order.
fn names(message: &Message) -> Vec<String> {
    let text = message.payload.to_string();
    let mut names: Vec<String> = Vec::new();
    for (at, _) in text.match_indices("mkq") {
        let name = text[at..at + 7].to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[tokio::test]
async fn kill_nine_in_the_middle_of_a_burst_loses_nothing_and_doubles_only_what_was_in_flight() {
    const CHANNELS: usize = 4;
    const EVENTS: usize = 60;
    // Platforms that outlive the process.
    let sink = ChatSink::new();
    sink.behave(|behaviour| behaviour.latency_ms = 20);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let router = sink.router();
    tokio::spawn(async move { axum::serve(listener, router).await });

    let folder = TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap();
    let start = || Carillon::start_with(&["--admin-key", KEY, "--data", path], &origin);
    let mut carillon = start();
    for channel in 0..CHANNELS {
        let mut webhook = slack(&format!("webhook {channel}"));
        webhook["configuration"]["channel"] = json!(format!("channel-{channel}"));
        webhook["configuration"]["digest"] = json!("auto");
        carillon.post("/api/v1/webhooks/", webhook).await;
    }
    let mut kills = 0;
    for number in 0..EVENTS {
        let event = json!({
            "id": format!("event-{number}"), "type": "deploy",
            "resource": {"type": "server", "id": format!("mkq{number:04}")},
        });
        carillon.post("/api/v1/events/", event).await;
        if number % 20 == 10 {
            carillon.signal("KILL");
            carillon.end();
            kills += 1;
            carillon = start();
        }
    }
    let arrived = |messages: &[Message]| {
        let pairs: HashSet<(String, String)> = messages
            .iter()
            .flat_map(|m| names(m).into_iter().map(|name| (m.channel.clone(), name)))
            .collect();
        pairs.len() == CHANNELS * EVENTS
    };
    // An open post that nobody settled holds its lane back until the lease has run out.
    let waited = tokio::time::timeout(2 * DEADLINE, sink.wait_until(arrived)).await;
    let messages = waited.expect("every event arrives");
    let mut doubled = 0;
    for channel in 0..CHANNELS {
        let channel = format!("channel-{channel}");
        let here = messages.iter().filter(|message| message.channel == channel);
        let told: Vec<Vec<String>> = here.map(names).collect();
        let repeated = |(at, names): (usize, &Vec<String>)| {
            let later = told[at + 1..].iter().flatten();
            usize::from(later.into_iter().any(|name| names.contains(name)))
        };
        doubled += told.iter().enumerate().map(repeated).sum::<usize>();
        let mut seen: Vec<String> = Vec::new();
        for name in told.concat() {
            if !seen.contains(&name) {
                seen.push(name);
            }
        }
        let wanted: Vec<String> = (0..EVENTS)
            .map(|number| format!("mkq{number:04}"))
            .collect();
        assert_eq!(seen, wanted, "{channel}");
    }
    // One post a destination is in flight at most.
    assert!(
        doubled <= kills * CHANNELS,
        "{doubled} doubled in {kills} kills"
    );
    assert_eq!(kills, 3);
}

#[tokio::test]
async fn no_credential_shows_up_in_logs_tables_queue_answers_or_messages() {
    let folder = TempDir::new().unwrap();
    let carillon = Carillon::with_data(folder.path());
    let discord = format!(
        "https://discord.com/api/webhooks/123456789012345678/{CANARY}{CANARY}{CANARY}-wxyz"
    );
    let incoming = [
        "https://hooks.slack.com/services",
        "T00000000",
        "B00000000",
        CANARY,
    ]
    .join("/");
    let mut seen = String::new();
    seen += &carillon.post("/api/v1/webhooks/", slack("one")).await;
    for (name, kind, url) in [("two", "discord", &discord), ("three", "slack", &incoming)] {
        let webhook = json!({
            "name": name, "type": kind, "event_types": ["*"], "configuration": {"webhook_url": url}
        });
        seen += &carillon.post("/api/v1/webhooks/", webhook).await;
    }
    // Refusals too: the name is taken, the host is wrong.
    let bad = json!({"name": "x", "type": "slack", "event_types": ["*"],
        "configuration": {"webhook_url": format!("https://example.org/services/T0/B0/{CANARY}")}});
    for body in [slack("one"), bad] {
        seen += &carillon
            .call(Method::POST, "/api/v1/webhooks/", Some(&body))
            .await
            .1;
    }
    // One attempt of each fails before the next one works.
    carillon
        .post(
            "/_local/chat-plan",
            json!({"failure": {"status": 503}, "count": 3}),
        )
        .await;
    carillon
        .post(
            "/api/v1/events/",
            json!({"type": "deploy", "actor": "first"}),
        )
        .await;
    carillon
        .post(
            "/api/v1/events/",
            json!({"type": "deploy", "actor": "second"}),
        )
        .await;
    let begun = Instant::now();
    loop {
        let messages = carillon.get("/_local/messages").await;
        if messages.matches("second").count() >= 3 {
            seen += &messages;
            break;
        }
        assert!(begun.elapsed() < DEADLINE, "{messages}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let webhooks = carillon.get("/api/v1/webhooks/").await;
    let list: Value = serde_json::from_str(&webhooks).unwrap();
    for webhook in list["results"].as_array().unwrap() {
        let id = webhook["id"].as_str().unwrap();
        seen += &carillon
            .get(&format!("/api/v1/webhooks/{id}/deliveries/"))
            .await;
    }
    seen += &webhooks;
    carillon.signal("TERM");
    seen += &carillon.end().1;
    assert!(
        seen.contains("first") && !seen.contains(CANARY),
        "an answer or a log line"
    );
    let mut scanned = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes
            .windows(CANARY.len())
            .any(|window| window == CANARY.as_bytes());
        let is_secrets = path.file_name().unwrap() == "secrets.json";
        // Where it must be, it is: the search can find.
        assert_eq!(found, is_secrets, "{}", path.display());
        scanned += 1;
    }
    assert!(scanned >= 3, "{scanned} files");
}

#[tokio::test]
async fn removing_the_last_user_of_a_credential_removes_its_secret() {
    let folder = TempDir::new().unwrap();
    let carillon = Carillon::with_data(folder.path());
    let secrets = || std::fs::read_to_string(folder.path().join("secrets.json")).unwrap();
    let mut ids = Vec::new();
    for name in ["one", "two"] {
        let answer = carillon.post("/api/v1/webhooks/", slack(name)).await;
        let webhook: Value = serde_json::from_str(&answer).unwrap();
        ids.push(webhook["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        secrets().matches(CANARY).count(),
        1,
        "they share one secret"
    );
    for (id, left) in ids.iter().zip([1, 0]) {
        let path = format!("/api/v1/webhooks/{id}/");
        assert_eq!(carillon.call(Method::DELETE, &path, None).await.0, 204);
        assert_eq!(secrets().matches(CANARY).count(), left);
    }
}
