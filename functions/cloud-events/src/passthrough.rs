//! Any other event, passed on: whatever an EventBridge rule's input transformer makes an
//! event of Carillon.
//!
//! `source` is `carillon.event` and `detail` is the event as `POST /events/` takes it,
//! read by the same rules; only what a template cannot help is taken as it is
//! ([`Event::parse_loosely`]). Its id is its own `id` or else the EventBridge event's. It may
//! name an `organization` that the account has (see
//! [`Organizations`](crate::organizations::Organizations)); it belongs to the account's
//! first one otherwise.

use carillon_domain::fault::FaultCode;
use carillon_domain::{Capture, Event, Faults, OrganizationId, Pointer};
use jiff::Timestamp;
use serde_json::Value;

use crate::envelope::Envelope;
use crate::organizations::Organizations;

pub(crate) fn read(
    envelope: &Envelope,
    organizations: &Organizations,
    now: Timestamp,
) -> Result<Event, Faults> {
    let mut faults = Faults::default();
    let at = Pointer::root().field("detail");
    let mut detail = envelope.detail.clone();
    let allowed = organizations.of(envelope.account.as_deref());
    let named = detail.get("organization").and_then(Value::as_str);
    let organization = match named.map(str::trim).filter(|named| !named.is_empty()) {
        None => allowed[0].clone(),
        Some(named) => match allowed.iter().find(|known| known.as_str() == named) {
            Some(known) => known.clone(),
            None => {
                let names: Vec<_> = allowed.iter().map(OrganizationId::as_str).collect();
                let detail = format!("the account's events may name {}", names.join(", "));
                let at = at.field("organization");
                faults.add(at, FaultCode::WrongOrganization, detail);
                allowed[0].clone()
            }
        },
    };
    // It is read above; the general rule speaks of keys.
    if named.is_some()
        && let Some(fields) = detail.as_object_mut()
    {
        fields.remove("organization");
    }
    let says_when = detail.get("occurred_at").is_some_and(|time| {
        !time.is_null() && time.as_str().is_none_or(|it| !it.trim().is_empty())
    });
    let capture = Capture {
        organization,
        now,
        fallback_id: envelope.event_id(),
    };
    let event = Event::parse_loosely(&detail, &at, capture, &mut faults);
    let mut event = faults.into_result(event)?;
    if let Some(time) = envelope.time.filter(|_| !says_when) {
        event.occurred_at = time;
    }
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::PASSED_ON;
    use carillon_domain::EventType;
    use carillon_runtime::Settings;
    use serde_json::json;

    fn parse(envelope: Value) -> Result<Event, Faults> {
        let accounts = "111122223333=org_a,111122223333=org_b,444455556666=org_c";
        let mut settings =
            Settings::of([("ACCOUNT_ORGANIZATIONS".to_owned(), accounts.to_owned())]);
        let default = OrganizationId::parse("default");
        let organizations = Organizations::from_settings(&mut settings, default).unwrap();
        let envelope = Envelope::read(envelope)?;
        read(&envelope, &organizations, Timestamp::UNIX_EPOCH)
    }

    fn event(detail: Value) -> Value {
        json!({
            "id": "8847e5b9-2fd5-4a4e-9f0e-6b1a2f6f1c55", "source": PASSED_ON,
            "detail-type": "anything", "account": "111122223333",
            "time": "2026-11-21T10:15:00Z", "detail": detail
        })
    }

    #[test]
    fn the_detail_is_the_event_and_what_it_does_not_say_eventbridge_says() {
        let read = parse(event(json!({"type": "deploy", "project": "billing"}))).unwrap();
        assert_eq!(read.event_type, EventType::Deploy);
        assert_eq!(read.id.as_str(), "aws:8847e5b9-2fd5-4a4e-9f0e-6b1a2f6f1c55");
        assert_eq!(read.organization.as_str(), "org_a");
        assert_eq!(read.occurred_at.to_string(), "2026-11-21T10:15:00Z");
        let own = json!({"type": "deploy", "id": "d-1", "occurred_at": "2026-01-01T00:00:00Z"});
        let read = parse(event(own)).unwrap();
        assert_eq!(read.id.as_str(), "d-1");
        assert_eq!(read.occurred_at.to_string(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn an_id_of_its_own_is_enough_and_without_any_it_is_refused() {
        let mut bare = json!({"source": PASSED_ON, "detail": {"type": "deploy", "id": "d-1"}});
        assert_eq!(parse(bare.clone()).unwrap().id.as_str(), "d-1");
        bare["detail"].as_object_mut().unwrap().remove("id");
        let faults = parse(bare).unwrap_err();
        assert_eq!(faults.iter().next().unwrap().pointer.as_str(), "/id");
    }

    #[test]
    fn only_the_accounts_own_organizations_can_be_named() {
        let named = |name: &str| parse(event(json!({"type": "deploy", "organization": name})));
        assert_eq!(named("org_b").unwrap().organization.as_str(), "org_b");
        for stranger in ["org_c", "default", "no such/id"] {
            let faults = named(stranger).unwrap_err();
            let fault = faults.iter().next().unwrap();
            assert_eq!(fault.pointer.as_str(), "/detail/organization");
            assert!(fault.detail.contains("org_a, org_b"), "{}", fault.detail);
        }
    }

    #[test]
    fn every_fault_of_the_detail_is_named_at_once() {
        let detail =
            json!({"type": "depoly", "stauts": "failed", "organization": "x", "dry_run": 1});
        let faults = parse(event(detail)).unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/detail/organization",
                "/detail/type",
                "/detail/dry_run",
                "/detail/stauts"
            ]
        );
    }

    #[test]
    fn what_a_template_cannot_help_is_taken() {
        let detail = json!({
            "type": "error", "message": "x".repeat(20_000), "project": "p".repeat(300),
            "details": {"exit code": 137, "retried": false}
        });
        let read = parse(event(detail)).unwrap();
        assert_eq!(read.details["exit code"], "137");
        assert_eq!(read.details["retried"], "false");
        assert!(read.message.unwrap().chars().count() <= 10_000);
    }
}
