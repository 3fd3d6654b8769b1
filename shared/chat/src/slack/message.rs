//! The payload of a Slack message, as far as Carillon uses it.
//!
//! Fields stand in the order of their names in JSON: the order in which everybody else
//! writes them who has read them, so that a preview has the very bytes of what is sent.

use std::collections::BTreeMap;

use carillon_domain::text::length;
use carillon_domain::text::urls::{Part, parts};
use serde::Serialize;

use super::limits::MAX_LINK;
use crate::facts::is_link;

/// The body of `chat.postMessage`, of `chat.update` and of an incoming webhook.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Message {
    pub attachments: Vec<Attachment>,
    /// What stands above the attachments; `text` is not shown beside them.
    pub blocks: Vec<Block>,
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

/// A block: a section with a text, a context, or rich text.
#[derive(Debug, Clone, Serialize)]
pub struct Block {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    elements: Vec<Element>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text>,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// Of a context, or of rich text.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Element {
    Text(Text),
    Paragraph(Paragraph),
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

/// Rich text that begins on a line of its own. Nothing in it is read as markup: what is bold or a
/// link says so beside its text.
#[derive(Debug, Clone, Serialize)]
pub struct Paragraph {
    elements: Vec<Run>,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// A part of a paragraph: text, or a link.
#[derive(Debug, Clone, Serialize)]
struct Run {
    /// Such as `bold`, which is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<BTreeMap<&'static str, bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
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

    fn length(&self) -> usize {
        length(&self.text)
    }
}

impl Paragraph {
    pub(super) fn new() -> Self {
        Self {
            elements: Vec::new(),
            kind: "rich_text_section",
        }
    }

    /// In letters of one width, in a box.
    pub(super) fn preformatted() -> Self {
        Self {
            kind: "rich_text_preformatted",
            ..Self::new()
        }
    }

    #[must_use]
    pub(super) fn bold(self, text: &str) -> Self {
        self.with(text, Some("bold"))
    }

    #[must_use]
    pub(super) fn italic(self, text: &str) -> Self {
        self.with(text, Some("italic"))
    }

    #[must_use]
    pub(super) fn text(self, text: &str) -> Self {
        self.with(text, None)
    }

    /// With one more text, in which URLs can be followed.
    fn with(mut self, text: &str, style: Option<&'static str>) -> Self {
        let runs = parts(text).map(|part| {
            let style = style.map(|name| [(name, true)].into());
            match part {
                Part::Url(url) if url.len() <= MAX_LINK && is_link(url) => Run {
                    style,
                    text: None,
                    kind: "link",
                    url: Some(url.to_owned()),
                },
                Part::Text(text) | Part::Url(text) => Run {
                    style,
                    text: Some(text.to_owned()),
                    kind: "text",
                    url: None,
                },
            }
        });
        self.elements.extend(runs);
        self
    }

    /// How long its texts are together.
    pub(super) fn length(&self) -> usize {
        let shown = |run: &Run| run.text.as_ref().or(run.url.as_ref()).map(|it| length(it));
        self.elements.iter().filter_map(shown).sum()
    }
}

impl Block {
    /// Paragraphs below each other.
    pub(super) fn rich(paragraphs: Vec<Paragraph>) -> Self {
        Self {
            elements: paragraphs.into_iter().map(Element::Paragraph).collect(),
            ..Self::empty("rich_text")
        }
    }

    /// A section with one text.
    pub(super) fn text(text: Text) -> Self {
        Self {
            text: Some(text),
            ..Self::empty("section")
        }
    }

    /// Small print.
    pub(super) fn context(elements: Vec<Text>) -> Self {
        Self {
            elements: elements.into_iter().map(Element::Text).collect(),
            ..Self::empty("context")
        }
    }

    fn empty(kind: &'static str) -> Self {
        Self {
            elements: Vec::new(),
            text: None,
            kind,
        }
    }

    /// How long its texts are together.
    pub(super) fn length(&self) -> usize {
        let elements = self.elements.iter().map(|element| match element {
            Element::Text(text) => text.length(),
            Element::Paragraph(paragraph) => paragraph.length(),
        });
        elements.chain(self.text.iter().map(Text::length)).sum()
    }
}
