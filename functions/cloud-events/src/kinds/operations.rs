//! What keeps things running, and ran and ended: automations, commands, backups, snapshots. Told
//! as jobs are. Never told: parameters of commands, which hold secrets.
//!
//! Facts: user guides of Systems Manager, AWS Backup and EC2.

use super::state::{
    ABORTED, DEPLOYED, DESTROYED, DONE, FAILED, ROUTINE, RUNS, STOPPED, TIMED_OUT, WAITS, WARNING,
};
use super::{BASE, Judge, Kind, Outcome};
use crate::detail::Detail;

pub const KINDS: &[Kind] = &[
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
