//! `carillon run`: around commands that do whatever commands do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use carillon_tests::{App, DEADLINE};
use serde_json::{Value, json};

use crate::cli::{Cli, Done, events, finish};

/// Runs `carillon run` with these flags around a shell script.
async fn run(cli: &Cli, flags: &[&str], script: &str) -> Done {
    let arguments = [&["run"], flags, &["--", "sh", "-c", script]].concat();
    cli.run(&arguments).await
}

/// The events of the start and of the end.
async fn both(app: &App) -> (Value, Value) {
    let events = events(app).await;
    assert_eq!(events.len(), 2, "{events:#?}");
    (events[0].clone(), events[1].clone())
}

#[tokio::test]
async fn the_start_and_the_end_share_a_correlation_id() {
    let app = App::start().await;
    let cli = Cli::of(&app).with("GITHUB_ACTOR", "alice");
    let flags = [
        "--environment",
        "production",
        "--resource-type",
        "aws_rds_cluster",
    ];
    let done = run(&cli, &flags, "echo out; echo err >&2").await.good();
    assert_eq!((done.out.as_str(), done.err.as_str()), ("out\n", "err\n"));
    let (started, ended) = both(&app).await;
    assert_eq!(started["status"], "started");
    assert_eq!(ended["status"], "succeeded");
    assert_eq!(ended["correlation_id"], started["correlation_id"]);
    for event in [&started, &ended] {
        assert_eq!(event["type"], "deploy");
        assert_eq!(event["environment"], "production");
        assert_eq!(event["resource"], json!({"type": "aws_rds_cluster"}));
        assert_eq!(event["actor"], "alice");
        assert_eq!(event["details"]["command"], "sh");
    }
    assert_eq!(ended["details"]["exit code"], "0");
    assert!(ended["details"]["duration"].is_string());
    assert_eq!(ended["message"], Value::Null);
}

#[tokio::test]
async fn a_command_that_fails_keeps_its_exit_code() {
    let app = App::start().await;
    let done = run(&Cli::of(&app), &["--type", "destroy"], "exit 3").await;
    assert_eq!(done.code, Some(3));
    let (_, ended) = both(&app).await;
    assert_eq!(ended["status"], "failed");
    assert_eq!(ended["type"], "destroy");
    assert_eq!(ended["details"]["exit code"], "3");
}

#[tokio::test]
async fn a_death_by_a_signal_is_passed_on() {
    let app = App::start().await;
    let cli = Cli::of(&app);
    let done = run(&cli, &[], "kill -KILL $$").await;
    assert_eq!(done.code, Some(128 + 9), "{done:?}");
    let (_, ended) = both(&app).await;
    assert_eq!(ended["status"], "failed");
    assert_eq!(ended["details"]["signal"], "SIGKILL");
    let done = run(&cli, &[], "kill -TERM $$").await;
    assert_eq!(done.signal, Some(15), "{done:?}");
}

#[tokio::test]
async fn what_cannot_be_started_ends_as_in_a_shell() {
    let app = App::start().await;
    let cli = Cli::of(&app);
    let done = cli.run(&["run", "--", "no-such-program"]).await;
    assert_eq!(done.code, Some(127));
    assert!(done.err.contains("no-such-program"), "{}", done.err);
    let (_, ended) = both(&app).await;
    assert_eq!(ended["status"], "failed");
    assert!(ended["details"]["not started"].is_string());
    cli.file("data", "no program");
    assert_eq!(cli.run(&["run", "--", "./data"]).await.code, Some(126));
}

#[tokio::test]
async fn a_megabyte_comes_through_and_only_its_end_is_sent() {
    let app = App::start().await;
    let cli = Cli::of(&app).with("DB_PASSWORD", "fake-password");
    let script = "i=0; while [ $i -lt 16000 ]; do \
                  echo '\u{1b}[31mline of a good sixty characters, with fake-password\u{1b}[0m' $i; \
                  i=$((i+1)); done; echo oops >&2; exit 1";
    let done = run(&cli, &["--tail", "3"], script).await;
    assert_eq!(done.code, Some(1));
    assert!(done.out.len() > 1_000_000 && done.out.contains("fake-password"));
    assert_eq!(
        (done.out.lines().count(), done.err.as_str()),
        (16_000, "oops\n")
    );
    let (_, ended) = both(&app).await;
    let message = ended["message"].as_str().unwrap();
    assert_eq!(message.lines().count(), 3, "{message}");
    assert!(message.contains("oops"), "{message}");
    let last = "line of a good sixty characters, with *** 15999";
    assert!(message.contains(last), "{message}");
    assert!(!message.contains("fake-password"), "{message}");

    let untouched = run(&cli, &[], script).await;
    assert_eq!(untouched.out, done.out);
    assert_eq!(events(&app).await[3]["message"], Value::Null);
}

#[tokio::test]
async fn what_a_command_leaves_behind_is_not_waited_for() {
    let app = App::start().await;
    let cli = Cli::of(&app);
    // The process in the background keeps the pipes open.
    let begun = Instant::now();
    let mut command = cli.command(&["run", "--tail", "5", "--", "sh", "-c"]);
    command.arg("sleep 120 & echo $! > pid; echo done");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let done = finish(command, "").await;
    let left = std::fs::read_to_string(cli.home().join("pid")).unwrap();
    let _ = Command::new("kill").arg(left.trim()).status();
    assert_eq!(done.code, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(60));
    assert_eq!(both(&app).await.1["message"], "done");
}

#[tokio::test]
async fn a_signal_for_carillon_alone_is_handed_on() {
    let app = App::start().await;
    let cli = Cli::of(&app);
    let script = "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
    let mut child = cli
        .command(&["run", "--", "sh", "-c", script])
        .spawn()
        .unwrap();
    let waiting = tokio::task::spawn_blocking(move || {
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        let pid = child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        (child.wait().unwrap().code(), rest)
    });
    assert_eq!(waiting.await.unwrap(), (Some(7), "bye\n".to_owned()));
    assert_eq!(both(&app).await.1["details"]["exit code"], "7");
}

#[tokio::test]
async fn on_a_terminal_the_command_can_ask_and_gets_one_ctrl_c() {
    let app = App::start().await;
    let cli = Cli::of(&app);
    let script = cli.file(
        "asks",
        "test -t 0 && test -t 1 && test -t 2 || exit 9\n\
         printf 'Name? '; read name; echo \"Hello $name\"\n\
         count=0; trap 'count=$((count+1))' INT\n\
         echo ready; while [ $count -eq 0 ]; do sleep 0.05; done\n\
         sleep 0.3; echo \"interrupted $count time\"; exit 42\n",
    );
    let binary = env!("CARGO_BIN_EXE_carillon");
    let inner = format!("exec {binary} run -- sh {}", script.display());
    let mut command = cli.shell("script");
    command.args([
        "--quiet",
        "--return",
        "--flush",
        "--command",
        &inner,
        "/dev/null",
    ]);
    command.stdin(Stdio::piped());
    let terminal = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let mut keys = child.stdin.take().unwrap();
        let mut screen = child.stdout.take().unwrap();
        let mut shown = String::new();
        let begun = Instant::now();
        let mut wait_for = |text: &str| {
            let mut buffer = [0; 4_096];
            while !shown.contains(text) {
                assert!(begun.elapsed() < DEADLINE, "{shown}");
                let count = screen.read(&mut buffer).unwrap();
                assert_ne!(count, 0, "{shown}");
                shown += &String::from_utf8_lossy(&buffer[..count]);
            }
        };
        wait_for("Name? ");
        keys.write_all(b"alice\n").unwrap();
        wait_for("ready");
        keys.write_all(b"\x03").unwrap();
        wait_for("interrupted 1 time");
        child.wait().unwrap().code()
    });
    assert_eq!(terminal.await.unwrap(), Some(42));
    let (_, ended) = both(&app).await;
    assert_eq!(ended["details"]["exit code"], "42");
}

#[tokio::test]
async fn what_a_command_sends_itself_belongs_to_its_operation() {
    let app = App::start().await;
    let cli = Cli::of(&app);
    let script = format!("{} send scale", env!("CARGO_BIN_EXE_carillon"));
    run(&cli, &[], &script).await.good();
    let events = events(&app).await;
    assert_eq!(events.len(), 3);
    for event in &events {
        assert_eq!(event["correlation_id"], events[0]["correlation_id"]);
    }
}

#[tokio::test]
async fn a_message_of_a_run_arrives() {
    let app = App::start().await;
    app.register(&carillon_tests::slack("all", &["*"])).await;
    run(&Cli::of(&app), &["--tail", "2"], "echo all is well")
        .await
        .good();
    let messages = app.messages(2).await;
    let last = serde_json::to_string(&messages[1]).unwrap();
    assert!(last.contains("all is well"), "{last}");
}
