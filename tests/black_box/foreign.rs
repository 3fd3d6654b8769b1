//! Whatever is sent to the API is answered, and never with a fault of ours.

use std::cell::OnceCell;

use carillon_fuzzing::{mangled, mangled_bytes, text};
use carillon_tests::App;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Carillon, for all inputs of a test.
struct Running {
    runtime: Runtime,
    app: App,
}

thread_local! {
    static RUNNING: OnceCell<Running> = const { OnceCell::new() };
}

/// Sends it; gives the answer's status.
fn status(method: &Method, path: &str, content_type: &str, body: &[u8]) -> u16 {
    RUNNING.with(|running| {
        let running = running.get_or_init(|| {
            let runtime = Runtime::new().unwrap();
            let app = runtime.block_on(App::start());
            Running { runtime, app }
        });
        let request = running.app.request(method.clone(), path);
        let request = request
            .header("Content-Type", content_type)
            .body(body.to_vec());
        running
            .runtime
            .block_on(running.app.send(request))
            .status
            .as_u16()
    })
}

fn files() -> Vec<String> {
    vec![
        r##"notifications:
  work:
    enabled: true
    provider: slack
    token: xoxb-not-a-real-token
    channels: ["#infra-alerts", "b"]
    events: [deploy, "*_deleted"]
    environments: &these [production, prod-*]
    filters: {region: *these}
  gaming: {provider: discord, webhook_url: "https://discord.com/api/webhooks/123456789012345678/not-a-real-token-not-a-real-token-not-a-real-token-not-a-real", digest: off}
other: |
  text
"##
        .to_owned(),
        r#"{"notifications": {"a": {"provider": "webhook", "url": "https://example.org/"}}}"#.to_owned(),
        "notifications: {}\n---\nnotifications: {}\n".to_owned(),
    ]
}

fn webhooks() -> Vec<Value> {
    vec![
        json!({
            "name": "prod alerts", "type": "slack", "event_types": ["deploy", "*_deleted"],
            "filters": {"environment": ["production", "prod-*"], "severity": ["error"]},
            "configuration": {"token": "xoxb-not-a-real-token", "channels": ["a", "b"]},
            "message": {
                "title": "{{ resource.name }} {{ status }}", "text": "{{ message }}",
                "fields": ["environment"], "links": [{"label": "a", "url": "https://a.example/{{ id | urlencode }}"}],
                "mentions": [{"when": {"status": ["failed"]}, "who": ["here"]}],
            },
            "enabled": true,
        }),
        json!({
            "name": "signed", "type": "webhook", "event_types": ["*"],
            "configuration": {"url": "https://example.org/hook", "headers": {"X-Key": "made up"}},
        }),
    ]
}

proptest! {
    #[test]
    fn a_foreign_file_of_notifications_is_no_fault_of_ours(file in mangled_bytes(files())) {
        for content_type in ["application/yaml", "application/json"] {
            let path = "/notifications/?dry_run=true&verify=false";
            let status = status(&Method::PUT, path, content_type, &file);
            prop_assert!(status < 500, "{status}");
        }
    }

    #[test]
    fn a_foreign_registration_is_no_fault_of_ours(webhook in mangled(webhooks())) {
        let body = webhook.to_string();
        let path = "/webhooks/?verify=false";
        let status = status(&Method::POST, path, "application/json", body.as_bytes());
        prop_assert!(status < 500, "{status}");
    }

    #[test]
    fn a_foreign_cursor_is_no_fault_of_ours(cursor in text(), list in 0_usize..4) {
        let list = ["webhooks", "events", "api-keys", "audit"][list];
        // No client sends a longer URL.
        let cursor: String = url_encoded(&cursor).chars().take(60_000).collect();
        let path = format!("/{list}/?limit=1&cursor={cursor}");
        let status = status(&Method::GET, &path, "application/json", b"");
        prop_assert!(status < 500, "{status}");
    }

    #[test]
    fn a_foreign_body_is_no_fault_of_ours(body in mangled_bytes(vec![
        r#"{"type": "deploy", "status": "succeeded", "details": {"a": "b"}}"#.to_owned(),
        r#"{"events": [{"type": "deploy"}, {"type": "destroy"}]}"#.to_owned(),
    ])) {
        for content_type in ["application/json", "application/cloudevents+json", "text/plain"] {
            let status = status(&Method::POST, "/events/", content_type, &body);
            prop_assert!(status < 500, "{status}");
        }
    }
}

fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
