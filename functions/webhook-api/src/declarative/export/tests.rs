use super::super::document::{Document, Format};
use super::super::plan::{Change, Plan};
use super::*;
use carillon_domain::webhook::CredentialRef;
use carillon_domain::{Configuration, Faults, Filters, KindId, Pointer, sample};
use serde_json::Value;

/// Webhooks with everything that a file can say, and with texts that YAML would take for
/// something else.
fn webhooks() -> Vec<Webhook> {
    let filters = |value: Value| {
        let mut faults = Faults::default();
        Filters::parse(&value, &Pointer::root(), &mut faults)
    };
    let bot = Webhook {
        name: "yes".into(),
        filters: filters(json!({"environment": ["on", "*", "- a"], "project": ["~", "0123"]})),
        message: Some(
            serde_json::from_value(json!({
                "title": "{{ resource.name }}: {% if status %}yes{% endif %} #1",
                "text": "- a\n  {{ message }}\n", "fields": ["status", "details.on"],
                "links": [{"label": "~", "url": "https://example.com/{{ project }}#x"}],
                "mentions": [{"when": {"status": ["failed"]}, "who": ["S0FAKE", "here"]}],
            }))
            .unwrap(),
        ),
        status: WebhookStatus::Suspended,
        configuration: Configuration {
            grouping: Grouping::Thread,
            digest: Digest::Off,
            ..Configuration::default()
                .with("token", "xoxb-…wxyz")
                .with("channels", json!(["#infra", "C0123ABCD"]))
                .with("username", "Bell: @ #1 'x' \"y\" 🔔")
                .with("icon_emoji", ":bell:")
        },
        ..sample::webhook(1, &["deploy", "*_deleted"])
    };
    let discord = Webhook {
        name: "a: b {c}".into(),
        kind: KindId::new("discord"),
        filters: filters(json!({"environment": ["production"]})),
        status: WebhookStatus::Disabled,
        configuration: Configuration::default()
            .with("webhook_url", "https://discord.com/api/webhooks/…/…wxyz")
            .with("channel", "null")
            .with("avatar_url", "https://example.com/?a=1#x")
            .with("thread_id", "123456789012345678"),
        ..sample::webhook(2, &["*"])
    };
    let plain = Webhook {
        name: "1e3".into(),
        configuration: Configuration::default()
            .with("token", "xoxb-…wxyz")
            .with("channel", "no"),
        ..sample::webhook(3, &["error"])
    };
    vec![bot, discord, plain]
}

#[test]
fn an_export_that_is_applied_again_changes_nothing() {
    let webhooks = webhooks();
    let kinds = Kinds::default();
    let export = Notifications {
        kinds: &kinds,
        webhooks: webhooks.clone(),
    };
    let yaml = export.to_yaml().unwrap();
    let json = serde_json::to_string(&export).unwrap();
    for (format, text) in [(Format::Yaml, &yaml), (Format::Json, &json)] {
        let document = Document::read(format, text.as_bytes()).unwrap();
        let organization = &webhooks[0].organization;
        let plan = Plan::of(&kinds, &document, webhooks.clone(), organization, true)
            .unwrap_or_else(|faults| panic!("{faults}\n{text}"));
        assert_eq!(plan.removals, []);
        let kept = plan
            .steps
            .iter()
            .filter(|step| matches!(step.change, Change::Keep(_)));
        assert_eq!(kept.count(), webhooks.len(), "{text}");
    }
}

#[test]
fn an_export_says_no_more_than_a_read() {
    let mut webhooks = webhooks();
    webhooks[0].credential = CredentialRef {
        ..webhooks[0].credential.clone()
    };
    let shown = serde_json::to_value(Notifications {
        kinds: &Kinds::default(),
        webhooks,
    })
    .unwrap();
    assert_eq!(
        shown["notifications"]["1e3"],
        json!({
            "enabled": true, "provider": "slack", "token": "xoxb-…wxyz", "channel": "no",
            "events": ["error"]
        })
    );
    assert_eq!(
        shown["notifications"]["yes"]["environments"],
        json!(["on", "*", "- a"])
    );
    assert_eq!(
        shown["notifications"]["yes"]["filters"],
        json!({"project": ["~", "0123"]})
    );
    assert_eq!(shown["notifications"]["a: b {c}"]["enabled"], false);
}

#[test]
fn no_webhooks_are_an_empty_block() {
    let yaml = Notifications {
        kinds: &Kinds::default(),
        webhooks: Vec::new(),
    }
    .to_yaml()
    .unwrap();
    assert!(
        Document::read(Format::Yaml, yaml.as_bytes()).is_ok(),
        "{yaml}"
    );
}
