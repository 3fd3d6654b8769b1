//! Events of AWS that belong together, though AWS names no operation: they share a thread.

use carillon_tests::{App, slack};
use serde_json::{Value, json};

const SERVICE: &str = "arn:aws:ecs:eu-west-1:111122223333:service/production/checkout";
const DATABASE: &str = "arn:aws:rds:eu-west-1:111122223333:db:billing-db";

fn event(id: &str, source: &str, detail_type: &str, resource: &str, detail: Value) -> Value {
    json!({
        "version": "0", "id": id, "source": source, "detail-type": detail_type,
        "account": "111122223333", "region": "eu-west-1", "time": "2026-11-21T10:15:00Z",
        "resources": [resource], "detail": detail
    })
}

fn database(id: &str, event_id: &str, message: &str) -> Value {
    let detail = json!({
        "SourceType": "DB_INSTANCE", "SourceArn": DATABASE, "SourceIdentifier": "billing-db",
        "EventCategories": ["failover"], "EventID": event_id, "Message": message
    });
    event(id, "aws.rds", "RDS DB Instance Event", DATABASE, detail)
}

fn deployment(id: &str, name: &str, deployment: &str, reason: &str) -> Value {
    let detail = json!({
        "eventName": name, "eventType": "INFO", "deploymentId": deployment, "reason": reason
    });
    event(
        id,
        "aws.ecs",
        "ECS Deployment State Change",
        SERVICE,
        detail,
    )
}

async fn with_threads(event_types: &[&str]) -> App {
    let app = App::start().await;
    let mut webhook = slack("threads", event_types);
    webhook["configuration"]["grouping"] = json!("thread");
    app.register(&webhook).await;
    app
}

/// The thread of each event, by what its message says; all were accepted.
async fn told(app: &App, events: &[Value]) -> Vec<(String, Value)> {
    for event in events {
        let answer = app.eventbridge(event).await;
        assert_eq!(answer.body["duplicate"], false, "{}", answer.body);
    }
    let messages = app.messages(events.len()).await;
    let said = |payload: &Value| {
        let text = payload["text"].as_str().unwrap().to_owned();
        (text, payload["thread_ts"].clone())
    };
    messages
        .iter()
        .map(|message| said(&message.payload))
        .collect()
}

#[tokio::test]
async fn a_failover_and_its_end_share_a_thread_and_the_next_one_has_another() {
    let app = with_threads(&["error"]).await;
    let (began, over) = ("failover started.", "failover completed.");
    let mut next = database("f3", "RDS-EVENT-0013", began);
    next["time"] = json!("2026-12-24T10:15:00Z");
    let events = [
        database("f1", "RDS-EVENT-0013", began),
        database("f2", "RDS-EVENT-0049", over),
        next,
    ];
    let told = told(&app, &events).await;
    // The message that began the thread shows how its story ended.
    assert!(told[0].0.contains("resolved"), "{told:?}");
    assert!(told[1].0.contains("resolved"), "{told:?}");
    assert!(told[2].0.contains("being mended"), "{told:?}");
    assert_eq!(told[0].1, Value::Null);
    assert_ne!(told[1].1, Value::Null);
    assert_eq!(told[2].1, Value::Null);
    // What was told is no news, though its story is over.
    let again = &events[1];
    assert_eq!(app.eventbridge(again).await.body["duplicate"], true);
}

#[tokio::test]
async fn a_roll_back_stands_in_the_thread_of_the_deployment_that_failed_and_is_no_success() {
    let app = with_threads(&["deploy"]).await;
    let breaker = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.";
    let told = told(
        &app,
        &[
            deployment(
                "d1",
                "SERVICE_DEPLOYMENT_IN_PROGRESS",
                "ecs-svc/2",
                "in progress.",
            ),
            deployment(
                "d2",
                "SERVICE_DEPLOYMENT_FAILED",
                "ecs-svc/2",
                "tasks failed to start.",
            ),
            deployment("d3", "SERVICE_DEPLOYMENT_IN_PROGRESS", "ecs-svc/3", breaker),
            deployment(
                "d4",
                "SERVICE_DEPLOYMENT_COMPLETED",
                "ecs-svc/3",
                "completed.",
            ),
        ],
    )
    .await;
    let threads: Vec<&Value> = told.iter().map(|(_, thread)| thread).collect();
    assert_eq!(threads[0], &Value::Null);
    assert_ne!(threads[1], &Value::Null);
    assert_eq!(threads[1..], [threads[1]; 3]);
    assert!(told[3].0.contains("Deploy warning"), "{told:?}");
}

fn execution(id: &str, execution: &str, state: &str, trigger: &str) -> Value {
    let pipeline = "arn:aws:codepipeline:eu-west-1:111122223333:release";
    let detail = json!({
        "pipeline": "release", "execution-id": execution, "state": state,
        "execution-trigger": {"trigger-type": trigger}
    });
    let kind = "CodePipeline Pipeline Execution State Change";
    event(id, "aws.codepipeline", kind, pipeline, detail)
}

#[tokio::test]
async fn a_roll_back_of_a_pipeline_joins_what_failed_unless_something_has_succeeded_since() {
    let app = with_threads(&["deploy"]).await;
    let told = told(
        &app,
        &[
            execution("e1", "x-1", "FAILED", "Webhook"),
            execution("e2", "x-2", "STARTED", "ManualRollback"),
            execution("e3", "x-2", "SUCCEEDED", "ManualRollback"),
            execution("e4", "x-3", "FAILED", "Webhook"),
            execution("e5", "x-4", "SUCCEEDED", "Webhook"),
            execution("e6", "x-5", "STARTED", "ManualRollback"),
            // Nobody heard it begin.
            execution("e7", "x-6", "SUCCEEDED", "ManualRollback"),
        ],
    )
    .await;
    let threads: Vec<&Value> = told.iter().map(|(_, thread)| thread).collect();
    assert_ne!(threads[1], &Value::Null);
    assert_eq!(threads[2], threads[1]);
    for alone in [0, 3, 4, 5] {
        assert_eq!(threads[alone], &Value::Null, "{alone}: {told:?}");
    }
    for rolled_back in [2, 6] {
        assert!(told[rolled_back].0.contains("Deploy warning"), "{told:?}");
    }
}

/// A failed execution of a pipeline, and the action that made it fail.
fn failed_pipeline() -> (Value, Value) {
    let pipeline = "arn:aws:codepipeline:eu-west-1:111122223333:release";
    let base = json!({"pipeline": "release", "execution-id": "x-1", "state": "FAILED"});
    let mut action = base.clone();
    action["stage"] = json!("Deploy");
    action["action"] = json!("production");
    action["type"] = json!({"category": "Deploy", "provider": "ECS"});
    action["execution-result"] = json!({"external-execution-summary": "the disk is full"});
    let kind = |of: &str| format!("CodePipeline {of} Execution State Change");
    let source = "aws.codepipeline";
    (
        event("p2", source, &kind("Pipeline"), pipeline, base),
        event("p1", source, &kind("Action"), pipeline, action),
    )
}

#[tokio::test]
async fn a_pipeline_that_fails_before_its_action_says_why_as_soon_as_that_does() {
    let app = App::start().await;
    app.register(&slack("slack", &["deploy"])).await;
    let (execution, action) = failed_pipeline();
    for (event, is_known) in [
        (&execution, false),
        (&action, false),
        (&action, true),
        (&execution, true),
    ] {
        let answer = app.eventbridge(event).await;
        assert_eq!(answer.body["duplicate"], is_known, "{}", answer.body);
    }
    let messages = app.messages(2).await;
    let text = messages[1].payload.to_string();
    assert!(text.contains("the disk is full"), "{text}");
}

#[tokio::test]
async fn of_two_actions_that_fail_at_once_each_says_why() {
    let app = App::start().await;
    app.register(&slack("slack", &["deploy"])).await;
    let (execution, action) = failed_pipeline();
    let mut other = action.clone();
    other["id"] = json!("p3");
    other["detail"]["action"] = json!("canary");
    other["detail"]["execution-result"]["external-execution-summary"] = json!("no route");
    for (event, is_known) in [
        (&action, false),
        (&other, false),
        (&other, true),
        (&execution, true),
    ] {
        let answer = app.eventbridge(event).await;
        assert_eq!(answer.body["duplicate"], is_known, "{}", answer.body);
    }
    let messages = app.messages(2).await;
    let text = messages[1].payload.to_string();
    assert!(text.contains("no route"), "{text}");
}

#[tokio::test]
async fn a_failed_pipeline_is_one_message_that_says_why() {
    let app = App::start().await;
    app.register(&slack("slack", &["deploy", "scale"])).await;
    let (execution, action) = failed_pipeline();
    let first = app.eventbridge(&action).await;
    assert_eq!(first.body["duplicate"], false, "{}", first.body);
    let second = app.eventbridge(&execution).await;
    assert_eq!(second.body["duplicate"], true, "{}", second.body);
    app.publish(&json!({"type": "scale"})).await;
    let messages = app.messages(2).await;
    let text = messages[0].payload.to_string();
    for said in [
        "Deploy failed",
        "production of stage Deploy",
        "the disk is full",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
}

#[tokio::test]
async fn a_test_run_that_passes_is_news_only_after_one_that_failed() {
    let app = App::start().await;
    let run = |id: &str, how: &str| {
        let detail = json!({"canary-id": "c-1", "canary-name": "checkout"});
        let kind = format!("Synthetics Canary TestRun {how}");
        event(id, "aws.synthetics", &kind, "", detail)
    };
    for (id, how, is_news) in [
        ("s1", "Successful", false),
        ("s2", "Failure", true),
        ("s3", "Failure", false),
        ("s4", "Successful", true),
        ("s5", "Successful", false),
    ] {
        let answer = app.eventbridge(&run(id, how)).await;
        let stored = answer.body["duplicate"] == json!(false);
        assert_eq!(stored, is_news, "{id} {}", answer.body);
    }
}

#[tokio::test]
async fn a_parameter_of_the_parameter_store_is_told_by_its_name() {
    let app = App::start().await;
    app.register(&slack("slack", &["parameter_*"])).await;
    let arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/billing/database-url";
    let detail =
        json!({"operation": "Update", "name": "/billing/database-url", "type": "SecureString"});
    app.eventbridge(&event(
        "1",
        "aws.ssm",
        "Parameter Store Change",
        arn,
        detail,
    ))
    .await;
    let text = app.messages(1).await[0].payload.to_string();
    for said in ["Parameter /billing/database-url updated", "111122223333"] {
        assert!(text.contains(said), "{said} in {text}");
    }
}
