//! What each kind of event becomes, and what people then read, as snapshots of whole
//! events.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use carillon_chat::{Kinds, Place, Post, Without};
use carillon_domain::event::{MAX_EVENT_BYTES, is_web_url};
use carillon_domain::{Event, Faults, Filters, KindId, OrganizationId, Pointer, sample};
use carillon_runtime::Settings;
use jiff::Timestamp;
use serde_json::Value;

use crate::Rules;
use crate::envelope::Envelope;
use crate::event::{Meaning, read};
use crate::kinds;
use crate::story::Turn;

pub(crate) fn fixtures() -> Vec<(String, Value)> {
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

/// With this noise wanted.
fn rules(noise: &str) -> Rules {
    let variables = [
        (
            "ACCOUNT_ORGANIZATIONS",
            "111122223333=org_acme,111122223333=org_b",
        ),
        ("ORGANIZATION_TAG", "team"),
        ("ACCOUNT_ENVIRONMENTS", "111122223333=production"),
        ("CLOUD_NOISE", noise),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut settings = Settings::of(variables);
    let default = OrganizationId::parse("default").unwrap();
    Rules::from_settings(&mut settings, Some(default)).unwrap()
}

fn meaning(payload: &Value, wanted: &str) -> Meaning {
    let envelope = Envelope::read(payload.clone()).unwrap();
    read(&envelope, &rules(wanted), Timestamp::UNIX_EPOCH).unwrap()
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
        headline: None,
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
            Meaning::News(event, story) => {
                if story.is_some_and(|story| story.turn == Turn::EndsOnly) {
                    writeln!(text, "told where it ends something\n").unwrap();
                }
                Some(event)
            }
            Meaning::Noise(noise) => {
                writeln!(text, "quiet: {}\n", noise.name()).unwrap();
                match meaning(&payload, noise.name()) {
                    Meaning::News(event, _) => Some(event),
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
        let Meaning::News(event, _) = meaning(&payload, "all") else {
            assert_eq!(name, "health_further_page");
            continue;
        };
        let json = serde_json::to_string(&event).unwrap();
        assert!(json.len() <= MAX_EVENT_BYTES, "{name}");
        // Where it is no secret, it is what a test run is called.
        let is_synthetics = name.starts_with("synthetics");
        assert!(is_synthetics || !json.contains("canary"), "{name}: {json}");
        let eventbridges = format!("aws:{}", payload["id"].as_str().unwrap());
        // What other events say as well has an id of its service's own.
        let is_shared = [
            "codepipeline_failed",
            "codepipeline_action_failed",
            "health_issue_open",
        ];
        assert_eq!(
            event.id.as_str() == eventbridges,
            !is_shared.contains(&name.as_str()) && !event.id.as_str().starts_with("aws:health"),
            "{name}: {}",
            event.id
        );
        assert_eq!(event.provider.as_deref(), Some("aws"), "{name}");
        assert_eq!(event.occurred_at.to_string(), "2026-11-21T10:15:00Z");
        let operation = event.details.contains_key("operation");
        // Of RDS, what is no part of an operation stands alone.
        let is_alone = name.starts_with("rds_") && !operation;
        assert_eq!(event.correlation_id.is_none(), is_alone, "{name}");
        assert_eq!(event.account.as_deref(), Some("111122223333"), "{name}");
        assert_eq!(event.environment.as_deref(), Some("production"), "{name}");
        let resource = event.resource.unwrap();
        assert!(
            resource.resource_type.is_some() && resource.name.is_some(),
            "{name}"
        );
        if name != "passthrough" {
            assert_eq!(event.region.as_deref(), Some("eu-west-1"), "{name}");
            assert!(event.severity.is_some(), "{name}");
            assert!(is_web_url(&resource.url.unwrap()), "{name}");
        }
    }
}

#[test]
fn the_template_has_a_rule_for_every_kind() {
    let template = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    let template = fs::read_to_string(template).unwrap();
    // The patterns of the rules, each with its sources and detail types.
    let rules: Vec<&str> = template.split("Type: AWS::Events::Rule").skip(1).collect();
    let has_rule = |source: &str, detail_type: &str| {
        rules.iter().any(|rule| {
            let (pattern, _) = rule.split_once("Targets:").unwrap();
            let sources = pattern
                .lines()
                .find(|line| line.contains("source: ["))
                .unwrap();
            let has_source = sources
                .split(['[', ',', ']'])
                .any(|part| part.trim() == source);
            let refreshes = detail_type.starts_with("EC2 Auto Scaling Instance Refresh ")
                && pattern.contains("prefix: \"EC2 Auto Scaling Instance Refresh \"");
            let takes_all = !pattern.contains("detail-type:");
            let named = pattern
                .lines()
                .any(|line| line.trim() == format!("- {detail_type}"));
            has_source && (named || refreshes || takes_all)
        })
    };
    for (name, payload) in fixtures() {
        let source = payload["source"].as_str().unwrap();
        let detail_type = payload["detail-type"].as_str().unwrap();
        assert!(has_rule(source, detail_type), "{name}");
    }
    for kind in kinds::all() {
        for detail_type in kind.detail_types {
            assert!(
                has_rule(kind.source, detail_type),
                "{}: {detail_type}",
                kind.source
            );
        }
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
            Meaning::News(event, _) => event.correlation_id.unwrap(),
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
    ] {
        let first = correlation(group[0]);
        for name in group {
            assert_eq!(correlation(name), first, "{name}");
        }
    }
}

#[test]
fn a_webhook_for_production_alone_gets_the_failing_database_of_the_production_account() {
    let filters = serde_json::json!({
        "environment": ["production", "prod-*"], "account": ["1111*"], "severity": ["error", "critical"]
    });
    let filters = Filters::parse(&filters, &Pointer::root(), &mut Faults::default());
    let (_, payload) = fixtures()
        .into_iter()
        .find(|(name, _)| name == "rds_low_storage")
        .unwrap();
    let told = |account: &str| {
        let mut payload = payload.clone();
        payload["account"] = account.into();
        match meaning(&payload, "") {
            Meaning::News(event, _) => filters.matches(&event),
            other => panic!("{other:?}"),
        }
    };
    assert!(told("111122223333"));
    assert!(!told("444455556666"));
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
    let rules = rules("all");
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
                if let Ok(Meaning::News(event, _)) = read(&envelope, &rules, Timestamp::UNIX_EPOCH)
                {
                    let size = serde_json::to_vec(&event).unwrap().len();
                    assert!(size <= MAX_EVENT_BYTES, "{name} {place}");
                }
            }
        }
    }
}
