use crate::kinds::Kinds;
use crate::testing::{BOT, HOOK, configured, credential, read, wrong};
use carillon_domain::webhook::{Digest, Grouping};
use carillon_domain::{Credential, Faults, Pointer, sample};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

fn bot(extra: Value) -> Value {
    merged(
        json!({"token": credential(BOT), "channel": "#infra"}),
        extra,
    )
}

fn hook(extra: Value) -> Value {
    merged(json!({"webhook_url": credential(HOOK)}), extra)
}

fn merged(mut value: Value, extra: Value) -> Value {
    for (name, more) in extra.as_object().unwrap() {
        value[name] = more.clone();
    }
    value
}

fn fault(value: &Value) -> String {
    let faults = crate::testing::read("slack", value).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].1.clone()
}

#[test]
fn a_bot_is_registered_with_its_name_and_icon() {
    let value = bot(
        json!({"username": " Deploy Bot ", "icon_emoji": ":bell:", "grouping": "update", "digest": "off"}),
    );
    let (configuration, secret) = read("slack", &value).unwrap();
    let configured = configured("slack", &value).unwrap();
    assert_eq!(configured.kind, BOT.id());
    assert_eq!(configuration.text("token"), Some("xoxb-…wxyz"));
    assert_eq!(configured.channels, ["#infra"]);
    assert_eq!(configuration.text("username"), Some("Deploy Bot"));
    assert_eq!(configuration.text("icon_emoji"), Some(":bell:"));
    assert_eq!(
        (configuration.grouping, configuration.digest),
        (Grouping::Update, Digest::Off)
    );
    assert_eq!(secret.expose_secret(), credential(BOT));
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
        let configured = configured("slack", &value).unwrap();
        assert_eq!(configured.kind, HOOK.id());
        assert_eq!(configured.channels, [label]);
    }
    let (configuration, _) = read("slack", &hook(json!({}))).unwrap();
    assert_eq!(
        configuration.text("webhook_url").unwrap(),
        "https://hooks.slack.com/services/T…/B…/…wxyz"
    );
}

#[test]
fn the_government_host_is_kept() {
    let url = credential(HOOK).replace("slack.com", "slack-gov.com");
    let (configuration, secret) = read("slack", &json!({ "webhook_url": url })).unwrap();
    assert!(
        configuration
            .text("webhook_url")
            .unwrap()
            .starts_with("https://hooks.slack-gov.com/services/T…")
    );
    assert_eq!(secret.expose_secret(), url);
}

#[test]
fn exactly_one_credential_is_needed() {
    let both = hook(bot(json!({})));
    assert_eq!(wrong("slack", &both), ["/webhook_url"]);
    for value in [
        json!({"channel": "#infra"}),
        json!({"token": null, "channel": "a"}),
    ] {
        let detail = fault(&value);
        assert!(
            detail.contains("token") && detail.contains("webhook_url"),
            "{detail}"
        );
    }
    let blank = json!({"token": null, "webhook_url": " "});
    assert_eq!(fault(&blank), "must not be blank");
}

#[test]
fn another_kind_of_token_is_refused_with_what_is_needed() {
    for (token, what) in [
        ("xoxp-fake-user-token", "user token"),
        ("xapp-fake-app-token", "app-level token"),
        ("xoxe.xoxb-fake-token", "an app without it"),
        ("xoxe.xoxp-fake-token", "user token that expires"),
        ("xoxe-1-fake-token", "only refreshes"),
        ("xwfp-fake-token", "workflow token"),
        ("https://example.com", "webhook_url"),
        ("fake-token", "no Slack token"),
        ("xoxb-…wxyz", "masked"),
        ("xoxb-", "not a whole bot token"),
        ("xoxb-fake token", "no bot token"),
        ("xoxb-fake\ntoken-injected", "no bot token"),
    ] {
        let detail = fault(&bot(json!({ "token": token })));
        assert!(detail.contains(what), "{token}: {detail}");
        assert!(!detail.contains("fake"), "{detail}");
    }
    let long = format!("xoxb-{}", "x".repeat(300));
    assert_eq!(wrong("slack", &bot(json!({ "token": long }))), ["/token"]);
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
            wrong("slack", &bot(json!({ "channel": channel }))),
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
            wrong("slack", &bot(json!({ "channel": channel }))),
            ["/channel"],
            "{channel}"
        );
    }
}

#[test]
fn a_bot_posts_to_one_to_ten_channels() {
    let with = |channels: Value| {
        let token = credential(BOT);
        wrong("slack", &json!({"token": token, "channels": channels}))
    };
    let many = |count: usize| json!((0..count).map(|n| format!("c{n}")).collect::<Vec<_>>());
    assert_eq!(with(many(10)), [""; 0]);
    assert_eq!(with(many(11)), ["/channels"]);
    assert_eq!(with(json!([])), ["/channels"]);
    assert_eq!(with(json!(null)), ["/channel"]);
    assert_eq!(with(json!(["a", "#a"])), ["/channels/1"]);
    assert_eq!(with(json!(["a", "b c", 7])), ["/channels/2", "/channels/1"]);
    assert_eq!(
        wrong("slack", &bot(json!({"channels": ["b"]}))),
        ["/channels"]
    );
    assert_eq!(
        wrong("slack", &bot(json!({"channel": "", "channels": null}))),
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
        assert_eq!(wrong("slack", &value), [pointer]);
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
        let faults = wrong("slack", &bot(json!({ "icon_emoji": emoji })));
        assert_eq!(faults.is_empty(), right, "{emoji}");
    }
}

#[test]
fn every_fault_is_found_at_once() {
    let value = json!({
        "token": "xoxp-fake-user-token", "channel": "a b", "username": "a\nb", "icon_emoji": "x",
        "grouping": "threads", "digest": 1, "chanel": "x",
    });
    let mut found = wrong("slack", &value);
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
    assert_eq!(wrong("slack", &json!("x")), [""]);
}

#[test]
fn the_masked_credential_of_the_current_configuration_means_unchanged() {
    let kinds = [
        (BOT, bot(json!({})), "token"),
        (HOOK, hook(json!({})), "webhook_url"),
    ];
    for (kind, mut value, field) in kinds {
        let (configuration, _) = read("slack", &value).unwrap();
        let mut current = sample::webhook(1, &["*"]);
        (current.kind, current.configuration) = (kind.id(), configuration.clone());
        let again = |value: &Value| {
            let mut faults = Faults::default();
            let (at, kinds) = (Pointer::root(), Kinds::default());
            let current = Some(&current);
            kinds.configuration("slack", value, &at, current, &|| [7; 32], &mut faults)
        };
        let masked = configuration.text(field).unwrap();
        value[field] = json!(masked);
        let read = again(&value).unwrap();
        assert_eq!(read.configuration, configuration);
        assert!(matches!(read.credential, Credential::Unchanged));
        value[field] = json!(masked.replace("wxyz", "wxyy"));
        assert!(again(&value).is_none());
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
        let faults = crate::testing::read("slack", &bot(extra)).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].0, pointer, "{faults:?}");
        assert!(!faults[0].1.contains("secret"), "{faults:?}");
    }
    let label = hook(json!({"channel": "https://hooks.slack.com/services/T0/B0/secret"}));
    let faults = crate::testing::read("slack", &label).unwrap_err();
    assert!(
        faults[0].1.contains("looks like a credential"),
        "{faults:?}"
    );
}
