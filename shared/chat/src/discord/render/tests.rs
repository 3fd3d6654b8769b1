use super::*;

mod words;

use crate::discord::limits::violations;
use crate::testing::{DISCORD, any_event, gallery, hostile, webhook};
use carillon_domain::delivery::MessageRef;
use carillon_domain::{EventType, Webhook, sample};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

/// In the standard words.
fn embed(event: &Event, without_link: bool) -> Embed {
    super::embed(&Content::standard(event), without_link)
}

fn rendered(event: &Event) -> Value {
    several(&[event])
}

fn several(events: &[&Event]) -> Value {
    let webhook = webhook(DISCORD);
    posted(&webhook, events, &Place::Channel)
}

fn posted(webhook: &Webhook, events: &[&Event], place: &Place) -> Value {
    let post = Post {
        webhook,
        channel: "",
        events,
        post_id: "a-post-id",
        place,
        without: crate::Without::default(),
    };
    serde_json::to_value(message(&post)).unwrap()
}

/// Every text of the embed in which Discord reads Markdown.
fn marked_up(body: &Value) -> Vec<String> {
    let embed = &body["embeds"][0];
    let fields = embed["fields"].as_array().cloned().unwrap_or_default();
    let fields = fields
        .iter()
        .flat_map(|field| [field["name"].clone(), field["value"].clone()]);
    [embed["title"].clone(), embed["description"].clone()]
        .into_iter()
        .chain(fields)
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

/// What Discord would interpret in a text, if anything, going through it as a reader of
/// Markdown does: escapes first, then bare URLs, then everything else.
fn live(text: &str) -> Option<String> {
    let ours = format!("**{DRY_RUN}**");
    let text = text.strip_prefix(&ours).unwrap_or(text);
    for line in text.split('\n') {
        let start = line.trim_start();
        let number = start.trim_start_matches(|c: char| c.is_ascii_digit());
        let spaced = |rest: &str| rest.chars().next().is_none_or(char::is_whitespace);
        let listed =
            start.len() > number.len() && number.starts_with(['.', ')']) && spaced(&number[1..]);
        if start.starts_with(['#', '-', '+', '>']) || listed {
            return Some(line.to_owned());
        }
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            if rest.starts_with("http://") || rest.starts_with("https://") {
                rest = rest.trim_start_matches(|c: char| {
                    c.is_ascii_alphanumeric() || "-._/?=&%#+,:".contains(c)
                });
                continue;
            }
            let mut skip = c.len_utf8();
            if c == '\\' {
                skip += rest[1..].chars().next().map_or(0, char::len_utf8);
            } else if "*_~|`[]<".contains(c) {
                return Some(rest.to_owned());
            }
            rest = &rest[skip..];
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_breaks_a_limit_or_comes_alive(event in any_event()) {
        let body = rendered(&event);
        prop_assert_eq!(violations(&body), []);
        let texts = marked_up(&body);
        let footer = body["embeds"][0]["footer"]["text"].as_str().unwrap_or_default();
        let total = texts.iter().map(|text| length(text)).sum::<usize>() + length(footer);
        prop_assert!(total <= ROOM, "{}", total);
        for text in &texts {
            prop_assert_eq!(live(text), None, "{}", text);
        }
        let all = body.to_string().to_lowercase();
        let all = all.replace(&body["embeds"][0]["url"].to_string().to_lowercase(), "");
        prop_assert!(!all.contains("@everyone") && !all.contains("@here"), "{}", all);
        prop_assert_eq!(&body["allowed_mentions"], &json!({"parse": []}));
    }
}

#[test]
fn every_event_of_the_catalogue_looks_as_it_always_did() {
    #[derive(Serialize)]
    struct Compact {
        event: String,
        title: String,
        color: String,
        description: Option<String>,
        fields: String,
        footer: Option<String>,
    }
    let compact: Vec<Compact> = gallery()
        .into_iter()
        .map(|(name, event)| {
            let embed = embed(&event, false);
            let fields = embed.fields.iter();
            let fields = fields.map(|field| format!("{}: {}", field.name, field.value));
            Compact {
                event: name,
                fields: fields.collect::<Vec<_>>().join(" ¶ "),
                title: embed.title,
                color: format!("#{:06x}", embed.color),
                description: embed.description,
                footer: embed.footer.map(|footer| footer.text),
            }
        })
        .collect();
    insta::assert_json_snapshot!("catalogue", compact);
}

#[test]
fn a_deployment_in_full() {
    let mut webhook = webhook(DISCORD);
    webhook.configuration.set("username", "Carillon");
    webhook
        .configuration
        .set("avatar_url", "https://example.com/bell.png");
    let mut event = sample::event(EventType::Deploy);
    event.resource.get_or_insert_default().url = Some("https://example.com/db-1".into());
    let post = Post {
        webhook: &webhook,
        channel: "",
        events: &[&event],
        post_id: "a-post-id",
        place: &Place::Channel,
        without: crate::Without::default(),
    };
    insta::assert_json_snapshot!("deploy", message(&post));
}

#[test]
fn a_hostile_event_in_full() {
    insta::assert_json_snapshot!("hostile", embed(&hostile(), false));
}

#[test]
fn a_dry_run_says_so_first() {
    let mut event = sample::event(EventType::Deploy);
    event.dry_run = true;
    let description = rendered(&event)["embeds"][0]["description"].clone();
    assert!(
        description
            .as_str()
            .unwrap()
            .starts_with("**Dry run: nothing was changed**\n")
    );
}

#[test]
fn a_url_that_discord_would_refuse_is_shown_instead_of_linked() {
    let mut event = sample::event(EventType::Deploy);
    event.resource.get_or_insert_default().url = Some("http://grafana:3000/d/1".into());
    let embed = rendered(&event)["embeds"][0].clone();
    assert!(embed["url"].is_null());
    let fields = embed["fields"].as_array().unwrap();
    assert!(
        fields.contains(
            &json!({"name": "Link", "value": "http://grafana:3000/d/1", "inline": false})
        )
    );
}

#[test]
fn details_beyond_the_room_are_counted() {
    let mut event = sample::event(EventType::Deploy);
    event.message = Some("m".repeat(9_000));
    event.details = (0..40)
        .map(|n| (format!("detail-{n:02}"), "v".repeat(1_000)))
        .collect();
    let fields = rendered(&event)["embeds"][0]["fields"].clone();
    let fields = fields.as_array().unwrap();
    let shown = fields
        .iter()
        .filter(|field| field["name"].as_str().unwrap().starts_with("detail"))
        .count();
    assert!(shown >= 2, "{shown}");
    let note = fields.last().unwrap();
    assert_eq!(
        note["value"],
        format!("{} more details were left out", 40 - shown)
    );
}

#[test]
fn the_end_of_a_long_message_survives() {
    let mut event = sample::event(EventType::Error);
    event.message = Some(format!("begin {} cause: disk full", "*".repeat(9_000)));
    let description = rendered(&event)["embeds"][0]["description"].clone();
    let description = description.as_str().unwrap();
    assert!(description.starts_with("begin \\*") && description.ends_with(" disk full"));
}

proptest! {
    // Each has up to ten events.
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn no_digest_breaks_a_limit(events in proptest::collection::vec(any_event(), 2..=10)) {
        let events: Vec<&Event> = events.iter().collect();
        prop_assert_eq!(violations(&several(&events)), []);
    }
}

#[test]
fn a_digest_shows_its_events_in_order_and_no_link_twice() {
    let mut events: Vec<Event> = (0..10).map(|_| sample::event(EventType::Deploy)).collect();
    for (n, event) in events.iter_mut().enumerate() {
        let resource = event.resource.get_or_insert_default();
        resource.name = Some(format!("db number {n}"));
        resource.url = Some("https://example.com/db".into());
        event.message = Some("x".repeat(5_000));
        event.details = (0..20)
            .map(|n| (format!("detail {n}"), "x".repeat(100)))
            .collect();
    }
    let events: Vec<&Event> = events.iter().collect();
    let body = several(&events);
    assert!(
        body["content"].as_str().unwrap().starts_with("10 events: "),
        "{body}"
    );
    let embeds = body["embeds"].as_array().unwrap();
    for (n, embed) in embeds.iter().enumerate() {
        assert!(
            embed["title"]
                .to_string()
                .contains(&format!("db number {n}")),
            "{embed}"
        );
        assert!(embed["footer"].to_string().contains("left out"), "{embed}");
        assert_eq!(embed["url"].is_string(), n == 0, "{embed}");
    }
}

#[test]
fn the_first_message_of_a_thread_names_it_and_the_next_ones_do_not() {
    let mut webhook = webhook(DISCORD);
    webhook.configuration.grouping = Grouping::Thread;
    let mut event = sample::event(EventType::Deploy);
    event.resource.get_or_insert_default().name = Some("n".repeat(200));
    let first = posted(&webhook, &[&event], &Place::Channel);
    let name = first["thread_name"].as_str().unwrap();
    assert!((1..=100).contains(&length(name)), "{name}");
    assert_eq!(violations(&first), []);
    let parent = MessageRef {
        id: Some("2".into()),
        channel_id: Some("3".into()),
    };
    let next = posted(&webhook, &[&event], &Place::Thread(parent));
    assert!(next["thread_name"].is_null(), "{next}");
    // Where the owner has chosen a thread, none is opened.
    webhook.configuration.set("thread_id", "1");
    let chosen = posted(&webhook, &[&event], &Place::Channel);
    assert!(chosen["thread_name"].is_null(), "{chosen}");
}

#[test]
fn an_edit_says_nothing_that_an_edit_cannot_change() {
    let mut webhook = webhook(DISCORD);
    webhook.configuration.set("username", "Bell");
    let event = sample::event(EventType::Deploy);
    let edited = posted(
        &webhook,
        &[&event],
        &Place::Edit(MessageRef {
            id: Some("2".into()),
            channel_id: None,
        }),
    );
    assert!(edited["username"].is_null(), "{edited}");
    // The mentions that were allowed are forgotten by an edit.
    assert_eq!(edited["allowed_mentions"]["parse"], json!([]));
}
