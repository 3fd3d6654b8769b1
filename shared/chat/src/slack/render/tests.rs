use super::*;

mod words;

use crate::slack::limits::violations;
use crate::testing::{BOT, any_event, gallery, hostile, webhook};
use carillon_domain::{EventType, sample};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::Value;

/// In the standard words.
fn for_webhook(events: &[&Event]) -> Message {
    let contents: Vec<_> = events
        .iter()
        .map(|event| Content::standard(event))
        .collect();
    message(&contents, None)
}

fn rendered(event: &Event) -> Value {
    serde_json::to_value(for_webhook(&[event])).unwrap()
}

/// Every text object of the blocks, as (is it mrkdwn, text).
fn texts(body: &Value) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    collect(&body["attachments"][0]["blocks"], &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<(bool, String)>) {
    if let (Some(kind), Some(text)) = (value["type"].as_str(), value["text"].as_str()) {
        found.push((kind == "mrkdwn", text.to_owned()));
        if kind == "mrkdwn" {
            assert_eq!(value["verbatim"], true, "{value}");
        } else {
            assert_eq!(value["emoji"], false, "{value}");
        }
    } else if let Some(list) = value.as_array() {
        list.iter().for_each(|value| collect(value, found));
    } else if let Some(fields) = value.as_object() {
        fields.values().for_each(|value| collect(value, found));
    }
}

/// Whether a text has nothing that Slack interprets: no tag but our own date and our own
/// link, and those in markup only; no sign that is not an entity.
fn is_inert(text: &str, mrkdwn: bool) -> bool {
    let mut outside = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let Some((tag, after)) = after.split_once('>') else {
            return false;
        };
        let Some((target, label)) = tag.split_once('|') else {
            return false;
        };
        let date = target.starts_with("!date^")
            && target.ends_with("^{date_short_pretty} {time}")
            && label.ends_with(" UTC");
        let link = target.starts_with("http") && !target.contains(' ') && label.starts_with("Open");
        let label_ends = !label.contains(['|', '`', '*', '_', '~']);
        if !(mrkdwn && (date || link) && label_ends) {
            return false;
        }
        outside.push_str(before);
        rest = after;
    }
    outside.push_str(rest);
    let entities = ["amp;", "lt;", "gt;"];
    let escaped = |after: &str| entities.iter().any(|entity| after.starts_with(entity));
    !outside.contains('>') && outside.split('&').skip(1).all(escaped)
}

/// Whether a mrkdwn text is one of ours, with everything that is not ours in code spans.
fn is_ours(text: &str) -> bool {
    if text == format!("*{DRY_RUN}*") || text.starts_with('<') {
        return true;
    }
    let Some((label, value)) = text.split_once('\n') else {
        return false;
    };
    let span = |text: &str| {
        text.strip_prefix('`')
            .and_then(|text| text.strip_suffix('`'))
            .is_some_and(|inner| !inner.is_empty() && !inner.contains(['`', '\n']))
    };
    let bold = |text: &str| {
        text.strip_prefix('*')
            .and_then(|text| text.strip_suffix('*'))
            .is_some_and(|inner| inner.chars().all(|c| c.is_ascii_alphabetic() || c == ' '))
    };
    let choice = [
        "Started",
        "Succeeded",
        "Failed",
        "Info",
        "Warning",
        "Error",
        "Critical",
    ];
    (bold(label) || span(label)) && (span(value) || choice.contains(&value))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_breaks_a_limit_or_comes_alive(event in any_event()) {
        let body = rendered(&event);
        prop_assert_eq!(violations(&body), []);
        let texts = texts(&body);
        let total: usize = texts.iter().map(|(_, text)| length(text)).sum();
        prop_assert!(total <= ROOM, "{}", total);
        for (mrkdwn, text) in &texts {
            prop_assert!(is_inert(text, *mrkdwn), "{}", text);
            prop_assert!(!mrkdwn || is_ours(text), "{}", text);
        }
        let text = body["text"].as_str().unwrap();
        prop_assert!(length(text) <= 300, "{}", text);
        prop_assert!(is_inert(text, false) && !text.contains('\n'), "{}", text);
        let live = |(n, sign): (usize, &str)| text[n + sign.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        prop_assert!(!text.match_indices('@').any(live), "{}", text);
        prop_assert!(!text.match_indices(':').any(live), "{}", text);
        prop_assert_eq!(&body["attachments"][0]["fallback"], &body["text"]);
    }
}

#[test]
fn every_event_of_the_catalogue_looks_as_it_always_did() {
    #[derive(Serialize)]
    struct Compact {
        event: String,
        text: String,
        color: String,
        blocks: String,
    }
    let compact: Vec<Compact> = gallery()
        .into_iter()
        .map(|(name, event)| {
            let message = for_webhook(&[&event]);
            let texts = texts(&rendered(&event)).into_iter().map(|(_, text)| text);
            Compact {
                event: name,
                blocks: texts.collect::<Vec<_>>().join(" ¶ "),
                text: message.text,
                color: message.attachments[0].color.clone(),
            }
        })
        .collect();
    insta::assert_json_snapshot!("catalogue", compact);
}

#[test]
fn a_bots_message_in_full() {
    let mut webhook = webhook(BOT);
    webhook.configuration.set("username", "Carillon");
    webhook.configuration.set("icon_emoji", ":bell:");
    let event = sample::event(EventType::Deploy);
    let post = Post {
        webhook: &webhook,
        channel: "#infra",
        events: &[&event],
        post_id: "a-post-id",
        place: &Place::Channel,
        without: crate::Without::default(),
    };
    insta::assert_json_snapshot!("bot", for_bot(&post));
}

#[test]
fn an_error_in_full() {
    insta::assert_json_snapshot!("error", for_webhook(&[&sample::event(EventType::Error)]));
}

#[test]
fn a_hostile_event_in_full() {
    insta::assert_json_snapshot!("hostile", for_webhook(&[&hostile()]));
}

#[test]
fn a_dry_run_says_so_first() {
    let mut event = sample::event(EventType::Deploy);
    event.dry_run = true;
    let body = rendered(&event);
    assert!(texts(&body)[0].1.contains("Dry run: nothing was changed"));
    assert!(body["text"].as_str().unwrap().contains("Dry run: "));
}

#[test]
fn the_end_of_a_long_message_survives() {
    let mut event = sample::event(EventType::Error);
    event.message = Some(format!("begin {} cause: disk full", "&".repeat(9_000)));
    let texts = texts(&rendered(&event));
    assert!(texts[0].1.starts_with("begin &amp;") && texts[0].1.ends_with("cause: disk full"));
    assert!(texts[0].1.contains("characters cut"));
}

#[test]
fn details_beyond_the_room_are_counted() {
    let mut event = sample::event(EventType::Deploy);
    event.message = Some("m".repeat(9_000));
    event.details = (0..30)
        .map(|n| (format!("detail-{n:02}"), "v".repeat(1_000)))
        .collect();
    let texts: Vec<String> = texts(&rendered(&event))
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let shown = texts
        .iter()
        .filter(|text| text.starts_with("`detail-"))
        .count();
    assert!(shown >= 10, "{shown}");
    assert!(texts.contains(&format!("{} more details were left out", 30 - shown)));
}

#[test]
fn a_link_leads_where_it_says_and_cannot_be_broken_out_of() {
    let linked = |url: &str| {
        let mut event = sample::event(EventType::Deploy);
        event.resource.get_or_insert_default().url = Some(url.to_owned());
        link(&event)
    };
    assert_eq!(
        linked("https://example.com/a|b>c d?e=<f>&g=`h`").unwrap(),
        "<https://example.com/a%7Cb%3Ec%20d?e=%3Cf%3E&amp;g=%60h%60|Open on example.com>"
    );
    assert_eq!(linked("javascript:alert(1)"), None);
    assert_eq!(linked("no url"), None);
    assert_eq!(
        linked(&format!("https://example.com/{}", "x".repeat(3_000))),
        None
    );
}

#[test]
fn the_time_is_the_readers_own_and_reads_well_without_it() {
    let at = |second| time(Timestamp::from_second(second).unwrap());
    assert_eq!(
        at(1_795_256_100).as_str(),
        "<!date^1795256100^{date_short_pretty} {time}|2026-11-21 10:15 UTC>"
    );
    assert_eq!(at(-1).as_str(), "1969-12-31 23:59 UTC");
}

proptest! {
    // Each has up to ten events.
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn no_digest_breaks_a_limit(events in proptest::collection::vec(any_event(), 2..=10)) {
        let events: Vec<&Event> = events.iter().collect();
        let body = serde_json::to_value(for_webhook(&events)).unwrap();
        prop_assert_eq!(violations(&body), []);
        let blocks: usize = body["attachments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|attachment| attachment["blocks"].as_array().unwrap().len())
            .sum();
        prop_assert!(blocks <= crate::slack::limits::MAX_BLOCKS);
    }
}

#[test]
fn a_digest_shows_its_events_in_order_and_counts_what_it_left_out() {
    let mut events: Vec<Event> = (0..10).map(|_| sample::event(EventType::Deploy)).collect();
    for (n, event) in events.iter_mut().enumerate() {
        event.resource.get_or_insert_default().name = Some(format!("db-number-{n}"));
        event.details = (0..20)
            .map(|n| (format!("detail {n}"), "x".repeat(100)))
            .collect();
    }
    let events: Vec<&Event> = events.iter().collect();
    let body = serde_json::to_value(for_webhook(&events)).unwrap();
    assert!(
        body["text"].as_str().unwrap().starts_with("10 events: "),
        "{body}"
    );
    for (n, event) in events.iter().enumerate() {
        let shown = body["attachments"][n].to_string();
        assert!(shown.contains(&format!("db-number-{n}")), "{n}: {shown}");
        assert!(shown.contains("details were left out"), "{n}: {shown}");
        assert_eq!(
            body["attachments"][n]["color"],
            format!("#{:06x}", Tone::of(event).colour())
        );
    }
}

#[test]
fn a_digest_in_full() {
    let mut failed = sample::event(EventType::Deploy);
    failed.status = Some(carillon_domain::Status::Failed);
    let mut dry_run = sample::event(EventType::Destroy);
    dry_run.dry_run = true;
    let events = [
        &sample::event(EventType::ParameterUpdated),
        &failed,
        &dry_run,
    ];
    insta::assert_json_snapshot!("digest", for_webhook(&events));
}
