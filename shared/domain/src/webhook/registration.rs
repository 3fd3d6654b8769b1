//! Reading a client's webhook: every fault of it at once.

use secrecy::SecretString;
use serde_json::Value;

use super::{Configuration, MAX_WEBHOOK_NAME, Platform, Webhook, WebhookStatus};
use crate::event_type::EventTypePattern;
use crate::fault::{FaultCode, Faults, Pointer};
use crate::fields::Fields;
use crate::filters::Filters;
use crate::ids::OrganizationId;

/// The credential of a client's webhook.
#[derive(Debug, Clone)]
pub enum Credential {
    New(SecretString),
    /// The masked one was sent back.
    Unchanged,
}

/// What a client asks to register, read and found to be right.
#[derive(Debug)]
pub struct Registration {
    pub name: String,
    pub platform: Platform,
    pub event_types: Vec<EventTypePattern>,
    pub filters: Filters,
    pub configuration: Configuration,
    pub credential: Credential,
    /// None where the client does not say.
    pub enabled: Option<bool>,
}

/// What the server adds to a webhook. Whoever sends back what was read sends these along;
/// they change nothing.
const READ_ONLY: [&str; 5] = ["id", "status", "status_reason", "created_at", "modified_at"];

impl Registration {
    /// Reads a client's webhook: a new one, or the one that is to replace `current`.
    /// `configuration` reads the part that each platform has rules of its own for; it is
    /// told the current configuration, so that a masked credential can mean 'unchanged'.
    ///
    /// # Errors
    /// All faults of the document, the configuration's included.
    pub fn parse(
        value: &Value,
        organization: &OrganizationId,
        current: Option<&Webhook>,
        configuration: impl FnOnce(
            Platform,
            &Value,
            &Pointer,
            Option<&Configuration>,
            &mut Faults,
        ) -> Option<(Configuration, Credential)>,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let registration = Self::read(value, organization, current, configuration, &mut faults);
        faults.into_result(registration)
    }

    fn read(
        value: &Value,
        organization: &OrganizationId,
        current: Option<&Webhook>,
        configuration: impl FnOnce(
            Platform,
            &Value,
            &Pointer,
            Option<&Configuration>,
            &mut Faults,
        ) -> Option<(Configuration, Credential)>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let mut fields = Fields::of(value, Pointer::root(), faults)?;
        let name = fields.required_line("name", MAX_WEBHOOK_NAME);
        let platforms = Platform::ALL.map(|platform| (platform.as_str(), platform));
        let platform = fields.required_choice("type", &platforms);
        let event_types = event_types(&mut fields);
        let at = fields.at("filters");
        let filters = fields
            .value("filters")
            .map(|value| Filters::parse(value, &at, fields.faults()))
            .unwrap_or_default();
        let at = fields.at("configuration");
        let configured = match fields.value("configuration") {
            None => {
                fields.fault(
                    "configuration",
                    FaultCode::Required,
                    "`configuration` is required",
                );
                None
            }
            Some(value) => platform.and_then(|platform| {
                let current = current.map(|webhook| &webhook.configuration);
                configuration(platform, value, &at, current, fields.faults())
            }),
        };
        let mut enabled = fields.boolean("enabled");
        fields.own_organization(organization);
        if let Some(current) = current {
            for name in READ_ONLY {
                fields.value(name);
            }
            // A suspended webhook is still enabled by its owner. Sent back as it was read,
            // that is no wish to resume it.
            let is_as_read = current.status == WebhookStatus::Suspended
                && value.get("status").and_then(Value::as_str) == Some("suspended");
            enabled = enabled.filter(|enabled| !(*enabled && is_as_read));
        }
        fields.finish();
        let (configuration, credential) = configured?;
        Some(Self {
            name: name?.trim().to_owned(),
            platform: platform?,
            event_types,
            filters,
            configuration,
            credential,
            enabled,
        })
    }
}

fn event_types(fields: &mut Fields) -> Vec<EventTypePattern> {
    let rule =
        "at least one event type, or a pattern such as \"*\" or \"parameter_*\", is required";
    if !fields.has("event_types") {
        fields.fault("event_types", FaultCode::Required, rule);
    }
    let Some(texts) = fields.texts("event_types", 50, 256) else {
        return Vec::new();
    };
    if texts.is_empty() {
        fields.fault("event_types", FaultCode::OutOfRange, rule);
    }
    let mut patterns = Vec::with_capacity(texts.len());
    for (at, text) in texts {
        match EventTypePattern::parse(&text) {
            Ok(pattern) => patterns.push(pattern),
            Err(detail) => fields.faults().add(at, FaultCode::UnknownValue, detail),
        }
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use crate::webhook::DestinationKind;
    use serde_json::json;

    fn organization() -> OrganizationId {
        OrganizationId::parse("org_acme").unwrap()
    }

    fn read(value: &Value, current: Option<&Webhook>) -> Result<Registration, Faults> {
        Registration::parse(value, &organization(), current, |_, _, _, _, _| {
            let configuration = Configuration::new(DestinationKind::SlackBot, "xoxb-…wxyz".into());
            let credential = Credential::New(SecretString::from("fake"));
            Some((configuration, credential))
        })
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
        let document = json!({
            "name": "x", "type": "slack", "event_types": ["*"], "configuration": {},
            "id": "wh_1", "status": "active", "status_reason": null,
            "created_at": "2026-11-21T10:15:00Z", "modified_at": "2026-11-21T10:15:00Z"
        });
        let current = sample::webhook(1, &["*"]);
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
    }
}
