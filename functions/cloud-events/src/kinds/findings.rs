//! Something was found or checked (rules of Config, compliance, images, Trusted Advisor, DevOps
//! Guru): what is grave is told once, and again when it is over.
//!
//! Facts: the services' user guides, as the EventBridge events reference lists them.

use carillon_domain::Severity;

use super::grade::Grade;
use super::state::{FAILED, ROUTINE, TROUBLE_ONCE, WARNING, WELL_AGAIN};
use super::{BASE, Judge, Kind, Outcome};
use crate::detail::Detail;
use crate::noise::Noise;
use crate::story::Turn;

const HUB: Kind = Kind {
    source: "aws.securityhub",
    what: "Security Hub finding",
    resource_type: "AWS::SecurityHub::Finding",
    account: &["findings.0.AwsAccountId"],
    place: "securityhub/home?region={region}#/findings",
    ..BASE
};

const IMAGE_SCAN: Kind = Kind {
    what: "Image scan",
    resource_type: "AWS::ECR::Repository",
    name: &["repository-name"],
    thread: &["image-digest"],
    judge: Judge::By(scan),
    details: &[
        ("scan", "scan-status"),
        ("critical", "finding-severity-counts.CRITICAL"),
        ("high", "finding-severity-counts.HIGH"),
        ("tag", "image-tags.0"),
        ("image", "image-digest"),
    ],
    place: "ecr/repositories?region={region}",
    ..BASE
};

pub const KINDS: &[Kind] = &[
    Kind {
        source: "aws.guardduty",
        detail_types: &["GuardDuty Finding"],
        what: "GuardDuty finding",
        resource_type: "AWS::GuardDuty::Finding",
        name: &["type"],
        thread: &["id"],
        judge: Judge::Grade(&Grade {
            at: &["severity"],
            trouble: Some(Severity::Error),
            warning: Some(Severity::Warning),
            over: &[],
            hidden: &[
                ("service.archived", &["true"]),
                ("service.additionalInfo.sample", &["true"]),
                ("title", &["[SAMPLE]*"]),
            ],
        }),
        reason: &["title", "description"],
        details: &[
            ("found in", "resource.resourceType"),
            ("instance", "resource.instanceDetails.instanceId"),
            ("count", "service.count"),
        ],
        account: &["accountId"],
        tags: &["resource.instanceDetails.tags"],
        place: "guardduty/home?region={region}#/findings?macros=current&fId={thread}",
        ..BASE
    },
    Kind {
        detail_types: &["Security Hub Findings - Imported"],
        name: &["findings.0.Title"],
        thread: &["findings.0.Id"],
        judge: Judge::Grade(&Grade {
            at: &[
                "findings.0.Severity.Label",
                "findings.0.Severity.Normalized",
            ],
            trouble: Some(Severity::Error),
            warning: None,
            over: &[
                ("findings.0.Workflow.Status", &["RESOLVED"]),
                ("findings.0.Compliance.Status", &["PASSED"]),
            ],
            hidden: &[
                ("findings.0.RecordState", &["ARCHIVED"]),
                ("findings.0.Workflow.Status", &["SUPPRESSED", "NOTIFIED"]),
                // Told by themselves.
                (
                    "findings.0.ProductName",
                    &["GuardDuty", "Inspector", "Macie"],
                ),
            ],
        }),
        reason: &["findings.0.Description"],
        details: &[
            ("found in", "findings.0.Resources.0.Id"),
            ("found in a", "findings.0.Resources.0.Type"),
        ],
        ..HUB
    },
    Kind {
        detail_types: &["Findings Imported V2"],
        name: &["findings.0.finding_info.title"],
        thread: &["findings.0.finding_info.uid"],
        judge: Judge::Grade(&Grade {
            at: &["findings.0.severity"],
            trouble: Some(Severity::Error),
            warning: None,
            over: &[("findings.0.status", &["Resolved"])],
            hidden: &[("findings.0.status", &["Suppressed"])],
        }),
        reason: &["findings.0.finding_info.desc"],
        details: &[
            ("found in", "findings.0.resources.0.uid"),
            ("product", "findings.0.metadata.product.name"),
        ],
        account: &["findings.0.cloud.account.uid"],
        ..HUB
    },
    Kind {
        detail_types: &["Security Hub Findings - Custom Action"],
        what: "Security Hub finding, sent by somebody",
        name: &["findings.0.Title", "actionName"],
        thread: &["findings.0.Id", "@arn"],
        judge: Judge::Always(WARNING),
        reason: &["findings.0.Description", "actionDescription"],
        details: &[
            ("action", "actionName"),
            ("found in", "findings.0.Resources.0.Id"),
            ("further findings", "rest:findings.Title"),
        ],
        ..HUB
    },
    Kind {
        source: "aws.inspector2",
        detail_types: &["Inspector2 Finding"],
        what: "Inspector finding",
        resource_type: "AWS::InspectorV2::Finding",
        name: &["title"],
        thread: &["findingArn", "@arn"],
        judge: Judge::Grade(&Grade {
            at: &["severity"],
            trouble: Some(Severity::Critical),
            warning: None,
            over: &[("status", &["CLOSED"])],
            hidden: &[("status", &["SUPPRESSED"])],
        }),
        reason: &["remediation.recommendation.text"],
        details: &[
            (
                "vulnerability",
                "packageVulnerabilityDetails.vulnerabilityId",
            ),
            ("score", "inspectorScore"),
            ("found in", "resources.0.id"),
        ],
        account: &["awsAccountId"],
        place: "inspector/v2/home?region={region}#/findings",
        ..BASE
    },
    Kind {
        source: "aws.access-analyzer",
        detail_types: &["Access Analyzer Finding"],
        what: "Access from outside",
        resource_type: "AWS::AccessAnalyzer::Finding",
        name: &["resource"],
        thread: &["id"],
        judge: Judge::Grade(&Grade {
            at: &["isPublic"],
            trouble: Some(Severity::Error),
            warning: Some(Severity::Warning),
            over: &[("status", &["RESOLVED"])],
            hidden: &[
                ("status", &["ARCHIVED"]),
                ("isDeleted", &["true"]),
                ("error", &["ACCESS_DENIED", "INTERNAL_ERROR"]),
            ],
        }),
        details: &[("found in a", "resourceType"), ("public", "isPublic")],
        account: &["accountId"],
        place: "access-analyzer/home?region={region}#/findings/details/{thread}",
        ..BASE
    },
    Kind {
        source: "aws.macie",
        detail_types: &["Macie Finding"],
        what: "Macie finding",
        resource_type: "AWS::Macie::Finding",
        name: &["resourcesAffected.s3Bucket.name", "type"],
        thread: &["id"],
        judge: Judge::Grade(&Grade {
            at: &["severity.description"],
            trouble: Some(Severity::Error),
            warning: None,
            over: &[],
            hidden: &[("archived", &["true"]), ("sample", &["true"])],
        }),
        reason: &["title"],
        details: &[
            ("finding", "type"),
            ("object", "resourcesAffected.s3Object.key"),
        ],
        account: &["accountId"],
        tags: &["resourcesAffected.s3Bucket.tags"],
        place: "macie/home?region={region}#findings?itemId={thread}",
        ..BASE
    },
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
            trouble: Some(Severity::Error),
            warning: None,
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
            trouble: None,
            warning: Some(Severity::Error),
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

fn scan(detail: &Detail) -> Outcome {
    let has = |grade: &str| {
        let count = detail.text(&format!("finding-severity-counts.{grade}"));
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
    trouble: Some(Severity::Error),
    warning: None,
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
    match detail.text("newEvaluationResult.complianceType").as_deref() {
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
