//! Something is made, changed or removed, by services whose events need no code of their own.
//!
//! Facts: CloudFormation user guide, "Managing events with CloudFormation and EventBridge";
//! ECS developer guide, "Amazon ECS task state change events"; the EventBridge events reference.

use super::state::{
    DEPLOY_FAILED, DEPLOY_STOPPED, DEPLOYED, DEPLOYING, DESTROYED, FAILED, ROUTINE, STEP, UNKNOWN,
    WARNING,
};
use super::{BASE, Judge, Kind, Outcome};
use crate::detail::Detail;
use crate::noise::Noise;

const STACK_SET: Kind = Kind {
    source: "aws.cloudformation",
    resource_type: "AWS::CloudFormation::StackSet",
    name: &["stack-set-arn"],
    thread: &["stack-set-arn"],
    state: &["status-details.status"],
    place: "cloudformation/home?region={region}#/stacksets/{^stack-set-arn}/info",
    ..BASE
};

pub const KINDS: &[Kind] = &[
    Kind {
        detail_types: &["CloudFormation StackSet Operation Status Change"],
        what: "Operation of a StackSet",
        thread: &["stack-set-operation-id"],
        judge: Judge::State(&[
            (DEPLOYING, "RUNNING"),
            (DEPLOYED, "SUCCEEDED"),
            (DEPLOY_FAILED, "FAILED"),
            (DEPLOY_STOPPED, "STOPPED"),
            (STEP, "STOPPING QUEUED"),
        ]),
        reason: &["status-details.status-reason"],
        ..STACK_SET
    },
    Kind {
        detail_types: &["CloudFormation StackSet Status Change"],
        what: "StackSet",
        daily: true,
        judge: Judge::State(&[(DESTROYED, "DELETED"), (ROUTINE, "ACTIVE")]),
        ..STACK_SET
    },
    Kind {
        detail_types: &["CloudFormation StackSet StackInstance Status Change"],
        what: "Instance of a StackSet",
        daily: true,
        state: &["status-details.detailed-status", "status-details.status"],
        judge: Judge::State(&[
            (DEPLOY_FAILED, "FAILED INOPERABLE"),
            (
                STEP,
                "PENDING RUNNING SUCCEEDED CURRENT OUTDATED CANCELLED SKIPPED_SUSPENDED_ACCOUNT",
            ),
        ]),
        reason: &["status-details.status-reason"],
        details: &[("stack", "stack-id")],
        ..STACK_SET
    },
    Kind {
        source: "aws.cloudformation",
        detail_types: &["CloudFormation Drift Detection Status Change"],
        what: "Drift detection",
        resource_type: "AWS::CloudFormation::Stack",
        name: &["stack-id"],
        thread: &["stack-drift-detection-id"],
        judge: Judge::By(drift),
        reason: &["status-details.status-reason"],
        details: &[
            ("state", "status-details.detection-status"),
            ("drift", "status-details.stack-drift-status"),
            (
                "drifted resources",
                "drift-detection-details.drifted-stack-resource-count",
            ),
        ],
        place: "cloudformation/home?region={region}#/stacks/drifts?stackId={stack-id}",
        ..BASE
    },
    Kind {
        source: "aws.ecs",
        detail_types: &["ECS Task State Change"],
        what: "ECS task",
        resource_type: "AWS::ECS::Task",
        name: &["group", "taskDefinitionArn", "taskArn"],
        // A crash loop is one thing, however many tasks it takes.
        thread: &["clusterArn+group", "taskArn"],
        daily: true,
        judge: Judge::By(task),
        reason: &["stoppedReason"],
        details: &[
            ("stop code", "stopCode"),
            ("container", "containers.0.name"),
            ("exit code", "containers.0.exitCode"),
            ("container reason", "containers.0.reason"),
            ("cluster", "clusterArn"),
            ("task", "taskArn"),
        ],
        place: "ecs/v2/clusters/{~clusterArn}/tasks/{~taskArn}?region={region}",
        ..BASE
    },
];

fn drift(detail: &Detail) -> Outcome {
    let drift = detail.at("status-details.stack-drift-status");
    match (
        detail.at("status-details.detection-status").as_deref(),
        drift.as_deref(),
    ) {
        (Some("DETECTION_FAILED"), _) => FAILED,
        (Some("DETECTION_COMPLETE"), Some("DRIFTED")) => {
            WARNING.saying("found that the stack has drifted")
        }
        _ => ROUTINE,
    }
}

fn task(detail: &Detail) -> Outcome {
    let quiet = UNKNOWN.quiet(Noise::ServiceActions);
    if detail.text("lastStatus").as_deref() != Some("STOPPED") {
        return quiet;
    }
    let mut codes = detail.entries("containers").into_iter();
    let crashed = codes.any(|container| {
        let code = container.text("exitCode");
        code.is_some_and(|code| code != "0")
    });
    match detail.text("stopCode").as_deref() {
        Some("TaskFailedToStart") => FAILED.saying("did not start"),
        Some("EssentialContainerExited") if crashed => FAILED.saying("crashed"),
        Some("SpotInterruption" | "TerminationNotice" | "InfrastructureHealth") => {
            WARNING.saying("was stopped by AWS")
        }
        _ => quiet,
    }
}
