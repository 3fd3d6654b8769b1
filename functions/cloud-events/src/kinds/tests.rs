use super::*;
use serde_json::{Value, json};

fn judged(source: &str, detail_type: &str, detail: Value) -> Verdict {
    let event = json!({
        "id": "1", "source": source, "detail-type": detail_type, "region": "eu-west-1",
        "account": "111122223333", "time": "2026-11-21T10:15:00Z",
        "resources": ["arn:aws:x:eu-west-1:111122223333:thing/thing-1"], "detail": detail
    });
    let envelope = Envelope::read(event).unwrap();
    crate::services::read(&envelope).unwrap().unwrap()
}

/// "error/failed/critical" of what is told, "quiet" of the rest.
fn class(source: &str, detail_type: &str, detail: Value) -> String {
    match judged(source, detail_type, detail) {
        Verdict::Tell(report) => format!(
            "{}/{}/{}",
            report.event_type,
            report.status.map_or("none", Status::as_str),
            report.severity.as_str()
        ),
        Verdict::Quiet(..) => "quiet".to_owned(),
        Verdict::Repeats(reason) => panic!("{reason}"),
    }
}

fn told(source: &str, detail_type: &str, detail: Value) -> Report {
    match judged(source, detail_type, detail) {
        Verdict::Tell(report) => report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_a_job_in_a_reason_only_why_it_ended_is_told() {
    let job = json!({
        "StoppedReason": "Essential container exited",
        "Overrides": {"ContainerOverrides": [{"Environment": [{"Value": "canary"}]}]}
    });
    for (cause, expected) in [
        (job.to_string(), "Essential container exited"),
        (json!(["canary"]).to_string(), "States.TaskFailed"),
        (
            job.to_string()[..40].to_owned() + "canary",
            "States.TaskFailed",
        ),
        ("out of memory".to_owned(), "out of memory"),
        (
            "[Errno 2] No such file".to_owned(),
            "[Errno 2] No such file",
        ),
    ] {
        let detail = json!({
            "executionArn": "arn:aws:states:eu-west-1:111122223333:execution:x:1",
            "stateMachineArn": "arn:aws:states:eu-west-1:111122223333:stateMachine:x",
            "name": "1", "status": "FAILED", "cause": cause, "error": "States.TaskFailed"
        });
        let source = "aws.states";
        let report = told(source, "Step Functions Execution Status Change", detail);
        let message = report.message.unwrap();
        assert!(message.ends_with(expected), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
}

#[test]
fn an_endpoint_that_is_back_after_a_roll_back_did_not_succeed() {
    let report = |status: &str| {
        let detail = json!({"EndpointName": "a", "EndpointStatus": status});
        told("aws.sagemaker", "SageMaker Endpoint State Change", detail)
    };
    let (begun, back) = (report("ROLLING_BACK"), report("IN_SERVICE"));
    let (begun, story) = (begun.story.unwrap(), back.story.unwrap());
    assert_eq!(begun.key, story.key);
    let mut event = carillon_domain::sample::event(EventType::Deploy);
    event.status = back.status;
    story.tell(Some("open".into()), &mut event).unwrap();
    assert_eq!(
        (event.status, event.severity),
        (None, Some(Severity::Warning))
    );
}

#[test]
fn a_finding_that_gets_worse_is_news_and_its_end_ends_both() {
    let story = |severity: f64| {
        let detail = json!({"id": "f1", "type": "x", "severity": severity});
        told("aws.guardduty", "GuardDuty Finding", detail)
            .story
            .unwrap()
    };
    let (warning, trouble) = (story(5.0), story(8.0));
    assert_ne!(warning.key, trouble.key);
    assert_eq!(trouble.also, [warning.key]);
}

#[test]
fn every_kind_is_known_once_and_says_where_to_look() {
    let mut seen = std::collections::HashSet::new();
    for kind in all() {
        assert!(kind.source.starts_with("aws."), "{}", kind.what);
        assert!(!kind.detail_types.is_empty() && !kind.what.is_empty());
        assert!(kind.resource_type.starts_with("AWS::"), "{}", kind.what);
        for detail_type in kind.detail_types {
            assert!(seen.insert((kind.source, detail_type)), "{detail_type}");
        }
        for part in kind.place.split('{').skip(1) {
            let (path, _) = part.split_once('}').unwrap();
            let is_path = |c: char| c.is_ascii_alphanumeric() || "-_.~^@".contains(c);
            assert!(path.chars().all(is_path), "{}", kind.place);
        }
    }
}

#[test]
fn what_fails_or_is_found_is_told_and_what_goes_well_is_quiet() {
    let lines = include_str!("cases.tsv").lines();
    let mut tried = std::collections::HashSet::new();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split('\t').collect();
        let [expected, source, detail_type, detail] = parts[..] else {
            panic!("{line}");
        };
        let detail: Value = serde_json::from_str(detail).unwrap();
        assert_eq!(class(source, detail_type, detail), expected, "{line}");
        tried.insert((source.to_owned(), detail_type.to_owned()));
    }
    // Each row's own.
    for kind in all() {
        let is_tried = |detail_type: &&str| {
            tried.contains(&(kind.source.to_owned(), (*detail_type).to_owned()))
        };
        let found = kind.detail_types.iter().any(is_tried);
        assert!(found, "{} is not tried", kind.what);
    }
}

#[test]
fn what_is_told_has_a_name_a_link_and_no_secrets() {
    let detail = json!({
        "status": "FAILED", "jobName": "nightly", "jobId": "j-1", "statusReason": "out of memory",
        "tags": {"team": "org_b"}, "container": {"environment": [{"name": "A", "value": "canary"}]}
    });
    let Verdict::Tell(report) = judged("aws.batch", "Batch Job State Change", detail) else {
        panic!("it is told");
    };
    assert_eq!(
        report.message.as_deref(),
        Some("Batch job failed. out of memory")
    );
    assert_eq!(report.resource.name.as_deref(), Some("nightly"));
    assert_eq!(report.correlation.as_deref(), Some("j-1"));
    assert_eq!(report.tags, [("team".to_owned(), "org_b".to_owned())]);
    let url = report.resource.url.as_deref().unwrap();
    assert_eq!(
        url,
        "https://console.aws.amazon.com/batch/home?region=eu-west-1#jobs/detail/j-1"
    );
    assert!(!format!("{report:?}").contains("canary"));
}

#[test]
fn an_arn_ends_with_a_name() {
    let uuid = "0b2f6d3e-1f44-4a5e-9a6c-2d3f1f6f1c55";
    for (arn, name) in [
        (
            format!("arn:aws:cloudformation:r:1:stack/shop/{uuid}"),
            "shop",
        ),
        (
            format!("arn:aws:cloudformation:r:1:stackset/shop:{uuid}"),
            "shop",
        ),
        ("arn:aws:ecr:r:1:repository/team/web".to_owned(), "web"),
    ] {
        assert_eq!(super::paths::last_name(&arn).as_deref(), Some(name));
    }
}

#[test]
fn a_key_is_called_by_its_id_and_has_one_thread() {
    let id = "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901";
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
    for key in [id, &arn] {
        let detail =
            json!({"eventName": "ScheduleKeyDeletion", "requestParameters": {"keyId": key}});
        let announced = told("aws.kms", "AWS API Call via CloudTrail", detail);
        let deleted = told("aws.kms", "KMS CMK Deletion", json!({"key-id": id}));
        assert_eq!(announced.resource.name.as_deref(), Some(id));
        assert_eq!(announced.correlation, deleted.correlation);
    }
    let stack = format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/{id}");
    assert_eq!(super::paths::last_name(&stack).as_deref(), Some("shop"));
}

#[test]
fn a_finding_that_is_over_is_so_though_nobody_wants_to_hear_of_it() {
    let finding = json!({"findings": [{
        "Id": "f", "Title": "t", "Severity": {"Label": "HIGH"}, "RecordState": "ACTIVE",
        "Workflow": {"Status": "NOTIFIED"}, "Compliance": {"Status": "PASSED"}
    }]});
    let report = told(
        "aws.securityhub",
        "Security Hub Findings - Imported",
        finding,
    );
    assert_eq!(report.status, Some(Status::Succeeded));
    assert_eq!(report.story.unwrap().turn, Turn::EndsOnly);
}

#[test]
fn an_anomaly_of_costs_says_what_it_costs_and_links_to_itself() {
    let detail = json!({
        "anomalyId": "a-1", "monitorName": "all services",
        "anomalyDetailsLink": "https://console.aws.amazon.com/cost-management/home#/anomaly/a-1",
        "impact": {"totalImpact": 1186.98765, "totalActualSpend": 1301.2}
    });
    let report = told("aws.ce", "Anomaly Detected", detail);
    let cost = report.estimated_cost.unwrap();
    assert_eq!((&*cost.amount, &*cost.currency), ("1186.99", "USD"));
    let url = report.resource.url.unwrap();
    assert!(url.ends_with("#/anomaly/a-1"), "{url}");
}

#[test]
fn a_link_of_an_event_that_leads_elsewhere_is_not_taken() {
    let detail = json!({"category": "Failure", "resourceLink": "https://console.example.com/x"});
    let report = told("aws.dms", "DMS Replication Task State Change", detail);
    let url = report.resource.url.unwrap();
    assert!(
        url.starts_with("https://console.aws.amazon.com/dms/"),
        "{url}"
    );
}

#[test]
fn a_link_leads_to_the_thing_itself() {
    let arn = |service: &str, resource: &str| {
        format!("arn:aws:{service}:eu-west-1:111122223333:{resource}")
    };
    let stack_set = arn("cloudformation", "stackset/shop:0b1c2d3e");
    for (source, detail_type, detail, end) in [
        (
            "aws.ecs",
            "ECS Task State Change",
            json!({
                "group": "service:web", "clusterArn": arn("ecs", "cluster/shop"),
                "taskArn": arn("ecs", "task/shop/0123abcd"), "lastStatus": "STOPPED",
                "stopCode": "EssentialContainerExited", "containers": [{"exitCode": 1}]
            }),
            "ecs/v2/clusters/shop/tasks/0123abcd?region=eu-west-1",
        ),
        (
            "aws.cloudformation",
            "CloudFormation StackSet Operation Status Change",
            json!({"stack-set-arn": stack_set, "status-details": {"status": "FAILED"}}),
            "#/stacksets/shop%3A0b1c2d3e/info",
        ),
        (
            "aws.acm",
            "ACM Certificate Expired",
            json!({"CommonName": "shop.example.com"}),
            "acm/home?region=eu-west-1#/certificates/thing-1",
        ),
    ] {
        let url = told(source, detail_type, detail).resource.url.unwrap();
        assert!(url.ends_with(end), "{url}");
    }
}

#[test]
fn of_several_findings_that_somebody_sent_each_is_named() {
    let finding = |title: &str| json!({"Id": title, "Title": title});
    let findings = ["open port", "old key", "public bucket"].map(finding);
    let report = told(
        "aws.securityhub",
        "Security Hub Findings - Custom Action",
        json!({"actionName": "tell us", "findings": findings}),
    );
    let further = report
        .details
        .iter()
        .find(|(name, _)| *name == "further findings");
    assert_eq!(further.unwrap().1, "old key; public bucket");
}
