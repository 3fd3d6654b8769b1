use super::*;

mod words;

use crate::post::{Place, Without};
use crate::teams::limits::violations;
use crate::testing::{TEAMS, any_event, gallery, hostile, webhook};
use carillon_domain::{EventType, sample};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::json;

fn rendered(events: &[&Event]) -> Value {
    message(&Post {
        webhook: &webhook(TEAMS),
        channel: "",
        events,
        post_id: "a-post-id",
        place: &Place::Channel,
        without: Without::default(),
        headline: None,
    })
}

fn card(events: &[&Event]) -> Value {
    rendered(events)["attachments"][0]["content"].clone()
}

/// All that stands under this name anywhere.
fn all(value: &Value, name: &str) -> Vec<Value> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| {
                let own = (key == name).then(|| value.clone());
                own.into_iter().chain(all(value, name))
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| all(item, name)).collect(),
        _ => Vec::new(),
    }
}

/// Every text in which Teams reads Markdown.
fn marked_up(value: &Value) -> Vec<String> {
    let of = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Value::Object(fields) if fields.get("type") == Some(&json!("TextBlock")) => {
            of(&value["text"]).into_iter().collect()
        }
        Value::Object(fields) if fields.contains_key("facts") => all(value, "title")
            .iter()
            .chain(&all(value, "value"))
            .filter_map(of)
            .collect(),
        Value::Object(fields) => fields.values().flat_map(marked_up).collect(),
        Value::Array(items) => items.iter().flat_map(marked_up).collect(),
        _ => Vec::new(),
    }
}

/// What Teams would interpret in a text, if anything, going through it as a reader of Markdown
/// does: escapes and links of ours first, then everything else.
fn live(text: &str) -> Option<String> {
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let spaced = |rest: &str| rest.chars().next().is_none_or(char::is_whitespace);
    let listed =
        text.len() > number.len() && number.starts_with(['.', ')']) && spaced(&number[1..]);
    if text.starts_with(['#', '-', '+', '>', '=']) || listed || text.contains('\n') {
        return Some(text.to_owned());
    }
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = after_link(rest) {
            rest = after;
            continue;
        }
        let next = rest[c.len_utf8()..].chars().next();
        let mut skip = c.len_utf8();
        if c == '\\' {
            skip += next.map_or(0, char::len_utf8);
        } else if "*_~`[]".contains(c) || c == '<' && next.is_some_and(char::is_alphabetic) {
            return Some(rest.to_owned());
        }
        rest = &rest[skip..];
    }
    None
}

/// What follows a link that says where it leads.
fn after_link(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let is_escaped = |at: usize| {
        let before = inside[..at].trim_end_matches('\\').len();
        (at - before) % 2 == 1
    };
    let mut ends = inside.match_indices("](").map(|(at, _)| at);
    let end = ends.find(|at| !is_escaped(*at))?;
    let (label, rest) = (&inside[..end], &inside[end + 2..]);
    let (target, after) = rest.split_once(')')?;
    let label = label.replace(['\\', '\u{200b}'], "");
    let host = label.trim_end_matches("/…");
    let url = target.replace("\\&", "&");
    let encoded = label.replace('(', "%28").replace(')', "%29");
    let says = url == encoded.replace('`', "%60")
        || label.len() > host.len() && url.split_once("://")?.1.starts_with(host);
    (is_link(&url) && says).then_some(after)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_breaks_a_limit_or_comes_alive(event in any_event()) {
        let body = rendered(&[&event]);
        prop_assert_eq!(violations(&body), []);
        for text in marked_up(&body) {
            prop_assert_eq!(live(&text), None, "{}", text);
        }
        for url in all(&body, "url") {
            let url = url.as_str().unwrap_or_default().to_owned();
            prop_assert!(url.starts_with("http://") || url.starts_with("https://"), "{}", url);
        }
        let all = body.to_string();
        prop_assert!(!all.contains("<at") && !all.contains("\"entities\""), "{}", all);
    }
}

proptest! {
    // Each has up to ten events.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]
    #[test]
    fn no_digest_breaks_a_limit(events in proptest::collection::vec(any_event(), 2..=10)) {
        let events: Vec<&Event> = events.iter().collect();
        let body = rendered(&events);
        prop_assert_eq!(violations(&body), []);
        prop_assert_eq!(all(&body, "bleed").len(), events.len());
    }
}

/// As long as can be, of a text that is as large as can be once it is sent.
fn huge(text: &str) -> Event {
    let long = text.repeat(2_000 / text.len());
    let mut event = sample::event(EventType::Deploy);
    event.dry_run = true;
    for part in [
        &mut event.environment,
        &mut event.project,
        &mut event.provider,
        &mut event.region,
        &mut event.actor,
        &mut event.message,
    ] {
        *part = Some(long.clone());
    }
    event.id = serde_json::from_value(json!(long)).unwrap();
    event.resource = Some(carillon_domain::Resource {
        resource_type: Some(long.clone()),
        id: Some(long.clone()),
        name: Some(long.clone()),
        url: Some(format!("https://example.com/{}", "x".repeat(1_900))),
    });
    event.changes = vec![long.clone(); 5];
    event.details = (0..12)
        .map(|n| (format!("{n}{long}"), long.clone()))
        .collect();
    event
}

#[test]
fn the_largest_event_fits_in_a_message_and_ten_times_in_a_digest() {
    for text in ["x", "\"", "*", "é", "😀", "<at>"] {
        let event = huge(text);
        for count in [1, 10] {
            let events = vec![&event; count];
            let body = rendered(&events);
            assert_eq!(violations(&body), [], "{text} {count}");
            assert_eq!(all(&body, "bleed").len(), count);
        }
    }
}

#[test]
fn every_event_of_the_catalogue_looks_as_it_always_did() {
    #[derive(Serialize)]
    struct Compact {
        event: String,
        style: Value,
        texts: Vec<Value>,
        facts: String,
    }
    let compact: Vec<Compact> = gallery()
        .into_iter()
        .map(|(name, event)| {
            let card = card(&[&event]);
            let facts = all(&card, "facts");
            let facts = facts.iter().flat_map(|it| it.as_array().cloned().unwrap());
            let line = |fact: Value| format!("{}: {}", fact["title"], fact["value"]);
            Compact {
                event: name,
                style: card["body"][0]["style"].clone(),
                texts: all(&card["body"], "text"),
                facts: facts
                    .map(line)
                    .collect::<Vec<_>>()
                    .join(" ¶ ")
                    .replace('"', ""),
            }
        })
        .collect();
    insta::assert_json_snapshot!("catalogue", compact);
}

#[test]
fn a_deployment_in_full() {
    let mut event = sample::event(EventType::Deploy);
    event.resource.get_or_insert_default().url = Some("https://example.com/db-1".into());
    insta::assert_json_snapshot!("deploy", rendered(&[&event]));
}

#[test]
fn a_hostile_event_in_full() {
    insta::assert_json_snapshot!("hostile", card(&[&hostile()]));
}

#[test]
fn a_digest_in_full() {
    let mut failed = sample::event(EventType::Deploy);
    failed.status = Some(carillon_domain::Status::Failed);
    let events = [sample::event(EventType::Destroy), failed];
    let events: Vec<&Event> = events.iter().collect();
    insta::assert_json_snapshot!("digest", card(&events));
}

#[test]
fn a_message_keeps_its_lines_and_its_urls_can_be_followed() {
    let mut event = sample::event(EventType::Error);
    event.message = Some("*one*\n\n_two_: see https://ci.example.com/my_job_1.\nthree".into());
    let card = card(&[&event]);
    let inlines = &card["body"][1]["inlines"];
    let texts: Vec<&str> = inlines
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        texts,
        [
            "*one*\n\n_two_: see ",
            "https://ci.example.com/my_job_1",
            ".\nthree"
        ]
    );
    assert_eq!(
        inlines[1]["selectAction"]["url"],
        "https://ci.example.com/my_job_1"
    );
}

#[test]
fn a_table_keeps_its_columns_and_a_detail_its_lines() {
    let mut event = sample::event(EventType::Error);
    event.message = Some("NAME\tREADY\nweb-1\t1/1".into());
    event.details = [("diff".into(), "- old_value\n+ new_value".into())].into();
    let body = card(&[&event])["body"].clone();
    let run = |text: &str| json!({"type": "TextRun", "fontType": "Monospace", "text": text});
    let blocks: Vec<&Value> = body
        .as_array()
        .unwrap()
        .iter()
        .filter(|element| element["type"] == "RichTextBlock")
        .collect();
    assert_eq!(
        blocks[0]["inlines"][0],
        run("NAME \u{a0}\u{a0}READY\nweb-1 \u{a0}1/1")
    );
    assert_eq!(blocks[1]["inlines"][0], run("- old_value\n+ new_value"));
}

#[test]
fn a_link_that_has_no_room_is_counted() {
    let mut event = sample::event(EventType::Deploy);
    event.resource.get_or_insert_default().url =
        Some(format!("https://example.com/{}", "x".repeat(1_900)));
    event.details.clear();
    let shown = |count: usize| card(&vec![&event; count]).to_string();
    assert!(!shown(1).contains("left out"));
    let several = shown(10);
    assert_eq!(several.matches("1 more detail was left out").count(), 10);
    assert!(!several.contains("selectAction"));
}

#[test]
fn half_a_url_leads_nowhere() {
    let mut event = sample::event(EventType::Error);
    event.message = Some(format!("https://example.com/{} end", "x".repeat(30_000)));
    assert!(all(&card(&[&event])["body"], "url").is_empty());
}

#[test]
fn a_digest_says_all_that_there_is_room_for_and_counts_the_rest() {
    let mut events: Vec<Event> = (0..10).map(|_| sample::event(EventType::Deploy)).collect();
    for (n, event) in events.iter_mut().enumerate() {
        let resource = event.resource.get_or_insert_default();
        resource.name = Some(format!("db number {n}"));
        resource.url = Some("https://example.com/db".into());
    }
    let short = card(&events.iter().collect::<Vec<_>>());
    assert!(!short.to_string().contains("left out"), "{short}");
    assert!(short["actions"].is_null());
    for event in &mut events {
        event.message = Some("x".repeat(5_000));
        event.details = (0..20)
            .map(|n| (format!("detail {n}"), "x".repeat(100)))
            .collect();
    }
    let long = card(&events.iter().collect::<Vec<_>>());
    let body = long["body"].as_array().unwrap();
    assert!(body[0]["text"].as_str().unwrap().starts_with("10 events: "));
    let heads: Vec<&Value> = body.iter().filter(|it| it["type"] == "Container").collect();
    for (n, head) in heads.iter().enumerate() {
        assert!(
            head.to_string().contains(&format!("db number {n}")),
            "{head}"
        );
        assert_eq!(head["selectAction"]["url"], "https://example.com/db");
    }
    assert_eq!(long.to_string().matches("left out").count(), 10);
}
