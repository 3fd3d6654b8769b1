//! An event as a Teams message: one Adaptive Card.

use carillon_domain::Event;
use carillon_domain::text::urls::{Part, parts};
use carillon_domain::text::{fit, length};
use serde_json::{Value, json};

use super::card;
use super::escape::{markdown, plain};
use super::limits::{MAX_ACTIONS, MAX_URL, fill};
use super::mention;
use crate::facts::{self, Fact, is_link, visible_line};
use crate::layout::{self, Layout};
use crate::message::{Content, Link};
use crate::post::Post;
use crate::wording::{DRY_RUN, Tone, digest_line};

/// The longest message text.
const MAX_MESSAGE: usize = 4_000;
/// The longest value of a fact that every event may have.
const MAX_VALUE: usize = 250;
/// The longest value of a detail.
const MAX_DETAIL: usize = 500;
/// The longest value that is a URL and nothing else: cut, it would lead nowhere.
const MAX_LINK: usize = carillon_domain::event::MAX_DETAIL + 100;
/// The longest name of a detail.
const MAX_LABEL: usize = 150;
/// The most facts, and what they may hold together.
const MAX_FACTS: usize = 28;
const MAX_FACTS_TEXT: usize = 7_000;
/// The longest name of a person, and the longest event id: what ids may have.
const MAX_FOOTER_PART: usize = 128;
/// The longest that the owner's links get together, and the label of one.
const MAX_OWN_LINKS: usize = 2_500;
const MAX_LINK_LABEL: usize = 60;
/// The most links in a message's text.
const MAX_LINKS: usize = 10;
/// A message's text that would be shorter than this says nothing.
const LEAST_MESSAGE: usize = 24;

/// All that there is room for, in thousandths.
const ALL: usize = 1_000;

/// The message as the workflow takes it. Where it is too large, each event has its part of what
/// is above; few messages are, so that nothing is measured beforehand.
pub(super) fn message(post: &Post<'_>) -> Value {
    let contents = post.contents();
    let mut share = Share(ALL);
    loop {
        let message = with_share(post, &contents, share);
        let fill = fill(&message.to_string());
        if fill <= ALL || share.0 == 0 {
            return message;
        }
        // What has a least size does not shrink, so that it may take more than one step.
        share = Share((share.0 * ALL / fill).min(share.0 * 2 / 3));
    }
}

/// How much of what it might say an event says, in thousandths.
#[derive(Debug, Clone, Copy)]
struct Share(usize);

impl Share {
    fn of(self, most: usize, least: usize) -> usize {
        (most * self.0 / ALL).max(least)
    }
}

fn with_share(post: &Post<'_>, contents: &[Content<'_>], share: Share) -> Value {
    let mut body = Vec::new();
    if contents.len() > 1 {
        let headlines = contents.iter().map(|content| content.headline(markdown));
        body.push(card::bold(&digest_line(headlines)));
    }
    let mut actions = Vec::new();
    for (index, content) in contents.iter().enumerate() {
        let link = facts::link(content.event).map(String::from);
        let shown = |link: &String| !post.without.link(index) && link.len() <= share.of(MAX_URL, 0);
        let lost = usize::from(link.as_ref().is_some_and(|link| !shown(link)));
        let link = link.filter(shown);
        // A card has one row of buttons, in which nobody could tell what each is for.
        if let (Some(url), [_]) = (&link, post.events) {
            actions.push(card::button("Open", url));
        }
        body.extend(elements(content, link.as_deref(), lost, share));
        let room = share.of(MAX_OWN_LINKS, 0) / contents.len();
        let as_buttons = contents.len() == 1 && actions.len() + content.links.len() <= MAX_ACTIONS;
        let links = content.links.iter();
        let size = links.map(|link| link.url.len()).sum::<usize>();
        if as_buttons && size <= room {
            actions.extend(content.links.iter().map(button));
        } else {
            let links = content.links(room, markdown_link);
            body.extend(links.as_deref().map(card::text));
        }
    }
    let (mentions, entities) = mention::markup(&post.mentioned());
    body.extend(mentions.as_deref().map(card::text));
    card::message(body, actions, entities)
}

fn button(link: &Link) -> Value {
    card::button(&fit(&link.label, MAX_LINK_LABEL, plain), &link.url)
}

fn markdown_link(link: &Link) -> String {
    format!("[{}]({})", markdown(&link.label).into_text(), link.url)
}

/// What an event says. What has no room is counted, beside the `lost` links.
fn elements(content: &Content<'_>, link: Option<&str>, lost: usize, share: Share) -> Vec<Value> {
    let event = content.event;
    let style = style(Tone::of(event));
    let mut elements = vec![card::headline(&content.headline(markdown), style, link)];
    if event.dry_run {
        elements.push(card::bold(DRY_RUN));
    }
    let most = share.of(MAX_MESSAGE, 0);
    if let Some(text) = content.text.as_deref()
        && most >= LEAST_MESSAGE
    {
        elements.push(lines(text, most));
    }
    let (facts, left_out) = shown(content, share);
    // A fact of a list is one line.
    let (texts, facts): (Vec<_>, Vec<_>) = facts
        .into_iter()
        .partition(|fact| fact.written.contains('\n'));
    if !facts.is_empty() {
        let facts = facts.iter();
        let facts = facts.map(|fact| json!({"title": fact.title, "value": fact.value}));
        elements.push(json!({"type": "FactSet", "facts": facts.collect::<Vec<_>>()}));
    }
    for text in texts {
        elements.push(card::bold(&text.title));
        elements.push(lines(text.written, share.of(MAX_DETAIL, 20)));
    }
    if left_out + lost > 0 {
        elements.push(card::small(&facts::left_out(left_out + lost, "detail")));
    }
    let footer = footer(event, share.of(MAX_FOOTER_PART, 16));
    if !footer.is_empty() {
        elements.push(card::small(&footer));
    }
    elements
}

/// The nearest of the colours that a card may have. Emoji and words say the same.
fn style(tone: Tone) -> &'static str {
    match tone {
        Tone::Succeeded => "good",
        Tone::Failed => "attention",
        Tone::Started => "accent",
        Tone::Mending | Tone::Destroyed | Tone::Warning => "warning",
        Tone::Changed | Tone::Notice | Tone::DryRun => "emphasis",
    }
}

/// A fact as the card has it, both in Markdown, and its value as it was written.
struct Shown<'c> {
    title: String,
    value: String,
    written: &'c str,
}

/// The facts that have room, and how many have none.
fn shown<'c>(content: &'c Content<'_>, share: Share) -> (Vec<Shown<'c>>, usize) {
    let facts = content.fixed.iter().chain(&content.details);
    let facts: Vec<Shown> = facts.map(|fact| self::fact(fact, share)).collect();
    let room = share.of(MAX_FACTS_TEXT, 0);
    facts::that_fit(facts.into_iter(), MAX_FACTS, room, |fact| {
        length(&fact.title) + length(&fact.value)
    })
}

fn fact(fact: &Fact, share: Share) -> Shown<'_> {
    let most = match (fact.is_detail(), fact.url()) {
        (false, _) => share.of(MAX_VALUE, 20),
        (true, Some(_)) => MAX_LINK,
        (true, None) => share.of(MAX_DETAIL, 20),
    };
    Shown {
        title: fact.label.shown(share.of(MAX_LABEL, 20), markdown),
        value: fact.value.shown(most, markdown),
        written: fact.value.as_str(),
    }
}

/// By whom, when, and which event. Teams has no way to tell a time in the reader's own zone.
fn footer(event: &Event, most: usize) -> String {
    let part = |text: &str| visible_line(text).map(|text| fit(&text, most, markdown));
    // A time before 1970 is a mistake of its source.
    let time = (event.occurred_at.as_second() >= 0)
        .then(|| event.occurred_at.strftime("%Y-%m-%d %H:%M UTC").to_string());
    let parts: Vec<String> = [
        event.actor.as_deref().and_then(part),
        time,
        part(event.id.as_str()),
    ]
    .into_iter()
    .flatten()
    .collect();
    parts.join(" · ")
}

/// A text as it is, with its lines, in which whole URLs can be followed.
fn lines(text: &str, most: usize) -> Value {
    let font = match layout::of(text) {
        Layout::Prose => None,
        Layout::Block | Layout::Diff => Some("Monospace"),
    };
    let shown = fit(text, most, plain);
    let mut links = 0;
    let runs = parts(&shown).map(|part| match part {
        Part::Url(url) if links < MAX_LINKS && url.len() <= MAX_URL && is_link(url) => {
            links += 1;
            card::run(url, font, Some(url))
        }
        Part::Url(text) | Part::Text(text) if font.is_some() => {
            card::run(&with_columns(text), font, None)
        }
        Part::Url(text) | Part::Text(text) => card::run(text, font, None),
    });
    json!({"type": "RichTextBlock", "inlines": runs.collect::<Vec<_>>()})
}

/// Of several blanks, Teams shows one, unless they may not be broken.
fn with_columns(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut before = '\n';
    for c in text.chars() {
        let is_gap = c == ' ' && matches!(before, ' ' | '\u{a0}' | '\n');
        shown.push(if is_gap { '\u{a0}' } else { c });
        before = c;
    }
    shown
}

#[cfg(test)]
mod tests;
