//! Events that nobody publishes: from the application's tables and from AWS itself.

use carillon_tests::{App, slack, until};
use reqwest::StatusCode;
use serde_json::{Value, json};

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/billing/6c1b2d30-c4f1-11ef-a1b2-0a1b2c3d4e5f";

/// A webhook that gets each event as a message of its own.
fn one_by_one(event_types: &[&str]) -> Value {
    let mut webhook = slack("slack", event_types);
    webhook["configuration"]["digest"] = json!("off");
    webhook
}

fn parameter(value: &str) -> Value {
    json!({
        "entity": {"S": "parameter"}, "organization": {"S": "org_acme"}, "id": {"S": "p-1"},
        "name": {"S": "DATABASE_URL"}, "project": {"S": "billing"}, "actor": {"S": "alice"},
        "value": {"S": value}
    })
}

#[tokio::test]
async fn an_item_written_changed_and_removed_tells_three_times_and_never_its_values() {
    let app = App::start().await;
    app.register(&one_by_one(&["parameter_*"])).await;
    app.put_item(&parameter("canary-one")).await;
    app.put_item(&parameter("canary-two")).await;
    // No change: no event.
    app.put_item(&parameter("canary-two")).await;
    app.dynamodb(
        "DeleteItem",
        &json!({"TableName": "entities",
                "Key": {"organization": {"S": "org_acme"}, "id": {"S": "p-1"}}}),
    )
    .await;
    let messages = app.messages(3).await;
    assert_eq!(messages.len(), 3);
    for (message, word) in messages.iter().zip(["created", "updated", "deleted"]) {
        let text = message.payload.to_string();
        assert!(
            text.contains(word) && text.contains("DATABASE_URL"),
            "{text}"
        );
        assert!(!text.contains("canary"), "{text}");
    }
    assert!(messages[1].payload.to_string().contains("value"));
}

#[tokio::test]
async fn an_item_that_is_no_entity_stops_nobody() {
    let app = App::start().await;
    app.register(&one_by_one(&["*"])).await;
    app.put_item(
        &json!({"organization": {"S": "org_acme"}, "id": {"S": "x"}, "n": {"NULL": true}}),
    )
    .await;
    app.put_item(&parameter("v")).await;
    assert!(
        app.messages(1).await[0]
            .payload
            .to_string()
            .contains("DATABASE_URL")
    );
}

fn stack_status(status: &str) -> Value {
    json!({
        "version": "0", "id": "8847e5b9-2fd5-4a4e-9f0e-6b1a2f6f1c55",
        "detail-type": "CloudFormation Stack Status Change", "source": "aws.cloudformation",
        "account": "111122223333", "time": "2026-11-21T10:15:00Z", "region": "eu-west-1",
        "resources": [STACK],
        "detail": {
            "stack-id": STACK, "client-request-token": "release-42",
            "status-details": {"status": status, "status-reason": ""}
        }
    })
}

#[tokio::test]
async fn a_stack_status_change_arrives_once_however_often_it_is_sent() {
    let app = App::start().await;
    app.register(&one_by_one(&["deploy", "scale"])).await;
    for _ in 0..2 {
        let answer = app.eventbridge(&stack_status("CREATE_COMPLETE")).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    }
    app.publish(&json!({"type": "scale"})).await;
    let messages = app.messages(2).await;
    assert_eq!(messages.len(), 2);
    let text = messages[0].payload.to_string();
    assert!(
        text.contains("billing") && text.contains("eu-west-1"),
        "{text}"
    );
}

#[tokio::test]
async fn an_intermediate_state_is_no_news_and_an_unknown_event_is_refused() {
    let app = App::start().await;
    let skipped = app
        .eventbridge(&stack_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
        .await;
    assert_eq!(
        skipped.body,
        json!({"skipped": true, "reason": "intermediate-states"})
    );
    let listed = app.failures().await;
    assert_eq!(listed[0]["reason"], "no news: intermediate-states");
    let unknown = app
        .eventbridge(
            &json!({"id": "1", "source": "aws.ec2", "detail-type": "EC2 Weather", "detail": {}}),
        )
        .await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        app.eventbridge(&json!([])).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn an_event_of_no_use_is_kept_with_the_reason_newest_first() {
    let app = App::start().await;
    let unknown =
        json!({"id": "1", "source": "aws.ec2", "detail-type": "EC2 Weather", "detail": {}});
    let malformed = stack_status("");
    for event in [&unknown, &malformed, &json!([7])] {
        let refused = app.eventbridge(event).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    }
    let http = reqwest::Client::new();
    let url = format!("{}/_local/eventbridge", app.url());
    let no_json = http.post(url).header("content-type", "application/json");
    app.send(no_json.body("{no JSON")).await;
    app.put_events(&json!({"Entries": [
        {"Source": "aws.ec2", "DetailType": "EC2 Tides", "Detail": "{}"}
    ]}))
    .await;

    let failures = app
        .send(http.get(format!("{}/_local/failures", app.url())))
        .await;
    assert_eq!(failures.status, StatusCode::OK);
    let kept = failures.body.as_array().unwrap();
    let expected = [
        ("EC2 Tides of aws.ec2", None),
        ("is an object, not a string", Some(json!("{no JSON"))),
        ("is an object, not a list", Some(json!([7]))),
        ("`status` is required", Some(malformed)),
        ("EC2 Weather of aws.ec2", Some(unknown)),
    ];
    assert_eq!(kept.len(), expected.len(), "{}", failures.body);
    for (kept, (reason, payload)) in kept.iter().zip(expected) {
        assert_eq!(kept["function"], "cloud-events");
        assert!(kept["reason"].as_str().unwrap().contains(reason), "{kept}");
        assert!(
            payload.is_none_or(|payload| kept["payload"] == payload),
            "{kept}"
        );
    }
}

#[tokio::test]
async fn different_events_that_share_an_id_are_both_told() {
    let app = App::start().await;
    app.register(&one_by_one(&["deploy"])).await;
    for status in ["CREATE_IN_PROGRESS", "CREATE_FAILED"] {
        let answer = app.eventbridge(&stack_status(status)).await;
        assert_eq!(answer.body["duplicate"], false, "{status}");
    }
    let messages = app.messages(2).await;
    assert!(messages[1].payload.to_string().contains("Deploy failed"));
    let again = app.eventbridge(&stack_status("CREATE_FAILED")).await;
    assert_eq!(again.body["duplicate"], true);
}

#[tokio::test]
async fn every_fault_of_an_event_is_named_at_once() {
    let app = App::start().await;
    let refused = app
        .eventbridge(&json!({
            "id": "1", "source": "carillon.event",
            "detail": {"type": "depoly", "stauts": "failed", "organization": "org_other"}
        }))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let pointers: Vec<_> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        ["/detail/organization", "/detail/type", "/detail/stauts"]
    );
}

#[tokio::test]
async fn any_aws_client_can_put_events_as_on_aws() {
    let app = App::start().await;
    app.register(&one_by_one(&["*"])).await;
    let detail = json!({"pipeline": "release", "execution-id": "x", "state": "FAILED"});
    // AWS's clients end the endpoint's path with a slash.
    let answer = app
        .put_events(&json!({"Entries": [
            {"Source": "aws.codepipeline", "Detail": detail.to_string(), "Time": 1_795_256_100,
             "DetailType": "CodePipeline Pipeline Execution State Change"},
            {"Source": "carillon.event", "DetailType": "any", "Detail": "{\"type\": \"scale\"}"},
            {"Source": "aws.ec2", "DetailType": " ", "Detail": "no JSON"},
        ]}))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.body["FailedEntryCount"], 1);
    let entries = &answer.body["Entries"];
    assert!(entries[0]["EventId"].is_string() && entries[1]["EventId"].is_string());
    let said = entries[2]["ErrorMessage"].as_str().unwrap();
    assert!(
        said.contains("DetailType is required") && said.contains("Detail must be a JSON object"),
        "{said}"
    );
    let messages = app.messages(2).await;
    assert!(messages[0].payload.to_string().contains("Deploy failed"));
    let none = app.put_events(&json!({"Entries": []})).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn every_fixture_is_taken_once_or_is_no_news() {
    let app = App::start().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/eventbridge");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let event: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let first = app.eventbridge(&event).await;
        assert_eq!(
            first.status,
            StatusCode::ACCEPTED,
            "{path:?} {}",
            first.body
        );
        let again = app.eventbridge(&event).await;
        let is_duplicate = again.body["duplicate"] == json!(true);
        assert!(
            is_duplicate || again.body["skipped"] == json!(true),
            "{path:?}"
        );
    }
}

#[tokio::test]
async fn an_item_whose_time_is_over_says_that_nobody_removed_it() {
    let app = App::start().await;
    app.register(&one_by_one(&["environment_deleted"])).await;
    app.dynamodb(
        "UpdateTimeToLive",
        &json!({"TableName": "entities", "TimeToLiveSpecification": {
            "Enabled": true, "AttributeName": "expires_at"}}),
    )
    .await;
    app.put_item(&json!({
        "entity": {"S": "environment"}, "organization": {"S": "org_acme"}, "id": {"S": "e-7"},
        "name": {"S": "review-7"}, "actor": {"S": "alice"}, "expires_at": {"N": "1700000000"}
    }))
    .await;
    let text = app.messages(1).await[0].payload.to_string();
    assert!(
        text.contains("review-7") && text.contains("time to live"),
        "{text}"
    );
    assert!(!text.contains("alice"), "{text}");
}

#[tokio::test]
async fn nested_changes_and_transactions_tell_the_names_alone() {
    let app = App::start().await;
    app.register(&one_by_one(&["parameter_updated"])).await;
    let item = |owner: &str, seen: &str| {
        json!({
            "entity": {"S": "parameter"}, "organization": {"S": "org_acme"}, "id": {"S": "p-1"},
            "tags": {"M": {"owner": {"S": owner}, "team": {"S": "canary"}}},
            "rules": {"L": [{"M": {"port": {"N": "80"}}}]},
            "numbers": {"NS": ["1", "2"]}, "modified_at": {"S": seen}
        })
    };
    app.put_item(&item("canary-one", "1")).await;
    // Nothing but what is ignored.
    app.put_item(&item("canary-one", "2")).await;
    app.dynamodb(
        "TransactWriteItems",
        &json!({"TransactItems": [{"Put": {"TableName": "entities", "Item": item("canary-two", "3")}}]}),
    )
    .await;
    let messages = app.messages(1).await;
    let text = messages[0].payload.to_string();
    assert!(text.contains("tags.owner"), "{text}");
    for absent in ["canary", "tags.team", "modified_at", "rules", "numbers"] {
        assert!(!text.contains(absent), "{absent} in {text}");
    }
}

#[tokio::test]
async fn a_webhook_for_production_is_told_of_the_production_accounts_database_alone() {
    let environments = "111122223333=production,444455556666=staging";
    let app = App::start_described(&[("ACCOUNT_ENVIRONMENTS", environments)]).await;
    let mut webhook = slack("prod alerts", &["deploy", "destroy", "error"]);
    webhook["filters"] = json!({"environment": ["production", "prod-*"]});
    app.register(&webhook).await;
    let failing = include_str!("../fixtures/eventbridge/rds_low_storage.json");
    let mut failing: Value = serde_json::from_str(failing).unwrap();
    for (account, matched) in [("444455556666", 0), ("111122223333", 1)] {
        failing["id"] = account.into();
        failing["account"] = account.into();
        let stored = app.eventbridge(&failing).await;
        let at = format!("/events/{}/", stored.body["id"].as_str().unwrap());
        until("it is dispatched", async || {
            app.get(&at).await.body["matched"] == matched
        })
        .await;
    }
    let message = app.messages(1).await[0].payload.to_string();
    assert!(
        message.contains("111122223333") && message.contains("production"),
        "{message}"
    );
}
