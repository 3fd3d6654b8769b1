//! Something was checked: rules of Config, compliance, images, Trusted Advisor, DevOps Guru.
//!
//! Facts: the services' user guides, as the EventBridge events reference lists them.

use carillon_domain::Severity;

use super::grade::{Grade, Level};
use super::state::{FAILED, ROUTINE, TROUBLE_ONCE, WARNING, WELL_AGAIN};
use super::{BASE, Judge, Kind, Outcome};
use crate::detail::Detail;
use crate::noise::Noise;
use crate::story::Turn;

const IMAGE_SCAN: Kind = Kind {
    what: "Image scan",
    resource_type: "AWS::ECR::Repository",
    name: &["repository-name"],
    thread: &["image-digest"],
    judge: Judge::By(scan),
    details: SCAN,
    place: "ecr/repositories?region={region}",
    ..BASE
};

pub const KINDS: &[Kind] = &[
    Kind {
        source: "aws.inspector2",
        detail_types: &["Inspector2 Scan"],
        ..IMAGE_SCAN
    },
    Kind {
        source: "aws.ecr",
        detail_types: &["ECR Image Scan"],
        ..IMAGE_SCAN
    },
    Kind {
        source: "aws.ecr",
        detail_types: &["ECR Replication Action"],
        what: "Image replication",
        resource_type: "AWS::ECR::Repository",
        name: &["repository-name"],
        thread: &["image-digest"],
        state: &["result"],
        judge: Judge::Job(&[]),
        place: "ecr/repositories?region={region}",
        ..BASE
    },
    Kind {
        source: "aws.devops-guru",
        detail_types: &[
            "DevOps Guru New Insight Open",
            "DevOps Guru Insight Closed",
            "DevOps Guru Insight Severity Upgraded",
        ],
        what: "DevOps Guru insight",
        resource_type: "AWS::DevOpsGuru::Insight",
        name: &["insightDescription", "insightId"],
        thread: &["insightId"],
        judge: Judge::Grade(&Grade {
            at: &["insightSeverity"],
            trouble: Level::High,
            warning: Level::Never,
            over: &[("messageType", &["CLOSED_INSIGHT"])],
            hidden: &[],
        }),
        details: &[("insight type", "insightType")],
        links: &["insightUrl"],
        place: "devops-guru/#/insights?region={region}",
        ..BASE
    },
    Kind {
        source: "aws.trustedadvisor",
        detail_types: &["Trusted Advisor Check Item Refresh Notification"],
        what: "Check of Trusted Advisor",
        resource_type: "AWS::TrustedAdvisor::Check",
        name: &["check-name"],
        thread: &["uuid"],
        judge: Judge::By(advice),
        details: &[("grade", "status"), ("found in", "resource_id")],
        place: "trustedadvisor/home?region={region}",
        ..BASE
    },
    Kind {
        source: "aws.config",
        detail_types: &["Config Rules Compliance Change"],
        what: "Config rule",
        resource_type: "AWS::Config::ConfigRule",
        name: &["configRuleName"],
        thread: &["configRuleName+resourceId", "configRuleName"],
        judge: Judge::By(compliance),
        reason: &["newEvaluationResult.annotation"],
        details: &[
            ("found in", "resourceId"),
            ("found in a", "resourceType"),
            ("compliance", "newEvaluationResult.complianceType"),
        ],
        account: &["awsAccountId"],
        place: "config/home?region={region}#/rules/details?configRuleName={name}",
        ..BASE
    },
    Kind {
        source: "aws.ssm",
        detail_types: &["Configuration Compliance State Change"],
        what: "SSM compliance",
        resource_type: "AWS::SSM::Compliance",
        name: &["resource-id"],
        judge: Judge::Grade(&Grade {
            at: &["severity"],
            trouble: Level::Never,
            warning: Level::High,
            over: &[("compliance-status", &["compliant"])],
            hidden: &[],
        }),
        details: &[
            ("compliance", "compliance-status"),
            ("compliance type", "compliance-type"),
        ],
        place: "systems-manager/compliance?region={region}",
        ..BASE
    },
];

const SCAN: &[(&str, &str)] = &[
    ("scan", "scan-status"),
    ("critical", "finding-severity-counts.CRITICAL"),
    ("high", "finding-severity-counts.HIGH"),
    ("tag", "image-tags.0"),
    ("image", "image-digest"),
];

fn scan(detail: &Detail) -> Outcome {
    let has = |grade: &str| {
        let count = detail.at(&format!("finding-severity-counts.{grade}"));
        count.is_some_and(|count| count != "0")
    };
    let found = WARNING.saying("found vulnerabilities");
    match detail.text("scan-status").as_deref() {
        Some("FAILED") => FAILED,
        _ if has("CRITICAL") => found.severe(Severity::Critical),
        _ if has("HIGH") => found,
        _ => ROUTINE.quiet(Noise::MinorFindings),
    }
}

const ADVICE: Grade = Grade {
    at: &["status"],
    trouble: Level::High,
    warning: Level::Never,
    over: &[("status", &["OK"])],
    hidden: &[],
};

/// A key that stands somewhere in public is trouble, however it is graded.
fn advice(detail: &Detail) -> Outcome {
    let graded = ADVICE.outcome(detail).0;
    let check = detail.text("check-name").unwrap_or_default();
    match check.contains("Exposed Access Keys") && graded.turn != Some(Turn::EndsOnly) {
        true => FAILED.turn(Turn::Once).worse(),
        false => graded,
    }
}

fn compliance(detail: &Detail) -> Outcome {
    match detail.at("newEvaluationResult.complianceType").as_deref() {
        // Security Hub tells its own.
        _ if detail
            .text("configRuleName")
            .is_some_and(|name| name.starts_with("securityhub-")) =>
        {
            ROUTINE.quiet(Noise::MinorFindings)
        }
        Some("NON_COMPLIANT") => TROUBLE_ONCE.saying("is broken"),
        Some("COMPLIANT") => WELL_AGAIN.saying("is kept again"),
        _ => ROUTINE.quiet(Noise::MinorFindings),
    }
}
