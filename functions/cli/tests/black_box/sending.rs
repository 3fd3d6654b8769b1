//! `carillon send`, and looking at what became of it.

use carillon_embedded::chat_sink::Failure;
use carillon_tests::{App, slack};
use serde_json::json;

use crate::cli::{Cli, events};

#[tokio::test]
async fn every_field_has_a_flag() {
    let app = App::start().await;
    let cli = Cli::of(&app).with("CARILLON_ENVIRONMENT", "production");
    let arguments = [
        "send",
        "deploy",
        "--status",
        "succeeded",
        "--id",
        "deploy-7f3a",
        "--occurred-at",
        "2026-11-21T10:15:00Z",
        "--project",
        "billing",
        "--resource-type",
        "aws_rds_cluster",
        "--resource-id",
        "db-1",
        "--resource-name",
        "billing-db",
        "--resource-url",
        "https://example.com/db-1",
        "--provider",
        "aws",
        "--region",
        "eu-west-1",
        "--estimated-cost",
        "41.20 USD/month",
        "--actor",
        "alice",
        "--message",
        "free text",
        "--correlation-id",
        "release-42",
        "--as-dry-run",
        "--change",
        "description",
        "--change",
        "rotation",
        "--detail",
        "commit=9fceb02",
        "--detail",
        "query=a=b",
    ];
    let done = cli.run(&arguments).await.good();
    assert_eq!(done.out, "Sent deploy-7f3a\n");
    let event = app.get("/events/deploy-7f3a/").await.body;
    let expected = json!({
        "id": "deploy-7f3a", "type": "deploy", "status": "succeeded",
        "occurred_at": "2026-11-21T10:15:00Z", "environment": "production", "project": "billing",
        "resource": {"type": "aws_rds_cluster", "id": "db-1", "name": "billing-db",
                     "url": "https://example.com/db-1"},
        "provider": "aws", "region": "eu-west-1",
        "estimated_cost": {"amount": "41.20", "currency": "USD", "period": "month"},
        "actor": "alice", "message": "free text", "correlation_id": "release-42",
        "dry_run": true, "changes": ["description", "rotation"],
        "details": {"commit": "9fceb02", "query": "a=b"},
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&event[name], value, "{name}");
    }
    let again = cli.run(&arguments).await.good();
    assert!(again.out.contains("was there already"), "{}", again.out);
}

#[tokio::test]
async fn an_event_comes_from_a_file_or_from_standard_input() {
    let app = App::start().await;
    let cli = Cli::of(&app);
    cli.file(
        "event.json",
        r#"{"id": "a", "type": "deploy", "actor": "bob"}"#,
    );
    let flags = ["send", "-f", "event.json", "--status", "failed"];
    cli.run(&flags).await.good();
    let event = app.get("/events/a/").await.body;
    assert_eq!(
        (&event["status"], &event["actor"]),
        (&json!("failed"), &json!("bob"))
    );

    let batch = "events:\n- {type: scale}\n- {id: b, type: destroy}\n";
    let done = cli.run_with_input(&["send"], batch).await.good();
    assert!(done.out.contains("Sent b\n2 events"), "{}", done.out);
    let cloudevent =
        r#"{"specversion": "1.0", "id": "c", "source": "/x", "type": "com.acme.deploy"}"#;
    cli.run_with_input(&["send", "-f", "-"], cloudevent)
        .await
        .good();
    assert_eq!(events(&app).await.len(), 4);
}

#[tokio::test]
async fn faults_are_shown_where_they_are_in_the_file() {
    let app = App::start().await;
    let cli = Cli::of(&app);
    cli.file(
        "event.json",
        "{\n  \"type\": \"deplyo\",\n  \"resource\": {\n    \"url\": \"nowhere\"\n  }\n}\n",
    );
    let done = cli.run(&["send", "-f", "event.json"]).await;
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("event.json:2:3: type: "), "{}", done.err);
    assert!(done.err.contains("`deploy`"), "{}", done.err);
    assert!(
        done.err.contains("event.json:4:5: resource/url: "),
        "{}",
        done.err
    );

    let done = cli.run(&["send", "-f", "event.json", "-o", "json"]).await;
    assert!(done.err.contains("\"pointer\": \"/type\""), "{}", done.err);
    cli.file("bad.json", "{\"type\": deploy}");
    let done = cli.run(&["send", "-f", "bad.json"]).await;
    assert_eq!(done.code, Some(2));
    assert!(
        done.err.contains("bad.json:1:10: is no JSON"),
        "{}",
        done.err
    );
    assert_eq!(cli.run(&["send", "-f", "none.json"]).await.code, Some(2));
}

#[tokio::test]
async fn what_failed_is_found_and_sent_once_more() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["*"])).await;
    let cli = Cli::of(&app);
    app.sink()
        .fail_next(1, Failure::refusal("slack", "msg_too_long"));
    cli.run(&["send", "deploy", "--id", "one"]).await.good();
    app.delivery(&id, "failed").await;

    let all = cli.run(&["deliveries", "--failed"]).await.good();
    for text in ["prod alerts", "deploy one", "failed", "msg_too_long"] {
        assert!(all.out.contains(text), "{text}: {}", all.out);
    }
    let one = cli
        .run(&["deliveries", "prod alerts", "--failed", "-o", "json"])
        .await
        .good();
    let delivery = one.json()[0]["id"].as_str().unwrap().to_owned();
    let shown = cli
        .run(&["deliveries", "prod alerts", &delivery])
        .await
        .good();
    assert!(shown.out.contains("ATTEMPT"), "{}", shown.out);

    let done = cli
        .run(&["redeliver", "prod alerts", &delivery])
        .await
        .good();
    assert_eq!(done.out, "1 delivery will be sent.\n");
    app.messages(1).await;
    app.delivery(&id, "delivered").await;
    let nothing = cli.run(&["recover", "prod alerts"]).await.good();
    assert!(
        nothing.out.starts_with("Nothing is sent: "),
        "{}",
        nothing.out
    );
    let none = cli.run(&["deliveries", "--failed"]).await.good();
    assert_eq!(none.out, "There is none.\n");
    let event = cli.run(&["events", "one"]).await.good();
    assert!(event.out.contains("delivered"), "{}", event.out);
    assert!(cli.run(&["events"]).await.good().out.contains("one"));
    assert_eq!(cli.run(&["failures"]).await.good().out, "There is none.\n");
}
