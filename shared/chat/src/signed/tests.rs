use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use carillon_domain::webhook::Digest;
use carillon_domain::{Credential, Event, EventType, Faults, Outcome, Pointer, Webhook, sample};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Reach, is_ours};
use crate::draft::{Draft, Sealed};
use crate::form::completed;
use crate::kind::Kind;
use crate::kinds::Kinds;
use crate::post::{Place, Post, Without};
use crate::testing::{self, answer, configured, read, wrong};

const TYPE: &str = "webhook";
const URL: &str = "https://receiver.example.com/hooks?token=fake-token-of-tests";

fn kind() -> super::Webhook {
    super::Webhook::new(Reach::default())
}

/// A secret that nobody could take for a real one.
fn fake_secret(byte: u8) -> String {
    super::signature::secret(&[byte; 32])
}

fn configuration() -> Value {
    json!({
        "url": URL, "secret": fake_secret(1),
        "headers": {"Authorization": "Bearer fake-token-of-headers"},
    })
}

fn webhook(configuration: &Value) -> (Webhook, SecretString) {
    let (read, secret) = read(TYPE, configuration).unwrap();
    let mut webhook = testing::webhook(testing::DISCORD);
    webhook.kind = kind().id();
    webhook.configuration = read;
    (webhook, secret)
}

fn draft(webhook: &Webhook, events: &[&Event]) -> Draft {
    kind().draft(&Post {
        webhook,
        channel: "",
        events,
        post_id: "b3f1c2d4-0000-4000-8000-000000000000",
        place: &Place::Channel,
        without: Without::default(),
        headline: None,
    })
}

fn seal(draft: &Draft, secret: &SecretString, now: Timestamp) -> Option<Sealed> {
    kind().seal(draft, secret, now)
}

fn header<'s>(sealed: &'s Sealed, name: &str) -> Vec<&'s str> {
    let named = sealed.headers.iter().filter(|(known, _)| known == name);
    named.map(|(_, value)| value.expose_secret()).collect()
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_256_100).unwrap()
}

/// As a receiver does it, with nothing of ours.
fn verifies(secret: &str, sealed: &Sealed, draft: &Draft) -> bool {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let [time] = header(sealed, "webhook-timestamp")[..] else {
        return false;
    };
    let [signatures] = header(sealed, "webhook-signature")[..] else {
        return false;
    };
    let signed = format!("{}.{time}.{}", draft.id, draft.body.as_deref().unwrap());
    signatures.split(' ').any(|entry| {
        let (version, signature) = entry.split_once(',').unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(signed.as_bytes());
        let signature = STANDARD.decode(signature).unwrap();
        version == "v1" && mac.verify_slice(&signature).is_ok()
    })
}

#[test]
fn what_is_shown_has_no_secret_in_it() {
    let (webhook, secret) = webhook(&configuration());
    let shown = webhook.configuration.shown().to_string();
    assert!(
        shown.contains("https://receiver.example.com/hooks?\u{2026}ests"),
        "{shown}"
    );
    assert!(
        shown.contains("\"authorization\":\"\u{2026}ders\""),
        "{shown}"
    );
    let preview = draft(&webhook, &[&sample::event(EventType::Deploy)]);
    let preview = format!("{} {:?}", preview.masked_url(), preview.shown_headers());
    for text in [&shown, &preview] {
        for part in ["fake-token", fake_secret(1).as_str()] {
            assert!(!text.contains(part), "{text}");
        }
    }
    assert!(secret.expose_secret().contains(URL));
    let hidden = kind().hidden(&secret);
    for part in [
        "fake-token-of-tests",
        "Bearer fake-token-of-headers",
        &fake_secret(1),
    ] {
        assert!(hidden.contains(&part.to_owned()), "{part}");
    }
}

#[test]
fn a_secret_is_made_where_it_is_left_out() {
    let made = configured(TYPE, &json!({ "url": URL })).unwrap();
    let [(name, secret)] = &made.made[..] else {
        panic!("one part is made");
    };
    assert_eq!(
        (*name, secret.expose_secret()),
        ("secret", fake_secret(7).as_str())
    );
    assert!(configured(TYPE, &configuration()).unwrap().made.is_empty());
}

#[test]
fn a_header_that_is_taken_out_is_no_longer_sent() {
    let (webhook, before) = webhook(&configuration());
    let shown = &webhook.configuration.own;
    let after = |headers: &Value| {
        let value = json!({"url": shown["url"], "secret": shown["secret"], "headers": headers});
        let (at, mut faults) = (Pointer::root(), Faults::default());
        let current = Some(&webhook);
        Kinds::default()
            .configuration(TYPE, &value, &at, current, &|| [7; 32], &mut faults)
            .unwrap()
            .credential
    };
    let same = after(&shown["headers"]);
    assert!(matches!(same, Credential::Unchanged), "{same:?}");
    let draft = draft(&webhook, &[&sample::event(EventType::Deploy)]);
    for headers in [json!({}), json!(null)] {
        let Credential::Partial(partial) = after(&headers) else {
            panic!("a part of it is to go");
        };
        let whole = completed(&partial, &before).unwrap();
        let sealed = seal(&draft, &whole, now()).unwrap();
        assert!(header(&sealed, "authorization").is_empty());
        assert_eq!(sealed.url.expose_secret(), URL);
        assert!(verifies(&fake_secret(1), &sealed, &draft));
    }
}

#[test]
fn every_fault_is_named_at_its_field() {
    let faults = wrong(
        TYPE,
        &json!({
            "url": "https://10.0.0.1/", "secret": "whsec_short", "format": "xml", "batch": "yes",
            "headers": {
                "Host": "x", "Content-Type": "x", "Webhook-Id": "x", "Connection": "x",
                "Transfer-Encoding": "x", "a b": "x", "x-line": "a\r\nb: c", "x-ok": "y",
                "x-blank": " ",
            },
            "grouping": "thread",
        }),
    );
    let expected = [
        "/url",
        "/secret",
        "/headers/Connection",
        "/headers/Content-Type",
        "/headers/Host",
        "/headers/Transfer-Encoding",
        "/headers/Webhook-Id",
        "/headers/a b",
        "/headers/x-blank",
        "/headers/x-line",
        "/format",
        "/batch",
        "/grouping",
    ];
    let mut sorted = faults.clone();
    sorted.sort_unstable();
    let mut all = expected.to_vec();
    all.sort_unstable();
    assert_eq!(sorted, all);
    let eleven: Value = (0..11).map(|n| (format!("x-{n}"), json!("v"))).collect();
    assert_eq!(
        wrong(TYPE, &json!({"url": URL, "headers": eleven})),
        ["/headers"]
    );
    assert_eq!(wrong(TYPE, &json!({})), ["/url"]);
    let twice = json!({"url": URL, "headers": {"X-A": "1", "x-a": "2"}});
    assert_eq!(wrong(TYPE, &twice), ["/headers/x-a"]);
}

#[test]
fn an_event_is_sent_signed_by_standard_webhooks() {
    let (webhook, secret) = webhook(&configuration());
    let event = sample::event(EventType::Deploy);
    let draft = draft(&webhook, &[&event]);
    let body = draft.json();
    assert_eq!(body["type"], "deploy");
    assert_eq!(body["timestamp"], json!(event.occurred_at));
    assert_eq!(body["data"], json!(event));
    let sealed = seal(&draft, &secret, now()).unwrap();
    assert_eq!(sealed.url.expose_secret(), URL);
    assert_eq!(header(&sealed, "webhook-timestamp"), ["1795256100"]);
    assert_eq!(
        header(&sealed, "authorization"),
        ["Bearer fake-token-of-headers"]
    );
    assert!(verifies(&fake_secret(1), &sealed, &draft));
    assert!(!verifies(&fake_secret(2), &sealed, &draft));
    let plain = |name: &str| {
        let found = draft.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(plain("webhook-id"), Some(draft.id.as_str()));
    assert!(is_ours(&draft.id) && !draft.id.contains('.'));
    assert_eq!(plain("Content-Type"), Some("application/json"));
    // A repeat differs in its time alone.
    let again = seal(&draft, &secret, now() + Duration::from_secs(60)).unwrap();
    assert!(verifies(&fake_secret(1), &again, &draft));
    assert_ne!(
        header(&again, "webhook-signature"),
        header(&sealed, "webhook-signature")
    );
}

#[test]
fn a_cloud_event_is_what_our_own_api_would_read() {
    let mut configuration = configuration();
    configuration["format"] = "cloudevents".into();
    let (webhook, _) = webhook(&configuration);
    let event = sample::event(EventType::ParameterUpdated);
    let draft = draft(&webhook, &[&event]);
    let body = draft.json();
    assert_eq!(body["specversion"], "1.0");
    assert_eq!(
        body["source"],
        format!("urn:carillon:{}", event.organization)
    );
    assert_eq!(
        (&body["id"], &body["data"]),
        (&json!(event.id), &json!(event))
    );
    let capture = carillon_domain::Capture {
        organization: event.organization.clone(),
        now: now(),
        fallback_id: carillon_domain::EventId::parse("x").unwrap(),
    };
    let read = carillon_domain::cloudevents::read_structured(&body, capture).unwrap();
    assert_eq!(read.event.event_type, EventType::ParameterUpdated);
    assert_eq!(read.event.id, event.id);
    let media = ("Content-Type", "application/cloudevents+json".to_owned());
    assert!(draft.headers.contains(&media), "{:?}", draft.headers);
}

#[test]
fn a_backlog_comes_as_a_batch_only_where_it_is_asked_for() {
    // What was asked for stays as it is, so that a change of the one does not need the other.
    let (single, _) = webhook(&configuration());
    assert!(!kind().joins(&single.configuration));
    assert_eq!(single.configuration.digest, Digest::Auto);
    let mut batching = configuration();
    batching["batch"] = true.into();
    let (standard, _) = webhook(&batching);
    assert!(kind().joins(&standard.configuration));
    assert_eq!(standard.configuration.digest, Digest::Auto);
    let events = [
        &sample::event(EventType::Deploy),
        &sample::event(EventType::Destroy),
    ];
    let body = draft(&standard, &events).json();
    assert_eq!(body["type"], "batch");
    assert_eq!(body["data"][1]["type"], "destroy");
    assert_eq!(body["data"][1]["data"], json!(events[1]));
    batching["format"] = "cloudevents".into();
    let (cloud, _) = webhook(&batching);
    let sent = draft(&cloud, &events);
    assert_eq!(sent.json()[0]["type"], "carillon.deploy");
    let media = (
        "Content-Type",
        "application/cloudevents-batch+json".to_owned(),
    );
    assert!(sent.headers.contains(&media), "{:?}", sent.headers);
    batching["digest"] = "off".into();
    let (off, _) = webhook(&batching);
    assert_eq!(off.configuration.digest, Digest::Off);
}

#[test]
fn after_a_rotation_both_secrets_sign_for_a_day() {
    let (webhook, first) = webhook(&configuration());
    let draft = draft(&webhook, &[&sample::event(EventType::Deploy)]);
    let with = |secret: &str| {
        let mut configuration = configuration();
        configuration["secret"] = secret.into();
        read(TYPE, &configuration).unwrap().1
    };
    let hours = |hours: u64| now() + Duration::from_secs(hours * 3_600);
    let second = kind().rotated(&first, with(&fake_secret(2)), now());
    let third = kind().rotated(&second, with(&fake_secret(3)), hours(20));
    let signers = |secret: &SecretString, at: Timestamp| {
        let sealed = seal(&draft, secret, at).unwrap();
        (1..=3)
            .filter(|byte| verifies(&fake_secret(*byte), &sealed, &draft))
            .collect::<Vec<u8>>()
    };
    assert_eq!(signers(&second, now()), [1, 2]);
    assert_eq!(signers(&second, hours(23)), [1, 2]);
    assert_eq!(signers(&second, hours(24)), [2]);
    assert_eq!(signers(&third, hours(21)), [1, 2, 3]);
    assert_eq!(signers(&third, hours(30)), [2, 3]);
    assert_eq!(signers(&third, hours(44)), [3]);
    // The new one comes first.
    let sealed = seal(&draft, &third, hours(21)).unwrap();
    let alone = seal(&draft, &with(&fake_secret(3)), hours(21)).unwrap();
    let all = header(&sealed, "webhook-signature")[0];
    assert!(all.starts_with(header(&alone, "webhook-signature")[0]));
    assert!(kind().hidden(&third).contains(&fake_secret(1)));
    // Where another part is rotated, the secret goes on, and so do those before.
    let same = kind().rotated(&second, with(&fake_secret(2)), hours(1));
    assert_eq!(signers(&same, hours(2)), [1, 2]);
    // Whoever rotates in a loop makes no header without bound.
    let many = (10..30).fold(first, |old, byte| {
        kind().rotated(&old, with(&fake_secret(byte)), now())
    });
    let sealed = seal(&draft, &many, now()).unwrap();
    assert_eq!(
        header(&sealed, "webhook-signature")[0].split(' ').count(),
        4
    );
}

#[test]
fn every_status_means_something() {
    let outcome = |status: u16| (kind().about().classify)(&answer(status, &[], "")).outcome;
    for (statuses, expected) in [
        (&[200, 201, 202, 204, 299][..], Outcome::Delivered),
        (&[410], Outcome::CredentialDead),
        (&[400, 413, 415, 422], Outcome::PayloadRefused),
        (&[429], Outcome::RateLimited),
        (
            &[
                301, 302, 303, 307, 308, 401, 403, 404, 405, 408, 409, 425, 451, 503,
            ],
            Outcome::Unavailable,
        ),
        (&[500, 501, 502, 504, 599], Outcome::Unknown),
    ] {
        for status in statuses {
            assert_eq!(outcome(*status), expected, "{status}");
        }
    }
    let kind: &dyn Kind = &kind();
    for status in [429, 503, 500, 404] {
        let reply = kind.reply(&answer(status, &[("retry-after", "120")], ""));
        assert_eq!(
            reply.retry_after,
            Some(Duration::from_secs(120)),
            "{status}"
        );
        assert!(reply.hint.is_some());
    }
    let gone = kind.reply(&answer(410, &[], ""));
    assert!(gone.condemns);
}

#[test]
fn what_is_no_credential_of_this_kind_seals_nothing() {
    let (webhook, _) = webhook(&configuration());
    let draft = draft(&webhook, &[&sample::event(EventType::Deploy)]);
    for text in [
        "",
        "{}",
        "xoxb-fake",
        r#"{"url":"https://x.example/","secret":"whsec_x"}"#,
    ] {
        assert!(seal(&draft, &text.into(), now()).is_none(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_an_event_says_is_sent_whole_and_signed(
        event in testing::any_event(), format in proptest::sample::select(super::body::FORMATS),
    ) {
        let mut configuration = configuration();
        configuration["format"] = format.into();
        let (webhook, secret) = webhook(&configuration);
        let draft = draft(&webhook, &[&event]);
        prop_assert_eq!(&draft.json()["data"], &json!(event));
// The envelope repeats its id and what it is about. With events of at most 16 KiB this is
        // less than the 64 KiB that everybody must pass on.
        let most = 2 * json!(event).to_string().len() + 1_024;
        prop_assert!(draft.body.as_deref().unwrap().len() <= most);
        let sealed = seal(&draft, &secret, now()).unwrap();
        prop_assert!(verifies(&fake_secret(1), &sealed, &draft));
    }

    #[test]
    fn no_header_that_is_taken_can_break_a_request(name in ".{0,20}", value in any::<String>()) {
        let given = json!({"url": URL, "headers": {name: value}});
        if let Ok((_, secret)) = read(TYPE, &given) {
            let (webhook, _) = webhook(&json!({ "url": URL }));
            let draft = draft(&webhook, &[&sample::event(EventType::Deploy)]);
            for (name, value) in seal(&draft, &secret, now()).unwrap().headers {
                let name = reqwest::header::HeaderName::try_from(name.as_str()).unwrap();
                let value = value.expose_secret();
                prop_assert!(!value.chars().any(char::is_control));
                prop_assert!(reqwest::header::HeaderValue::try_from(value).is_ok());
                prop_assert!(name != "host" && !name.as_str().starts_with("content-"));
            }
        }
    }

    #[test]
    fn no_text_gets_a_url_past_the_rules(text in "(https://)?[a-z0-9.@:/?#%\\[\\]\\\\-]{0,30}") {
        if let Ok((_, secret)) = read(TYPE, &json!({ "url": text })) {
            let (webhook, _) = webhook(&json!({ "url": URL }));
            let draft = draft(&webhook, &[&sample::event(EventType::Deploy)]);
            let sealed = seal(&draft, &secret, now()).unwrap();
            let url = url::Url::parse(sealed.url.expose_secret()).unwrap();
            prop_assert!(kind().may_call(&url));
            prop_assert!(matches!(url.host(), Some(url::Host::Domain(_))));
        }
    }
}
