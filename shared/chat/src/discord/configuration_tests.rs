use super::texts::HOSTS;
use crate::testing::{DISCORD, configured, credential, read, wrong};
use carillon_domain::Configuration;
use carillon_domain::field::Named as _;
use carillon_domain::webhook::Grouping;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

const ID: &str = "123456789012345678";

fn token() -> String {
    "fake-token_.".repeat(5) + "wxyz"
}

fn with(extra: Value) -> Value {
    let mut value = json!({"webhook_url": credential(DISCORD)});
    for (name, more) in extra.as_object().unwrap() {
        value[name] = more.clone();
    }
    value
}

fn registered(url: &str) -> Result<(Configuration, SecretString), String> {
    read("discord", &json!({ "webhook_url": url })).map_err(|faults| {
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].0, "/configuration/webhook_url");
        faults[0].1.clone()
    })
}

#[test]
fn however_it_is_written_the_same_webhook_is_stored_alike() {
    let token = token();
    for host in HOSTS {
        for path in ["api", "api/v6", "api/v10"] {
            let url = format!("https://{host}/{path}/webhooks/{ID}/{token}");
            let (configuration, secret) = registered(&url).unwrap();
            let channels = DISCORD.channels(&configuration);
            let stored = format!("https://discord.com/api/webhooks/{ID}/{token}");
            assert_eq!(secret.expose_secret(), stored, "{url}");
            assert_eq!(
                configuration.text("webhook_url").unwrap(),
                "https://discord.com/api/webhooks/…/…wxyz"
            );
            assert_eq!(channels, [""]);
        }
    }
}

#[test]
fn only_a_webhooks_own_url_is_taken() {
    let (host, token) = ("discord.com", token());
    for (path, what) in [
        (
            format!("api/webhooks/{ID}/{token}/slack"),
            "leave /slack out",
        ),
        (
            format!("api/v10/webhooks/{ID}/{token}/github"),
            "leave /github out",
        ),
        (
            format!("api/webhooks/{ID}/{token}/messages"),
            "must look like",
        ),
        (format!("api/webhooks/{ID}"), "must look like"),
        (format!("api/webhooks/{ID}/short"), "must look like"),
        (
            format!("api/webhooks/{ID}/{}", "x".repeat(257)),
            "must look like",
        ),
        (format!("api/webhooks/{ID}/{token}%2f.."), "must look like"),
        (format!("api/webhooks/12345/{token}"), "must look like"),
        (
            format!("api/webhooks/{}Y/{token}", "X".repeat(17)),
            "must look like",
        ),
        (
            format!("api/webhooks/{}/{token}", "X".repeat(21)),
            "must look like",
        ),
        (format!("api/vX/webhooks/{ID}/{token}"), "must look like"),
        (format!("webhooks/{ID}/{token}"), "must look like"),
        (format!("api/webhooks/{ID}/{token}?evil=1"), "no query"),
        (
            format!("api/webhooks/{ID}/{token}?thread_id=x"),
            "its thread_id",
        ),
        (format!("api/webhooks/{ID}/{token}#x"), "fragment"),
        ("api/webhooks/…/…wxyz".to_owned(), "masked"),
    ] {
        let detail = registered(&format!("https://{host}/{path}")).unwrap_err();
        assert!(detail.contains(what), "{path}: {detail}");
        assert!(!detail.contains(&token), "{detail}");
    }
    for host in [
        "discord.com.evil.example",
        "evil.example",
        "cdn.discord.com",
        "discord.com:443",
        "discord.com.",
        "x@discord.com",
    ] {
        assert!(
            registered(&format!("https://{host}/api/webhooks/{ID}/{token}")).is_err(),
            "{host}"
        );
    }
}

#[test]
fn the_placeholder_of_documentation_has_the_form_of_a_url() {
    let (host, id, token) = ("discord.com", "X".repeat(18), "x".repeat(20));
    let url = format!("https://{host}/api/webhooks/{id}/{token}");
    let (_, secret) = registered(&url).unwrap();
    assert_eq!(secret.expose_secret(), url);
}

#[test]
fn a_thread_is_given_in_the_url_or_beside_it() {
    let (host, token, other) = ("discord.com", token(), "999999999999999999");
    let url = format!("https://{host}/api/webhooks/{ID}/{token}?wait=true&thread_id={ID}");
    let (configuration, secret) = registered(&url).unwrap();
    assert_eq!(configuration.text("thread_id"), Some(ID));
    assert!(secret.expose_secret().ends_with("wxyz"));

    let both = |thread: &str| json!({"webhook_url": url, "thread_id": thread});
    assert_eq!(wrong("discord", &both(ID)), [""; 0]);
    assert_eq!(wrong("discord", &both(other)), ["/thread_id"]);
    let (configuration, _) = read("discord", &with(json!({ "thread_id": other }))).unwrap();
    assert_eq!(configuration.text("thread_id"), Some(other));
    assert_eq!(
        wrong("discord", &with(json!({"thread_id": "general"}))),
        ["/thread_id"]
    );
}

#[test]
fn names_that_discord_forbids_are_refused() {
    for (name, right) in [
        ("Carillon", true),
        ("Everyone's bell", true),
        (&"x".repeat(80), true),
        (&"x".repeat(81), false),
        ("My DisCord Bot", false),
        ("clydesdale", false),
        ("everyone", false),
        ("HERE", false),
        ("a\nb", false),
    ] {
        let faults = wrong("discord", &with(json!({ "username": name })));
        assert_eq!(faults.is_empty(), right, "{name}");
    }
}

#[test]
fn an_avatar_is_a_web_url() {
    for (url, right) in [
        ("https://example.com/bell.png", true),
        ("ftp://example.com/bell.png", false),
        ("bell.png", false),
        (&format!("https://example.com/{}", "x".repeat(2_048)), false),
    ] {
        let faults = wrong("discord", &with(json!({ "avatar_url": url })));
        assert_eq!(faults.is_empty(), right, "{url}");
    }
}

#[test]
fn at_most_one_channel_is_named_as_a_label() {
    let read = configured("discord", &with(json!({"channels": ["deploy-logs"]}))).unwrap();
    assert_eq!(read.channels, ["deploy-logs"]);
    assert_eq!(
        wrong("discord", &with(json!({"channels": ["a", "b"]}))),
        ["/channels"]
    );
}

#[test]
fn any_grouping_is_taken() {
    for (name, grouping) in Grouping::all() {
        let (configuration, _) = read("discord", &with(json!({ "grouping": name }))).unwrap();
        assert_eq!(configuration.grouping, grouping);
    }
}

#[test]
fn one_thread_cannot_be_grouped_into_threads() {
    let one = |grouping: &str| with(json!({"thread_id": ID, "grouping": grouping}));
    assert_eq!(wrong("discord", &one("thread")), ["/grouping"]);
    assert_eq!(wrong("discord", &one("update")), [""; 0]);
}

#[test]
fn every_fault_is_found_at_once() {
    let value = json!({
        "webhook_url": "http://discord.com/x", "username": "discord", "avatar_url": "x", "thread_id": "x",
        "grouping": "x", "token": "x",
    });
    assert_eq!(
        wrong("discord", &value),
        [
            "/webhook_url",
            "/username",
            "/avatar_url",
            "/thread_id",
            "/grouping",
            "/token"
        ]
    );
    assert_eq!(wrong("discord", &json!({})), ["/webhook_url"]);
}
