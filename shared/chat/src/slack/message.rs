//! The payload of a Slack message, as far as Carillon uses it.

use serde::Serialize;

/// The body of `chat.postMessage`, of `chat.update` and of an incoming webhook.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    /// Where to post; an incoming webhook knows itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The message whose thread this one belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_ts: Option<String>,
    /// The message whose place this one takes: only of `chat.update`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_emoji: Option<String>,
    /// Lets Slack recognise a repeated post, as far as it does: the documentation of
    /// `chat.postMessage` names it only in its errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_msg_id: Option<String>,
    /// What notifications show and screen readers read.
    pub text: String,
    /// Whether `text` has markup.
    pub mrkdwn: bool,
    /// How `text` is searched for links and names.
    pub parse: &'static str,
    /// Whether links are shown with what is behind them; `chat.update` takes no such thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfurl_links: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfurl_media: Option<bool>,
    pub attachments: Vec<Attachment>,
}

/// Blocks behind a coloured bar; blocks alone have no colour.
#[derive(Debug, Clone, Serialize)]
pub struct Attachment {
    pub color: String,
    /// For clients that show no blocks.
    pub fallback: String,
    pub blocks: Vec<Block>,
}

/// A block.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    Section(Section),
    Context { elements: Vec<Text> },
}

/// A text or up to ten fields in two columns.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    Text(Text),
    Fields(Vec<Text>),
}

/// A text object.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Text {
    PlainText { text: String, emoji: bool },
    Mrkdwn { text: String, verbatim: bool },
}

impl Text {
    /// Without markup, and with emoji codes left as they are.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::PlainText {
            text: text.into(),
            emoji: false,
        }
    }

    /// With markup, but not searched for links and names.
    pub(super) fn mrkdwn(text: impl Into<String>) -> Self {
        Self::Mrkdwn {
            text: text.into(),
            verbatim: true,
        }
    }

    /// The text itself, as it is sent.
    pub fn as_str(&self) -> &str {
        match self {
            Self::PlainText { text, .. } | Self::Mrkdwn { text, .. } => text,
        }
    }
}

impl Block {
    pub(super) fn text(text: Text) -> Self {
        Self::Section(Section::Text(text))
    }

    /// How long its texts are together.
    pub(super) fn length(&self) -> usize {
        let texts = match self {
            Self::Section(Section::Text(text)) => std::slice::from_ref(text),
            Self::Section(Section::Fields(texts)) | Self::Context { elements: texts } => texts,
        };
        texts
            .iter()
            .map(|text| carillon_domain::text::length(text.as_str()))
            .sum()
    }
}
