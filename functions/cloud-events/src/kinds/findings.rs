//! Something was found: what is grave is told once, and again when it is over.
//!
//! Facts: the services' user guides, as the EventBridge events reference lists them.

use super::grade::{Grade, Level};
use super::state::WARNING;
use super::{BASE, Judge, Kind};

const HUB: Kind = Kind {
    source: "aws.securityhub",
    what: "Security Hub finding",
    resource_type: "AWS::SecurityHub::Finding",
    account: &["findings.0.AwsAccountId"],
    place: "securityhub/home?region={region}#/findings",
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
            trouble: Level::High,
            warning: Level::Medium,
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
            trouble: Level::High,
            warning: Level::Never,
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
            trouble: Level::High,
            warning: Level::Never,
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
            trouble: Level::Critical,
            warning: Level::Never,
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
            trouble: Level::High,
            warning: Level::Medium,
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
            trouble: Level::High,
            warning: Level::Never,
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
];
