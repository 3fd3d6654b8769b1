//! `carillon apply` and `import`: files that say what the webhooks are.

use carillon_tests::{App, discord_url, slack_url};
use serde_json::{Value, json};

use crate::cli::Cli;

/// CloudCTL's own file, with its credentials in the environment.
const CLOUDCTL: &str = r##"# The settings of a deployment tool
version: 1
providers:
  aws: {regions: [eu-west-1], key: "${NOT_OURS}"}
notifications:
  work:
    enabled: true
    provider: slack
    webhook_url: ${WORK_URL}
    channels: ["#infra-alerts"]
  gaming:
    enabled: true
    provider: discord
    webhook_url: "${GAMING_URL}"
    channels: ["deploy-logs"]
"##;

fn cli(app: &App) -> Cli {
    let cli = Cli::of(app)
        .with("WORK_URL", &slack_url(&"X".repeat(24)))
        .with("GAMING_URL", &discord_url("fake-token-for-tests-"));
    cli.file("config.yaml", CLOUDCTL);
    cli
}

async fn webhooks(app: &App) -> Vec<Value> {
    app.get("/webhooks/").await.results().to_vec()
}

#[tokio::test]
async fn a_file_is_planned_applied_and_applied_again() {
    let app = App::start().await;
    let cli = cli(&app);
    let plan = cli.run(&["apply", "config.yaml", "--dry-run"]).await.good();
    assert_eq!(
        plan.out,
        "+ work (slack)\n+ gaming (discord)\n\n\
         2 to create, 0 to update, 0 to remove, 0 unchanged. Nothing was changed.\n"
    );
    assert_eq!(webhooks(&app).await.len(), 0);

    let done = cli.run(&["apply", "config.yaml"]).await.good();
    assert!(
        done.out
            .ends_with("2 created, 0 updated, 0 removed, 0 unchanged.\n"),
        "{}",
        done.out
    );
    let again = cli.run(&["apply", "config.yaml"]).await.good();
    assert!(again.out.contains("  work\n  gaming\n"), "{}", again.out);

    cli.file("config.yaml", &CLOUDCTL.replace("deploy-logs", "releases"));
    let plan = cli.run(&["apply", "config.yaml", "--dry-run"]).await.good();
    let diff = "~ gaming\n    - channels: [\"deploy-logs\"]\n    + channels: [\"releases\"]\n";
    assert!(plan.out.contains(diff), "{}", plan.out);

    let without = CLOUDCTL.split("  gaming:").next().unwrap();
    cli.file("config.yaml", without);
    let done = cli.run(&["apply", "config.yaml", "--prune"]).await.good();
    assert!(done.out.starts_with("  work\n- gaming\n"), "{}", done.out);
    assert_eq!(webhooks(&app).await.len(), 1);
    let json = cli
        .run(&["apply", "config.yaml", "-o", "json"])
        .await
        .good()
        .json();
    assert_eq!(json["results"][0]["result"], "unchanged");
}

#[tokio::test]
async fn all_that_the_environment_lacks_is_named_at_once_and_nothing_is_done() {
    let app = App::start().await;
    let cli = cli(&app).without("WORK_URL").without("GAMING_URL");
    let done = cli.run(&["apply", "config.yaml"]).await;
    assert_eq!(done.code, Some(2));
    assert!(
        done.err
            .contains("config.yaml:9:5: the environment has no `WORK_URL`"),
        "{}",
        done.err
    );
    assert!(
        done.err
            .contains("config.yaml:14:5: the environment has no `GAMING_URL`")
    );
    // What is not in the block is nobody's business.
    assert!(!done.err.contains("NOT_OURS"), "{}", done.err);
    assert_eq!(webhooks(&app).await.len(), 0);
}

#[tokio::test]
async fn faults_are_shown_where_they_are_in_the_file() {
    let app = App::start().await;
    let cli = cli(&app);
    let faulty = CLOUDCTL
        .replace("provider: discord", "provider: discrod")
        .replace(
            "    channels: [\"#infra-alerts\"]",
            "    events: [deploy, deplyo]\n    colour: red",
        );
    cli.file("config.yaml", &faulty);
    let done = cli.run(&["apply", "config.yaml"]).await;
    assert_eq!(done.code, Some(1));
    for place in [
        "config.yaml:10:22: notifications/work/events/1: ",
        "config.yaml:11:5: notifications/work/colour: ",
        "config.yaml:14:5: notifications/gaming/provider: ",
    ] {
        assert!(done.err.contains(place), "{place}: {}", done.err);
    }
    assert!(!done.err.contains("fake-token"), "{}", done.err);
    cli.file("config.yaml", "notifications:\n  work:\n    events: [*]\n");
    let done = cli.run(&["apply", "config.yaml"]).await;
    assert!(
        done.err.contains("config.yaml:3:") && done.err.contains("quoted"),
        "{}",
        done.err
    );
}

#[tokio::test]
async fn what_is_exported_can_be_applied() {
    let app = App::start().await;
    let cli = cli(&app);
    cli.run(&["apply", "config.yaml"]).await.good();
    let exported = cli.run(&["export"]).await.good();
    assert!(!exported.out.contains("fake-token"), "{}", exported.out);
    let again = cli
        .run_with_input(&["apply", "-"], &exported.out)
        .await
        .good();
    assert!(
        again.out.ends_with("0 removed, 2 unchanged.\n"),
        "{}",
        again.out
    );
}

#[tokio::test]
async fn cloudtruths_webhook_is_taken_over() {
    let app = App::start().await;
    let cli = Cli::of(&app).with("SLACK_TOKEN", "xoxb-fake-token-for-tests-wxyz");
    let payload = json!({
        "name": "MyNewWebhook", "event_types": ["parameter_created"], "type": "slack",
        "configuration": {"token": "${SLACK_TOKEN}", "channel": "infra", "username": "CloudTruth"},
        "organization": "string",
    });
    cli.file("webhook.json", &payload.to_string());
    let done = cli
        .run(&["import", "cloudtruth", "webhook.json"])
        .await
        .good();
    assert!(
        done.out.starts_with("+ MyNewWebhook (slack)\n"),
        "{}",
        done.out
    );
    assert!(done.out.contains("left out `organization`"), "{}", done.out);
    let webhook = &webhooks(&app).await[0];
    assert_eq!(webhook["event_types"], json!(["parameter_created"]));
    assert_eq!(webhook["configuration"]["channel"], "infra");

    cli.file(
        "webhook.json",
        &format!("{payload:#}").replace("parameter_created", "param"),
    );
    let done = cli.run(&["import", "cloudtruth", "webhook.json"]).await;
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("webhook.json:8:5: "), "{}", done.err);
}

#[tokio::test]
async fn cloudctls_file_is_found_where_cloudctl_keeps_it() {
    let app = App::start().await;
    let cli = cli(&app);
    std::fs::create_dir(cli.home().join(".cloudctl")).unwrap();
    cli.file(".cloudctl/config.yaml", CLOUDCTL);
    let done = cli.run(&["import", "cloudctl", "--dry-run"]).await.good();
    assert!(done.out.contains("2 to create"), "{}", done.out);
}
