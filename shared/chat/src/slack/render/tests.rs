mod reading;
mod words;

use self::reading::{Reading, is_inert, is_of_ours, is_ours, texts};
use super::*;
use crate::escape::begins_emoji;
use crate::slack::limits::violations;
use crate::testing::{BOT, any_event, gallery, hostile, webhook};
use carillon_domain::text::urls::{Part, parts};
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_breaks_a_limit_or_comes_alive(event in any_event()) {
        let body = rendered(&event);
        prop_assert_eq!(violations(&body), []);
        prop_assert!(is_of_ours(&body["blocks"]) && is_of_ours(&body["attachments"][0]["blocks"]));
        let texts = texts(&body);
        let total: usize = texts.iter().map(|(_, text)| length(text)).sum();
        prop_assert!(total <= ROOM + crate::wording::MAX_HEADLINE, "{}", total);
        for (reading, text) in &texts {
            prop_assert!(*reading == Reading::Rich || is_inert(text, *reading), "{}", text);
            prop_assert!(*reading != Reading::Mrkdwn || is_ours(text), "{}", text);
        }
        let text = body["text"].as_str().unwrap();
        prop_assert!(length(text) <= 300, "{}", text);
        prop_assert!(is_inert(text, Reading::Plain) && !text.contains('\n'), "{}", text);
        // Whether a name or an emoji stands outside URLs.
        let outside: String = parts(text)
            .map(|part| match part {
                Part::Text(text) => text,
                Part::Url(_) => " ",
            })
            .collect();
        let named = |(at, _)| outside[at + 1..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        prop_assert!(!outside.match_indices('@').any(named), "{}", text);
        let code = |(at, _)| begins_emoji(&outside, at);
        // What is left of an ARN that was cut looks like one, also without its beginning.
        let has_arn = format!("{event:?}").contains("arn:");
        let is_live = outside.match_indices(':').any(code) && !has_arn;
        prop_assert!(!is_live, "{}", text);
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
        headline: None,
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
    assert!(
        texts(&body)[0]
            .1
            .contains("Dry run: would deploy billing-db")
    );
    assert!(texts(&body)[1].1.contains("Dry run: nothing was changed"));
    assert!(body["text"].as_str().unwrap().contains("Dry run: "));
}

#[test]
fn the_end_of_a_long_message_survives() {
    let mut event = sample::event(EventType::Error);
    event.message = Some(format!("begin {} cause: disk full", "&".repeat(9_000)));
    let texts = texts(&rendered(&event));
    let (_, text) = texts
        .iter()
        .find(|text| text.1.starts_with("begin &"))
        .unwrap();
    assert!(text.ends_with("cause: disk full") && text.contains("characters cut"));
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
        .filter(|text| text.starts_with("detail-"))
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
fn what_cannot_stand_among_markup_is_a_link_all_the_same() {
    let mut event = sample::event(EventType::Deploy);
    let long = format!("https://example.com/?{}", "a&".repeat(400));
    event.resource.get_or_insert_default().url = Some(long.clone());
    event.details = [("*run*".into(), format!("{long}b"))].into();
    let body = rendered(&event);
    assert_eq!(violations(&body), []);
    for url in [&long, &format!("{long}b")] {
        let link = serde_json::json!({"type": "link", "url": url}).to_string();
        assert!(body.to_string().contains(&link), "{body}");
    }
}

#[test]
fn a_url_can_be_followed_wherever_it_stands() {
    let mut event = sample::event(EventType::Error);
    event.resource = None;
    event.message = Some("see https://ci.example.com/my_app?a=1&b=2.\nmore".into());
    event.details = [
        (
            "run_url".into(),
            "https://ci.example.com/runs/9?a=1&b=2".into(),
        ),
        ("log".into(), "see https://ci.example.com/log&x".into()),
    ]
    .into();
    let body = rendered(&event);
    let links = |bold: bool| {
        let style = if bold {
            "\"style\":{\"bold\":true},"
        } else {
            ""
        };
        format!("{{{style}\"type\":\"link\",\"url\":\"https://ci.example.com/my_app?a=1&b=2\"}}")
    };
    let sent = body.to_string();
    assert!(
        sent.contains(&links(true)) && sent.contains(&links(false)),
        "{sent}"
    );
    assert!(
        sent.contains("\"url\":\"https://ci.example.com/log&x\""),
        "{sent}"
    );
    let link = "run_url: <https://ci.example.com/runs/9?a=1&amp;b=2>";
    assert!(
        texts(&body).contains(&(Reading::Mrkdwn, link.to_owned())),
        "{sent}"
    );
}

#[test]
fn the_time_is_the_readers_own_and_reads_well_without_it() {
    let at = |second| time(Timestamp::from_second(second).unwrap());
    assert_eq!(
        at(1_795_256_100)["text"],
        "<!date^1795256100^{date_short_pretty} {time}|2026-11-21 10:15 UTC>"
    );
    assert_eq!(at(-1)["text"], "1969-12-31 23:59 UTC");
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
        let resource = event.resource.get_or_insert_default();
        resource.name = Some(format!("db-number-{n}"));
        resource.url = Some(format!("https://example.com/{n}"));
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
        assert!(
            shown.contains(&format!("https://example.com/{n}")),
            "{n}: {shown}"
        );
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
