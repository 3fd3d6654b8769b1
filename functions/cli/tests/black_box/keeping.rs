//! Webhooks, keys and profiles: made, looked at, changed and removed.

use std::os::unix::fs::PermissionsExt as _;

use carillon_tests::{App, KEY, discord_url, slack};

use crate::cli::Cli;

const TOKEN: &str = "xoxb-fake-token-for-tests-wxyz";

#[tokio::test]
async fn a_webhook_lives_from_its_making_to_its_end() {
    let app = App::start().await;
    let cli = Cli::of(&app);
    let create = [
        "webhooks",
        "create",
        "prod alerts",
        "--channel",
        "infra",
        "-e",
        "production",
        "-e",
        "prod-*",
    ];
    let done = cli
        .run_with_input(&create, &format!("{TOKEN}\n"))
        .await
        .good();
    assert!(
        done.out.contains("xoxb-…wxyz") && !done.out.contains(TOKEN),
        "{}",
        done.out
    );
    let list = cli.run(&["webhooks", "list"]).await.good();
    for text in [
        "NAME",
        "prod alerts",
        "slack",
        "active",
        "environment: production, prod-*",
    ] {
        assert!(list.out.contains(text), "{text}: {}", list.out);
    }
    let taken = cli.run_with_input(&create, TOKEN).await;
    assert_eq!(taken.code, Some(1));
    assert!(taken.err.contains("The name is taken"), "{}", taken.err);

    let show = cli
        .run(&["webhooks", "show", "prod alerts", "-o", "json"])
        .await
        .good();
    let id = show.json()["id"].as_str().unwrap().to_owned();
    cli.run(&["webhooks", "disable", "prod alerts"])
        .await
        .good();
    let show = cli.run(&["webhooks", "show", &id]).await.good();
    assert!(show.out.contains("disabled"), "{}", show.out);
    cli.run(&["webhooks", "enable", &id]).await.good();

    cli.file(
        "patch.yaml",
        "event_types: ['*']\nfilters: {colour: [red]}\n",
    );
    let update = ["webhooks", "update", "prod alerts", "-f", "patch.yaml"];
    let done = cli.run(&update).await;
    assert!(
        done.err.contains("patch.yaml:2:11: filters/colour: "),
        "{}",
        done.err
    );
    cli.file("patch.yaml", "event_types: ['*']\n");
    assert!(cli.run(&update).await.good().out.contains("events    *"));

    let preview = cli
        .run(&["preview", "prod alerts", "--sample", "deploy"])
        .await
        .good();
    assert!(
        preview
            .out
            .contains("POST https://slack.com/api/chat.postMessage")
    );
    assert!(!preview.out.contains(TOKEN), "{}", preview.out);
    let test = cli.run(&["test", "prod alerts"]).await.good();
    assert!(test.out.contains("delivered"), "{}", test.out);
    assert_eq!(app.messages(1).await.len(), 1);

    let rotate = ["webhooks", "rotate", "prod alerts"];
    cli.run_with_input(&rotate, "xoxb-another-fake-token-abcd")
        .await
        .good();
    cli.run(&["webhooks", "delete", "prod alerts"]).await.good();
    let gone = cli.run(&["webhooks", "show", "prod alerts"]).await;
    assert_eq!(gone.code, Some(5));
    assert_eq!(gone.err, "carillon: there is no webhook `prod alerts`\n");
}

#[tokio::test]
async fn a_credential_goes_into_the_field_that_its_kind_has_for_it() {
    let app = App::start().await;
    let cli = Cli::of(&app);
    let create = |name| ["webhooks", "create", name, "--type", "webhook"];
    let made = cli
        .run_with_input(&create("ci"), "https://receiver.example.com/hooks")
        .await
        .good();
    assert!(made.out.contains("Keep the secret now"), "{}", made.out);
    let secret = format!("whsec_{}", "FAKE".repeat(10));
    let rotated = cli
        .run_with_input(&["webhooks", "rotate", "ci"], &secret)
        .await
        .good();
    assert!(rotated.out.contains("whsec_"), "{}", rotated.out);
    let made = cli
        .run(&["webhooks", "rotate", "ci", "--make"])
        .await
        .good();
    assert!(made.out.contains("Keep the secret now"), "{}", made.out);
    cli.run_with_input(&["webhooks", "rotate", "ci"], &secret)
        .await
        .good();
    let shown = cli.run(&["webhooks", "show", "ci", "-o", "json"]).await;
    let shown = shown.good().json();
    assert_eq!(shown["configuration"]["secret"], "whsec_…FAKE");

    let create = ["webhooks", "create", "chat", "--channel", "infra"];
    let url = discord_url("fake-token-for-tests-");
    let of_discord = [&create[..], &["--type", "discord"]].concat();
    let made = cli.run_with_input(&of_discord, &url).await.good();
    assert!(made.out.contains("webhook_url"), "{}", made.out);
    let unknown = [&create[..], &["--type", "discrod"]].concat();
    let refused = cli.run_with_input(&unknown, &url).await;
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("did you mean `discord`?"),
        "{}",
        refused.err
    );
}

#[tokio::test]
async fn a_webhook_comes_from_a_file_with_its_credential_from_the_environment() {
    let app = App::start().await;
    let cli = Cli::of(&app).with("URL", &discord_url("fake-token-for-tests-"));
    cli.file(
        "webhook.yaml",
        "name: gaming\ntype: discord\nevent_types: [deploy]\nconfiguration:\n  webhook_url: ${URL}\n",
    );
    cli.run(&["webhooks", "create", "-f", "webhook.yaml"])
        .await
        .good();
    let missing = cli.run(&["webhooks", "show", "gamin"]).await;
    assert!(
        missing.err.contains("did you mean `gaming`?"),
        "{}",
        missing.err
    );
}

#[tokio::test]
async fn a_test_that_does_not_arrive_ends_with_a_fault_and_what_to_do() {
    let app = App::start().await;
    app.register(&slack("prod alerts", &["*"])).await;
    let cli = Cli::of(&app);
    let failure = carillon_embedded::chat_sink::Failure::refusal("slack", "is_archived");
    app.sink().fail_next(1, failure);
    let done = cli.run(&["test", "prod alerts"]).await;
    assert_eq!(done.code, Some(1));
    assert!(done.out.contains("is_archived"), "{}", done.out);
    assert!(done.out.contains("what to do"), "{}", done.out);
}

#[tokio::test]
async fn a_key_is_made_used_and_ended() {
    let app = App::start().await;
    let cli = Cli::of(&app);
    let create = [
        "keys",
        "create",
        "ci",
        "--role",
        "publisher",
        "--expires",
        "90 days",
    ];
    let done = cli
        .run(&[&create[..], &["-o", "json"]].concat())
        .await
        .good();
    let (id, key) = (done.json()["id"].clone(), done.json()["key"].clone());
    let publisher = Cli::at(&app.url()).with("CARILLON_KEY", key.as_str().unwrap());
    publisher.run(&["send", "deploy"]).await.good();
    let low = publisher.run(&["webhooks", "list"]).await;
    assert_eq!(low.code, Some(4));
    assert!(low.err.contains("this needs the role"), "{}", low.err);
    let list = cli.run(&["keys", "list"]).await.good();
    assert!(list.out.contains("publisher") && !list.out.contains(key.as_str().unwrap()));
    cli.run(&["keys", "delete", id.as_str().unwrap()])
        .await
        .good();
    assert_eq!(
        cli.run(&["keys", "delete", id.as_str().unwrap()])
            .await
            .code,
        Some(5)
    );
}

#[tokio::test]
async fn a_key_is_kept_for_its_owner_alone_and_never_shown() {
    let app = App::start().await;
    let cli = Cli::at(&app.url()).without("CARILLON_URL");
    let wrong = cli
        .run_with_input(&["login", &app.url()], "fake-wrong-key\n")
        .await;
    assert_eq!(wrong.code, Some(4));
    let config = cli.home().join(".config/carillon/config.toml");
    assert!(!config.exists());

    let done = cli
        .run_with_input(&["login", &app.url(), "--name", "work"], KEY)
        .await
        .good();
    assert!(
        !done.out.contains(KEY) && !done.err.contains(KEY),
        "{done:?}"
    );
    let mode = std::fs::metadata(&config).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    cli.run(&["webhooks", "list"]).await.good();
    let profiles = cli.run(&["profiles"]).await.good();
    assert!(
        profiles.out.contains("work") && !profiles.out.contains(KEY),
        "{}",
        profiles.out
    );

    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = cli.run(&["webhooks", "list"]).await;
    assert_eq!(open.code, Some(2));
    assert!(open.err.contains("chmod 600"), "{}", open.err);
    // A build is not stopped by that, either.
    let done = cli.run(&["run", "--", "true"]).await.good();
    assert!(done.err.contains("chmod 600"), "{}", done.err);
    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o600)).unwrap();
    cli.run(&["logout", "work"]).await.good();
    assert_eq!(cli.run(&["webhooks", "list"]).await.code, Some(4));
}

#[tokio::test]
async fn help_and_completions_need_no_carillon() {
    let cli = Cli::at("http://127.0.0.1:1");
    let help = cli.run(&["--help"]).await.good();
    for command in ["run", "send", "apply", "deliveries", "Exit codes"] {
        assert!(help.out.contains(command), "{command}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            cli.run(&["completions", shell])
                .await
                .good()
                .out
                .contains("carillon")
        );
    }
    // Whoever has read enough may go.
    let mut command = cli.shell("sh");
    command.args([
        "-c",
        "\"$0\" completions bash | head -1",
        env!("CARGO_BIN_EXE_carillon"),
    ]);
    assert_eq!(crate::cli::finish(command, "").await.err, "");
}
