//! The payload of a Slack message, as far as Carillon uses it.
//!
//! Fields stand in the order of their names in JSON: the order in which everybody else
//! writes them who has read them, so that a preview has the very bytes of what is sent.

use serde::Serialize;

/// The body of `chat.postMessage`, of `chat.update` and of an incoming webhook.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    pub attachments: Vec<Attachment>,
    /// What stands above the attachments instead of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Vec<Block>>,
    /// Where to post; an incoming webhook knows itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Lets Slack recognise a repeated post, as far as it does: the documentation of
    /// `chat.postMessage` names it only in its errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_msg_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_emoji: Option<String>,
    /// Whether `text` has markup.
    pub mrkdwn: bool,
    /// How `text` is searched for links and names.
    pub parse: &'static str,
    /// Whether a reply also shows in the channel.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reply_broadcast: bool,
    /// What notifications show and screen readers read.
    pub text: String,
    /// The message whose thread this one belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_ts: Option<String>,
    /// The message whose place this one takes: only of `chat.update`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<String>,
    /// Whether links are shown with what is behind them; `chat.update` takes no such thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfurl_links: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfurl_media: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

/// Blocks behind a coloured bar; blocks alone have no colour.
#[derive(Debug, Clone, Serialize)]
pub struct Attachment {
    pub blocks: Vec<Block>,
    pub color: String,
    /// For clients that show no blocks.
    pub fallback: String,
}

/// A block: a section with a text or fields, or a context with elements.
#[derive(Debug, Clone, Serialize)]
pub struct Block {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    elements: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text>,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// A text object.
#[derive(Debug, Clone, Serialize)]
pub struct Text {
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<bool>,
    text: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    verbatim: Option<bool>,
}

impl Text {
    /// Without markup, and with emoji codes left as they are.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self {
            emoji: Some(false),
            text: text.into(),
            kind: "plain_text",
            verbatim: None,
        }
    }

    /// With markup, but not searched for links and names.
    pub(super) fn mrkdwn(text: impl Into<String>) -> Self {
        Self {
            emoji: None,
            text: text.into(),
            kind: "mrkdwn",
            verbatim: Some(true),
        }
    }

    /// The text itself, as it is sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Block {
    /// A section with one text.
    pub(super) fn text(text: Text) -> Self {
        Self {
            text: Some(text),
            ..Self::empty("section")
        }
    }

    /// A section with up to ten fields in two columns.
    pub(super) fn fields(fields: Vec<Text>) -> Self {
        Self {
            fields,
            ..Self::empty("section")
        }
    }

    /// Small print.
    pub(super) fn context(elements: Vec<Text>) -> Self {
        Self {
            elements,
            ..Self::empty("context")
        }
    }

    fn empty(kind: &'static str) -> Self {
        Self {
            elements: Vec::new(),
            fields: Vec::new(),
            text: None,
            kind,
        }
    }

    /// How long its texts are together.
    pub(super) fn length(&self) -> usize {
        let texts = self.elements.iter().chain(&self.fields).chain(&self.text);
        texts
            .map(|text| carillon_domain::text::length(text.as_str()))
            .sum()
    }
}
