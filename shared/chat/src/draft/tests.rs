//! What the kinds' drafts and their sealing come to.

use carillon_domain::delivery::MessageRef;
use carillon_domain::{Event, EventType, sample};
use secrecy::ExposeSecret;

use super::*;
use crate::kind::Kind;
use crate::post::{Place, Post, Without};
use crate::reply::Remedy;
use crate::testing::{
    BOT, DISCORD, HOOK, KINDS, delivery_id, draft, sealed, secret, secret_part, webhook,
};

fn built(kind: &dyn Kind) -> Draft {
    draft(kind, &webhook(kind), &sample::event(EventType::Deploy))
}

#[test]
fn a_bot_posts_to_its_channel_with_its_token() {
    let request = built(BOT);
    let sealed = sealed(BOT, &request, &secret(BOT)).unwrap();
    let url = "https://slack.com/api/chat.postMessage";
    assert_eq!(sealed.url.expose_secret(), url);
    let (name, value) = &sealed.headers[0];
    let bearer = format!("Bearer {}", secret(BOT).expose_secret());
    assert_eq!(
        (name.as_str(), value.expose_secret()),
        ("Authorization", bearer.as_str())
    );
    assert_eq!(request.json()["channel"], "#infra");
    assert_eq!(request.json()["client_msg_id"], delivery_id().post_id(0));
    assert!(
        request
            .shown_headers()
            .contains(&("Authorization".to_owned(), "Bearer xoxb-…wxyz".to_owned()))
    );
}

#[test]
fn an_incoming_webhook_is_told_neither_channel_nor_name() {
    let request = built(HOOK);
    assert_eq!(
        request.masked_url(),
        "https://hooks.slack.com/services/T…/B…/…wxyz"
    );
    for name in ["channel", "username", "icon_emoji", "client_msg_id"] {
        assert!(request.json()[name].is_null(), "{name}");
    }
}

#[test]
fn discord_is_always_called_with_its_version_and_with_wait() {
    let kind = DISCORD;
    let mut webhook = webhook(kind);
    webhook.configuration.set("thread_id", "123456789012345678");
    let event = sample::event(EventType::Deploy);
    let request = draft(kind, &webhook, &event);
    let sealed = sealed(kind, &request, &secret(kind)).unwrap();
    let url = sealed.url.expose_secret();
    assert!(url.starts_with("https://discord.com/api/v10/webhooks/123456789012345678/"));
    assert!(
        url.ends_with("?wait=true&thread_id=123456789012345678"),
        "{url}"
    );
    assert_eq!(
        request.masked_url(),
        "https://discord.com/api/v10/webhooks/…/…wxyz?wait=true&thread_id=123456789012345678"
    );
}

#[test]
fn nothing_that_is_printed_gives_a_secret_away() {
    for kind in KINDS {
        let request = built(kind);
        let printed = format!(
            "{request:?} {} {:?} {:?}",
            request.masked_url(),
            request.shown_headers(),
            sealed(kind, &request, &secret(kind))
        );
        assert!(!printed.contains(&secret_part(kind)), "{printed}");
        assert!(!printed.contains("Release 42"), "{printed}");
    }
}

#[test]
fn the_same_delivery_is_always_the_same_request() {
    for kind in KINDS {
        assert_eq!(built(kind).json(), built(kind).json());
    }
}

#[test]
fn who_reads_the_body_and_writes_it_again_has_the_bytes_that_are_sent() {
    let events = [EventType::Deploy, EventType::Ping].map(sample::event);
    let digest: Vec<&Event> = events.iter().collect();
    let earlier = MessageRef {
        id: Some("1.2".into()),
        channel_id: Some("123".into()),
    };
    for kind in KINDS {
        for place in [
            Place::Channel,
            Place::Thread(earlier.clone()),
            Place::Edit(earlier.clone()),
        ] {
            for events in [&digest[..1], &digest] {
                let post = Post {
                    webhook: &webhook(kind),
                    channel: "#infra",
                    events,
                    post_id: "id",
                    place: &place,
                    without: Without::default(),
                    headline: None,
                };
                let draft = kind.draft(&post);
                let again = draft.json().to_string();
                assert_eq!(draft.body, Some(again));
            }
        }
    }
}

#[test]
fn a_preview_links_to_the_builder_on_slack_only() {
    let url = BOT.builder_url(&built(BOT)).unwrap();
    assert!(url.starts_with("https://app.slack.com/block-kit-builder/#%7B%22attachments%22%3A%5B"));
    assert!(url.is_ascii());
    assert_eq!(DISCORD.builder_url(&built(DISCORD)), None);
    let usage = BOT.usage(&built(BOT));
    assert!(
        usage
            .iter()
            .all(|usage| usage.used > 0 && usage.used <= usage.limit),
        "{usage:?}"
    );
}

#[test]
fn a_link_that_is_refused_is_left_out_alone_and_can_still_be_read() {
    let kind = DISCORD;
    let url = |path: &str| format!("https://example.com/{path}");
    let mut events = [EventType::Deploy, EventType::Ping].map(sample::event);
    for (event, path) in events.iter_mut().zip(["one", "two"]) {
        event.resource = Some(carillon_domain::Resource {
            resource_type: None,
            id: None,
            name: Some(path.into()),
            url: Some(url(path)),
        });
    }
    let post = |events: &[&Event], links| {
        let post = Post {
            webhook: &webhook(kind),
            channel: "",
            events,
            post_id: "id",
            place: &Place::Channel,
            without: Without {
                links,
                ..Without::default()
            },
            headline: None,
        };
        kind.draft(&post).json()
    };
    let digest: Vec<&Event> = events.iter().collect();
    let body = post(&digest, 0b10);
    assert_eq!(body["embeds"][0]["url"], url("one"));
    assert!(body["embeds"][1]["url"].is_null());
    let body = post(&digest[..1], 0b1);
    assert!(body["embeds"][0]["url"].is_null());
    assert!(body.to_string().contains("\"name\":\"Link\""), "{body}");
}

#[test]
fn a_thread_whose_name_is_refused_gets_a_plain_one() {
    let kind = DISCORD;
    let mut webhook = webhook(kind);
    webhook.configuration.grouping = carillon_domain::Grouping::Thread;
    let event = sample::event(EventType::Deploy);
    let name = |thread_name| {
        let post = Post {
            webhook: &webhook,
            channel: "",
            events: &[&event],
            post_id: "id",
            place: &Place::Channel,
            without: Without {
                thread_name,
                ..Without::default()
            },
            headline: None,
        };
        kind.draft(&post).json()["thread_name"].clone()
    };
    assert_eq!(name(true), "Notifications");
    assert_ne!(name(false), "Notifications");
}

#[test]
fn what_is_left_out_already_is_not_left_out_again() {
    let all = [Remedy::Appearance, Remedy::Link(0b101), Remedy::ThreadName];
    let mut without = Without::default();
    for remedy in all {
        without = without.and(remedy).unwrap();
    }
    for remedy in all {
        assert_eq!(without.and(remedy), None);
    }
    assert_eq!(Without::default().and(Remedy::Place), None);
    assert_eq!(without.and(Remedy::Link(0b10)).unwrap().links, 0b111);
    assert!(without.link(2) && !without.link(1) && !without.link(99));
}

#[test]
fn of_every_credential_it_is_known_which_part_is_secret() {
    for kind in KINDS {
        let mut hidden = kind.hidden(&secret(kind));
        hidden.dedup();
        assert_eq!(hidden, [secret_part(kind)], "{kind:?}");
    }
    let parts = r#"{"url":"https://example.com/x/last?q","headers":{"a":"b c"}}"#;
    assert_eq!(BOT.hidden(&SecretString::from(parts)), ["b c", "last"]);
}

#[test]
fn a_draft_knows_nothing_of_the_credential() {
    for kind in KINDS {
        let draft = built(kind);
        let all = format!(
            "{} {:?} {:?}",
            draft.masked_url(),
            draft.shown_headers(),
            draft.body
        );
        let secret = secret(kind);
        for hidden in kind.hidden(&secret) {
            assert!(!all.contains(&hidden), "{kind:?}");
        }
    }
}
