//! An example of each call, as the API takes and answers it.

use carillon_domain::{EventType, Webhook, sample};
use serde_json::{Map, Value, json};

use crate::view::WebhookView;

const WEBHOOK: &str = "wh_01KAJ2V5J8M3E1Q7S9T0C4X6YZ";
const DELIVERY: &str = "dl_01KAJ2V5J8M3E1Q7S9T0C4X6YZ";
const KEY: &str = "key_01KAJ2V5J8M3E1Q7S9T0C4X6YZ";
const TIME: &str = "2026-11-21T10:15:00Z";

/// Adds the examples of an operation, such as `POST /api/v1/events/`.
pub fn add(name: &str, operation: &mut Value) {
    if let Some(content) = operation
        .pointer_mut("/requestBody/content")
        .and_then(Value::as_object_mut)
    {
        for (media_type, body) in content {
            if body.get("example").is_some() || body.get("examples").is_some() {
                continue;
            }
            if let Some(example) = request(name, media_type) {
                give(body, example);
            }
        }
    }
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, answer) in responses {
        if let Some(content) = answer.pointer_mut("/content/application~1json")
            && let Some(example) = response(name, status)
        {
            give(content, example);
        }
    }
    // Looked up by `get`: an index would put a null there.
    let parameters = operation.get_mut("parameters");
    for parameter in parameters
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if parameter["in"] != "path" || parameter.get("example").is_some() {
            continue;
        }
        let example = match parameter["name"].as_str() {
            Some("delivery_id") => DELIVERY,
            _ if name.contains("/api-keys/") => KEY,
            _ if name.contains("/events/") => "deploy-7f3a",
            _ => WEBHOOK,
        };
        parameter["example"] = example.into();
    }
}

/// Gives a body its example; one of several calls is said once.
fn give(body: &mut Value, example: Value) {
    match shared().iter().find(|(_, it)| it["value"] == example) {
        Some((name, _)) => {
            let reference = format!("#/components/examples/{name}");
            body["examples"] = json!({"example": {"$ref": reference}});
        }
        None => body["example"] = example,
    }
}

/// The examples of several calls.
pub fn shared() -> Map<String, Value> {
    let examples = [
        ("NewWebhook", new_webhook()),
        ("Notifications", notifications()),
        ("Webhook", webhook()),
    ];
    let examples = examples.into_iter();
    examples
        .map(|(name, value)| (name.to_owned(), json!({ "value": value })))
        .collect()
}

/// What a client would send.
fn request(name: &str, media_type: &str) -> Option<Value> {
    Some(match (name, media_type) {
        ("POST /api/v1/webhooks/" | "PUT /api/v1/webhooks/{id}/", _) => new_webhook(),
        ("PATCH /api/v1/webhooks/{id}/", _) => json!({
            "filters": {"environment": ["production", "prod-*"]},
            "configuration": {"channel": "alerts"}
        }),
        ("POST /api/v1/webhooks/{id}/preview/" | "POST /api/v1/events/match/", _) => {
            json!({"sample": "deploy"})
        }
        ("POST /api/v1/preview/", _) => {
            let mut webhook = new_webhook();
            // Words of one's own are shown where a webhook is registered.
            if let Some(fields) = webhook.as_object_mut() {
                fields.remove("message");
            }
            json!({"webhook": webhook, "event": {"sample": "deploy"}})
        }
        ("POST /api/v1/webhooks/{id}/rotate/", _) => {
            json!({"token": "xoxb-example-not-a-real-token", "everywhere": true})
        }
        ("POST /api/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver/", _) => json!({}),
        ("PUT /api/v1/notifications/", _) => notifications(),
        ("POST /api/v1/api-keys/", _) => json!({"name": "ci", "role": "publisher"}),
        ("PATCH /api/v1/api-keys/{id}/", _) => {
            json!({"name": "ci of billing", "expires_at": "2027-11-21T00:00:00Z"})
        }
        ("POST /api/v1/events/", "application/json") => new_event(),
        ("POST /api/v1/events/", "application/cloudevents+json") => cloud_event(),
        ("POST /api/v1/events/", "application/cloudevents-batch+json") => json!([cloud_event()]),
        _ => return None,
    })
}

/// What the API answers.
fn response(name: &str, status: &str) -> Option<Value> {
    Some(match (name, status) {
        ("GET /api/v1/health", _) => json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}),
        ("POST /api/v1/webhooks/", _) => with(
            webhook(),
            "verification",
            json!({"status": "verified", "facts": {"bot": "carillon", "team": "Acme"}}),
        ),
        (
            "GET /api/v1/webhooks/{id}/"
            | "PUT /api/v1/webhooks/{id}/"
            | "PATCH /api/v1/webhooks/{id}/",
            _,
        ) => webhook(),
        ("POST /api/v1/webhooks/{id}/rotate/", _) => with(webhook(), "rotated", json!([WEBHOOK])),
        ("POST /api/v1/webhooks/{id}/test/", _) => attempt(),
        ("POST /api/v1/webhooks/{id}/preview/" | "POST /api/v1/preview/", _) => preview(),
        ("GET /api/v1/webhooks/{id}/deliveries/{delivery_id}/", _) => delivery(),
        ("POST /api/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver/", _) => {
            json!({"accepted": 1, "next_after": null, "reason": null})
        }
        ("POST /api/v1/webhooks/{id}/recover/" | "POST /api/v1/recover/", _) => {
            json!({"accepted": 12, "next_after": null, "reason": null})
        }
        ("POST /api/v1/events/", _) => json!({"id": "deploy-7f3a", "duplicate": false}),
        ("GET /api/v1/events/{id}/", _) => {
            let event = with(event(), "deliveries", json!([delivery()]));
            with(with(event, "matched", 1.into()), "unmatched", json!([]))
        }
        ("POST /api/v1/events/match/", _) => json!({"results": [
            {"webhook_id": WEBHOOK, "name": "prod alerts", "would_send": true, "why_not": null},
            {"webhook_id": "wh_01KAJ2V5J8M3E1Q7S9T0C4X6Z0", "name": "staging", "would_send": false,
             "why_not": "its filter `environment` does not match `production`"},
        ]}),
        ("GET /api/v1/event-types/", _) => page(json!({
            "type": "deploy", "group": "infrastructure", "publishable": true,
            "description": EventType::Deploy.description(), "sample": event()
        })),
        ("POST /api/v1/api-keys/", _) => with(key(), "key", "crl_0123456789abcdef…".into()),
        ("PATCH /api/v1/api-keys/{id}/", _) => key(),
        ("GET /api/v1/me/", _) => json!({
            "organization": "org_acme", "role": "editor",
            "actor": {"type": "api_key", "id": KEY, "name": "ci"},
        }),
        ("GET /api/v1/quotas/", _) => json!({"results": [
            {"quota": "webhooks", "used": 12, "limit": 1000},
        ]}),
        ("GET /api/v1/audit/", _) => page(json!({
            "id": "aud_01KAJ2V5J8M3E1Q7S9T0C4X6YZ", "at": TIME,
            "actor": {"type": "api_key", "id": KEY, "name": "ci"}, "action": "updated",
            "object": {"type": "webhook", "id": WEBHOOK, "name": "prod alerts"},
            "changed": ["filters"], "request_id": "req_01KAJ2V5J8M3E1Q7S9T0C4X6YZ"
        })),
        ("PUT /api/v1/notifications/", _) => json!({"dry_run": false, "results": [
            {"name": "work", "result": "updated", "changed": ["channels"], "id": WEBHOOK},
        ]}),
        ("GET /api/v1/notifications/", _) => json!({"notifications": {"work": {
            "enabled": true, "provider": "slack", "token": "xoxb-…wxyz",
            "channels": ["#infra-alerts"], "events": ["deploy", "destroy", "error"]
        }}}),
        _ => return None,
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn page(item: Value) -> Value {
    json!({"results": [item], "next": null})
}

pub fn new_webhook() -> Value {
    json!({
        "name": "prod alerts", "type": "slack", "event_types": ["deploy", "destroy", "error"],
        "filters": {"environment": ["production", "prod-*"]},
        "configuration": {"token": "xoxb-example-not-a-real-token", "channel": "infra"},
        "message": message()
    })
}

fn message() -> Value {
    json!({
        "title": "{{ resource.name }} {{ status }} in {{ environment }}",
        "fields": ["environment", "status", "estimated_cost"],
        "links": [{"label": "Runbook", "url": "https://wiki.example.com/{{ resource.type }}"}],
        "mentions": [{"when": {"status": ["failed"]}, "who": ["S0123ABCD"]}]
    })
}

pub fn notifications() -> Value {
    json!({"notifications": {"work": {
        "enabled": true, "provider": "slack", "token": "xoxb-put-your-token-here",
        "channels": ["#infra-alerts"], "environments": ["production"]
    }}})
}

pub fn new_event() -> Value {
    json!({
        "id": "deploy-7f3a", "type": "deploy", "status": "succeeded", "environment": "production",
        "project": "billing", "provider": "aws", "region": "eu-west-1",
        "resource": {"type": "aws_rds_cluster", "id": "db-1", "name": "billing-db"},
        "estimated_cost": {"amount": "41.20", "currency": "USD", "period": "month"},
        "actor": "alice", "correlation_id": "release-42", "details": {"commit": "9fceb02"}
    })
}

pub fn cloud_event() -> Value {
    json!({
        "specversion": "1.0", "id": "7f3a", "source": "/ci/billing", "type": "com.acme.deploy",
        "time": TIME, "subject": "billing-db",
        "data": {"status": "succeeded", "environment": "production"}
    })
}

fn webhook() -> Value {
    let mut sample: Webhook = sample::webhook(1, &["deploy", "destroy", "error"]);
    sample.name = "prod alerts".into();
    let shown = serde_json::to_value(WebhookView::from(&sample)).unwrap_or_default();
    with(shown, "id", WEBHOOK.into())
}

fn event() -> Value {
    serde_json::to_value(sample::event(EventType::Deploy)).unwrap_or_default()
}

fn attempt() -> Value {
    json!({
        "outcome": "destination_dead", "http_status": 200, "code": "not_in_channel",
        "hint": "Invite the bot to the channel: /invite @…", "duration_ms": 142
    })
}

fn delivery() -> Value {
    json!({
        "id": DELIVERY, "webhook_id": WEBHOOK, "event_id": "deploy-7f3a", "event_type": "deploy",
        "channel": "infra", "status": "delivered", "reason": null, "possible_duplicate": false,
        "overtaken": false,
        "created_at": TIME, "next_attempt_at": null, "traceparent": null,
        "message": {"id": "1795256100.000100", "channel_id": "C0EXAMPLE1"},
        "attempts": [{
            "at": TIME, "outcome": "delivered", "http_status": 200, "code": null, "hint": null,
            "duration_ms": 142
        }]
    })
}

fn preview() -> Value {
    json!({
        "would_send": true, "type": "slack", "why_not": null, "standard_form": null,
        "request": {
            "method": "POST", "url": "https://slack.com/api/chat.postMessage",
            "headers": {"Content-Type": "application/json; charset=utf-8", "Authorization": "Bearer xoxb-…wxyz"},
            "body": {"channel": "infra", "text": "✅ Deployed billing-db in production", "attachments": []}
        },
        "limits": [{"what": "blocks", "used": 4, "limit": 50}],
        "builder_url": "https://app.slack.com/block-kit-builder/#…"
    })
}

fn key() -> Value {
    json!({
        "id": KEY, "name": "ci", "role": "publisher", "created_at": TIME, "expires_at": null,
        "last_used_at": null
    })
}
