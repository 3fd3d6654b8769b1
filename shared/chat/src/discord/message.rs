//! The payload of a Discord message, as far as Carillon uses it. Fields stand in the order
//! of their names in JSON, as those of a Slack message do.

use serde::Serialize;
use serde_with::skip_serializing_none;

/// The body of Execute Webhook and of Edit Webhook Message.
#[skip_serializing_none]
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    pub allowed_mentions: AllowedMentions,
    /// The tags of the forum's thread that the message opens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub applied_tags: Vec<String>,
    pub avatar_url: Option<String>,
    /// The text above the embeds, and what notifications show.
    pub content: Option<String>,
    pub embeds: Vec<Embed>,
    /// The name of the forum's thread that the message opens.
    pub thread_name: Option<String>,
    pub username: Option<String>,
}

/// A box with a coloured bar.
#[skip_serializing_none]
#[derive(Debug, Clone, Serialize)]
pub struct Embed {
    pub color: u32,
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    pub footer: Option<Footer>,
    /// When it happened; shown in the reader's own zone.
    pub timestamp: Option<String>,
    pub title: String,
    /// Where the title leads.
    pub url: Option<String>,
}

/// A name and a value; short ones stand beside each other.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    pub inline: bool,
    pub name: String,
    pub value: String,
}

impl Field {
    /// One that stands alone.
    pub(super) fn block(name: &str, value: String) -> Self {
        Self {
            inline: false,
            name: name.to_owned(),
            value,
        }
    }
}

/// The last line, without markup.
#[derive(Debug, Clone, Serialize)]
pub struct Footer {
    pub text: String,
}

/// Who may be mentioned, and nobody else. Without it, the mentions of a webhook's text are live.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AllowedMentions {
    /// `everyone` for @everyone and @here. Nothing else is looked for.
    pub parse: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
}
