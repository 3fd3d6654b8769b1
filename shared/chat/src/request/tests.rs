use super::*;
use crate::testing::{delivery_id, secret, webhook};
use carillon_domain::{EventType, sample};

fn built(kind: DestinationKind) -> Request {
    let event = sample::event(EventType::Deploy);
    request(
        &webhook(kind),
        "#infra",
        &event,
        &delivery_id(),
        &secret(kind),
    )
}

#[test]
fn a_bot_posts_to_its_channel_with_its_token() {
    let request = built(DestinationKind::SlackBot);
    assert_eq!(
        request.url.expose_secret(),
        "https://slack.com/api/chat.postMessage"
    );
    assert!(request.authorization.is_some());
    assert_eq!(request.body()["channel"], "#infra");
    assert_eq!(request.body()["client_msg_id"], delivery_id().post_id(0));
    assert!(
        request
            .masked_headers()
            .contains(&("Authorization", "Bearer xoxb-…wxyz".to_owned()))
    );
}

#[test]
fn an_incoming_webhook_is_told_neither_channel_nor_name() {
    let request = built(DestinationKind::SlackWebhook);
    assert_eq!(
        request.masked_url(),
        "https://hooks.slack.com/services/T…/B…/…wxyz"
    );
    for name in ["channel", "username", "icon_emoji", "client_msg_id"] {
        assert!(request.body()[name].is_null(), "{name}");
    }
}

#[test]
fn discord_is_always_called_with_its_version_and_with_wait() {
    let kind = DestinationKind::DiscordWebhook;
    let mut webhook = webhook(kind);
    webhook.configuration.thread_id = Some("123456789012345678".into());
    let event = sample::event(EventType::Deploy);
    let request = request(&webhook, "", &event, &delivery_id(), &secret(kind));
    let url = request.url.expose_secret();
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
    for kind in crate::testing::KINDS {
        let request = built(kind);
        let printed = format!(
            "{request:?} {} {:?}",
            request.masked_url(),
            request.masked_headers()
        );
        let secret = secret(kind);
        let secret = secret.expose_secret().rsplit('/').next().unwrap();
        assert!(!printed.contains(secret), "{printed}");
        assert!(!printed.contains("Release 42"), "{printed}");
    }
}

#[test]
fn the_same_delivery_is_always_the_same_request() {
    for kind in crate::testing::KINDS {
        assert_eq!(built(kind).body(), built(kind).body());
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
    for kind in crate::testing::KINDS {
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
                };
                let request = post.request(&secret(kind));
                assert_eq!(request.body, request.body().to_string());
            }
        }
    }
}

#[test]
fn a_preview_links_to_the_builder_on_slack_only() {
    let url = built(DestinationKind::SlackBot).builder_url().unwrap();
    assert!(url.starts_with("https://app.slack.com/block-kit-builder/#%7B%22attachments%22%3A%5B"));
    assert!(url.is_ascii());
    assert_eq!(built(DestinationKind::DiscordWebhook).builder_url(), None);
    let usage = built(DestinationKind::SlackBot).usage();
    assert!(
        usage
            .iter()
            .all(|usage| usage.used > 0 && usage.used <= usage.limit),
        "{usage:?}"
    );
}

#[test]
fn a_link_that_is_refused_is_left_out_alone_and_can_still_be_read() {
    let kind = DestinationKind::DiscordWebhook;
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
        };
        post.request(&secret(kind)).body()
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
    let kind = DestinationKind::DiscordWebhook;
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
        };
        post.request(&secret(kind)).body()["thread_name"].clone()
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
fn of_every_request_it_is_known_which_part_is_secret() {
    let earlier = MessageRef {
        id: Some("1.2".into()),
        channel_id: Some("123".into()),
    };
    for kind in crate::testing::KINDS {
        let credential = secret(kind);
        let expected = credential.expose_secret().rsplit('/').next().unwrap();
        let event = sample::event(EventType::Deploy);
        for place in [Place::Channel, Place::Edit(earlier.clone())] {
            let post = Post {
                webhook: &webhook(kind),
                channel: "#infra",
                events: &[&event],
                post_id: "id",
                place: &place,
                without: Without::default(),
            };
            assert_eq!(post.request(&credential).secret(), expected, "{kind:?}");
        }
    }
}
