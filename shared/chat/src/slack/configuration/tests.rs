use super::*;
use crate::testing::{credential, read, wrong};
use carillon_domain::Platform;
use carillon_domain::webhook::Digest;
use secrecy::ExposeSecret;
use serde_json::json;

fn bot(extra: Value) -> Value {
    merged(
        json!({"token": credential(DestinationKind::SlackBot), "channel": "#infra"}),
        extra,
    )
}

fn hook(extra: Value) -> Value {
    merged(
        json!({"webhook_url": credential(DestinationKind::SlackWebhook)}),
        extra,
    )
}

fn merged(mut value: Value, extra: Value) -> Value {
    for (name, more) in extra.as_object().unwrap() {
        value[name] = more.clone();
    }
    value
}

fn fault(value: &Value) -> String {
    let faults = crate::testing::read(Platform::Slack, value).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].1.clone()
}

#[test]
fn a_bot_is_registered_with_its_name_and_icon() {
    let (configuration, secret) = read(
        Platform::Slack,
        &bot(json!({"username": " Deploy Bot ", "icon_emoji": ":bell:", "grouping": "update", "digest": "off"})),
    )
    .unwrap();
    assert_eq!(configuration.kind, DestinationKind::SlackBot);
    assert_eq!(configuration.masked_credential, "xoxb-…wxyz");
    assert_eq!(configuration.channels(), ["#infra"]);
    assert_eq!(configuration.username.as_deref(), Some("Deploy Bot"));
    assert_eq!(configuration.icon_emoji.as_deref(), Some(":bell:"));
    assert_eq!(
        (configuration.grouping, configuration.digest),
        (Grouping::Update, Digest::Off)
    );
    assert_eq!(
        secret.expose_secret(),
        credential(DestinationKind::SlackBot)
    );
}

#[test]
fn an_incoming_webhook_is_registered_with_a_label() {
    let host = "hooks.slack.com";
    for (value, label) in [
        (hook(json!({})), ""),
        (
            hook(json!({"channels": ["#infra-alerts"]})),
            "#infra-alerts",
        ),
        (hook(json!({"channel": "Any label"})), "Any label"),
        (hook(json!({"channels": []})), ""),
        // What the documentation of CloudCTL shows.
        (
            json!({"webhook_url": format!("https://{host}/services/T00000000/B00000000/{}", "X".repeat(24)), "channels": ["#a"]}),
            "#a",
        ),
    ] {
        let (configuration, _) = read(Platform::Slack, &value).unwrap();
        assert_eq!(configuration.kind, DestinationKind::SlackWebhook);
        assert_eq!(configuration.channels(), [label]);
    }
    let (configuration, _) = read(Platform::Slack, &hook(json!({}))).unwrap();
    assert_eq!(
        configuration.masked_credential,
        "https://hooks.slack.com/services/T…/B…/…wxyz"
    );
}

#[test]
fn the_government_host_is_kept() {
    let url = credential(DestinationKind::SlackWebhook).replace("slack.com", "slack-gov.com");
    let (configuration, secret) = read(Platform::Slack, &json!({ "webhook_url": url })).unwrap();
    assert!(
        configuration
            .masked_credential
            .starts_with("https://hooks.slack-gov.com/services/T…")
    );
    assert_eq!(secret.expose_secret(), url);
}

#[test]
fn exactly_one_credential_is_needed() {
    let both = hook(bot(json!({})));
    assert_eq!(wrong(Platform::Slack, &both), ["/webhook_url"]);
    for value in [
        json!({"channel": "#infra"}),
        json!({"token": null, "webhook_url": " ", "channel": "a"}),
    ] {
        let detail = fault(&value);
        assert!(
            detail.contains("token") && detail.contains("webhook_url"),
            "{detail}"
        );
    }
}

#[test]
fn another_kind_of_token_is_refused_with_what_is_needed() {
    for (token, what) in [
        ("xoxp-fake-user-token", "user token"),
        ("xapp-fake-app-token", "app-level token"),
        ("xoxe.xoxb-fake-token", "expires"),
        ("xwfp-fake-token", "workflow token"),
        ("https://example.com", "webhook_url"),
        ("fake-token", "no Slack token"),
        ("xoxb-…wxyz", "masked"),
        ("xoxb-", "not a whole bot token"),
        ("xoxb-fake token", "not a whole bot token"),
        ("xoxb-fake\ntoken-injected", "not a whole bot token"),
    ] {
        let detail = fault(&bot(json!({ "token": token })));
        assert!(detail.contains(what), "{token}: {detail}");
        assert!(!detail.contains("fake"), "{detail}");
    }
    let long = format!("xoxb-{}", "x".repeat(300));
    assert_eq!(
        wrong(Platform::Slack, &bot(json!({ "token": long }))),
        ["/token"]
    );
}

#[test]
fn only_an_incoming_webhooks_own_url_is_taken() {
    let host = "hooks.slack.com";
    for (path, what) in [
        ("workflows/T0FAKE/A0FAKE/1/fakefakefake", "Workflow Builder"),
        ("triggers/T0FAKE/1/fakefakefake", "Workflow Builder"),
        ("services/T0FAKE/B0FAKE", "must look like"),
        ("services/B0FAKE/T0FAKE/fakefakefake", "must look like"),
        ("services/T0FAKE/B0FAKE/short", "must look like"),
        ("services/T0FAKE/B0FAKE/fakefakefake/more", "must look like"),
        ("services/T0FAKE/B0FAKE/..%2f..%2fapi", "must look like"),
        ("services/T0FAKE/B0FAKE/../../../api/x", "must look like"),
        (
            "services/T0FAKE/B0FAKE/fakefakefake?x=1",
            "must end after its path",
        ),
        ("services/T0FAKE/B0FAKE/fakefakefake#x", "fragment"),
        ("", "must look like"),
    ] {
        let detail = fault(&json!({"webhook_url": format!("https://{host}/{path}")}));
        assert!(detail.contains(what), "{path}: {detail}");
    }
    let masked = json!({"webhook_url": format!("https://{host}/services/T…/B…/…wxyz")});
    assert!(fault(&masked).contains("masked"));
}

#[test]
fn channels_are_names_or_ids() {
    for channel in [
        "infra",
        "#infra",
        "infra-alerts_2",
        "C0123ABCD",
        "G0123ABCD",
        "D0123ABCD",
        "U0123ABCD",
        "#überwachung",
        "障害通知",
    ] {
        assert_eq!(
            wrong(Platform::Slack, &bot(json!({ "channel": channel }))),
            [""; 0],
            "{channel}"
        );
    }
    for channel in [
        "two words",
        "@here",
        "@alice",
        "a,b",
        "#",
        "##x",
        "a\u{7}b",
        "Infra",
        "DEPLOY",
        "#C0123ABCD",
        "<#C1>",
        "a/b",
        "a.b",
        &"x".repeat(81),
    ] {
        assert_eq!(
            wrong(Platform::Slack, &bot(json!({ "channel": channel }))),
            ["/channel"],
            "{channel}"
        );
    }
}

#[test]
fn a_bot_posts_to_one_to_ten_channels() {
    let with = |channels: Value| {
        let token = credential(DestinationKind::SlackBot);
        wrong(
            Platform::Slack,
            &json!({"token": token, "channels": channels}),
        )
    };
    let many = |count: usize| json!((0..count).map(|n| format!("c{n}")).collect::<Vec<_>>());
    assert_eq!(with(many(10)), [""; 0]);
    assert_eq!(with(many(11)), ["/channels"]);
    assert_eq!(with(json!([])), ["/channels"]);
    assert_eq!(with(json!(null)), ["/channel"]);
    assert_eq!(with(json!(["a", "#a"])), ["/channels/1"]);
    assert_eq!(with(json!(["a", "b c", 7])), ["/channels/2", "/channels/1"]);
    assert_eq!(
        wrong(Platform::Slack, &bot(json!({"channels": ["b"]}))),
        ["/channels"]
    );
    assert_eq!(
        wrong(
            Platform::Slack,
            &bot(json!({"channel": "", "channels": null}))
        ),
        ["/channel"]
    );
}

#[test]
fn what_an_incoming_webhook_cannot_do_is_refused_with_the_reason() {
    for (extra, pointer, what) in [
        (
            json!({"username": "x"}),
            "/username",
            "always posts under the name",
        ),
        (
            json!({"icon_emoji": ":x:"}),
            "/icon_emoji",
            "always posts under the name",
        ),
        (
            json!({"channels": ["a", "b"]}),
            "/channels",
            "only into the channel",
        ),
        (
            json!({"channel": "a", "channels": ["b"]}),
            "/channels",
            "only into the channel",
        ),
        (
            json!({"grouping": "thread"}),
            "/grouping",
            "use a bot token",
        ),
        (
            json!({"grouping": "update"}),
            "/grouping",
            "use a bot token",
        ),
    ] {
        let value = hook(extra);
        assert_eq!(wrong(Platform::Slack, &value), [pointer]);
        assert!(fault(&value).contains(what), "{value}");
    }
}

#[test]
fn emoji_are_names_between_colons() {
    for (emoji, right) in [
        (":bell:", true),
        (":+1::skin-tone-3:", true),
        (":e-mail:", true),
        ("bell", false),
        ("::", false),
        (":a b:", false),
        (":a::b:", false),
        ("🔔", false),
    ] {
        let faults = wrong(Platform::Slack, &bot(json!({ "icon_emoji": emoji })));
        assert_eq!(faults.is_empty(), right, "{emoji}");
    }
}

#[test]
fn every_fault_is_found_at_once() {
    let value = json!({
        "token": "xoxp-fake-user-token", "channel": "a b", "username": "a\nb", "icon_emoji": "x",
        "grouping": "threads", "digest": 1, "chanel": "x",
    });
    let mut found = wrong(Platform::Slack, &value);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "/chanel",
            "/channel",
            "/digest",
            "/grouping",
            "/icon_emoji",
            "/token",
            "/username"
        ]
    );
    assert_eq!(wrong(Platform::Slack, &json!("x")), [""]);
}

#[test]
fn the_masked_credential_of_the_current_configuration_means_unchanged() {
    let kinds = [(bot(json!({})), "token"), (hook(json!({})), "webhook_url")];
    for (mut value, field) in kinds {
        let (current, _) = read(Platform::Slack, &value).unwrap();
        value[field] = json!(current.masked_credential);
        let mut faults = Faults::default();
        let at = Pointer::root();
        let (configuration, credential) =
            crate::configuration(Platform::Slack, &value, &at, Some(&current), &mut faults)
                .unwrap();
        assert_eq!(configuration, current);
        assert!(matches!(credential, Credential::Unchanged));
        value[field] = json!(current.masked_credential.replace("wxyz", "wxyy"));
        assert!(
            crate::configuration(Platform::Slack, &value, &at, Some(&current), &mut faults)
                .is_none()
        );
    }
}

#[test]
fn a_credential_in_the_wrong_field_is_refused_and_not_repeated() {
    for (extra, pointer) in [
        (
            json!({"channel": "xoxb-fake-secret"}),
            "/configuration/channel",
        ),
        (
            json!({"channel": "XOXB-fake-secret"}),
            "/configuration/channel",
        ),
        (
            json!({"channel": null, "channels": ["infra", "xoxp-fake-secret"]}),
            "/configuration/channels/1",
        ),
        (
            json!({"username": "xoxb-fake-secret"}),
            "/configuration/username",
        ),
    ] {
        let faults = crate::testing::read(Platform::Slack, &bot(extra)).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].0, pointer, "{faults:?}");
        assert!(!faults[0].1.contains("secret"), "{faults:?}");
    }
    let label = hook(json!({"channel": "https://hooks.slack.com/services/T0/B0/secret"}));
    let faults = crate::testing::read(Platform::Slack, &label).unwrap_err();
    assert!(
        faults[0].1.contains("looks like a credential"),
        "{faults:?}"
    );
}
