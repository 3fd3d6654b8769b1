//! Something ran and ended: failures are told, all else is quiet (`job-states`). Never told:
//! inputs, outputs, environments and command lines, which hold secrets.
//!
//! Facts: the services' user guides, as the EventBridge events reference lists them.

use carillon_domain::EventType;

use super::state::{DONE, FAILED, ROUTINE, RUNS, STOPPED, UNKNOWN, WARNING, WELL_AGAIN};
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
