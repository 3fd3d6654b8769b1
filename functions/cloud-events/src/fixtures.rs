//! What each kind of event becomes, and what people then read, as snapshots of whole
//! events.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use carillon_chat::{Kinds, Place, Post, Without};
use carillon_domain::event::{MAX_EVENT_BYTES, is_web_url};
use carillon_domain::{Event, KindId, OrganizationId, sample};
use carillon_runtime::Settings;
use jiff::Timestamp;
use serde_json::Value;

use crate::envelope::Envelope;
use crate::event::{Meaning, read};
use crate::{Rules, Wanted};

fn fixtures() -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/eventbridge");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(path).unwrap();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert!(found.len() > 40);
    found
}

fn rules() -> Rules {
    let variables = [
        (
            "ACCOUNT_ORGANIZATIONS",
            "111122223333=org_acme,111122223333=org_b",
        ),
        ("ORGANIZATION_TAG", "team"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut settings = Settings::of(variables);
    let default = OrganizationId::parse("default").unwrap();
    Rules::from_settings(&mut settings, Some(default)).unwrap()
}

fn meaning(payload: &Value, wanted: &str) -> Meaning {
    let envelope = Envelope::read(payload.clone()).unwrap();
    let wanted = Wanted::parse(wanted).unwrap();
    read(
        &envelope,
        &rules().organizations,
        &wanted,
        Timestamp::UNIX_EPOCH,
    )
    .unwrap()
}

/// The texts of a message in their order.
fn texts(body: &Value, found: &mut Vec<String>) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text)
                        if ["text", "title", "description", "name", "value", "url"]
                            .contains(&name.as_str()) =>
                    {
                        found.push(text.clone());
                    }
                    _ => texts(value, found),
                }
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| texts(entry, found)),
        _ => {}
    }
}

fn rendered(kind: KindId, event: &Event) -> String {
    let draft = Kinds::default().get(&kind).unwrap().draft(&Post {
        webhook: &sample::webhook(1, &["*"]),
        channel: "infra",
        events: &[event],
        post_id: "id",
        place: &Place::Channel,
        without: Without::default(),
    });
    let mut found = Vec::new();
    texts(&draft.json(), &mut found);
    found.join("\n")
}

#[test]
fn every_kind_of_event_becomes_what_its_snapshot_shows() {
    for (name, payload) in fixtures() {
        let mut text = String::new();
        let told = match meaning(&payload, "") {
            Meaning::News(event) => Some(event),
            Meaning::Noise(noise) => {
                writeln!(text, "quiet: {}\n", noise.name()).unwrap();
                match meaning(&payload, noise.name()) {
                    Meaning::News(event) => Some(event),
                    other => panic!("{name}: {other:?}"),
                }
            }
            Meaning::Repeats(reason) => {
                writeln!(text, "never told: {reason}").unwrap();
                None
            }
        };
        if let Some(event) = told {
            writeln!(text, "{}", serde_json::to_string_pretty(&event).unwrap()).unwrap();
            let kinds = [
                ("Slack", KindId::new("slack/incoming_webhook")),
                ("Discord", KindId::new("discord")),
            ];
            for (platform, kind) in kinds {
                write!(text, "\n--- {platform}\n{}\n", rendered(kind, &event)).unwrap();
            }
        }
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn every_event_has_what_people_look_for_and_nothing_that_is_none_of_their_business() {
    for (name, payload) in fixtures() {
        let Meaning::News(event) = meaning(&payload, "all") else {
            assert_eq!(name, "health_further_page");
            continue;
        };
        let json = serde_json::to_string(&event).unwrap();
        assert!(json.len() <= MAX_EVENT_BYTES, "{name}");
        assert!(!json.contains("canary"), "{name}: {json}");
        assert_eq!(
            event.id.as_str(),
            format!("aws:{}", payload["id"].as_str().unwrap())
        );
        assert_eq!(event.provider.as_deref(), Some("aws"), "{name}");
        assert_eq!(event.occurred_at.to_string(), "2026-11-21T10:15:00Z");
        assert!(event.correlation_id.is_some(), "{name}");
        let resource = event.resource.unwrap();
        assert!(
            resource.resource_type.is_some() && resource.name.is_some(),
            "{name}"
        );
        if name != "passthrough" {
            assert_eq!(event.region.as_deref(), Some("eu-west-1"), "{name}");
            assert_eq!(event.details["account"], "111122223333", "{name}");
            assert!(is_web_url(&resource.url.unwrap()), "{name}");
        }
    }
}

#[test]
fn the_template_has_a_rule_for_every_kind() {
    let template = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    let template = fs::read_to_string(template).unwrap();
    for (name, payload) in fixtures() {
        let source = payload["source"].as_str().unwrap();
        let detail_type = payload["detail-type"].as_str().unwrap();
        assert!(template.contains(&format!("source: [{source}]")), "{name}");
        assert!(
            source == "carillon.event" || template.contains(detail_type),
            "{name}"
        );
    }
}

#[test]
fn the_states_of_one_operation_share_a_correlation_id() {
    let correlation = |name: &str| {
        let (_, payload) = fixtures()
            .into_iter()
            .find(|(found, _)| found == name)
            .unwrap();
        match meaning(&payload, "all") {
            Meaning::News(event) => event.correlation_id.unwrap(),
            other => panic!("{name}: {other:?}"),
        }
    };
    for group in [
        &[
            "cloudformation_stack_update_rollback_in_progress",
            "cloudformation_stack_update_rollback_complete",
            "cloudformation_resource_failed",
        ][..],
        &[
            "ecs_deployment_in_progress",
            "ecs_deployment_completed",
            "ecs_deployment_failed",
        ],
        &[
            "codepipeline_started",
            "codepipeline_succeeded",
            "codepipeline_failed",
        ],
        &[
            "codedeploy_start",
            "codedeploy_success",
            "codedeploy_failure",
        ],
        &[
            "codebuild_in_progress",
            "codebuild_succeeded",
            "codebuild_failed",
        ],
        &["health_issue_open", "health_issue_closed"],
        &["alarm_on", "alarm_over"],
    ] {
        let first = correlation(group[0]);
        for name in group {
            assert_eq!(correlation(name), first, "{name}");
        }
    }
}

/// The names of everything in a document, and how to take one thing away.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let here = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                pointers(inner, &here, found);
                found.push(here);
            }
        }
        Value::Array(entries) => {
            for (n, inner) in entries.iter().enumerate() {
                pointers(inner, &format!("{at}/{n}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn whatever_a_field_is_turned_into_the_event_is_read_or_refused_and_never_a_panic() {
    let odd = [
        Value::Null,
        serde_json::json!(7),
        serde_json::json!([]),
        serde_json::json!({"a": [1]}),
        serde_json::json!(""),
        serde_json::json!("\u{202e}@everyone\u{0} <!channel> é".repeat(40)),
    ];
    for (name, payload) in fixtures() {
        let mut places = Vec::new();
        pointers(&payload, "", &mut places);
        for place in places {
            for value in &odd {
                let mut changed = payload.clone();
                *changed.pointer_mut(&place).unwrap() = value.clone();
                let Ok(envelope) = Envelope::read(changed) else {
                    continue;
                };
                let wanted = Wanted::parse("all").unwrap();
                let now = Timestamp::UNIX_EPOCH;
                if let Ok(Meaning::News(event)) =
                    read(&envelope, &rules().organizations, &wanted, now)
                {
                    let size = serde_json::to_vec(&event).unwrap().len();
                    assert!(size <= MAX_EVENT_BYTES, "{name} {place}");
                }
            }
        }
    }
}
