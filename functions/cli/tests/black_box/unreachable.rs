//! When Carillon does not answer, answers nonsense, or refuses.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use carillon_tests::{App, KEY};
use serde_json::json;

use crate::cli::{Cli, events};

/// Where nobody listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_build_goes_on_without_carillon_which_is_said_once() {
    let cli = Cli::at(&nowhere()).with("CARILLON_KEY", KEY);
    let done = cli
        .run(&["run", "--", "sh", "-c", "echo built; exit 4"])
        .await;
    assert_eq!(done.code, Some(4));
    assert_eq!(done.out, "built\n");
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);
    assert!(done.err.contains("could not be reached"), "{}", done.err);
}

#[tokio::test]
async fn strict_runs_nothing_that_could_not_be_told() {
    let cli = Cli::at(&nowhere()).with("CARILLON_KEY", KEY);
    let done = cli.run(&["run", "--strict", "--", "touch", "ran"]).await;
    assert_eq!(done.code, Some(125));
    assert!(done.err.contains("was not run"), "{}", done.err);
    assert!(!cli.home().join("ran").exists());
}

#[tokio::test]
async fn a_server_that_never_answers_holds_up_a_build_for_no_longer_than_is_allowed() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let cli = Cli::at(&url).with("CARILLON_KEY", KEY);
    let begun = Instant::now();
    let done = cli
        .run(&["run", "--timeout", "1", "--", "true"])
        .await
        .good();
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);
    assert!(done.err.contains("no answer within"), "{}", done.err);
}

#[tokio::test]
async fn a_build_goes_on_where_there_is_no_key_and_where_it_is_wrong() {
    let app = App::start().await;
    let cli = Cli::at(&app.url());
    let done = cli.run(&["run", "--", "true"]).await.good();
    assert!(done.err.contains("carillon login"), "{}", done.err);
    let cli = cli.with("CARILLON_KEY", "fake-wrong-key");
    let done = cli.run(&["run", "--", "true"]).await.good();
    assert!(done.err.contains("API key"), "{}", done.err);
    assert_eq!(cli.run(&["webhooks", "list"]).await.code, Some(4));
    // A wrong field is told, too.
    let cli = Cli::of(&app);
    let done = cli
        .run(&["run", "--type", "deplyo", "--", "true"])
        .await
        .good();
    assert!(done.err.contains("deploy"), "{}", done.err);
}

#[tokio::test]
async fn what_could_not_be_told_at_the_start_is_told_at_the_end() {
    let app = App::start().await;
    // Refuses the first connections, as while somebody restarts it.
    let proxy = Proxy::start(&app.url(), 3, Lost::Request);
    let cli = Cli::at(&proxy.url).with("CARILLON_KEY", KEY);
    let script = "sleep 1.5";
    let done = cli.run(&["run", "--", "sh", "-c", script]).await.good();
    assert_eq!(done.err, "");
    let events = events(&app).await;
    let statuses: Vec<_> = events.iter().map(|event| event["status"].clone()).collect();
    assert_eq!(statuses, ["started", "succeeded"]);
}

#[tokio::test]
async fn an_answer_that_gets_lost_doubles_nothing() {
    let app = App::start().await;
    let proxy = Proxy::start(&app.url(), 1, Lost::Answer);
    let cli = Cli::at(&proxy.url).with("CARILLON_KEY", KEY);
    let done = cli.run(&["send", "deploy", "-o", "json"]).await.good();
    assert_eq!(done.json()["duplicate"], true);
    assert_eq!(events(&app).await.len(), 1);
}

#[tokio::test]
async fn what_makes_something_is_repeated_and_makes_it_once() {
    let app = App::start().await;
    for (n, arguments) in [
        ["keys", "create", "ci", "--role", "viewer"],
        ["keys", "create", "cd", "--role", "viewer"],
    ]
    .iter()
    .enumerate()
    {
        let lost = [Lost::Answer, Lost::Request][n];
        let proxy = Proxy::start(&app.url(), 1, lost);
        let cli = Cli::at(&proxy.url).with("CARILLON_KEY", KEY);
        let mut arguments = arguments.to_vec();
        arguments.extend(["-o", "json"]);
        let done = cli.run(&arguments).await.good();
        let key = done.json()["key"].as_str().unwrap().to_owned();
        // It is the one that counts.
        let cli = Cli::at(&app.url()).with("CARILLON_KEY", &key);
        cli.run(&["webhooks", "list"]).await.good();
    }
    let listed = app.get("/api-keys/").await;
    assert_eq!(listed.results().len(), 3, "{}", listed.body);
}

#[tokio::test]
async fn what_is_no_carillon_is_called_so() {
    for (answer, code, said) in [
        ("200 OK\r\nContent-Type: text/html", 3, "is no Carillon"),
        (
            "302 Found\r\nLocation: https://elsewhere.example/",
            3,
            "elsewhere.example",
        ),
        ("500 Internal Server Error", 3, "500"),
    ] {
        let url = stub(answer, "<html>\u{1b}[31m</html>");
        let cli = Cli::at(&url).with("CARILLON_KEY", KEY);
        let done = cli.run(&["webhooks", "list"]).await;
        assert_eq!(done.code, Some(code), "{done:?}");
        assert!(done.err.contains(said), "{}", done.err);
        assert!(!done.err.contains('\u{1b}'), "{}", done.err);
    }
}

#[tokio::test]
async fn a_call_that_this_carillon_does_not_have_is_named() {
    let problem = json!({"title": "There is no such thing", "status": 404}).to_string();
    let head = "404 Not Found\r\nContent-Type: application/problem+json";
    for (arguments, call) in [
        (vec!["audit"], "`audit`"),
        (vec!["recover"], "`recover of all webhooks`"),
        (vec!["failures"], "`failures`"),
        (vec!["send", "deploy", "--dry-run"], "`match`"),
    ] {
        let cli = Cli::at(&stub(head, &problem)).with("CARILLON_KEY", KEY);
        let done = cli.run(&arguments).await;
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(done.err.contains(call), "{}", done.err);
    }
}

#[tokio::test]
async fn answers_of_the_contract_are_shown() {
    let ok = "200 OK\r\nContent-Type: application/json";
    let matched = json!({"results": [
        {"webhook_id": "wh_1", "name": "work", "would_send": false, "why_not": "it is disabled"},
    ]});
    let cli = Cli::at(&stub(ok, &matched.to_string())).with("CARILLON_KEY", KEY);
    let event = cli.file("event.json", r#"{"type": "deploy"}"#);
    let done = cli.run(&["match", event.to_str().unwrap()]).await.good();
    assert!(done.out.contains("it is disabled"), "{}", done.out);
    assert!(done.out.contains("0 of 1 would get it"), "{}", done.out);

    let audit = json!({"next": null, "results": [{
        "time": "2026-11-21T10:15:00Z", "actor": {"id": "key_1", "name": "ci"},
        "action": "updated", "object": {"type": "webhook", "id": "wh_1", "name": "work"},
        "changed": ["channels"], "request_id": "r1",
    }]});
    let cli = Cli::at(&stub(ok, &audit.to_string())).with("CARILLON_KEY", KEY);
    let done = cli.run(&["audit"]).await.good();
    assert!(done.out.contains("ci"), "{}", done.out);
    assert!(done.out.contains("webhook work"), "{}", done.out);

    let accepted = json!({"accepted": 2, "next_after": null, "reason": null});
    let cli = Cli::at(&stub(ok, &accepted.to_string())).with("CARILLON_KEY", KEY);
    let done = cli
        .run(&["recover", "--since", "2h", "--dry-run"])
        .await
        .good();
    assert_eq!(done.out, "2 deliveries would be sent.\n");
}

/// A server with one answer for everything.
fn stub(head: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let length = body.len();
    let answer = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n{body}");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut stream = stream;
                while request(&mut stream).is_some() {
                    if stream.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

/// What gets lost on the way.
#[derive(Clone, Copy, PartialEq)]
enum Lost {
    Request,
    Answer,
}

/// Stands between, and loses something of the first connections.
struct Proxy {
    url: String,
}

impl Proxy {
    fn start(target: &str, losses: usize, lost: Lost) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = target.trim_start_matches("http://").to_owned();
        thread::spawn(move || {
            for (n, client) in listener.incoming().flatten().enumerate() {
                if n < losses && lost == Lost::Request {
                    continue;
                }
                let mut client = client;
                let mut server = TcpStream::connect(&target).unwrap();
                let Some(request) = request(&mut client) else {
                    continue;
                };
                server.write_all(&request).unwrap();
                let mut buffer = [0; 64 * 1_024];
                let count = server.read(&mut buffer).unwrap();
                if n >= losses {
                    let _ = client.write_all(&buffer[..count]);
                }
            }
        });
        Self { url }
    }
}

/// A whole request; none where the connection has ended.
fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8_192];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.split("\r\n").next()?.trim().parse().ok())
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Some(bytes);
            }
        }
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => bytes.extend(&buffer[..count]),
            _ => return None,
        }
    }
}
