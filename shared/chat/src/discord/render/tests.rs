mod reading;

use self::reading::{live, without_urls};
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
        headline: None,
    };
    serde_json::to_value(message(&post)).unwrap()
}

/// Every text of the message in which Discord reads Markdown.
fn marked_up(body: &Value) -> Vec<String> {
    let embeds = body["embeds"].as_array().cloned().unwrap_or_default();
    let of_embed = |embed: Value| {
        let fields = embed["fields"].as_array().cloned().unwrap_or_default();
        let fields = fields
            .into_iter()
            .flat_map(|field| [field["name"].clone(), field["value"].clone()]);
        [embed["title"].clone(), embed["description"].clone()]
            .into_iter()
            .chain(fields)
            .collect::<Vec<Value>>()
    };
    let embeds = embeds.into_iter().flat_map(of_embed);
    [body["content"].clone()]
        .into_iter()
        .chain(embeds)
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_breaks_a_limit_or_comes_alive(event in any_event()) {
        let body = rendered(&event);
        prop_assert_eq!(violations(&body), []);
        let texts = marked_up(&body);
        let footer = body["embeds"][0]["footer"]["text"].as_str().unwrap_or_default();
        // The content is no part of the embeds.
        let total = texts[1..].iter().map(|text| length(text)).sum::<usize>() + length(footer);
        prop_assert!(total <= ROOM, "{}", total);
        for text in &texts {
            prop_assert_eq!(live(text), None, "{}", text);
        }
        let all = texts.iter().map(|text| without_urls(text) + "\n").collect::<String>() + footer;
        let all = all.to_lowercase();
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
        headline: None,
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
    for url in [
        "http://grafana:3000/d/1",
        "https://my_jenkins.example.com/job/my_job/7",
        "http://[2001:db8::1]:8080/a_b",
        "https://-bad-.example.com/",
        "https://example.com:0/",
    ] {
        event.resource.get_or_insert_default().url = Some(url.into());
        let embed = rendered(&event)["embeds"][0].clone();
        assert!(embed["url"].is_null(), "{embed}");
        let fields = embed["fields"].as_array().unwrap();
        let link = json!({"name": "Link", "value": url, "inline": false});
        assert!(fields.contains(&link), "{embed}");
    }
}

#[test]
fn the_headline_is_what_phones_and_people_without_embeds_see() {
    let mut event = sample::event(EventType::Error);
    event.resource = None;
    event.message = Some("see https://ci.example.com/my_job/7\nmore".into());
    let body = rendered(&event);
    assert_eq!(
        body["content"],
        "🚨 Error: see <https://ci.example.com/my_job/7> in billing / production"
    );
    assert_eq!(
        body["embeds"][0]["title"],
        "🚨 Error: see https://ci.example.com/my_job/7 in billing / production"
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
        let body = several(&events);
        prop_assert_eq!(violations(&body), []);
        for text in marked_up(&body) {
            prop_assert_eq!(live(&text), None, "{}", text);
        }
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
        // Discord shows only the first of embeds that lead to the same URL.
        assert_eq!(embed["url"].is_string(), n == 0, "{embed}");
        let link = json!({"name": "Link", "value": "https://example.com/db", "inline": false});
        let fields = embed["fields"].as_array().unwrap();
        assert_eq!(fields.contains(&link), n > 0, "{embed}");
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
