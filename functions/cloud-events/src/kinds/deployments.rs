//! Something is made, changed or removed, by services whose events need no code of their own. Of
//! platforms that run what they are given, each change is a deployment.
//!
//! Facts: CloudFormation user guide, "Managing events with CloudFormation and EventBridge";
//! ECS developer guide, "Amazon ECS task state change events"; the EventBridge events reference;
//! user guides of Elastic Beanstalk, App Runner, Amplify, SageMaker, EKS, ElastiCache and the
//! Fault Injection Service.

use super::state::{
    DEPLOY_FAILED, DEPLOY_STOPPED, DEPLOYED, DEPLOYING, DESTROYED, DESTROYING, FAILED, ROLLED_BACK,
    ROUTINE, STEP, TROUBLE, UNKNOWN, WARNING, WELL_AGAIN,
};
use super::{BASE, Judge, Kind, Outcome};
use crate::detail::Detail;
use crate::noise::Noise;
use crate::story::Turn;

const STACK_SET: Kind = Kind {
    source: "aws.cloudformation",
    resource_type: "AWS::CloudFormation::StackSet",
    name: &["stack-set-arn"],
    thread: &["stack-set-arn"],
    state: &["status-details.status"],
    place: "cloudformation/home?region={region}#/stacksets/{^stack-set-arn}/info",
    ..BASE
};

const CACHE: Kind = Kind {
    source: "aws.elasticache",
    what: "Serverless cache",
    resource_type: "AWS::ElastiCache::ServerlessCache",
    thread: &["@arn"],
    reason: &["message"],
    daily: true,
    place: "elasticache/home?region={region}#/serverless-caches",
    ..BASE
};

const ADDON: Kind = Kind {
    source: "aws.eks",
    what: "EKS add-on",
    resource_type: "AWS::EKS::Addon",
    name: &["addonName", "clusterName", "@name"],
    thread: &["@arn"],
    place: "eks/home?region={region}#/clusters",
    ..BASE
};

/// After a roll-back, the one before.
const BACK_IN_SERVICE: Outcome = DEPLOYED
    .turn(Turn::Ends)
    .within("is in service again, as it was before");

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
    Kind {
        source: "aws.elasticbeanstalk",
        detail_types: &[
            "Elastic Beanstalk resource status change",
            "Health status change",
            "Managed update status change",
        ],
        what: "Elastic Beanstalk",
        resource_type: "AWS::ElasticBeanstalk::Environment",
        name: &["EnvironmentName", "ApplicationName"],
        daily: true,
        judge: Judge::By(beanstalk),
        reason: &["Message"],
        details: &[("state", "Status"), ("application", "ApplicationName")],
        place: "elasticbeanstalk/home?region={region}#/environments",
        ..BASE
    },
    Kind {
        source: "aws.amplify",
        detail_types: &["Amplify Deployment Status Change"],
        what: "Amplify deployment",
        resource_type: "AWS::Amplify::App",
        name: &["appId"],
        thread: &["appId+branchName+jobId"],
        state: &["jobStatus"],
        judge: Judge::State(&[
            (DEPLOYING, "STARTED"),
            (DEPLOYED, "SUCCEED"),
            (DEPLOY_FAILED, "FAILED"),
            (DEPLOY_STOPPED, "CANCELED"),
        ]),
        details: &[("branch", "branchName"), ("job", "jobId")],
        place: "amplify/apps/{name}/overview?region={region}",
        ..BASE
    },
    Kind {
        source: "aws.apprunner",
        detail_types: &["AppRunner Service Operation Status Change"],
        what: "App Runner service",
        resource_type: "AWS::AppRunner::Service",
        name: &["serviceName"],
        thread: &["serviceId"],
        daily: true,
        judge: Judge::By(app_runner),
        reason: &["message"],
        details: &[("state", "operationStatus")],
        place: "apprunner/home?region={region}#/services",
        ..BASE
    },
    Kind {
        source: "aws.sagemaker",
        detail_types: &["SageMaker Endpoint State Change"],
        what: "SageMaker endpoint",
        resource_type: "AWS::SageMaker::Endpoint",
        name: &["EndpointName"],
        thread: &["EndpointArn", "@arn"],
        daily: true,
        state: &["EndpointStatus"],
        judge: Judge::State(&[
            (DEPLOYING, "CREATING UPDATING"),
            (BACK_IN_SERVICE, "IN_SERVICE"),
            (DEPLOY_FAILED, "FAILED"),
            (ROLLED_BACK.turn(Turn::Begins), "ROLLING_BACK"),
            (DEPLOY_FAILED.turn(Turn::Ends), "UPDATE_ROLLBACK_FAILED"),
            (DESTROYING, "DELETING"),
            (STEP, "SYSTEM_UPDATING"),
        ]),
        tags: &["Tags"],
        place: "sagemaker/home?region={region}#/endpoints/{name}",
        ..BASE
    },
    Kind {
        detail_types: &["EKS Addon Health Degraded"],
        judge: Judge::Always(TROUBLE),
        ..ADDON
    },
    Kind {
        detail_types: &["EKS Addon Health Restored"],
        judge: Judge::Always(WELL_AGAIN),
        ..ADDON
    },
    Kind {
        detail_types: &[
            "EKS Addon Creation Failed",
            "EKS Addon Update Failed",
            "EKS Addon Deletion Failed",
        ],
        what: "Change of an EKS add-on",
        judge: Judge::Always(DEPLOY_FAILED),
        ..ADDON
    },
    Kind {
        detail_types: &[
            "Cache Creation Failed",
            "Cache Update Failed",
            "Cache Deletion Failed",
            "Snapshot Creation Failed",
        ],
        what: "Change of a serverless cache",
        judge: Judge::Always(FAILED),
        ..CACHE
    },
    Kind {
        detail_types: &["Cache Created"],
        judge: Judge::Always(DEPLOYED.saying("was created")),
        ..CACHE
    },
    Kind {
        detail_types: &["Cache Deleted"],
        judge: Judge::Always(DESTROYED),
        ..CACHE
    },
    Kind {
        detail_types: &["Cache Limit Approaching"],
        what: "Serverless cache near its limit",
        judge: Judge::Always(WARNING),
        ..CACHE
    },
    Kind {
        source: "aws.fis",
        detail_types: &["FIS Experiment State Change"],
        what: "Fault injection experiment",
        resource_type: "AWS::FIS::Experiment",
        name: &["experiment-id"],
        state: &["new-state.status"],
        judge: Judge::State(&[
            (DEPLOYING, "running"),
            (DEPLOYED, "completed"),
            (DEPLOY_FAILED, "failed"),
            (DEPLOY_STOPPED, "stopped"),
            (STEP, "pending initiating stopping"),
        ]),
        reason: &["new-state.reason"],
        place: "fis/home?region={region}#ExperimentDetails:ExperimentId={name}",
        ..BASE
    },
];

fn drift(detail: &Detail) -> Outcome {
    let drift = detail.text("status-details.stack-drift-status");
    match (
        detail.text("status-details.detection-status").as_deref(),
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

fn beanstalk(detail: &Detail) -> Outcome {
    match detail.text("Severity").as_deref() {
        Some("ERROR" | "FATAL") => return FAILED,
        Some("WARN") => return WARNING,
        _ => {}
    }
    let status = detail.text("Status").unwrap_or_default().to_lowercase();
    let removes = status.contains("terminat") || status.contains("delet");
    said(&status, removes).unwrap_or(ROUTINE)
}

fn app_runner(detail: &Detail) -> Outcome {
    let status = detail.text("operationStatus").unwrap_or_default();
    let removes = status.starts_with("DeleteService");
    said(&status.to_lowercase(), removes).unwrap_or(UNKNOWN)
}

/// How something stands by the last word of its status in small letters.
fn said(status: &str, removes: bool) -> Option<Outcome> {
    let ends = |words: &[&str]| words.iter().any(|word| status.ends_with(word));
    let has_succeeded = ends(&["successful", "successfully", "succeeded", "completed"]);
    Some(match removes {
        _ if ends(&["failed"]) => DEPLOY_FAILED,
        true if ends(&["started"]) => DESTROYING,
        true if has_succeeded => DESTROYED,
        false if ends(&["started"]) => DEPLOYING,
        false if has_succeeded => DEPLOYED,
        _ => return None,
    })
}
