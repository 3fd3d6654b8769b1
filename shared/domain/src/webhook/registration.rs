//! Reading a client's webhook: every fault of it at once.

use secrecy::SecretString;
use serde_json::Value;

use super::described::{
    CONFIGURATION, ENABLED, EVENT_TYPES, FILTERS, MESSAGE, NAME, NEW_WEBHOOK, TYPE,
};
use super::{Configuration, KindId, MessageTemplate, Webhook, WebhookStatus};
use crate::event_type::EventTypePattern;
use crate::fault::{FaultCode, Faults, Pointer};
use crate::field::Named;
use crate::fields::Fields;
use crate::filters::Filters;
use crate::ids::OrganizationId;

/// The credential of a client's webhook, in the form in which its kind stores it.
#[derive(Debug, Clone)]
pub enum Credential {
    New(SecretString),
    /// Some parts of it are new, as a JSON object; the others are to be those that there are.
    Partial(SecretString),
    /// The masked one was sent back.
    Unchanged,
}

/// Parts of a credential that were made here, by the fields that they belong to: to be shown
/// once.
pub type Made = Vec<(&'static str, SecretString)>;

/// What a client's `configuration` comes to, once its kind has read it.
#[derive(Debug)]
pub struct Configured {
    pub kind: KindId,
    pub configuration: Configuration,
    /// The channels that get a delivery each. A destination with a channel of its own gets one
    /// delivery, under its label (blank where it has none).
    pub channels: Vec<String>,
    pub credential: Credential,
    pub made: Made,
}

/// What a client asks to register, read and found to be right.
#[derive(Debug)]
pub struct Registration {
    pub name: String,
    pub event_types: Vec<EventTypePattern>,
    pub filters: Filters,
    /// What it posts to, and how.
    pub destination: Configured,
    /// Words of its owner's; none where it has none.
    pub message: Option<MessageTemplate>,
    /// None where the client does not say.
    pub enabled: Option<bool>,
}

/// How large a webhook may be as JSON, in bytes: lists of them have to fit into one answer.
pub const MAX_WEBHOOK_BYTES: usize = 16 * 1_024;

/// What answers say of themselves, or of how the webhook stands at the moment. Whoever sends
/// such an answer back sends these along; they change nothing.
const OF_ANSWERS: [&str; 4] = [
    "verification",
    "rotated",
    "failing_since",
    "next_attempt_at",
];

impl Registration {
    /// Reads a client's webhook: a new one, or the one that is to replace `current`.
    /// `configuration` reads the part that each kind of destination has rules of its own for,
    /// by the `type`, which is one of `types`; `message` reads the words of its owner's.
    ///
    /// # Errors
    /// All faults of the document, the configuration's included.
    pub fn parse(
        value: &Value,
        organization: &OrganizationId,
        current: Option<&Webhook>,
        types: &[&str],
        configuration: impl FnOnce(&str, &Value, &Pointer, &mut Faults) -> Option<Configured>,
        message: impl FnOnce(&Value, &Pointer, &mut Faults) -> MessageTemplate,
    ) -> Result<Self, Faults> {
        Fields::read(value, &NEW_WEBHOOK, |fields| {
            let size = value.to_string().len();
            if size > MAX_WEBHOOK_BYTES {
                let detail = format!("a webhook may have {MAX_WEBHOOK_BYTES} bytes; it has {size}");
                let root = Pointer::root();
                fields.faults().add(root, FaultCode::OutOfRange, detail);
            }
            let name = fields.get(&NAME);
            let types: Vec<(&str, &str)> = types.iter().map(|name| (*name, *name)).collect();
            let api_type = fields.required_choice(TYPE.name, &types);
            let event_types = fields.get(&EVENT_TYPES);
            let filters = fields.get(&FILTERS).unwrap_or_default();
            let at = fields.at(CONFIGURATION.name);
            let configured = fields.get(&CONFIGURATION).and_then(|value| {
                api_type.and_then(|api_type| configuration(api_type, &value, &at, fields.faults()))
            });
            let at = fields.at(MESSAGE.name);
            let message = fields
                .get(&MESSAGE)
                .map(|value| message(&value, &at, fields.faults()))
                .filter(|message| !message.is_empty());
            let mut enabled = fields.get(&ENABLED);
            fields.own_organization(organization);
            if let Some(current) = current {
                read_only(fields, current, enabled);
                // A suspended webhook is still enabled by its owner. Sent back as it was read,
                // that is no wish to resume it.
                let is_as_read = current.status == WebhookStatus::Suspended
                    && value.get("status").and_then(Value::as_str) == Some("suspended");
                enabled = enabled.filter(|enabled| !(*enabled && is_as_read));
            }
            Some(Self {
                name: name?,
                event_types: event_types.unwrap_or_default(),
                filters,
                destination: configured?,
                message,
                enabled,
            })
        })
    }
}

/// Reads what the server adds to a webhook. It may be sent back as it was read, also where
/// the webhook has been changed since; what asks for something that cannot be had is a fault.
fn read_only(fields: &mut Fields, current: &Webhook, enabled: Option<bool>) {
    for name in OF_ANSWERS {
        fields.value(name);
    }
    let id = fields.text("id", 1_000);
    if id.is_some_and(|id| id != current.id.as_str()) {
        let detail = "is another webhook's: an id cannot be changed; leave it out";
        fields.fault("id", FaultCode::NotAllowed, detail);
    }
    let created_at = fields.time("created_at");
    // Many clients keep times to the millisecond or microsecond.
    if created_at.is_some_and(|time| time.as_second() != current.created_at.as_second()) {
        let detail = "cannot be changed; leave it out";
        fields.fault("created_at", FaultCode::NotAllowed, detail);
    }
    // Of an earlier read, it is earlier.
    let modified_at = fields.time("modified_at");
    if modified_at.is_some_and(|time| time.as_second() > current.modified_at.as_second()) {
        let detail = "is set by the server; leave it out";
        fields.fault("modified_at", FaultCode::NotAllowed, detail);
    }
    let status = fields.choice("status", &WebhookStatus::all());
    // What was read says the same twice; `enabled` is the one that counts.
    let as_read = |status| enabled == Some(status != WebhookStatus::Disabled);
    if status.is_some_and(|status| status != current.status && !as_read(status)) {
        let detail = "is set by the server: to switch the webhook on or off, or to resume it, give \
                      `enabled` as true or false";
        fields.fault("status", FaultCode::NotAllowed, detail);
    }
    let reason = fields.text("status_reason", MAX_WEBHOOK_BYTES);
    if reason.is_some()
        && reason != current.status_reason
        && status != Some(WebhookStatus::Suspended)
    {
        let detail = "is set by the server; leave it out";
        fields.fault("status_reason", FaultCode::NotAllowed, detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use serde_json::json;

    fn organization() -> OrganizationId {
        OrganizationId::parse("org_acme").unwrap()
    }

    fn read(value: &Value, current: Option<&Webhook>) -> Result<Registration, Faults> {
        let configured = Configured {
            kind: KindId::new("slack/bot"),
            configuration: Configuration::default(),
            channels: vec!["infra".into()],
            credential: Credential::New(SecretString::from("fake")),
            made: Vec::new(),
        };
        Registration::parse(
            value,
            &organization(),
            current,
            &["slack"],
            |_, _, _, _| Some(configured),
            |_, _, _| MessageTemplate::default(),
        )
    }

    fn pointers(value: &Value, current: Option<&Webhook>) -> Vec<String> {
        let faults = read(value, current).unwrap_err();
        faults.iter().map(|f| f.pointer.to_string()).collect()
    }

    #[test]
    fn blank_and_broken_texts_are_faults_of_their_fields() {
        for (field, value) in [
            ("type", ""),
            ("type", " "),
            ("name", " "),
            ("name", "a\u{0}b"),
        ] {
            let mut document = json!({
                "name": "x", "type": "slack", "event_types": ["*"], "configuration": {}
            });
            document[field] = json!(value);
            assert_eq!(
                pointers(&document, None),
                [format!("/{field}")],
                "{value:?}"
            );
        }
    }

    #[test]
    fn every_fault_of_a_registration_is_found_at_once() {
        let document = json!({
            "type": "teams", "event_types": ["depoly"], "filters": {"env": ["x"]},
            "enabled": 1, "organization": "org_other", "colour": "red"
        });
        assert_eq!(
            pointers(&document, None),
            [
                "/name",
                "/type",
                "/event_types/0",
                "/filters/env",
                "/configuration",
                "/enabled",
                "/organization",
                "/colour"
            ]
        );
    }

    #[test]
    fn nobody_subscribes_to_a_ping_and_what_is_there_twice_is_kept_once() {
        let mut document = json!({
            "name": "x", "type": "slack", "event_types": ["deploy", "*", "deploy"],
            "configuration": {}, "filters": {"environment": ["production", "prod-*", "production"]}
        });
        let registration = read(&document, None).unwrap();
        let types = registration.event_types.iter();
        assert_eq!(
            types.map(EventTypePattern::as_str).collect::<Vec<_>>(),
            ["deploy", "*"]
        );
        let filters = serde_json::to_value(&registration.filters).unwrap();
        assert_eq!(filters, json!({"environment": ["production", "prod-*"]}));
        document["event_types"] = json!(["ping", "deploy", "pin*"]);
        assert_eq!(
            pointers(&document, None),
            ["/event_types/0", "/event_types/2"]
        );
    }

    #[test]
    fn a_suspended_webhook_is_not_resumed_by_sending_back_what_was_read() {
        let mut current = sample::webhook(1, &["*"]);
        current.status = WebhookStatus::Suspended;
        let mut document = json!({
            "name": "x", "type": "slack", "event_types": ["*"], "configuration": {},
            "status": "suspended", "enabled": true
        });
        assert_eq!(read(&document, Some(&current)).unwrap().enabled, None);
        document["enabled"] = json!(false);
        assert_eq!(
            read(&document, Some(&current)).unwrap().enabled,
            Some(false)
        );
        document["enabled"] = json!(true);
        document["status"] = json!("active");
        assert_eq!(read(&document, Some(&current)).unwrap().enabled, Some(true));
    }

    #[test]
    fn what_the_server_adds_may_be_sent_back_but_not_made_up() {
        let current = sample::webhook(1, &["*"]);
        let mut document = json!({
            "name": "x", "type": "slack", "event_types": ["*"], "configuration": {},
            "id": current.id.as_str(), "status": "active", "status_reason": null,
            "created_at": current.created_at.to_string(),
            "modified_at": current.modified_at.to_string()
        });
        assert!(read(&document, Some(&current)).is_ok());
        assert_eq!(
            pointers(&document, None),
            [
                "/created_at",
                "/id",
                "/modified_at",
                "/status",
                "/status_reason"
            ]
        );
        // What answers to writes add.
        document["verification"] = json!({"status": "verified"});
        document["rotated"] = json!([current.id.as_str()]);
        assert!(read(&document, Some(&current)).is_ok());
    }

    #[test]
    fn what_only_the_server_sets_cannot_be_asked_for() {
        let current = sample::webhook(1, &["*"]);
        for (field, value) in [
            ("id", json!("wh_01JD0000000000000000000000")),
            ("created_at", json!("2020-01-01T00:00:00Z")),
            ("created_at", json!(7)),
            ("modified_at", json!("2999-01-01T00:00:00Z")),
            ("modified_at", json!("yesterday")),
            ("status", json!("disabled")),
            ("status", json!("suspended")),
            ("status", json!("off")),
            ("status_reason", json!("because")),
        ] {
            let mut document = json!({
                "name": "x", "type": "slack", "event_types": ["*"], "configuration": {}
            });
            document[field] = value.clone();
            let at = format!("/{field}");
            assert_eq!(pointers(&document, Some(&current)), [at], "{value}");
        }
    }

    #[test]
    fn what_was_read_before_the_webhook_was_changed_can_be_sent_back() {
        let mut current = sample::webhook(1, &["*"]);
        let earlier = |status: &str, reason: Value, enabled: bool| {
            json!({
                "name": "x", "type": "slack", "event_types": ["*"], "configuration": {},
                "modified_at": "2020-01-01T00:00:00Z", "status": status,
                "status_reason": reason, "enabled": enabled
            })
        };
        for status in WebhookStatus::ALL {
            current.status = *status;
            for document in [
                earlier("active", Value::Null, true),
                earlier("disabled", Value::Null, false),
                earlier("suspended", json!("the token was revoked"), true),
            ] {
                let read = read(&document, Some(&current));
                assert!(read.is_ok(), "{status:?} {document} {read:?}");
            }
        }
    }

    #[test]
    fn a_webhook_over_sixteen_kilobytes_is_refused_whatever_else_is_wrong_with_it() {
        let values: Vec<String> = (0..50).map(|n| format!("{n}{}", "x".repeat(200))).collect();
        let mut document = json!({
            "name": "x", "type": "slack", "event_types": ["*"], "configuration": {},
            "filters": {"environment": values}
        });
        assert!(read(&document, None).is_ok());
        document["filters"]["project"] = document["filters"]["environment"].clone();
        document["colour"] = json!("red");
        assert_eq!(pointers(&document, None), ["", "/colour"]);
    }
}
