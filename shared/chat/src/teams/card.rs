//! The payload of a message to a workflow, as far as Carillon uses it: one Adaptive Card of
//! version 1.4, the highest that every workflow shows.

use serde::Serialize;

use super::limits::{CARD_TYPE, VERSION};

/// The body of a post.
#[derive(Debug, Serialize)]
pub(super) struct Message {
    #[serde(rename = "type")]
    kind: &'static str,
    attachments: [Attachment; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    content_type: &'static str,
    /// Always null, but it must be there: the trigger's schema asks for it.
    content_url: Option<&'static str>,
    content: Card,
}

#[derive(Debug, Serialize)]
struct Card {
    #[serde(rename = "$schema")]
    schema: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    version: &'static str,
    msteams: Settings,
    body: Vec<Element>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<OpenUrl>,
}

#[derive(Debug, Serialize)]
struct Settings {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entities: Vec<Mention>,
    width: &'static str,
}

/// Makes a text of the card a mention.
#[derive(Debug, Serialize)]
pub(super) struct Mention {
    #[serde(rename = "type")]
    kind: &'static str,
    /// As it stands in the card's text.
    text: String,
    mentioned: User,
}

#[derive(Debug, Serialize)]
struct User {
    id: String,
    name: String,
}

impl Mention {
    /// `name` must mean nothing in Markdown.
    pub(super) fn new(id: &str, name: &str) -> Self {
        Self {
            kind: "mention",
            text: format!("<at>{name}</at>"),
            mentioned: User {
                id: id.to_owned(),
                name: name.to_owned(),
            },
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Message {
    pub(super) fn new(body: Vec<Element>, actions: Vec<OpenUrl>, entities: Vec<Mention>) -> Self {
        let content = Card {
            schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            kind: "AdaptiveCard",
            version: VERSION,
            msteams: Settings {
                entities,
                width: "Full",
            },
            body,
            actions,
        };
        Self {
            kind: "message",
            attachments: [Attachment {
                content_type: CARD_TYPE,
                content_url: None,
                content,
            }],
        }
    }
}

/// Something of a card's body.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(super) enum Element {
    /// In its text Teams reads a part of Markdown.
    TextBlock {
        text: String,
        wrap: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        weight: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<&'static str>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_subtle: bool,
    },
    /// Its texts are shown as they are.
    RichTextBlock {
        inlines: Vec<TextRun>,
    },
    FactSet {
        facts: Vec<CardFact>,
    },
    /// A box with a colour of its own.
    Container {
        style: &'static str,
        bleed: bool,
        items: Vec<Element>,
        #[serde(skip_serializing_if = "Option::is_none")]
        select_action: Option<OpenUrl>,
    },
}

impl Element {
    pub(super) fn bold(text: String, size: Option<&'static str>) -> Self {
        Self::TextBlock {
            text,
            wrap: true,
            weight: Some("Bolder"),
            size,
            is_subtle: false,
        }
    }

    pub(super) fn text(text: String) -> Self {
        Self::TextBlock {
            text,
            wrap: true,
            weight: None,
            size: None,
            is_subtle: false,
        }
    }

    pub(super) fn small(text: String) -> Self {
        Self::TextBlock {
            text,
            wrap: true,
            weight: None,
            size: Some("Small"),
            is_subtle: true,
        }
    }
}

/// Both are read as Markdown.
#[derive(Debug, Serialize)]
pub(super) struct CardFact {
    pub title: String,
    pub value: String,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[serde(rename = "TextRun")]
pub(super) struct TextRun {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub font_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select_action: Option<OpenUrl>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "Action.OpenUrl")]
pub(super) struct OpenUrl {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub url: String,
}
