//! The payload of a Slack message, as far as Carillon uses it.
//!
//! Fields stand in the order of their names in JSON: the order in which everybody else
//! writes them who has read them, so that a preview has the very bytes of what is sent.

use carillon_domain::text::length;
use carillon_domain::text::urls::{Part, parts};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};
use serde_with::skip_serializing_none;

use super::limits::MAX_LINK;
use crate::facts::is_link;

/// The body of `chat.postMessage`, of `chat.update` and of an incoming webhook.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, Serialize)]
pub struct Message {
    pub attachments: Vec<Attachment>,
    /// What stands above the attachments; `text` is not shown beside them.
    pub blocks: Vec<Value>,
    /// Where to post; an incoming webhook knows itself.
    pub channel: Option<String>,
    /// Lets Slack recognise a repeated post, as far as it does: the documentation of
    /// `chat.postMessage` names it only in its errors.
    pub client_msg_id: Option<String>,
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
    pub thread_ts: Option<String>,
    /// The message whose place this one takes: only of `chat.update`.
    pub ts: Option<String>,
    /// Whether links are shown with what is behind them; `chat.update` takes no such thing.
    pub unfurl_links: Option<bool>,
    pub unfurl_media: Option<bool>,
    pub username: Option<String>,
}

/// Blocks behind a coloured bar; blocks alone have no colour.
#[derive(Debug, Clone, Serialize)]
pub struct Attachment {
    pub blocks: Vec<Value>,
    pub color: String,
    /// For clients that show no blocks.
    pub fallback: String,
}

/// A text object without markup, and with emoji codes left as they are.
pub(super) fn plain(text: impl Into<String>) -> Value {
    json!({"type": "plain_text", "text": text.into(), "emoji": false})
}

/// A text object with markup, but not searched for links and names.
pub(super) fn mrkdwn(text: impl Into<String>) -> Value {
    json!({"type": "mrkdwn", "text": text.into(), "verbatim": true})
}

/// A block with one text.
pub(super) fn section(text: Value) -> Value {
    json!({"type": "section", "text": text})
}

/// A block of small print.
pub(super) fn context(elements: Vec<Value>) -> Value {
    json!({"type": "context", "elements": elements})
}

/// A block of paragraphs below each other.
pub(super) fn rich(paragraphs: Vec<Value>) -> Value {
    json!({"type": "rich_text", "elements": paragraphs})
}

/// Rich text that begins on a line of its own. Nothing in it is read as markup: what is bold or a
/// link says so beside its text.
pub(super) fn paragraph(runs: Vec<Value>) -> Value {
    json!({"type": "rich_text_section", "elements": runs})
}

/// The same in letters of one width, in a box.
pub(super) fn preformatted(runs: Vec<Value>) -> Value {
    json!({"type": "rich_text_preformatted", "elements": runs})
}

/// A paragraph in bold letters.
pub(super) fn bold(text: &str) -> Value {
    paragraph(runs(text, Some("bold")))
}

/// A text as parts of a paragraph, in which URLs can be followed.
pub(super) fn runs(text: &str, style: Option<&str>) -> Vec<Value> {
    let run = |part| {
        let mut run = match part {
            Part::Url(url) if url.len() <= MAX_LINK && is_link(url) => {
                json!({"type": "link", "url": url})
            }
            Part::Text(text) | Part::Url(text) => json!({"type": "text", "text": text}),
        };
        if let Some(style) = style {
            run["style"] = json!({ style: true });
        }
        run
    };
    parts(text).map(run).collect()
}

/// How long the texts of a block, or of a part of one, are together.
pub(super) fn size(part: &Value) -> usize {
    match part {
        Value::String(text) => length(text),
        Value::Array(parts) => parts.iter().map(size).sum(),
        // A link is shown by its URL.
        part => ["elements", "text", "url"]
            .iter()
            .filter_map(|name| part.get(name))
            .map(size)
            .sum(),
    }
}

/// A link to Slack's Block Kit Builder, its own editor, with the blocks and attachments of a message in it.
pub(super) fn builder_url(body: &Value) -> String {
    let content = json!({ "attachments": body["attachments"], "blocks": body["blocks"] });
    let content = content.to_string();
    let content = utf8_percent_encode(&content, NON_ALPHANUMERIC);
    format!("https://app.slack.com/block-kit-builder/#{content}")
}
