//! What is counted and measured, and that every alarm of the template watches something that is
//! there: what the functions really write, or what AWS documents for the resource.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use carillon_domain::Webhook;
use carillon_embedded::chat_sink::{Failure, Plan};
use carillon_janitor::Janitor;
use carillon_runtime::metrics::{self, OWN_FAULTS};
use serde_json::Value;

use crate::stage::{Stage, discord, discord_url, slack};
use crate::{SECOND, TOKEN};

const MINUTE: Duration = Duration::from_secs(60);

/// How often deliveries ended so, by kind of destination.
fn deliveries(stage: &Stage, kind: &str, outcome: &str) -> f64 {
    let lines = stage.lines.all();
    let of_kind = lines
        .iter()
        .filter(|line| line["Kind"] == kind && line["Outcome"] == outcome);
    of_kind.filter_map(|line| line["Deliveries"].as_f64()).sum()
}

#[tokio::test]
async fn deliveries_are_counted_by_kind_and_outcome_and_their_time_is_measured() {
    let mut stage = Stage::new().await;
    let slack = stage.register(slack(1, "infra"), TOKEN).await;
    let discord = stage.register(discord(2), &discord_url(2)).await;
    stage.publish(&slack).await;
    stage.publish(&discord).await;
    stage.serve().await;
    for kind in ["slack", "discord"] {
        assert_eq!(deliveries(&stage, kind, "delivered"), 1.0, "{kind}");
        assert_eq!(deliveries(&stage, kind, "retried"), 0.0, "{kind}");
    }
    assert!(stage.lines.values("WakeUps").iter().sum::<f64>() >= 2.0);
    let taken = stage.lines.values("SecondsToPost");
    assert!(
        taken.len() == 2 && taken.iter().all(|taken| *taken < 5.0),
        "{taken:?}"
    );

    stage.sink.plan(Plan {
        failure: Failure::Status(503),
        count: Some(1),
        channel: Some("infra".into()),
    });
    stage.publish(&slack).await;
    stage.serve_for(MINUTE, SECOND).await;
    assert_eq!(deliveries(&stage, "slack", "retried"), 1.0);
    assert_eq!(deliveries(&stage, "slack", "delivered"), 2.0);
    let taken = stage.lines.values("SecondsToPost");
    assert!(taken[2] >= 4.0, "the wait is part of it: {taken:?}");
}

#[tokio::test]
async fn a_lane_that_waits_grows_older_without_being_overdue() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.publish(&webhook).await;
    stage.is_down.store(true, Ordering::SeqCst);
    stage.serve_for(MINUTE * 60, SECOND * 10).await;
    let last = |metric| *stage.lines.values(metric).last().unwrap();
    assert_eq!(last("LanesWaiting"), 1.0);
    let oldest = last("OldestWaitingSeconds");
    assert!((3_000.0..3_700.0).contains(&oldest), "{oldest}");
    let overdue = stage.lines.values("OverdueSeconds");
    let most = overdue.into_iter().fold(0.0, f64::max);
    assert!(most <= 60.0, "{most}");

    stage.is_down.store(false, Ordering::SeqCst);
    stage.serve_for(MINUTE * 15, SECOND * 10).await;
    let last = |metric| *stage.lines.values(metric).last().unwrap();
    assert_eq!(
        (last("LanesWaiting"), last("OldestWaitingSeconds")),
        (0.0, 0.0)
    );
}

#[tokio::test]
async fn a_lane_that_nobody_has_woken_is_overdue() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.publish(&webhook).await;
    stage.is_down.store(true, Ordering::SeqCst);
    stage.serve_for(MINUTE * 20, SECOND * 10).await;
    // For an hour, no schedule runs.
    stage.clock.advance(MINUTE * 60);
    stage.serve_for(SECOND, SECOND).await;
    let overdue = stage.lines.values("OverdueSeconds");
    let most = overdue.into_iter().fold(0.0, f64::max);
    assert!(most > 2_900.0, "{most}");
}

/// Has the functions write what they write only in trouble.
async fn everything_goes_wrong(stage: &mut Stage) {
    let revoked: Webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage
        .sink
        .fail_next(1, Failure::refusal("slack", "token_revoked"));
    stage.publish(&revoked).await;
    stage.serve().await;
    let unread = stage
        .register(slack(2, "other"), "xoxb-another-fake-token")
        .await;
    stage.secrets_are_away.store(true, Ordering::SeqCst);
    stage.publish(&unread).await;
    stage.serve_for(SECOND * 2, SECOND).await;
    stage.secrets_are_away.store(false, Ordering::SeqCst);
    stage.serve_for(MINUTE * 2, SECOND).await;
    let janitor = Janitor::new(stage.registry.clone(), stage.credentials.clone())
        .with_metrics(stage.lines.metrics("JanitorFunction"));
    janitor.round(stage.now(), MINUTE).await.unwrap();
}

#[tokio::test]
async fn suspensions_and_secrets_that_cannot_be_read_are_counted() {
    let mut stage = Stage::new().await;
    everything_goes_wrong(&mut stage).await;
    assert_eq!(stage.lines.values("Suspensions"), [1.0]);
    assert!(!stage.lines.values("UnreadableSecrets").is_empty());
    assert_eq!(stage.lines.values("Rounds"), [1.0]);
}

/// A metric that an alarm watches: namespace, name, and its dimensions with what they refer to.
type Watched = (String, String, BTreeMap<String, String>);

/// What AWS documents, by the type of resource that the dimension names (CloudWatch metrics in
/// the guides of Lambda, SQS, API Gateway and DynamoDB).
const OF_AWS: [(&str, &str, &[&str], &str); 11] = [
    (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        &["QueueName"],
        "AWS::SQS::Queue",
    ),
    (
        "AWS/SQS",
        "ApproximateNumberOfMessagesNotVisible",
        &["QueueName"],
        "AWS::SQS::Queue",
    ),
    (
        "AWS/SQS",
        "ApproximateAgeOfOldestMessage",
        &["QueueName"],
        "AWS::SQS::Queue",
    ),
    (
        "AWS/Lambda",
        "Errors",
        &["FunctionName"],
        "AWS::Serverless::Function",
    ),
    (
        "AWS/Lambda",
        "Throttles",
        &["FunctionName"],
        "AWS::Serverless::Function",
    ),
    (
        "AWS/Lambda",
        "Invocations",
        &["FunctionName"],
        "AWS::Serverless::Function",
    ),
    (
        "AWS/Lambda",
        "IteratorAge",
        &["FunctionName"],
        "AWS::Serverless::Function",
    ),
    (
        "AWS/Lambda",
        "DestinationDeliveryFailures",
        &["FunctionName"],
        "AWS::Serverless::Function",
    ),
    (
        "AWS/Lambda",
        "AsyncEventsDropped",
        &["FunctionName"],
        "AWS::Serverless::Function",
    ),
    ("AWS/ApiGateway", "5xx", &["ApiId"], "Api"),
    ("AWS/ApiGateway", "Count", &["ApiId"], "Api"),
];
/// The one with two dimensions, of which one is a word.
const PUTS: (&str, &str) = ("AWS/DynamoDB", "SuccessfulRequestLatency");

fn template() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
    // Tags of CloudFormation are passed over: `!Ref X` is the text X.
    serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Everything that alarms watch, by alarm.
fn watched(template: &Value) -> Vec<(String, Watched)> {
    let mut found = Vec::new();
    let resources = template["Resources"].as_object().unwrap();
    for (alarm, resource) in resources {
        if resource["Type"] != "AWS::CloudWatch::Alarm" {
            continue;
        }
        let properties = &resource["Properties"];
        let several = properties["Metrics"].as_array().into_iter().flatten();
        let several = several.filter_map(|metric| metric["MetricStat"].get("Metric"));
        let one = properties.get("MetricName").map(|_| properties);
        let before = found.len();
        for metric in several.chain(one) {
            let text = |name: &str| metric[name].as_str().unwrap().to_owned();
            let dimensions = metric["Dimensions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|dimension| {
                    let name = dimension["Name"].as_str().unwrap().to_owned();
                    // Of `!If`, what is there without kept tables.
                    let of = &dimension["Value"];
                    let of = of.get(1).unwrap_or(of).as_str().unwrap();
                    (name, of.split('.').next().unwrap().to_owned())
                });
            let watched = (text("Namespace"), text("MetricName"), dimensions.collect());
            found.push((alarm.clone(), watched));
        }
        assert!(found.len() > before, "{alarm} watches nothing");
    }
    found
}

/// The functions that count their own faults: those with the logs of a Lambda function.
fn counts_faults(resource: &Value) -> bool {
    let folder = resource["Properties"]["CodeUri"]
        .as_str()
        .unwrap_or_default();
    let main = format!("{}/../{folder}/src/main.rs", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(main).is_ok_and(|main| main.contains("logs::init_json()"))
}

#[tokio::test]
async fn every_alarm_watches_what_is_there() {
    let mut stage = Stage::new().await;
    everything_goes_wrong(&mut stage).await;
    // Each metric with its dimensions, as written by a function.
    let written: BTreeSet<(String, String, BTreeSet<String>)> = stage
        .lines
        .all()
        .iter()
        .map(|line| {
            let described = &line["_aws"]["CloudWatchMetrics"][0];
            let dimensions = described["Dimensions"][0].as_array().unwrap();
            (
                line["Function"].as_str().unwrap().to_owned(),
                described["Metrics"][0]["Name"].as_str().unwrap().to_owned(),
                dimensions
                    .iter()
                    .map(|name| name.as_str().unwrap().to_owned())
                    .collect(),
            )
        })
        .collect();
    let template = template();
    let watched = watched(&template);
    assert!(watched.len() > 20, "{}", watched.len());
    for (alarm, (namespace, name, dimensions)) in watched {
        let names: Vec<&str> = dimensions.keys().map(String::as_str).collect();
        let resource = |dimension: &str| &template["Resources"][&dimensions[dimension]];
        if namespace == "Carillon" {
            let function = &dimensions["Function"];
            let names: BTreeSet<String> = dimensions.keys().cloned().collect();
            let is_written = match name == OWN_FAULTS.name {
                true => names.len() == 1 && counts_faults(resource("Function")),
                false => written.contains(&(function.clone(), name.clone(), names)),
            };
            assert!(is_written, "{alarm}: {function} does not write {name} so");
            continue;
        }
        if (namespace.as_str(), name.as_str()) == PUTS {
            assert_eq!(names, ["Operation", "TableName"], "{alarm}");
            assert_eq!(
                resource("TableName")["Type"],
                "AWS::DynamoDB::Table",
                "{alarm}"
            );
            assert_eq!(dimensions["Operation"], "PutItem", "{alarm}");
            continue;
        }
        let documented = OF_AWS.iter().find(|it| (it.0, it.1) == (&namespace, &name));
        let documented = documented.unwrap_or_else(|| panic!("{alarm}: {namespace} {name}"));
        assert_eq!(names, documented.2, "{alarm}");
        let kind = resource(names[0])["Type"].as_str().unwrap_or_default();
        let kind = kind.strip_suffix("HttpApi").map_or(kind, |_| "Api");
        let kind = kind.strip_prefix("AWS::ApiGatewayV2::").unwrap_or(kind);
        assert_eq!(kind, documented.3, "{alarm}");
    }
}

#[test]
fn what_is_missing_is_no_good_sign_where_a_metric_is_written_all_the_time() {
    let template = template();
    for alarm in ["SweepsAlarm", "RoundsAlarm"] {
        let properties = &template["Resources"][alarm]["Properties"];
        assert_eq!(properties["TreatMissingData"], "breaching", "{alarm}");
    }
}

#[test]
fn the_dashboard_shows_all_alarms_and_only_metrics_that_there_are() {
    let template = template();
    let resources = template["Resources"].as_object().unwrap();
    let body = template["Resources"]["Dashboard"].to_string();
    for (name, resource) in resources {
        if resource["Type"] == "AWS::CloudWatch::Alarm" {
            assert!(body.contains(&format!("{name}.Arn")), "{name}");
        }
    }
    for metric in metrics::ALL {
        assert!(body.contains(metric.name), "{} is not shown", metric.name);
    }
}
