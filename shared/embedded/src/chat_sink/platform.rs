//! The platforms that the sink stands in for.

use serde::{Deserialize, Serialize};

/// A chat platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    Slack,
    Discord,
    Teams,
    /// Signed webhooks, at any host.
    Webhook,
}

impl Platform {
    pub const ALL: [Self; 4] = [Self::Slack, Self::Discord, Self::Teams, Self::Webhook];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Teams => "teams",
            Self::Webhook => "webhook",
        }
    }
}

/// What takes posts there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DestinationKind {
    /// Slack's Web API.
    SlackBot,
    /// A Slack incoming webhook.
    SlackWebhook,
    /// A Discord webhook.
    DiscordWebhook,
    /// A workflow of Teams.
    TeamsWorkflow,
    /// An endpoint of anybody's.
    SignedWebhook,
}
