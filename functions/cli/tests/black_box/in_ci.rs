//! The GitHub Action and the GitLab template: their script, run as they run it.

use std::path::PathBuf;

use carillon_tests::{App, KEY};
use serde_json::Value;

use crate::cli::{Cli, Done, events, finish};

fn folder() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("../../.github/actions/notify")
}

/// As on a runner of GitHub, in a job with this name.
fn github(app: &App, job: &str) -> Cli {
    Cli::of(app)
        .with("GITHUB_ACTIONS", "true")
        .with("GITHUB_SERVER_URL", "https://github.example")
        .with("GITHUB_REPOSITORY", "acme/billing")
        .with("GITHUB_RUN_ID", "42")
        .with("GITHUB_RUN_ATTEMPT", "1")
        .with("GITHUB_JOB", job)
        .with("GITHUB_WORKFLOW", "Deploy \"billing\" \\ now")
        .with("GITHUB_ACTOR", "alice")
        .with("GITHUB_SHA", "9fceb02d0ae598e95dc970b74767f19372d61af8")
        .with("GITHUB_REF_NAME", "main")
}

async fn notify(cli: &Cli, inputs: &[(&str, &str)]) -> Done {
    let mut command = cli.shell("sh");
    command.arg(folder().join("notify.sh"));
    for (name, value) in inputs {
        command.env(name, value);
    }
    finish(command, "").await
}

#[tokio::test]
async fn a_job_of_github_is_one_operation() {
    let app = App::start().await;
    let cli = github(&app, "deploy");
    let inputs = |status| {
        [
            ("CARILLON_STATUS", status),
            ("CARILLON_ENVIRONMENT", "production"),
            (
                "CARILLON_MESSAGE",
                "a \"quoted\" \\ line\nand another, Grüße\t🔔",
            ),
        ]
    };
    for status in ["started", "failure", "failure"] {
        let done = notify(&cli, &inputs(status)).await.good();
        assert!(!format!("{done:?}").contains(KEY), "{done:?}");
    }
    let events = events(&app).await;
    let statuses: Vec<_> = events.iter().map(|event| event["status"].clone()).collect();
    // Sent twice, told once.
    assert_eq!(statuses, ["started", "failed"]);
    assert_eq!(events[0]["correlation_id"], events[1]["correlation_id"]);
    let event = &events[1];
    assert_eq!(event["type"], "deploy");
    assert_eq!(event["environment"], "production");
    assert_eq!(event["project"], "acme/billing");
    assert_eq!(event["actor"], "alice");
    assert_eq!(
        event["message"],
        "a \"quoted\" \\ line\nand another, Grüße\t🔔"
    );
    assert_eq!(
        event["details"]["build"],
        "https://github.example/acme/billing/actions/runs/42"
    );
    assert_eq!(event["details"]["workflow"], "Deploy \"billing\" \\ now");
    let other = github(&app, "test");
    notify(&other, &inputs("success")).await.good();
    let last = crate::cli::events(&app).await[2].clone();
    assert_ne!(last["correlation_id"], event["correlation_id"]);
    assert_eq!(last["status"], "succeeded");
}

#[tokio::test]
async fn two_environments_of_a_job_and_two_legs_of_a_matrix_are_operations_of_their_own() {
    let app = App::start().await;
    let cli = github(&app, "deploy");
    for (environment, leg) in [("staging", "0"), ("production", "0"), ("production", "1")] {
        let inputs = [
            ("CARILLON_STATUS", "started"),
            ("CARILLON_ENVIRONMENT", environment),
            ("CARILLON_JOB_INDEX", leg),
        ];
        notify(&cli, &inputs).await.good();
    }
    let events = events(&app).await;
    let operations: std::collections::BTreeSet<_> = events
        .iter()
        .map(|event| event["correlation_id"].to_string())
        .collect();
    assert_eq!(operations.len(), 3, "{events:?}");
}

#[tokio::test]
async fn a_job_goes_on_without_carillon_unless_it_must_not() {
    let cli = Cli::at("http://127.0.0.1:1").with("CARILLON_KEY", KEY);
    let done = notify(&cli, &[("CARILLON_STATUS", "started")]).await.good();
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);
    let strict = [("CARILLON_STATUS", "started"), ("CARILLON_STRICT", "true")];
    assert_eq!(notify(&cli, &strict).await.code, Some(1));
    let app = App::start().await;
    let cli = Cli::of(&app);
    // What Carillon refuses is said in its own words.
    let inputs = [("CARILLON_STATUS", "started"), ("CARILLON_TYPE", "deplyo")];
    let done = notify(&cli, &inputs).await.good();
    assert!(done.err.contains("did you mean"), "{}", done.err);
    let done = notify(&cli, &[("CARILLON_STATUS", "green")]).await;
    assert_eq!(done.code, Some(2), "{done:?}");
}

#[tokio::test]
async fn the_action_passes_every_input_on_and_no_key_as_an_argument() {
    let text = std::fs::read_to_string(folder().join("action.yml")).unwrap();
    let action: Value = serde_saphyr::from_str(&text).unwrap();
    let step = &action["runs"]["steps"][0];
    let passed = step["env"].as_object().unwrap();
    for name in action["inputs"].as_object().unwrap().keys() {
        let used = format!("${{{{ inputs.{name} }}}}");
        assert!(
            passed.values().any(|value| *value == used.as_str()),
            "{name}"
        );
    }
    let run = step["run"].as_str().unwrap();
    assert!(run.contains("notify.sh") && !run.contains("${{"), "{run}");
}

#[tokio::test]
async fn a_job_of_gitlab_is_one_operation() {
    let app = App::start().await;
    let text = std::fs::read_to_string(folder().join("carillon.gitlab-ci.yml")).unwrap();
    let template: Value = serde_saphyr::from_str(&text).unwrap();
    let cli = Cli::of(&app)
        .with("GITLAB_CI", "true")
        .with("CI_PROJECT_PATH", "acme/billing")
        .with("CI_JOB_ID", "77")
        .with("CI_JOB_NAME", "deploy")
        .with(
            "CI_JOB_URL",
            "https://gitlab.example/acme/billing/-/jobs/77",
        )
        .with("CI_ENVIRONMENT_NAME", "production")
        .with("CI_COMMIT_SHA", "9fceb02d0ae598e95dc970b74767f19372d61af8")
        .with("CI_COMMIT_REF_NAME", "main")
        .with("GITLAB_USER_LOGIN", "alice");
    std::fs::create_dir(cli.home().join(".gitlab")).unwrap();
    let script = std::fs::read_to_string(folder().join("notify.sh")).unwrap();
    cli.file(".gitlab/notify.sh", &script);
    for (part, status) in [("before_script", "running"), ("after_script", "success")] {
        for line in template[".carillon"][part].as_array().unwrap() {
            let mut command = cli.shell("sh");
            command.args(["-c", line.as_str().unwrap()]);
            command.env("CI_JOB_STATUS", status);
            finish(command, "").await.good();
        }
    }
    let events = events(&app).await;
    let statuses: Vec<_> = events.iter().map(|event| event["status"].clone()).collect();
    assert_eq!(statuses, ["started", "succeeded"]);
    assert_eq!(events[0]["correlation_id"], events[1]["correlation_id"]);
    for event in &events {
        assert_eq!(event["environment"], "production");
        assert_eq!(event["project"], "acme/billing");
        assert_eq!(event["actor"], "alice");
    }
}
