//! CloudFormation: stacks, and the resources that made one fail.
//!
//! Told: every status of a stack that begins or ends something; a roll-back when it begins,
//! since that is when the operation has failed, and when it ends. Of resources, only
//! failures, with the reason that the stack's own events do not have. Quiet: nested stacks
//! (`nested-stacks`), all else of resources (`stack-resources`), cleaning up and reviewing
//! (`intermediate-states`). The states of one operation share its client request token.
//! Where there is none, nobody can tell two operations of one stack apart: all its deploys
//! of a day share a correlation id, and so do all its removals.
//!
//! An event does not say whether its stack is nested. CloudFormation names nested stacks
//! `PARENT-LOGICALID-RANDOM` with twelve or thirteen random capitals and digits; that is
//! what they are known by. A failure is told of any stack. A status that is not documented
//! is told without saying how it stands.
//!
//! Facts: CloudFormation user guide, "Managing events with CloudFormation and EventBridge",
//! "Stack status codes".

use carillon_domain::{EventType, Status};

use crate::console::page;
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};

const STACK: &str = "AWS::CloudFormation::Stack";
const STACK_PLACE: &str = "cloudformation/home?region={region}#/stacks/{}?stackId={}";

pub fn stack(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let stack = detail.required("stack-id");
    let status_details = detail.inside("status-details");
    let code = status_details.required("status");
    let (stack, code) = (stack?, code?);
    let (event_type, status) = meaning(&code);
    let mut report = Report::new(event_type, status);
    let rolled_back = rolled_back(&code).map(str::to_owned);
    report.message = match (rolled_back, status_details.text("status-reason")) {
        (Some(rolled_back), Some(reason)) if code.ends_with("_FAILED") => {
            Some(format!("{rolled_back} {reason}"))
        }
        (rolled_back, reason) => reason.or(rolled_back),
    };
    report.correlation = Some(correlation(envelope, detail, &stack, event_type));
    report.detail("stack status", Some(code.clone()));
    let name = stack_name(&stack).map(str::to_owned);
    let noise = if is_intermediate(&code) {
        Some(Noise::IntermediateStates)
    } else if status != Some(Status::Failed) && name.as_deref().is_some_and(is_nested) {
        Some(Noise::NestedStacks)
    } else {
        None
    };
    let region = envelope.region.as_deref();
    report.resource.url = page(region, STACK_PLACE, &["stackinfo", &stack]);
    report.resource.resource_type = Some(STACK.into());
    report.resource.name = name;
    report.resource.id = Some(stack);
    Some(Verdict::of(noise, report))
}

pub fn resource(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let stack = detail.required("stack-id");
    let logical = detail.required("logical-resource-id");
    let status_details = detail.inside("status-details");
    let code = status_details.required("status");
    let (stack, logical, code) = (stack?, logical?, code?);
    let (event_type, status) = resource_meaning(&code);
    let reason = status_details.text("status-reason");
    let resource_type = detail.text("resource-type");
    // What was called off because another one failed is no cause, and a nested stack's
    // cause is among its own resources.
    let is_cause = code.ends_with("_FAILED")
        && resource_type.as_deref() != Some(STACK)
        && !reason.as_deref().is_some_and(is_called_off);
    let mut report = Report::new(event_type, status);
    report.message = reason;
    report.correlation = Some(correlation(envelope, detail, &stack, event_type));
    report.detail("stack", stack_name(&stack).map(str::to_owned));
    report.detail("resource status", Some(code));
    report.resource.url = page(envelope.region.as_deref(), STACK_PLACE, &["events", &stack]);
    report.resource.id = detail.text("physical-resource-id");
    report.resource.resource_type = resource_type;
    report.resource.name = Some(logical);
    let noise = (!is_cause).then_some(Noise::StackResources);
    Some(Verdict::of(noise, report))
}

/// What a stack's status means.
fn meaning(code: &str) -> (EventType, Option<Status>) {
    use EventType::{Deploy, Destroy};
    use Status::{Failed, Started, Succeeded};
    let (event_type, status) = match code {
        "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "IMPORT_IN_PROGRESS" => (Deploy, Started),
        "REVIEW_IN_PROGRESS" | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" => (Deploy, Started),
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => (Deploy, Succeeded),
        "CREATE_FAILED" | "UPDATE_FAILED" => (Deploy, Failed),
        "ROLLBACK_IN_PROGRESS" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" => (Deploy, Failed),
        "UPDATE_ROLLBACK_IN_PROGRESS"
        | "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
        | "UPDATE_ROLLBACK_COMPLETE"
        | "UPDATE_ROLLBACK_FAILED" => (Deploy, Failed),
        "IMPORT_ROLLBACK_IN_PROGRESS" | "IMPORT_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_FAILED" => {
            (Deploy, Failed)
        }
        "DELETE_IN_PROGRESS" => (Destroy, Started),
        "DELETE_COMPLETE" => (Destroy, Succeeded),
        "DELETE_FAILED" => (Destroy, Failed),
        _ if code.starts_with("DELETE_") => return (Destroy, None),
        _ => return (Deploy, None),
    };
    (event_type, Some(status))
}

fn is_intermediate(code: &str) -> bool {
    code.ends_with("_CLEANUP_IN_PROGRESS") || code.starts_with("REVIEW_")
}

/// Resources have more statuses than stacks (`DELETE_SKIPPED`, `IMPORT_FAILED` …), all of
/// one pattern.
fn resource_meaning(code: &str) -> (EventType, Option<Status>) {
    let event_type = match code.starts_with("DELETE_") {
        true => EventType::Destroy,
        false => EventType::Deploy,
    };
    let status = if code.ends_with("_FAILED") || code.contains("ROLLBACK") {
        Some(Status::Failed)
    } else if code.ends_with("_IN_PROGRESS") {
        Some(Status::Started)
    } else if code.ends_with("_COMPLETE") || code.ends_with("_SKIPPED") {
        Some(Status::Succeeded)
    } else {
        None
    };
    (event_type, status)
}

fn is_called_off(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["creation", "update", "deletion"]
        .iter()
        .any(|operation| reason.starts_with(&format!("resource {operation} cancelled")))
}

fn rolled_back(code: &str) -> Option<&'static str> {
    if !code.contains("ROLLBACK") {
        return None;
    }
    Some(match code {
        "ROLLBACK_COMPLETE" => "Rolled back: what was created is removed again.",
        _ if code.contains("_COMPLETE") => "Rolled back: the stack is as it was before.",
        _ if code.ends_with("_FAILED") => {
            "The roll-back failed: somebody has to repair the stack, it stays as it is until then."
        }
        _ => "Rolling back.",
    })
}

fn correlation(envelope: &Envelope, detail: &Detail, stack: &str, event_type: EventType) -> String {
    let token = detail.text("client-request-token");
    token.unwrap_or_else(|| envelope.of_the_day(&format!("{stack} {}", event_type.as_str())))
}

/// `arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID`.
fn stack_name(stack: &str) -> Option<&str> {
    stack.split_once(":stack/")?.1.split('/').next()
}

fn is_nested(name: &str) -> bool {
    let mut parts = name.rsplit('-');
    let random = parts.next().unwrap_or_default();
    let is_random = (12..=13).contains(&random.len())
        && random.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        // Neither a word, nor a word with a number, nor a number or a time: what is drawn by
        // lot has a digit before a letter, and letters enough.
        && random
            .as_bytes()
            .windows(2)
            .any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_uppercase())
        && random.bytes().filter(u8::is_ascii_uppercase).count() >= 3;
    is_random && parts.count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_documented_status_has_its_meaning() {
        use EventType::{Deploy, Destroy};
        use Status::{Failed, Started, Succeeded};
        for (code, expected) in [
            ("CREATE_IN_PROGRESS", Some((Deploy, Started))),
            ("CREATE_COMPLETE", Some((Deploy, Succeeded))),
            ("CREATE_FAILED", Some((Deploy, Failed))),
            ("ROLLBACK_IN_PROGRESS", Some((Deploy, Failed))),
            ("ROLLBACK_COMPLETE", Some((Deploy, Failed))),
            ("ROLLBACK_FAILED", Some((Deploy, Failed))),
            ("UPDATE_IN_PROGRESS", Some((Deploy, Started))),
            ("UPDATE_COMPLETE", Some((Deploy, Succeeded))),
            ("UPDATE_FAILED", Some((Deploy, Failed))),
            ("UPDATE_ROLLBACK_IN_PROGRESS", Some((Deploy, Failed))),
            ("UPDATE_ROLLBACK_COMPLETE", Some((Deploy, Failed))),
            ("UPDATE_ROLLBACK_FAILED", Some((Deploy, Failed))),
            ("IMPORT_IN_PROGRESS", Some((Deploy, Started))),
            ("IMPORT_COMPLETE", Some((Deploy, Succeeded))),
            ("IMPORT_ROLLBACK_IN_PROGRESS", Some((Deploy, Failed))),
            ("IMPORT_ROLLBACK_COMPLETE", Some((Deploy, Failed))),
            ("IMPORT_ROLLBACK_FAILED", Some((Deploy, Failed))),
            ("DELETE_IN_PROGRESS", Some((Destroy, Started))),
            ("DELETE_COMPLETE", Some((Destroy, Succeeded))),
            ("DELETE_FAILED", Some((Destroy, Failed))),
            ("SOMETHING_NEW", None),
            ("DELETE_POSTPONED", None),
        ] {
            let (event_type, status) = expected.map_or_else(
                || match code.starts_with("DELETE") {
                    true => (Destroy, None),
                    false => (Deploy, None),
                },
                |(event_type, status)| (event_type, Some(status)),
            );
            assert_eq!(meaning(code), (event_type, status), "{code}");
            assert!(!is_intermediate(code), "{code}");
        }
        for code in [
            "REVIEW_IN_PROGRESS",
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        ] {
            assert!(meaning(code).1.is_some() && is_intermediate(code), "{code}");
        }
    }

    #[test]
    fn a_nested_stack_is_told_by_its_name() {
        for (name, nested) in [
            ("shop-Database-1A2B3C4D5E6F7", true),
            ("my-shop-NetworkStack-AB1CDEFGHIJK", true),
            ("shop-api-PREPRODUCTION", false),
            ("acme-tenant-CUSTOMER0001", false),
            ("shop-preview-20261129T1015", false),
            ("shop", false),
            ("shop-production", false),
            ("CDKToolkit-eu-111122223333", false),
            ("Database-1A2B3C4D5E6F7", false),
            ("shop-Database-1a2b3c4d5e6f7", false),
        ] {
            assert_eq!(is_nested(name), nested, "{name}");
        }
    }

    #[test]
    fn statuses_of_resources_follow_one_pattern() {
        for (code, expected) in [
            ("CREATE_FAILED", (EventType::Deploy, Some(Status::Failed))),
            (
                "DELETE_SKIPPED",
                (EventType::Destroy, Some(Status::Succeeded)),
            ),
            (
                "UPDATE_IN_PROGRESS",
                (EventType::Deploy, Some(Status::Started)),
            ),
            (
                "IMPORT_ROLLBACK_COMPLETE",
                (EventType::Deploy, Some(Status::Failed)),
            ),
            ("SOMETHING_NEW", (EventType::Deploy, None)),
        ] {
            assert_eq!(resource_meaning(code), expected, "{code}");
        }
    }

    #[test]
    fn without_a_token_a_stacks_removal_is_not_taken_for_its_deploy() {
        let correlation = |status: &str| {
            let event = json!({
                "id": "1", "source": "aws.cloudformation", "time": "2026-11-21T10:15:00Z",
                "detail-type": "CloudFormation Stack Status Change",
                "detail": {
                    "stack-id": "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/1",
                    "status-details": {"status": status}
                }
            });
            let envelope = Envelope::read(event).unwrap();
            match crate::services::read(&envelope).unwrap().unwrap() {
                Verdict::Tell(report) => report.correlation.unwrap(),
                other => panic!("{other:?}"),
            }
        };
        let deploy = correlation("CREATE_IN_PROGRESS");
        assert_eq!(correlation("CREATE_COMPLETE"), deploy);
        let destroy = correlation("DELETE_IN_PROGRESS");
        assert_eq!(correlation("DELETE_COMPLETE"), destroy);
        assert_ne!(deploy, destroy);
    }
}
