//! An example of each call, as the API takes and answers it.

use carillon_domain::{EventType, Webhook, sample};
use serde_json::{Map, Value, json};

use crate::parameters::{DELIVERY_ID, EVENT_ID, KEY_ID, WEBHOOK_ID};
use crate::view::WebhookView;

const TIME: &str = "2026-11-21T10:15:00Z";

pub fn add(operation: &mut Value) {
    let name = operation["operationId"].as_str().unwrap_or_default();
    let name = name.to_owned();
    let content = operation.pointer_mut("/requestBody/content");
    let bodies = content.and_then(Value::as_object_mut);
    for (media_type, body) in bodies.into_iter().flatten() {
        if body.get("example").is_none()
            && body.get("examples").is_none()
            && let Some(example) = request(&name, media_type)
        {
            give(body, example);
        }
    }
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for answer in responses.values_mut() {
        if let Some(content) = answer.pointer_mut("/content/application~1json")
            && let Some(example) = response(&name)
        {
            give(content, example);
        }
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
fn request(operation: &str, media_type: &str) -> Option<Value> {
    Some(match operation {
        "create_webhook" | "replace_webhook" => new_webhook(),
        "update_webhook" => json!({
            "filters": {"environment": ["production", "prod-*"]},
            "configuration": {"channel": "alerts"}
        }),
        "preview_webhook" | "match_event" => json!({"sample": "deploy"}),
        "preview_new_webhook" => {
            let mut webhook = new_webhook();
            // Words of one's own are shown where a webhook is registered.
            if let Some(fields) = webhook.as_object_mut() {
                fields.remove("message");
            }
            json!({"webhook": webhook, "event": {"sample": "deploy"}})
        }
        "rotate_webhook" => json!({"token": "xoxb-example-not-a-real-token", "everywhere": true}),
        "redeliver" => json!({}),
        "apply_notifications" => notifications(),
        "create_api_key" => json!({"name": "ci", "role": "publisher"}),
        "update_api_key" => json!({
            "name": "ci of billing", "expires_at": "2027-11-21T00:00:00Z"
        }),
        "publish_events" => match media_type {
            "application/cloudevents+json" => cloud_event(),
            "application/cloudevents-batch+json" => json!([cloud_event()]),
            _ => new_event(),
        },
        _ => return None,
    })
}

/// What the API answers.
fn response(operation: &str) -> Option<Value> {
    Some(match operation {
        "get_health" => json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}),
        "create_webhook" => with(
            webhook(),
            "verification",
            json!({"status": "verified", "facts": {"bot": "carillon", "team": "Acme"}}),
        ),
        "get_webhook" | "replace_webhook" | "update_webhook" => webhook(),
        "rotate_webhook" => with(webhook(), "rotated", json!([WEBHOOK_ID])),
        "test_webhook" => attempt(),
        "preview_webhook" | "preview_new_webhook" => preview(),
        "get_delivery" => delivery(),
        "redeliver" => json!({"accepted": 1, "next_after": null, "reason": null}),
        "recover_webhook" | "recover_all" => json!({
            "accepted": 12, "next_after": null, "reason": null
        }),
        "publish_events" => json!({"id": EVENT_ID, "duplicate": false}),
        "get_event" => {
            let event = with(event(), "deliveries", json!([delivery()]));
            with(with(event, "matched", 1.into()), "unmatched", json!([]))
        }
        "match_event" => json!({"results": [
            {"webhook_id": WEBHOOK_ID, "name": "prod alerts", "would_send": true, "why_not": null},
            {"webhook_id": "wh_01KAJ2V5J8M3E1Q7S9T0C4X6Z0", "name": "staging", "would_send": false,
             "why_not": "its filter `environment` does not match `production`"},
        ]}),
        "list_event_types" => page(json!({
            "type": "deploy", "group": "infrastructure", "publishable": true,
            "description": EventType::Deploy.description(), "sample": event()
        })),
        "create_api_key" => with(key(), "key", "crl_0123456789abcdef…".into()),
        "update_api_key" => key(),
        "read_me" => json!({
            "organization": "org_acme", "role": "editor",
            "actor": {"type": "api_key", "id": KEY_ID, "name": "ci"},
        }),
        "list_quotas" => json!({"results": [
            {"quota": "webhooks", "used": 12, "limit": 1000},
        ]}),
        "list_audit" => page(json!({
            "id": "aud_01KAJ2V5J8M3E1Q7S9T0C4X6YZ", "at": TIME,
            "actor": {"type": "api_key", "id": KEY_ID, "name": "ci"}, "action": "updated",
            "object": {"type": "webhook", "id": WEBHOOK_ID, "name": "prod alerts"},
            "changed": ["filters"], "request_id": "req_01KAJ2V5J8M3E1Q7S9T0C4X6YZ"
        })),
        "apply_notifications" => json!({"dry_run": false, "results": [
            {"name": "work", "result": "updated", "changed": ["channels"], "id": WEBHOOK_ID},
        ]}),
        "export_notifications" => json!({"notifications": {"work": {
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
        "id": EVENT_ID, "type": "deploy", "status": "succeeded", "environment": "production",
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
    with(shown, "id", WEBHOOK_ID.into())
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
        "id": DELIVERY_ID, "webhook_id": WEBHOOK_ID, "event_id": EVENT_ID, "event_type": "deploy",
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
        "id": KEY_ID, "name": "ci", "role": "publisher", "created_at": TIME, "expires_at": null,
        "last_used_at": null
    })
}
