//! Messages of the fixture, as each platform gets them.

use carillon_domain::event::Capture;
use carillon_domain::{Event, EventId, Faults, OrganizationId, Pointer};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::testing::{BOT, DISCORD, HOOK, TEAMS, draft, webhook};
use crate::{Kind, discord, slack, teams};

/// What must and must not stand in a message, in any one of its texts.
#[derive(Deserialize)]
struct Case {
    name: String,
    platforms: Vec<String>,
    event: Value,
    must: Vec<String>,
    must_not: Vec<String>,
    why: String,
}

fn event(value: &Value) -> Event {
    let capture = Capture {
        organization: OrganizationId::parse("org_acme").unwrap(),
        now: Timestamp::from_second(1_795_256_100).unwrap(),
        fallback_id: EventId::parse("evt_1").unwrap(),
    };
    let mut faults = Faults::default();
    let event = Event::parse(value, &Pointer::root(), capture, &mut faults);
    event.unwrap_or_else(|| panic!("{value}: {faults}"))
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Whether a text has this, and not only behind a backslash that makes it literal.
fn is_live(what: &str, text: &str) -> bool {
    text.match_indices(what).any(|(at, _)| {
        let before = &text[..at];
        (before.len() - before.trim_end_matches('\\').len()).is_multiple_of(2)
    })
}

#[test]
fn every_message_says_what_it_must_and_nothing_that_it_must_not() {
    let fixture = include_str!("../../../tests/fixtures/messages.json");
    let cases: Vec<Case> = serde_json::from_str(fixture).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let event = event(&case.event);
        for platform in &case.platforms {
            let kinds: &[&dyn Kind] = match platform.as_str() {
                "slack" => &[BOT, HOOK],
                "discord" => &[DISCORD],
                "teams" => &[TEAMS],
                other => panic!("{other}"),
            };
            for kind in kinds {
                let body = draft(*kind, &webhook(*kind), &event).json();
                let violations = match platform.as_str() {
                    "slack" => slack::limits::violations(&body),
                    "discord" => discord::limits::violations(&body),
                    _ => teams::limits::violations(&body),
                };
                assert_eq!(violations, [], "{}", case.name);
                let texts = texts(&body);
                let says = |what: &String| texts.iter().any(|text| text.contains(what.as_str()));
                for must in case.must.iter().filter(|must| !says(must)) {
                    wrong.push(format!(
                        "{}, {platform}: {must:?} is missing ({}): {body:#}",
                        case.name, case.why
                    ));
                }
                let shows = |what: &String| texts.iter().any(|text| is_live(what, text));
                for must_not in case.must_not.iter().filter(|must_not| shows(must_not)) {
                    wrong.push(format!(
                        "{}, {platform}: {must_not:?} is there ({}): {body:#}",
                        case.name, case.why
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
