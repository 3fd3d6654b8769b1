//! A message to a workflow, as far as Carillon uses it: one Adaptive Card of version 1.4, the
//! highest that every workflow shows.

use serde_json::{Value, json};

use super::limits::{CARD_TYPE, VERSION};

/// The body of a post.
pub(super) fn message(body: Vec<Value>, actions: Vec<Value>, mentions: Vec<Value>) -> Value {
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard", "version": VERSION, "msteams": {"width": "Full"}, "body": body,
    });
    if !actions.is_empty() {
        card["actions"] = actions.into();
    }
    if !mentions.is_empty() {
        card["msteams"]["entities"] = mentions.into();
    }
    // The trigger's schema asks for `contentUrl`.
    let attachment = json!({"contentType": CARD_TYPE, "contentUrl": null, "content": card});
    json!({"type": "message", "attachments": [attachment]})
}

/// Makes a text of the card a mention. `name` must mean nothing in Markdown.
pub(super) fn mention(id: &str, name: &str) -> Value {
    let text = format!("<at>{name}</at>");
    json!({"type": "mention", "text": text, "mentioned": {"id": id, "name": name}})
}

/// A text in which Teams reads a part of Markdown.
pub(super) fn text(text: &str) -> Value {
    json!({"type": "TextBlock", "text": text, "wrap": true})
}

/// The same, in bold letters.
pub(super) fn bold(text: &str) -> Value {
    json!({"type": "TextBlock", "text": text, "wrap": true, "weight": "Bolder"})
}

/// The same, in small and quiet letters.
pub(super) fn small(text: &str) -> Value {
    json!({"type": "TextBlock", "text": text, "wrap": true, "size": "Small", "isSubtle": true})
}

/// Larger letters, in a box with a colour of its own, which leads to `url`.
pub(super) fn headline(text: &str, style: &str, url: Option<&str>) -> Value {
    let mut headline = bold(text);
    headline["size"] = "Medium".into();
    let mut container = json!({
        "type": "Container", "style": style, "bleed": true, "items": [headline],
    });
    if let Some(url) = url {
        container["selectAction"] = open_url(url);
    }
    container
}

/// A part of a text that is shown as it is, and leads to `url`.
pub(super) fn run(text: &str, font: Option<&str>, url: Option<&str>) -> Value {
    let mut run = json!({"type": "TextRun", "text": text});
    if let Some(font) = font {
        run["fontType"] = font.into();
    }
    if let Some(url) = url {
        run["selectAction"] = open_url(url);
    }
    run
}

pub(super) fn button(title: &str, url: &str) -> Value {
    json!({"type": "Action.OpenUrl", "title": title, "url": url})
}

fn open_url(url: &str) -> Value {
    json!({"type": "Action.OpenUrl", "url": url})
}
