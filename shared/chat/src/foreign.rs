//! Answers of platforms, configurations and URLs that are like none that are documented.

use carillon_domain::{Faults, Pointer};
use carillon_fuzzing::{mangled, mangled_bytes, text};
use proptest::prelude::*;
use proptest::sample::select;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::form::webhook_url;
use crate::{Kinds, Reply};

fn bodies() -> Vec<String> {
    let bodies = [
        json!({"ok": true, "channel": "C1", "ts": "1700000000.000100", "message": {"ts": "1"}}),
        json!({"ok": false, "error": "ratelimited"}),
        json!({"ok": false, "error": "invalid_blocks", "response_metadata": {"messages": ["[ERROR] x"]}}),
        json!({"id": "1", "channel_id": "2", "guild_id": "3"}),
        json!({"code": 10_015, "message": "Unknown Webhook"}),
        json!({"message": "You are being rate limited.", "retry_after": 64.57, "global": false}),
        json!({"embeds": ["0"], "code": 50_035, "errors": {"embeds": {"0": {"_errors": [{"code": "X"}]}}}}),
        json!({"error": {"code": "WorkflowNotFound", "message": "gone"}}),
    ];
    let texts = [
        "ok",
        "no_service",
        "invalid_payload",
        "1",
        "",
        "<html><body>502</body></html>",
    ];
    let bodies = bodies.iter().map(Value::to_string);
    bodies.chain(texts.map(str::to_owned)).collect()
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let name = select(vec![
        "retry-after",
        "x-ratelimit-remaining",
        "x-ratelimit-reset-after",
        "x-ratelimit-reset",
        "x-ratelimit-scope",
        "x-ratelimit-global",
        "x-ratelimit-bucket",
        "date",
        "content-type",
        "x-slack-failure",
        "via",
    ]);
    let value = prop_oneof![
        select(vec![
            "0",
            "1",
            "30",
            "1.5",
            "-1",
            "99999999999999999999",
            "1e308",
            "NaN",
            "inf",
            "Sat, 21 Nov 2026 10:15:00 GMT",
            "application/json",
            "global",
            "user",
            "true",
        ])
        .prop_map(str::to_owned),
        text(),
    ];
    proptest::collection::vec((name, value), 0..5)
}

fn answer(status: u16, headers: &[(&'static str, String)], body: &[u8]) -> Answer {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            map.insert(HeaderName::from_static(name), value);
        }
    }
    Answer {
        status,
        headers: map,
        body: String::from_utf8_lossy(body).into_owned(),
    }
}

fn configurations() -> Vec<Value> {
    let slack = [
        "https://hooks.slack.com/services",
        "T00000000",
        "B00000000",
        "x0x0x0x0x0x0",
    ]
    .join("/");
    vec![
        json!({"token": "xoxb-not-a-real-token", "channel": "infra", "username": "c", "icon_emoji": ":bell:"}),
        json!({"token": "xoxb-not-a-real-token", "channels": ["a", "b"], "grouping": "thread"}),
        json!({"webhook_url": slack, "digest": "off"}),
        json!({"webhook_url": "https://discord.com/api/webhooks/123456789012345678/not-a-real-token-not-a-real-token-not-a-real-token-not-a-real"}),
        json!({"webhook_url": "https://x.logic.azure.com:443/workflows/0/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers&sv=1.0&sig=made-up"}),
        json!({"url": "https://example.org/hook?a=b", "headers": {"X-Key": "made up"}, "format": "cloudevents"}),
    ]
}

proptest! {
    #[test]
    fn a_foreign_answer_means_something_to_each_kind(
        status in prop_oneof![100_u16..600, any::<u16>()],
        headers in headers(),
        body in mangled_bytes(bodies()),
    ) {
        let answer = answer(status, &headers, &body);
        for kind in Kinds::default().iter() {
            let reply: Reply = kind.reply(&answer);
            prop_assert_eq!(reply.http_status, Some(status));
        }
    }

    #[test]
    fn a_foreign_configuration_is_taken_or_refused_with_reasons(
        configuration in mangled(configurations())
    ) {
        let kinds = Kinds::default();
        for api_type in kinds.types() {
            let mut faults = Faults::default();
            let random = || [7; 32];
            let taken = kinds.configuration(
                &api_type, &configuration, &Pointer::root(), None, &random, &mut faults,
            );
            prop_assert!(taken.is_some() || faults.iter().count() > 0, "{api_type}");
        }
    }

    #[test]
    fn a_foreign_url_of_a_webhook_goes_nowhere_else(
        url in mangled_bytes(configurations().iter().filter_map(|it| it["webhook_url"].as_str().map(str::to_owned)).collect())
    ) {
        let text = String::from_utf8_lossy(&url);
        let hosts = ["hooks.slack.com", "discord.com"];
        if webhook_url(&text, &hosts).is_ok() {
            let read = url::Url::parse(&text).unwrap();
            prop_assert!(hosts.contains(&read.host_str().unwrap()), "{text}");
            prop_assert_eq!(read.scheme(), "https");
        }
    }
}
