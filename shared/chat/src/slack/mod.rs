//! Slack: bot tokens (`chat.postMessage`) and incoming webhooks.

pub mod classify;
pub mod limits;

pub(crate) mod codes;
pub(crate) mod configuration;
pub(crate) mod message;
pub(crate) mod render;
pub(crate) mod verify;

mod escape;

/// The host of Slack's Web API.
pub(crate) const API_HOST: &str = "slack.com";

/// Where a bot posts.
pub(crate) const POST_MESSAGE: &str = "https://slack.com/api/chat.postMessage";

/// Where a token is asked about.
pub(crate) const AUTH_TEST: &str = "https://slack.com/api/auth.test";

/// Where a channel is asked about.
pub(crate) const CONVERSATIONS_INFO: &str = "https://slack.com/api/conversations.info";

/// Where a bot changes what it has posted.
pub(crate) const UPDATE: &str = "https://slack.com/api/chat.update";

/// The hosts of incoming webhooks; the second serves GovSlack.
pub(crate) const WEBHOOK_HOSTS: &[&str] = &["hooks.slack.com", "hooks.slack-gov.com"];

/// Whether a configured channel is given by its id, not by its name.
pub(crate) fn is_channel_id(channel: &str) -> bool {
    configuration::is_id(channel)
}

/// A link to Slack's Block Kit Builder with the attachments of a message in it.
pub(crate) fn builder_url(body: &serde_json::Value) -> String {
    let content = serde_json::json!({ "attachments": body["attachments"] }).to_string();
    let mut url = "https://app.slack.com/block-kit-builder/#".to_owned();
    for byte in content.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}
