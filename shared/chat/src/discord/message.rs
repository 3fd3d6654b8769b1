//! The payload of a Discord message, as far as Carillon uses it.

use serde::Serialize;

/// The body of Execute Webhook and of Edit Webhook Message.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// The name of the forum's thread that the message opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_name: Option<String>,
    /// The text above the embeds, and what notifications show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    pub embeds: Vec<Embed>,
    pub allowed_mentions: AllowedMentions,
}

/// A box with a coloured bar.
#[derive(Debug, Clone, Serialize)]
pub struct Embed {
    pub title: String,
    /// Where the title leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub color: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<Footer>,
    /// When it happened; shown in the reader's own zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
}

/// A name and a value; short ones stand beside each other.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    pub name: String,
    pub value: String,
    pub inline: bool,
}

/// The last line, without markup.
#[derive(Debug, Clone, Serialize)]
pub struct Footer {
    pub text: String,
}

/// Who may be mentioned: nobody. Without it, the mentions of a webhook's text are live.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AllowedMentions {
    parse: [&'static str; 0],
}
