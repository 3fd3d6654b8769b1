//! `--demo`: two webhooks and one event of each kind, through the API as anybody would.

use anyhow::{Context, ensure};
use carillon_domain::{EventType, sample};
use carillon_local::Local;
use jiff::Timestamp;
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// The number in the Discord webhook's URL.
const DISCORD_WEBHOOK: &str = "100000000000000001";
const CHANNEL: &str = "infra";

pub async fn run(local: &Local) -> anyhow::Result<()> {
    local.sink().name_webhook(DISCORD_WEBHOOK, CHANNEL);
    let webhooks = [
        json!({
            "name": "demo: Slack", "type": "slack", "event_types": ["*"],
            "configuration": {
                "token": "xoxb-local-0000-not-a-real-token", "channel": CHANNEL, "digest": "off"
            }
        }),
        json!({
            "name": "demo: Discord", "type": "discord", "event_types": ["*"],
            "configuration": {
                "webhook_url": format!(
                    "https://discord.com/api/webhooks/{DISCORD_WEBHOOK}/{}",
                    "not-a-real-token-".repeat(4)
                ),
                "channels": [CHANNEL], "digest": "off"
            }
        }),
    ];
    for webhook in &webhooks {
        let status = post(local, "webhooks", webhook).await?;
        // With --data it is there from the last time.
        ensure!(
            matches!(status, StatusCode::CREATED | StatusCode::CONFLICT),
            "registering a webhook was answered with {status}"
        );
    }
    let status = post(local, "events", &json!({"events": events()})).await?;
    ensure!(
        status == StatusCode::ACCEPTED,
        "publishing the events was answered with {status}"
    );
    Ok(())
}

/// The samples as they would be if they happened now.
fn events() -> Vec<Value> {
    EventType::ALL
        .iter()
        .filter(|event_type| event_type.is_publishable())
        .filter_map(|event_type| {
            let mut event = serde_json::to_value(sample::event(*event_type)).ok()?;
            let fields = event.as_object_mut()?;
            for own in ["id", "received_at", "organization"] {
                fields.remove(own);
            }
            fields.insert("occurred_at".into(), Timestamp::now().to_string().into());
            Some(event)
        })
        .collect()
}

async fn post(local: &Local, path: &str, body: &Value) -> anyhow::Result<StatusCode> {
    // It calls itself, without TLS: no certificate has to be there.
    let client = reqwest::Client::builder().tls_certs_only([]).build()?;
    let answer = client
        .post(format!("{}/api/v1/{path}/", local.url()))
        .bearer_auth(local.admin_key().expose_secret())
        .json(body)
        .send()
        .await
        .with_context(|| format!("posting to {path}"))?;
    Ok(answer.status())
}
