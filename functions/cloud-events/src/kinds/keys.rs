//! Keys, certificates, and who signs in as root.
//!
//! Facts: KMS, ACM and CloudTrail user guides, among them "userIdentity element".

use carillon_domain::{EventType, Severity, Status};

use super::state::{FAILED, ROUTINE, UNKNOWN, WARNING};
use super::{BASE, Judge, Kind, Outcome};
use crate::detail::Detail;

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
    let failed = detail.at("responseElements.ConsoleLogin").as_deref() == Some("Failure");
    match detail.at("userIdentity.type").as_deref() {
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
