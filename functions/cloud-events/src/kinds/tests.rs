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
        let place = kind.place;
        let mut known = ["region", "account", "name", "thread", "arn"]
            .into_iter()
            .fold(place.to_owned(), |place, name| {
                place.replace(&format!("{{{name}}}"), "x")
            });
        known.retain(|c| c == '{' || c == '}');
        assert_eq!(known, "", "{place}");
    }
}

#[test]
fn jobs_that_fail_are_told_and_all_others_are_quiet() {
    let states = "Step Functions Execution Status Change";
    let machine = |status: &str| {
        json!({"status": status, "stateMachineArn": "arn:aws:states:r:1:stateMachine:nightly",
               "executionArn": "arn:aws:states:r:1:execution:nightly:x", "input": "canary"})
    };
    for (source, detail_type, detail, expected) in [
        ("aws.states", states, machine("FAILED"), "error/failed/error"),
        ("aws.states", states, machine("TIMED_OUT"), "error/failed/error"),
        ("aws.states", states, machine("ABORTED"), "error/failed/error"),
        ("aws.states", states, machine("SUCCEEDED"), "quiet"),
        ("aws.states", states, machine("RUNNING"), "quiet"),
        ("aws.states", states, machine("SOMETHING_NEW"), "error/none/info"),
        ("aws.batch", "Batch Job State Change", json!({"jobName": "a", "jobId": "1", "status": "FAILED"}), "error/failed/error"),
        ("aws.batch", "Batch Job State Change", json!({"jobName": "a", "jobId": "1:7", "status": "FAILED"}), "quiet"),
        ("aws.batch", "Batch Job State Change", json!({"jobName": "a", "jobId": "1", "status": "RUNNABLE"}), "quiet"),
        ("aws.glue", "Glue Job State Change", json!({"jobName": "a", "state": "TIMEOUT"}), "error/failed/error"),
        ("aws.glue", "Glue Crawler State Change", json!({"crawlerName": "a", "state": "Failed"}), "error/failed/error"),
        ("aws.emr", "EMR Cluster State Change", json!({"name": "a", "state": "TERMINATED_WITH_ERRORS"}), "error/failed/error"),
        ("aws.emr", "EMR Step Status Change", json!({"name": "a", "state": "FAILED"}), "error/failed/error"),
        ("aws.dms", "DMS Replication Task State Change", json!({"category": "Failure"}), "error/failed/error"),
        ("aws.dms", "DMS Replication Task State Change", json!({"category": "StateChange"}), "quiet"),
        ("aws.datasync", "DataSync Task Execution State Change", json!({"State": "ERROR"}), "error/failed/error"),
        ("aws.ssm", "EC2 Automation Execution Status-change Notification", json!({"Definition": "a", "Status": "Waiting"}), "error/none/warning"),
        ("aws.ssm", "EC2 Command Status-change Notification", json!({"document-name": "a", "status": "DeliveryTimedOut"}), "error/failed/error"),
        ("aws.backup", "Backup Job State Change", json!({"backupJobId": "a", "state": "FAILED"}), "error/failed/error"),
        ("aws.backup", "Backup Job State Change", json!({"backupJobId": "a", "state": "COMPLETED"}), "quiet"),
        ("aws.backup", "Backup Job State Change", json!({"backupJobId": "a", "state": "COMPLETED", "statusMessage": "VSS failed"}), "error/none/warning"),
        ("aws.backup", "Restore Job State Change", json!({"restoreJobId": "a", "status": "COMPLETED"}), "deploy/succeeded/info"),
        ("aws.ec2", "EBS Snapshot Notification", json!({"event": "createSnapshot", "result": "failed"}), "error/failed/error"),
        ("aws.ec2", "EBS Snapshot Notification", json!({"event": "shareSnapshot", "result": "succeeded"}), "error/none/warning"),
        ("aws.sagemaker", "SageMaker Training Job State Change", json!({"TrainingJobName": "a", "TrainingJobStatus": "Failed"}), "error/failed/error"),
    ] {
        assert_eq!(class(source, detail_type, detail.clone()), expected, "{detail_type} {detail}");
    }
}

#[test]
fn findings_are_as_grave_as_they_say() {
    let guard_duty = |severity: f64, archived: bool| {
        json!({"id": "f", "type": "Backdoor:EC2/x", "severity": severity, "service": {"archived": archived}})
    };
    let hub = |label: &str, workflow: &str| {
        json!({"findings": [{"Id": "f", "Title": "t", "Severity": {"Label": label},
               "RecordState": "ACTIVE", "Workflow": {"Status": workflow}}]})
    };
    let analyzer = |public: bool, status: &str| {
        json!({"id": "f", "resource": "arn:aws:s3:::b", "isPublic": public, "status": status})
    };
    let config = |compliance: &str, rule: &str| {
        json!({"configRuleName": rule, "resourceId": "x",
               "newEvaluationResult": {"complianceType": compliance}})
    };
    let hub_type = "Security Hub Findings - Imported";
    for (source, detail_type, detail, expected) in [
        ("aws.guardduty", "GuardDuty Finding", guard_duty(9.5, false), "error/failed/critical"),
        ("aws.guardduty", "GuardDuty Finding", guard_duty(8.0, false), "error/failed/error"),
        ("aws.guardduty", "GuardDuty Finding", guard_duty(5.0, false), "error/none/warning"),
        ("aws.guardduty", "GuardDuty Finding", guard_duty(2.0, false), "quiet"),
        ("aws.guardduty", "GuardDuty Finding", guard_duty(9.5, true), "quiet"),
        ("aws.securityhub", hub_type, hub("CRITICAL", "NEW"), "error/failed/critical"),
        ("aws.securityhub", hub_type, hub("HIGH", "RESOLVED"), "error/succeeded/error"),
        ("aws.securityhub", hub_type, hub("HIGH", "SUPPRESSED"), "quiet"),
        ("aws.securityhub", hub_type, hub("LOW", "NEW"), "quiet"),
        ("aws.inspector2", "Inspector2 Finding", json!({"title": "t", "severity": "CRITICAL", "status": "ACTIVE"}), "error/failed/critical"),
        ("aws.inspector2", "Inspector2 Finding", json!({"title": "t", "severity": "HIGH", "status": "ACTIVE"}), "quiet"),
        ("aws.inspector2", "Inspector2 Finding", json!({"title": "t", "severity": "CRITICAL", "status": "CLOSED"}), "error/succeeded/critical"),
        ("aws.access-analyzer", "Access Analyzer Finding", analyzer(true, "ACTIVE"), "error/failed/error"),
        ("aws.access-analyzer", "Access Analyzer Finding", analyzer(false, "ACTIVE"), "error/none/warning"),
        ("aws.access-analyzer", "Access Analyzer Finding", analyzer(true, "RESOLVED"), "error/succeeded/error"),
        ("aws.macie", "Macie Finding", json!({"id": "f", "type": "t", "severity": {"description": "High"}}), "error/failed/error"),
        ("aws.ecr", "ECR Image Scan", json!({"repository-name": "r", "scan-status": "COMPLETE", "finding-severity-counts": {"CRITICAL": 2}}), "error/none/critical"),
        ("aws.ecr", "ECR Image Scan", json!({"repository-name": "r", "scan-status": "COMPLETE", "finding-severity-counts": {"LOW": 2}}), "quiet"),
        ("aws.ecr", "ECR Image Scan", json!({"repository-name": "r", "scan-status": "FAILED"}), "error/failed/error"),
        ("aws.config", "Config Rules Compliance Change", config("NON_COMPLIANT", "r"), "error/failed/error"),
        ("aws.config", "Config Rules Compliance Change", config("COMPLIANT", "r"), "error/succeeded/error"),
        ("aws.config", "Config Rules Compliance Change", config("NON_COMPLIANT", "securityhub-r"), "quiet"),
    ] {
        assert_eq!(class(source, detail_type, detail.clone()), expected, "{detail_type} {detail}");
    }
}

#[test]
fn changes_and_deployments_are_what_they_say() {
    let task = |status: &str, stop: &str, code: i32| {
        json!({"group": "service:web", "clusterArn": "c", "lastStatus": status, "stopCode": stop,
               "containers": [{"name": "web", "exitCode": code}]})
    };
    let tasks = "ECS Task State Change";
    let sign_in = |who: &str, result: &str| {
        json!({"eventID": "e", "userIdentity": {"type": who}, "responseElements": {"ConsoleLogin": result}})
    };
    let call = |name: &str| json!({"eventName": name, "requestParameters": {"keyId": "k"}});
    let drift = |status: &str, drift: &str| {
        json!({"stack-id": "arn:aws:cloudformation:r:1:stack/shop/x",
               "status-details": {"detection-status": status, "stack-drift-status": drift}})
    };
    for (source, detail_type, detail, expected) in [
        ("aws.ssm", "Parameter Store Change", json!({"name": "/a/b", "operation": "Create"}), "parameter_created/none/info"),
        ("aws.ssm", "Parameter Store Change", json!({"name": "/a/b", "operation": "Update"}), "parameter_updated/none/info"),
        ("aws.ssm", "Parameter Store Change", json!({"name": "/a/b", "operation": "Delete"}), "parameter_deleted/none/info"),
        ("aws.ssm", "Parameter Store Change", json!({"name": "/a/b", "operation": "LabelParameterVersion"}), "quiet"),
        ("aws.ecs", tasks, task("STOPPED", "EssentialContainerExited", 137), "error/failed/error"),
        ("aws.ecs", tasks, task("STOPPED", "EssentialContainerExited", 0), "quiet"),
        ("aws.ecs", tasks, task("DEPROVISIONING", "EssentialContainerExited", 137), "quiet"),
        ("aws.ecs", tasks, task("STOPPED", "TaskFailedToStart", 0), "error/failed/error"),
        ("aws.ecs", tasks, task("STOPPED", "SpotInterruption", 0), "error/none/warning"),
        ("aws.ecs", tasks, task("STOPPED", "ServiceSchedulerInitiated", 143), "quiet"),
        ("aws.signin", "AWS Console Sign In via CloudTrail", sign_in("Root", "Success"), "error/none/warning"),
        ("aws.signin", "AWS Console Signin via CloudTrail", sign_in("Root", "Failure"), "error/failed/error"),
        ("aws.signin", "AWS Console Signin via CloudTrail", sign_in("IAMUser", "Success"), "quiet"),
        ("aws.kms", "AWS API Call via CloudTrail", call("ScheduleKeyDeletion"), "destroy/started/critical"),
        ("aws.kms", "AWS API Call via CloudTrail", call("Decrypt"), "quiet"),
        ("aws.kms", "KMS CMK Deletion", json!({"key-id": "k"}), "destroy/succeeded/critical"),
        ("aws.acm", "ACM Certificate Approaching Expiration", json!({"CommonName": "a", "DaysToExpiry": 30}), "error/none/warning"),
        ("aws.acm", "ACM Certificate Approaching Expiration", json!({"CommonName": "a", "DaysToExpiry": 29}), "quiet"),
        ("aws.acm", "ACM Certificate Approaching Expiration", json!({"CommonName": "a", "DaysToExpiry": 3}), "error/failed/error"),
        ("aws.ec2", "EC2 Spot Instance Interruption Warning", json!({"instance-id": "i"}), "quiet"),
        ("aws.cloudformation", "CloudFormation Drift Detection Status Change", drift("DETECTION_COMPLETE", "DRIFTED"), "error/none/warning"),
        ("aws.cloudformation", "CloudFormation Drift Detection Status Change", drift("DETECTION_COMPLETE", "IN_SYNC"), "quiet"),
        ("aws.cloudformation", "CloudFormation StackSet Operation Status Change", json!({"stack-set-arn": "arn:aws:cloudformation:r:1:stackset/s:x", "status-details": {"status": "FAILED"}}), "deploy/failed/error"),
        ("aws.elasticbeanstalk", "Elastic Beanstalk resource status change", json!({"EnvironmentName": "a", "Severity": "INFO", "Status": "Environment termination started"}), "destroy/started/info"),
        ("aws.elasticbeanstalk", "Elastic Beanstalk resource status change", json!({"EnvironmentName": "a", "Severity": "INFO", "Status": "Environment creation successful"}), "deploy/succeeded/info"),
        ("aws.elasticbeanstalk", "Health status change", json!({"EnvironmentName": "a", "Severity": "WARN", "Status": "Environment health changed"}), "error/none/warning"),
        ("aws.synthetics", "Synthetics Canary TestRun Failure", json!({"canary-name": "c", "canary-id": "1"}), "error/failed/error"),
        ("aws.savingsplans", "Savings Plans State Change", json!({"currentState": "payment-failed"}), "error/failed/error"),
        ("aws.ce", "Anomaly Detected", json!({"anomalyId": "a", "monitorName": "m"}), "error/none/warning"),
    ] {
        assert_eq!(class(source, detail_type, detail.clone()), expected, "{detail_type} {detail}");
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
    assert_eq!(report.message.as_deref(), Some("Batch job failed. out of memory"));
    assert_eq!(report.resource.name.as_deref(), Some("nightly"));
    assert_eq!(report.correlation.as_deref(), Some("j-1"));
    assert_eq!(report.tags, [("team".to_owned(), "org_b".to_owned())]);
    let url = report.resource.url.as_deref().unwrap();
    assert_eq!(url, "https://console.aws.amazon.com/batch/home?region=eu-west-1#jobs/detail/j-1");
    assert!(!format!("{report:?}").contains("canary"));
}

#[test]
fn an_arn_ends_with_a_name() {
    let uuid = "0b2f6d3e-1f44-4a5e-9a6c-2d3f1f6f1c55";
    for (arn, name) in [
        (format!("arn:aws:cloudformation:r:1:stack/shop/{uuid}"), "shop"),
        (format!("arn:aws:cloudformation:r:1:stackset/shop:{uuid}"), "shop"),
        ("arn:aws:ecr:r:1:repository/team/web".to_owned(), "web"),
    ] {
        assert_eq!(last_name(&arn).as_deref(), Some(name));
    }
}
