//! Something ran and ended: failures are told, all else is quiet (`job-states`). Never told:
//! inputs, outputs, environments and command lines, which hold secrets.
//!
//! Facts: the services' user guides, as the EventBridge events reference lists them.

use carillon_domain::{EventType, Severity, Status};

use super::state::{ABORTED, DEPLOYED, DONE, FAILED, ROUTINE, RUNS, STOPPED, TIMED_OUT, WAITS};
use super::{BASE, Judge, Kind, Outcome};
use crate::detail::Detail;
use crate::noise::Noise;

pub const KINDS: &[Kind] = &[
    Kind {
        source: "aws.states",
        detail_types: &["Step Functions Execution Status Change"],
        what: "Step Functions execution",
        resource_type: "AWS::StepFunctions::StateMachine",
        name: &["stateMachineArn"],
        thread: &["executionArn", "@arn"],
        judge: Judge::State {
            at: &["status"],
            states: &[
                ("FAILED", FAILED),
                ("TIMED_OUT", TIMED_OUT),
                ("ABORTED", ABORTED),
                ("RUNNING", RUNS),
                ("SUCCEEDED", DONE),
                ("PENDING_REDRIVE", RUNS),
            ],
        },
        reason: &["cause", "error"],
        details: &[("execution", "name"), ("error", "error")],
        place: "states/home?region={region}#/v2/executions/details/{thread}",
        ..BASE
    },
    Kind {
        source: "aws.batch",
        detail_types: &["Batch Job State Change"],
        what: "Batch job",
        resource_type: "AWS::Batch::JobDefinition",
        name: &["jobName"],
        thread: &["jobId", "@arn"],
        judge: Judge::By(batch),
        reason: &["statusReason", "container.reason"],
        details: &[
            ("state", "status"),
            ("queue", "jobQueue"),
            ("exit code", "container.exitCode"),
        ],
        tags: &["tags"],
        place: "batch/home?region={region}#jobs/detail/{thread}",
        ..BASE
    },
    Kind {
        source: "aws.glue",
        detail_types: &["Glue Job State Change"],
        what: "Glue job",
        resource_type: "AWS::Glue::Job",
        name: &["jobName"],
        thread: &["jobRunId"],
        judge: Judge::State {
            at: &["state"],
            states: &[
                ("FAILED", FAILED),
                ("ERROR", FAILED),
                ("TIMEOUT", TIMED_OUT),
                ("SUCCEEDED", DONE),
                ("STOPPED", STOPPED),
            ],
        },
        reason: &["message"],
        place: "gluestudio/home?region={region}#/job/{name}/run/{thread}",
        ..BASE
    },
    Kind {
        source: "aws.glue",
        detail_types: &["Glue Crawler State Change"],
        what: "Glue crawler",
        resource_type: "AWS::Glue::Crawler",
        name: &["crawlerName"],
        thread: &["crawlerName"],
        daily: true,
        judge: Judge::State {
            at: &["state"],
            states: &[("Failed", FAILED), ("Started", RUNS), ("Succeeded", DONE)],
        },
        reason: &["errorMessage", "message"],
        place: "glue/home?region={region}#/v2/data-catalog/crawlers/view/{name}",
        ..BASE
    },
    Kind {
        source: "aws.emr",
        detail_types: &["EMR Cluster State Change"],
        what: "EMR cluster",
        resource_type: "AWS::EMR::Cluster",
        name: &["name", "clusterId"],
        thread: &["clusterId"],
        judge: Judge::State {
            at: &["state"],
            states: &[
                ("TERMINATED_WITH_ERRORS", FAILED),
                ("STARTING", RUNS),
                ("BOOTSTRAPPING", RUNS),
                ("RUNNING", RUNS),
                ("WAITING", RUNS),
                ("TERMINATING", RUNS),
                ("TERMINATED", STOPPED),
            ],
        },
        reason: &["message"],
        place: "emr/home?region={region}#/clusterDetails/{thread}",
        ..BASE
    },
    Kind {
        source: "aws.emr",
        detail_types: &["EMR Step Status Change"],
        what: "EMR step",
        resource_type: "AWS::EMR::Step",
        name: &["name", "stepId"],
        thread: &["stepId"],
        judge: Judge::State {
            at: &["state"],
            states: &[
                ("FAILED", FAILED),
                ("PENDING", RUNS),
                ("RUNNING", RUNS),
                ("COMPLETED", DONE),
                ("CANCELLED", STOPPED),
                ("INTERRUPTED", STOPPED),
            ],
        },
        reason: &["message"],
        details: &[("cluster", "clusterId")],
        ..BASE
    },
    Kind {
        source: "aws.dms",
        detail_types: &["DMS Replication Task State Change", "DMS Replication Instance State Change"],
        what: "DMS replication",
        resource_type: "AWS::DMS::ReplicationTask",
        judge: Judge::State {
            at: &["category"],
            states: &[
                ("Failure", FAILED),
                ("LowStorage", Outcome::new(EventType::Error, Some(Status::Failed), "is short of storage")),
                ("Low Storage", Outcome::new(EventType::Error, Some(Status::Failed), "is short of storage")),
                ("Failover", Outcome::new(EventType::Error, None, "fails over").severe(Severity::Warning)),
                ("Creation", DEPLOYED),
                ("Deletion", Outcome::new(EventType::Destroy, Some(Status::Succeeded), "was deleted")),
                ("StateChange", RUNS),
                ("State Change", RUNS),
                ("ConfigurationChange", ROUTINE),
                ("Configuration Change", ROUTINE),
                ("Maintenance", ROUTINE),
            ],
        },
        reason: &["detailMessage"],
        details: &[("event", "eventType")],
        daily: true,
        place: "dms/v2/home?region={region}#tasks",
        ..BASE
    },
    Kind {
        source: "aws.datasync",
        detail_types: &["DataSync Task Execution State Change"],
        what: "DataSync task",
        resource_type: "AWS::DataSync::Task",
        judge: Judge::State {
            at: &["State"],
            states: &[
                ("ERROR", FAILED),
                ("SUCCESS", DONE),
                ("QUEUED", RUNS),
                ("LAUNCHING", RUNS),
                ("PREPARING", RUNS),
                ("SYNCING", RUNS),
                ("TRANSFERRING", RUNS),
                ("VERIFYING", RUNS),
            ],
        },
        place: "datasync/home?region={region}#/history",
        ..BASE
    },
    Kind {
        source: "aws.ssm",
        detail_types: &["EC2 Automation Execution Status-change Notification"],
        what: "SSM automation",
        resource_type: "AWS::SSM::AutomationExecution",
        name: &["Definition"],
        thread: &["ExecutionId", "@arn"],
        judge: Judge::State {
            at: &["Status"],
            states: &[
                ("Failed", FAILED),
                ("TimedOut", TIMED_OUT),
                ("Waiting", WAITS),
                ("Success", DONE),
                ("InProgress", RUNS),
                ("Pending", RUNS),
                ("Cancelling", RUNS),
                ("Cancelled", STOPPED),
            ],
        },
        actor: &["ExecutedBy"],
        place: "systems-manager/automation/execution/{thread}?region={region}",
        ..BASE
    },
    Kind {
        source: "aws.ssm",
        detail_types: &["EC2 Command Status-change Notification"],
        what: "SSM command",
        resource_type: "AWS::SSM::Command",
        name: &["document-name"],
        thread: &["command-id", "@arn"],
        judge: Judge::State {
            at: &["status"],
            states: &[
                ("Failed", FAILED),
                ("TimedOut", TIMED_OUT),
                ("DeliveryTimedOut", TIMED_OUT),
                ("Success", DONE),
                ("Pending", RUNS),
                ("InProgress", RUNS),
                ("Cancelling", RUNS),
                ("Cancelled", STOPPED),
            ],
        },
        place: "systems-manager/run-command/{thread}?region={region}",
        ..BASE
    },
    Kind {
        source: "aws.ssm",
        detail_types: &["Maintenance Window Execution State-change Notification"],
        what: "Maintenance window",
        resource_type: "AWS::SSM::MaintenanceWindow",
        name: &["window-id"],
        thread: &["window-execution-id"],
        judge: Judge::State {
            at: &["status"],
            states: &[
                ("FAILED", FAILED),
                ("TIMED_OUT", TIMED_OUT),
                ("SUCCESS", DONE),
                ("PENDING", RUNS),
                ("IN_PROGRESS", RUNS),
                ("CANCELLING", RUNS),
                ("CANCELLED", STOPPED),
                ("SKIPPED_OVERLAPPING", STOPPED),
            ],
        },
        place: "systems-manager/maintenance-windows/{name}/description?region={region}",
        ..BASE
    },
    Kind {
        source: "aws.sagemaker",
        detail_types: &[
            "SageMaker Training Job State Change",
            "SageMaker Transform Job State Change",
            "SageMaker Processing Job State Change",
            "SageMaker HyperParameter Tuning Job State Change",
            "SageMaker Model Building Pipeline Execution Status Change",
        ],
        what: "SageMaker job",
        resource_type: "AWS::SageMaker::Job",
        name: &["TrainingJobName", "TransformJobName", "ProcessingJobName", "HyperParameterTuningJobName", "@name"],
        thread: &["pipelineExecutionArn", "@arn"],
        judge: Judge::State {
            at: &[
                "TrainingJobStatus",
                "TransformJobStatus",
                "ProcessingJobStatus",
                "HyperParameterTuningJobStatus",
                "currentPipelineExecutionStatus",
            ],
            states: &[
                ("Failed", FAILED),
                ("InProgress", RUNS),
                ("Executing", RUNS),
                ("Completed", DONE),
                ("Succeeded", DONE),
                ("Stopping", RUNS),
                ("Stopped", STOPPED),
            ],
        },
        reason: &["FailureReason"],
        tags: &["Tags"],
        place: "sagemaker/home?region={region}#/jobs",
        ..BASE
    },
    Kind {
        source: "aws.mediaconvert",
        detail_types: &["MediaConvert Job State Change"],
        what: "MediaConvert job",
        resource_type: "AWS::MediaConvert::Job",
        name: &["jobId"],
        thread: &["jobId"],
        judge: Judge::State {
            at: &["status"],
            states: &[
                ("ERROR", FAILED),
                ("COMPLETE", DONE),
                ("PROGRESSING", RUNS),
                ("INPUT_INFORMATION", RUNS),
                ("STATUS_UPDATE", RUNS),
                ("NEW_WARNING", RUNS),
                ("CANCELED", STOPPED),
            ],
        },
        reason: &["errorMessage"],
        details: &[("error code", "errorCode")],
        place: "mediaconvert/home?region={region}#/jobs/summary/{name}",
        ..BASE
    },
    Kind {
        source: "aws.backup",
        detail_types: &["Backup Job State Change", "Copy Job State Change"],
        what: "Backup job",
        resource_type: "AWS::Backup::Job",
        name: &["resourceArn", "backupJobId", "copyJobId", "@name"],
        thread: &["copyJobId", "backupJobId", "@arn"],
        judge: Judge::By(backup),
        reason: &["statusMessage"],
        details: &[
            ("state", "state"),
            ("backup of", "resourceType"),
            ("vault", "backupVaultName"),
        ],
        place: "backup/home?region={region}#/jobs/backup/details/{thread}",
        ..BASE
    },
    Kind {
        source: "aws.backup",
        detail_types: &["Restore Job State Change"],
        what: "Restore",
        resource_type: "AWS::Backup::Job",
        name: &["createdResourceArn", "restoreJobId"],
        thread: &["restoreJobId"],
        judge: Judge::State {
            at: &["status", "state"],
            states: &[
                ("FAILED", FAILED),
                ("ABORTED", ABORTED),
                ("COMPLETED", DEPLOYED),
                ("CREATED", RUNS),
                ("PENDING", RUNS),
                ("RUNNING", RUNS),
            ],
        },
        reason: &["statusMessage"],
        place: "backup/home?region={region}#/jobs/restore/details/{thread}",
        ..BASE
    },
    Kind {
        source: "aws.ec2",
        detail_types: &["EBS Snapshot Notification", "EBS Volume Notification"],
        what: "EBS",
        resource_type: "AWS::EC2::Snapshot",
        name: &["snapshot_id", "@name"],
        thread: &["snapshot_id", "@arn"],
        judge: Judge::By(ebs),
        reason: &["cause"],
        details: &[("operation", "event"), ("state", "result"), ("source", "source")],
        place: "ec2/home?region={region}#Snapshots:",
        ..BASE
    },
];

fn batch(detail: &Detail) -> Outcome {
    // One of an array's many: the array itself is told.
    let is_child = detail.text("jobId").is_some_and(|id| id.contains(':'));
    match detail.text("status").as_deref() {
        Some("FAILED") if is_child => FAILED.quiet(Noise::JobStates),
        Some("FAILED") => FAILED,
        Some("SUCCEEDED") => DONE,
        _ => RUNS,
    }
}

fn backup(detail: &Detail) -> Outcome {
    match detail.text("state").as_deref() {
        Some("FAILED") => FAILED,
        Some("EXPIRED") => TIMED_OUT,
        Some("ABORTED") => ABORTED,
        Some("COMPLETED") if detail.text("statusMessage").is_some() => {
            let words = "was completed with issues";
            Outcome::new(EventType::Error, None, words).severe(Severity::Warning)
        }
        Some("COMPLETED") => DONE,
        _ => RUNS,
    }
}

fn ebs(detail: &Detail) -> Outcome {
    let event = detail.text("event");
    match (event.as_deref(), detail.text("result").as_deref()) {
        (_, Some("failed")) => FAILED,
        (Some("shareSnapshot"), _) => {
            let words = "snapshot was shared with another account";
            Outcome::new(EventType::Error, None, words).severe(Severity::Warning)
        }
        _ => DONE,
    }
}
