//! CloudFormation: stack status changes.
//!
//! Facts: the statuses and the event's shape are those of the CloudFormation user guide
//! ("Managing events with CloudFormation and EventBridge", "Stack status codes").

use carillon_domain::event::{MAX_MESSAGE, MAX_NAME};
use carillon_domain::text::shorten;
use carillon_domain::{Capture, Event, EventType, Resource, Status};
use serde::Deserialize;

use crate::{CaptureError, Envelope};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct StackStatusChange {
    stack_id: String,
    status_details: StatusDetails,
    #[serde(default)]
    client_request_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct StatusDetails {
    status: String,
    #[serde(default)]
    status_reason: Option<String>,
}

pub fn stack_status(envelope: &Envelope, capture: Capture) -> Result<Option<Event>, CaptureError> {
    let change: StackStatusChange =
        serde_json::from_value(envelope.detail.clone()).map_err(|cause| CaptureError::Detail {
            detail_type: envelope.detail_type.clone(),
            cause,
        })?;
    let code = change.status_details.status.as_str();
    let Some((event_type, status)) = meaning(code) else {
        return Ok(None);
    };
    let reason = change
        .status_details
        .status_reason
        .filter(|reason| !reason.trim().is_empty())
        .map(|reason| shorten(&reason, MAX_MESSAGE));
    let mut event = Event::bare(event_type, capture);
    event.status = Some(status);
    event.occurred_at = envelope.time.unwrap_or(event.occurred_at);
    event.provider = Some("aws".into());
    event.region = envelope.region.clone();
    event.message = reason.or_else(|| rolled_back(code));
    event.correlation_id = Some(correlation(
        &change.stack_id,
        change.client_request_token.as_deref(),
    ));
    event.resource = Some(Resource {
        resource_type: Some("AWS::CloudFormation::Stack".into()),
        name: stack_name(&change.stack_id).map(|name| shorten(name, MAX_NAME)),
        url: envelope
            .region
            .as_deref()
            .and_then(|region| console(region, &change.stack_id)),
        id: Some(shorten(&change.stack_id, 1_024)),
    });
    event
        .details
        .insert("stack status".into(), shorten(code, MAX_NAME));
    if let Some(account) = &envelope.account {
        event
            .details
            .insert("account".into(), shorten(account, MAX_NAME));
    }
    Ok(Some(event))
}

/// What a stack's status means. Cleaning up after an update and reviewing a change set
/// are states that nobody waits for; a roll-back is told when it begins, since that is
/// when the operation has failed, and when it ends.
fn meaning(code: &str) -> Option<(EventType, Status)> {
    if code.ends_with("_CLEANUP_IN_PROGRESS") || code.starts_with("REVIEW_") {
        return None;
    }
    let event_type = match code.split('_').next() {
        Some("DELETE") => EventType::Destroy,
        Some("CREATE" | "UPDATE" | "IMPORT" | "ROLLBACK") => EventType::Deploy,
        _ => return None,
    };
    let status = if code.ends_with("_FAILED") || code.contains("ROLLBACK") {
        Status::Failed
    } else if code.ends_with("_IN_PROGRESS") {
        Status::Started
    } else if code.ends_with("_COMPLETE") {
        Status::Succeeded
    } else {
        return None;
    };
    Some((event_type, status))
}

fn rolled_back(code: &str) -> Option<String> {
    if !code.contains("ROLLBACK") {
        return None;
    }
    let text = if code.ends_with("_COMPLETE") {
        "Rolled back: the stack is as it was before."
    } else if code.ends_with("_FAILED") {
        "The roll-back failed: the stack needs attention."
    } else {
        "Rolling back."
    };
    Some(text.into())
}

/// The states of one operation share its token; without one, those of a stack.
fn correlation(stack_id: &str, token: Option<&str>) -> String {
    shorten(
        token.filter(|token| !token.is_empty()).unwrap_or(stack_id),
        MAX_NAME,
    )
}

/// `arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID`.
fn stack_name(stack_id: &str) -> Option<&str> {
    stack_id.split_once(":stack/")?.1.split('/').next()
}

/// Where a person looks at the stack.
fn console(region: &str, stack_id: &str) -> Option<String> {
    let host = match stack_id.split(':').nth(1)? {
        "aws" => "console.aws.amazon.com",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        "aws-cn" => "console.amazonaws.cn",
        _ => return None,
    };
    let stack: String = url::form_urlencoded::byte_serialize(stack_id.as_bytes()).collect();
    let region: String = url::form_urlencoded::byte_serialize(region.as_bytes()).collect();
    Some(format!(
        "https://{host}/cloudformation/home?region={region}#/stacks/stackinfo?stackId={stack}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{EventId, OrganizationId};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/billing/6c1b2d30-c4f1-11ef-a1b2-0a1b2c3d4e5f";

    fn envelope(detail: Value) -> Envelope {
        serde_json::from_value(json!({
            "version": "0", "id": "8847e5b9-2fd5-4a4e-9f0e-6b1a2f6f1c55",
            "source": "aws.cloudformation", "detail-type": "CloudFormation Stack Status Change",
            "account": "111122223333", "time": "2026-11-21T10:15:00Z", "region": "eu-west-1",
            "resources": [STACK], "detail": detail
        }))
        .unwrap()
    }

    fn read(status: &str, reason: &str) -> Option<Event> {
        let envelope = envelope(json!({
            "stack-id": STACK, "client-request-token": "release-42",
            "status-details": {"status": status, "status-reason": reason}
        }));
        let capture = Capture {
            organization: OrganizationId::parse("default").unwrap(),
            now: Timestamp::UNIX_EPOCH,
            fallback_id: EventId::from_source("aws", &envelope.id),
        };
        stack_status(&envelope, capture).unwrap()
    }

    #[test]
    fn a_stack_status_says_what_happened_to_which_stack_and_where() {
        let event = read("CREATE_COMPLETE", "").unwrap();
        assert_eq!(event.event_type, EventType::Deploy);
        assert_eq!(event.status, Some(Status::Succeeded));
        assert_eq!(event.region.as_deref(), Some("eu-west-1"));
        assert_eq!(event.correlation_id.as_deref(), Some("release-42"));
        let resource = event.resource.unwrap();
        assert_eq!(resource.name.as_deref(), Some("billing"));
        assert!(carillon_domain::event::is_web_url(&resource.url.unwrap()));
    }

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
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None),
            ("UPDATE_COMPLETE", Some((Deploy, Succeeded))),
            ("UPDATE_FAILED", Some((Deploy, Failed))),
            ("UPDATE_ROLLBACK_IN_PROGRESS", Some((Deploy, Failed))),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None),
            ("UPDATE_ROLLBACK_COMPLETE", Some((Deploy, Failed))),
            ("UPDATE_ROLLBACK_FAILED", Some((Deploy, Failed))),
            ("IMPORT_IN_PROGRESS", Some((Deploy, Started))),
            ("IMPORT_COMPLETE", Some((Deploy, Succeeded))),
            ("IMPORT_ROLLBACK_COMPLETE", Some((Deploy, Failed))),
            ("DELETE_IN_PROGRESS", Some((Destroy, Started))),
            ("DELETE_COMPLETE", Some((Destroy, Succeeded))),
            ("DELETE_FAILED", Some((Destroy, Failed))),
            ("REVIEW_IN_PROGRESS", None),
            ("SOMETHING_NEW", None),
        ] {
            assert_eq!(meaning(code), expected, "{code}");
        }
    }

    #[test]
    fn the_reason_is_the_message_and_a_roll_back_without_one_says_so() {
        let event = read("CREATE_FAILED", "Resource limit exceeded").unwrap();
        assert_eq!(event.message.as_deref(), Some("Resource limit exceeded"));
        let event = read("UPDATE_ROLLBACK_COMPLETE", "").unwrap();
        assert!(event.message.unwrap().starts_with("Rolled back"));
    }
}
