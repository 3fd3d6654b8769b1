//! Something was changed, or is about to: what somebody did to a thing, and what AWS says
//! will happen to it; keys, certificates, and who signs in as root.
//!
//! Facts: Systems Manager user guide, "Reference: Amazon EventBridge event patterns and types
//! for Systems Manager"; CloudTrail user guide, "userIdentity element"; KMS and ACM user guides;
//! the EventBridge events reference.

use carillon_domain::{EventType, Severity, Status};

use super::state::{FAILED, ROUTINE, TROUBLE_ONCE, UNKNOWN, WARNING, WELL_AGAIN};
use super::{BASE, Judge, Kind, Outcome};
use crate::detail::Detail;

const CREATED: Outcome = Outcome::new(EventType::ParameterCreated, None, "was created");
const UPDATED: Outcome = Outcome::new(EventType::ParameterUpdated, None, "was changed");
const DELETED: Outcome = Outcome::new(EventType::ParameterDeleted, None, "was deleted");

const PARAMETER: Kind = Kind {
    source: "aws.ssm",
    resource_type: "AWS::SSM::Parameter",
    daily: true,
    place: "systems-manager/parameters/{name}/description?region={region}",
    ..BASE
};

const SPOT: Kind = Kind {
    source: "aws.ec2",
    resource_type: "AWS::EC2::Instance",
    name: &["instance-id"],
    // Auto Scaling replaces them, and they come by the dozen.
    judge: Judge::Always(ROUTINE),
    place: "ec2/home?region={region}#InstanceDetails:instanceId={name}",
    ..BASE
};

const CANARY: Kind = Kind {
    source: "aws.synthetics",
    what: "Canary",
    resource_type: "AWS::Synthetics::Canary",
    name: &["canary-name"],
    thread: &["canary-id", "canary-name"],
    account: &["account-id"],
    place: "cloudwatch/home?region={region}#synthetics:canary/detail/{name}",
    ..BASE
};

/// What depends on the key cannot be read any more.
const KEY_GONE: Outcome = Outcome::new(EventType::Destroy, Some(Status::Succeeded), "was deleted")
    .severe(Severity::Critical);

const KEY: Kind = Kind {
    source: "aws.kms",
    what: "KMS key",
    resource_type: "AWS::KMS::Key",
    name: &["key-id"],
    place: "kms/home?region={region}#/kms/keys/{name}",
    ..BASE
};

const CERTIFICATE: Kind = Kind {
    source: "aws.acm",
    resource_type: "AWS::CertificateManager::Certificate",
    name: &["CommonName", "@name"],
    thread: &["@arn"],
    place: "acm/home?region={region}#/certificates/{^@arn}",
    ..BASE
};

pub const KINDS: &[Kind] = &[
    // Names, never values.
    Kind {
        detail_types: &["Parameter Store Change"],
        what: "Parameter",
        name: &["name"],
        state: &["operation"],
        judge: Judge::State(&[
            (CREATED, "Create"),
            (UPDATED, "Update"),
            (DELETED, "Delete"),
            (ROUTINE, "LabelParameterVersion"),
        ]),
        details: &[("parameter type", "type"), ("data type", "dataType")],
        ..PARAMETER
    },
    Kind {
        detail_types: &["Parameter Store Policy Action"],
        what: "Policy of a parameter",
        name: &["parameter-name"],
        judge: Judge::By(parameter_policy),
        reason: &["action-reason"],
        details: &[("policy", "policy-type")],
        ..PARAMETER
    },
    Kind {
        detail_types: &["EC2 Instance Rebalance Recommendation"],
        what: "Spot instance may soon be interrupted",
        ..SPOT
    },
    Kind {
        detail_types: &["EC2 Spot Instance Interruption Warning"],
        what: "Spot instance will be interrupted",
        details: &[("action", "instance-action")],
        ..SPOT
    },
    Kind {
        detail_types: &["Synthetics Canary TestRun Failure"],
        // One that runs each minute fails each minute.
        judge: Judge::Always(TROUBLE_ONCE),
        details: &[("run", "canary-run-id")],
        ..CANARY
    },
    Kind {
        detail_types: &["Synthetics Canary TestRun Successful"],
        judge: Judge::Always(WELL_AGAIN),
        ..CANARY
    },
    Kind {
        detail_types: &["Synthetics Canary Status Change"],
        state: &["current-state"],
        judge: Judge::State(&[
            (FAILED, "ERROR"),
            (
                ROUTINE,
                "CREATING READY STARTING RUNNING UPDATING STOPPING STOPPED DELETING",
            ),
        ]),
        ..CANARY
    },
    Kind {
        source: "aws.savingsplans",
        detail_types: &[
            "Savings Plans State Change",
            "Savings Plans State Change Alert",
        ],
        what: "Savings Plan",
        resource_type: "AWS::SavingsPlans::SavingsPlan",
        thread: &["@arn"],
        judge: Judge::By(savings_plan),
        reason: &["message"],
        details: &[
            ("state", "currentState"),
            ("next state", "nextState"),
            ("days left", "remainingDays"),
        ],
        place: "costmanagement/home#/savings-plans/inventory",
        ..BASE
    },
    Kind {
        source: "aws.ce",
        detail_types: &["Anomaly Detected"],
        what: "Costs are higher than expected",
        resource_type: "AWS::CE::Anomaly",
        name: &["monitorName", "anomalyId"],
        thread: &["anomalyId"],
        judge: Judge::Always(WARNING),
        details: &[
            ("impact, percent", "impact.totalImpactPercentage"),
            ("spent", "impact.totalActualSpend"),
            ("expected", "impact.totalExpectedSpend"),
            ("service", "rootCauses.0.service"),
            ("usage", "rootCauses.0.usageType"),
        ],
        account: &["rootCauses.0.linkedAccount"],
        cost: &["impact.totalImpact"],
        links: &["anomalyDetailsLink"],
        place: "costmanagement/home#/anomaly-detection",
        ..BASE
    },
    Kind {
        source: "aws.support",
        detail_types: &["Support Case Update"],
        what: "Support case",
        resource_type: "AWS::Support::Case",
        name: &["display-id", "case-id"],
        thread: &["case-id"],
        judge: Judge::By(support),
        details: &[("update", "event-name"), ("by", "origin")],
        place: "support/home#/case/?displayId={name}",
        ..BASE
    },
    Kind {
        detail_types: &["KMS CMK Deletion"],
        judge: Judge::Always(KEY_GONE),
        ..KEY
    },
    Kind {
        detail_types: &["KMS Imported Key Material Expiration"],
        what: "Imported material of a KMS key",
        judge: Judge::Always(FAILED.saying("has expired")),
        ..KEY
    },
    Kind {
        detail_types: &["KMS CMK Rotation"],
        what: "KMS key was rotated",
        judge: Judge::Always(ROUTINE),
        ..KEY
    },
    // The deletion is announced by nothing but the call, a week to a month before.
    Kind {
        detail_types: &["AWS API Call via CloudTrail"],
        name: &["requestParameters.keyId", "eventName"],
        thread: &["~requestParameters.keyId"],
        judge: Judge::By(key_call),
        details: &[
            ("call", "eventName"),
            ("deletion on", "responseElements.deletionDate"),
            ("from address", "sourceIPAddress"),
        ],
        actor: &[
            "userIdentity.userName",
            "userIdentity.arn",
            "userIdentity.invokedBy",
        ],
        ..KEY
    },
    // Both spellings are sent.
    Kind {
        source: "aws.signin",
        detail_types: &[
            "AWS Console Sign In via CloudTrail",
            "AWS Console Signin via CloudTrail",
        ],
        what: "Sign-in",
        resource_type: "AWS::IAM::Root",
        name: &["userIdentity.userName", "userIdentity.type"],
        thread: &["eventID"],
        judge: Judge::By(sign_in),
        reason: &["errorMessage"],
        details: &[
            ("result", "responseElements.ConsoleLogin"),
            ("second factor", "additionalEventData.MFAUsed"),
            ("from address", "sourceIPAddress"),
        ],
        account: &["userIdentity.accountId"],
        actor: &["userIdentity.arn", "userIdentity.type"],
        place: "iam/home#/security_credentials",
        ..BASE
    },
    Kind {
        detail_types: &["ACM Certificate Approaching Expiration"],
        what: "Certificate is about to expire",
        judge: Judge::By(expiry),
        details: &[("days left", "DaysToExpiry")],
        ..CERTIFICATE
    },
    Kind {
        detail_types: &["ACM Certificate Expired"],
        what: "Certificate has expired",
        judge: Judge::Always(FAILED.saying("")),
        ..CERTIFICATE
    },
    Kind {
        detail_types: &["ACM Certificate Renewal Action Required"],
        what: "Certificate needs somebody to renew it",
        judge: Judge::Always(FAILED.saying("")),
        ..CERTIFICATE
    },
];

fn parameter_policy(detail: &Detail) -> Outcome {
    let failed = detail.text("action-status").as_deref() == Some("Failed");
    match detail.text("policy-type").as_deref() {
        _ if failed => FAILED,
        Some("Expiration") => DELETED,
        Some("ExpirationNotification") => WARNING.saying("says that it is about to expire"),
        Some("NoChangeNotification") => {
            WARNING.saying("says that it has not been changed for long")
        }
        _ => UNKNOWN,
    }
}

fn savings_plan(detail: &Detail) -> Outcome {
    match detail.text("currentState").as_deref() {
        Some("payment-failed") => FAILED,
        _ if detail.text("nextState").is_some() => WARNING.saying("is about to change its state"),
        _ => ROUTINE,
    }
}

fn support(detail: &Detail) -> Outcome {
    let origin = detail.text("origin").unwrap_or_default();
    match detail.text("event-name").as_deref() {
        Some("ResolveCase") => {
            Outcome::new(EventType::Error, Some(Status::Succeeded), "was resolved")
                .severe(Severity::Info)
        }
        Some("AddCommunicationToCase") if origin == "AWS" => UNKNOWN.saying("has an answer of AWS"),
        _ => ROUTINE,
    }
}

fn key_call(detail: &Detail) -> Outcome {
    match detail.text("eventName").as_deref() {
        _ if detail.text("errorCode").is_some() => ROUTINE,
        Some("ScheduleKeyDeletion") => {
            let words = "waits for its deletion; what it encrypts will be lost";
            Outcome::new(EventType::Destroy, Some(Status::Started), words)
                .severe(Severity::Critical)
        }
        Some("CancelKeyDeletion") => UNKNOWN.saying("will not be deleted"),
        Some("DisableKey") => WARNING.saying("was disabled"),
        _ => ROUTINE,
    }
}

fn sign_in(detail: &Detail) -> Outcome {
    let failed = detail.text("responseElements.ConsoleLogin").as_deref() == Some("Failure");
    match detail.text("userIdentity.type").as_deref() {
        Some("Root") if failed => FAILED.saying("as root failed"),
        Some("Root") => WARNING.saying("as root"),
        _ => ROUTINE,
    }
}

fn expiry(detail: &Detail) -> Outcome {
    let days = detail
        .text("DaysToExpiry")
        .and_then(|days| days.parse().ok());
    match days {
        Some(45 | 30 | 14) | None => WARNING,
        Some(7 | 3 | 1 | 0) => FAILED.saying(""),
        Some(_) => ROUTINE,
    }
}
