//! The README's commands work as pasted.

use std::path::{Path, PathBuf};

use carillon_tests::{App, KEY, slack, slack_url};

use crate::cli::{Cli, finish};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

const README: &str = "functions/cli/README.md";

/// The lines of its blocks of shell.
fn commands(text: &str) -> Vec<&str> {
    let mut is_shell = false;
    let inside = text.lines().filter(|line| {
        if line.starts_with("```") {
            is_shell = *line == "```sh";
            return false;
        }
        is_shell
    });
    inside.collect()
}

#[tokio::test]
async fn every_command_of_the_readme_works_as_pasted() {
    let app = App::start().await;
    app.register(&slack("infra alerts", &["*"])).await;
    let binary = Path::new(env!("CARGO_BIN_EXE_carillon"));
    let path = std::env::var("PATH").unwrap();
    let cli = Cli::at(&app.url())
        .without("CARILLON_URL")
        .without("PATH")
        .with(
            "PATH",
            &format!("{}:{path}", binary.parent().unwrap().display()),
        )
        .with("SLACK_TOKEN", "xoxb-fake-token-for-tests-wxyz");
    std::fs::create_dir(cli.home().join(".cloudctl")).unwrap();
    let url = slack_url(&"X".repeat(24));
    let cloudctl = format!("notifications:\n  work: {{provider: slack, webhook_url: \"{url}\"}}\n");
    cli.file(".cloudctl/config.yaml", &cloudctl);
    cli.file(
        "hooks.json",
        r#"{"name": "MyNewWebhook", "type": "slack", "event_types": ["parameter_created"],
            "configuration": {"token": "${SLACK_TOKEN}", "channel": "infra", "username": "CT"}}"#,
    );
    let text = std::fs::read_to_string(root().join(README)).unwrap();
    let mut count = 0;
    for line in commands(&text) {
        if line.starts_with("cargo install") {
            continue;
        }
        let mut command = cli.shell("sh");
        command.args(["-c", &line.replace("http://127.0.0.1:8787", &app.url())]);
        let input = if line.contains("login") { KEY } else { "" };
        let done = finish(command, input).await;
        assert_eq!(done.code, Some(0), "{line}: {done:?}");
        count += 1;
    }
    assert!(count > 20, "{count} commands");
}
