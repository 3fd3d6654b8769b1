//! Something ran and ended: failures are told, all else is quiet (`job-states`). Never told:
//! inputs, outputs, environments, command lines and parameters of commands, which hold secrets.
//!
//! Facts: the services' user guides, as the EventBridge events reference lists them; of those that
//! keep things running, the user guides of Systems Manager, AWS Backup and EC2.

use carillon_domain::EventType;

use super::state::{
    ABORTED, DEPLOYED, DESTROYED, DONE, FAILED, ROUTINE, RUNS, STOPPED, TIMED_OUT, UNKNOWN, WAITS,
    WARNING, WELL_AGAIN,
};
use super::{BASE, Judge, Kind, Outcome};
use crate::detail::Detail;
use crate::noise::Noise;
use crate::story::Turn;

pub const KINDS: &[Kind] = &[
    Kind {
        source: "aws.states",
        detail_types: &["Step Functions Execution Status Change"],
        what: "Step Functions execution",
        resource_type: "AWS::StepFunctions::StateMachine",
        name: &["stateMachineArn"],
        thread: &["executionArn", "@arn"],
        state: &["status"],
        judge: Judge::Job(&[(RUNS, "PENDING_REDRIVE")]),
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
        judge: Judge::Job(&[]),
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
        daily: true,
        judge: Judge::Job(&[]),
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
        judge: Judge::Job(&[
            (FAILED, "TERMINATED_WITH_ERRORS"),
            (RUNS, "BOOTSTRAPPING WAITING TERMINATING"),
            (STOPPED, "TERMINATED"),
        ]),
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
        judge: Judge::Job(&[(STOPPED, "INTERRUPTED")]),
        reason: &["message"],
        details: &[("cluster", "clusterId")],
        ..BASE
    },
    Kind {
        source: "aws.dms",
        detail_types: &[
            "DMS Replication Task State Change",
            "DMS Replication Instance State Change",
        ],
        what: "DMS replication",
        resource_type: "AWS::DMS::ReplicationTask",
        thread: &["@arn"],
        judge: Judge::By(replication),
        reason: &["detailMessage"],
        details: &[
            ("event", "eventType"),
            ("id", "eventId"),
            ("category", "category"),
        ],
        daily: true,
        links: &["resourceLink"],
        place: "dms/v2/home?region={region}#tasks",
        ..BASE
    },
    Kind {
        source: "aws.datasync",
        detail_types: &["DataSync Task Execution State Change"],
        what: "DataSync task",
        resource_type: "AWS::DataSync::Task",
        thread: &["@arn"],
        state: &["State"],
        judge: Judge::Job(&[(RUNS, "LAUNCHING PREPARING SYNCING TRANSFERRING VERIFYING")]),
        place: "datasync/home?region={region}#/history",
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
        name: &[
            "TrainingJobName",
            "TransformJobName",
            "ProcessingJobName",
            "HyperParameterTuningJobName",
            "@name",
        ],
        thread: &["pipelineExecutionArn", "@arn"],
        state: &[
            "TrainingJobStatus",
            "TransformJobStatus",
            "ProcessingJobStatus",
            "HyperParameterTuningJobStatus",
            "currentPipelineExecutionStatus",
        ],
        judge: Judge::Job(&[]),
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
        state: &["status"],
        judge: Judge::Job(&[(
            RUNS,
            "PROGRESSING INPUT_INFORMATION STATUS_UPDATE NEW_WARNING",
        )]),
        reason: &["errorMessage"],
        details: &[("error code", "errorCode")],
        place: "mediaconvert/home?region={region}#/jobs/summary/{name}",
        ..BASE
    },
    Kind {
        source: "aws.ssm",
        detail_types: &["EC2 Automation Execution Status-change Notification"],
        what: "SSM automation",
        resource_type: "AWS::SSM::AutomationExecution",
        name: &["Definition"],
        thread: &["ExecutionId", "@arn"],
        state: &["Status"],
        judge: Judge::Job(&[(WAITS, "Waiting")]),
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
        state: &["status"],
        judge: Judge::Job(&[(TIMED_OUT, "DeliveryTimedOut")]),
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
        state: &["status"],
        judge: Judge::Job(&[(STOPPED, "SKIPPED_OVERLAPPING")]),
        place: "systems-manager/maintenance-windows/{name}/description?region={region}",
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
        state: &["status", "state"],
        judge: Judge::Job(&[(DEPLOYED, "COMPLETED")]),
        reason: &["statusMessage"],
        place: "backup/home?region={region}#/jobs/restore/details/{thread}",
        ..BASE
    },
    Kind {
        source: "aws.backup",
        detail_types: &["Backup Vault State Change"],
        what: "Backup vault",
        resource_type: "AWS::Backup::BackupVault",
        name: &["backupVaultName", "@name"],
        thread: &["backupVaultName", "@arn"],
        daily: true,
        judge: Judge::State(&[(DESTROYED, "DELETED"), (ROUTINE, "CREATED MODIFIED")]),
        place: "backup/home?region={region}#/backupvaults",
        ..BASE
    },
    Kind {
        source: "aws.ec2",
        detail_types: &["EBS Snapshot Notification"],
        what: "EBS snapshot",
        resource_type: "AWS::EC2::Snapshot",
        name: &["snapshot_id", "@name"],
        thread: &["snapshot_id", "@arn"],
        judge: Judge::By(ebs),
        reason: &["cause"],
        details: &[
            ("operation", "event"),
            ("state", "result"),
            ("source", "source"),
        ],
        place: "ec2/home?region={region}#Snapshots:",
        ..BASE
    },
    Kind {
        source: "aws.ec2",
        detail_types: &["EBS Multi-Volume Snapshots Completion Status"],
        what: "EBS snapshots of several volumes",
        resource_type: "AWS::EC2::Snapshot",
        name: &["source", "@name", "snapshots.0.snapshot_id"],
        thread: &["@arn", "snapshots.0.snapshot_id"],
        judge: Judge::By(snapshots),
        reason: &["cause"],
        details: &[("state", "result")],
        place: "ec2/home?region={region}#Snapshots:",
        ..BASE
    },
    Kind {
        source: "aws.ec2",
        detail_types: &["EBS Volume Notification"],
        what: "EBS volume",
        resource_type: "AWS::EC2::Volume",
        thread: &["@arn"],
        judge: Judge::By(ebs),
        reason: &["cause"],
        details: &[("operation", "event"), ("state", "result")],
        place: "ec2/home?region={region}#VolumeDetails:volumeId={name}",
        ..BASE
    },
];

/// By its id where it has one, which the current form of the event leaves out.
fn replication(detail: &Detail) -> Outcome {
    const SHORT: Outcome = FAILED.saying("is short of storage");
    let id = detail.text("eventId").unwrap_or_default();
    match id.strip_prefix("DMS-EVENT-").unwrap_or(&id) {
        "0078" | "0031" | "0036" | "0037" => return FAILED,
        "0007" => return SHORT,
        "0091" | "0092" => return WARNING.saying("has paused reading").turn(Turn::Begins),
        "0093" => return WELL_AGAIN.saying("reads again"),
        _ => {}
    }
    let category = detail.text("category").unwrap_or_default();
    match category.replace(' ', "").to_lowercase().as_str() {
        "failure" => FAILED,
        "lowstorage" => SHORT,
        "failover" => WARNING.saying("fails over"),
        // Each of these also stands for the beginning: the reason says which it is.
        "creation" => Outcome::new(EventType::Deploy, None, "is created"),
        "deletion" => Outcome::new(EventType::Destroy, None, "is deleted"),
        "statechange" => RUNS,
        "configurationchange" | "maintenance" => ROUTINE,
        _ => UNKNOWN,
    }
}

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
            WARNING.saying("was completed with issues")
        }
        Some("COMPLETED") => DONE,
        _ => RUNS,
    }
}

fn snapshots(detail: &Detail) -> Outcome {
    let states = detail.entries("snapshots").into_iter();
    let mut states = states.filter_map(|snapshot| snapshot.text("status"));
    let one_failed = states.any(|state| ["failed", "error"].contains(&&*state.to_lowercase()));
    match one_failed || detail.text("result").as_deref() == Some("failed") {
        true => FAILED,
        false => DONE,
    }
}

fn ebs(detail: &Detail) -> Outcome {
    let event = detail.text("event");
    match (event.as_deref(), detail.text("result").as_deref()) {
        (_, Some("failed")) => FAILED,
        (Some("shareSnapshot"), _) => WARNING.saying("was shared with another account"),
        _ => DONE,
    }
}
