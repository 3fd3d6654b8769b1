//! An event as a Slack message: a headline, and below it one coloured attachment.

mod digest;

use carillon_domain::Event;
use carillon_domain::delivery::MessageRef;
use carillon_domain::text::{fit, length};
use jiff::Timestamp;

use super::escape::{code, entities, inert};
use super::limits::{MAX_BLOCKS_TEXT, MAX_FIELDS, MAX_SECTION_TEXT};
use super::link::link as own_link;
use super::mention;
use super::message::{Attachment, Block, Message, Text};
use crate::facts::{self, Fact, Words, visible_line};
use crate::message::Content;
use crate::post::{Place, Post};
use crate::wording::{DRY_RUN, Tone, digest_line};

/// The value of `thread_broadcast`: replies that tell of a failure also show in the channel.
pub(super) const BROADCAST_FAILED: &str = "failed";
/// What all blocks together may hold. Below the limit, because Slack does not say what it
/// counts there.
const ROOM: usize = MAX_BLOCKS_TEXT - 1_700;
/// The longest message text, below the limit of a section.
const MAX_MESSAGE: usize = MAX_SECTION_TEXT - 100;
/// The longest value of a field. A resource's id is the longest thing that people want to
/// see whole.
const MAX_VALUE: usize = 500;
/// The longest name of a detail.
const MAX_LABEL: usize = 100;
/// The longest name of a person.
const MAX_ACTOR: usize = 200;
/// The longest event id: what ids may have.
const MAX_EVENT_ID: usize = 128;
/// How many details are shown at most.
const MAX_DETAILS: usize = carillon_domain::event::MAX_DETAILS;
/// The longest URL that becomes a link; one that was cut would lead nowhere.
const MAX_LINK: usize = 2_000;
/// The longest that the owner's links get together.
const MAX_LINKS: usize = MAX_SECTION_TEXT - 100;
/// The longest host that a link is named after.
const MAX_HOST: usize = 100;

/// The message as a bot posts it.
pub(crate) fn for_bot(post: &Post<'_>) -> Message {
    let configuration = &post.webhook.configuration;
    let content = for_webhook(post);
    let there = |message: &MessageRef| message.channel_id.clone();
    let message = Message {
        channel: Some(post.channel.to_owned()),
        username: configuration
            .text("username")
            .map(str::to_owned)
            .filter(|_| !post.without.appearance),
        icon_emoji: configuration
            .text("icon_emoji")
            .map(str::to_owned)
            .filter(|_| !post.without.appearance),
        client_msg_id: Some(post.post_id.to_owned()),
        ..content
    };
    match post.place {
        Place::Channel => message,
        Place::Thread(parent) => Message {
            channel: there(parent).or(message.channel),
            thread_ts: parent.id.clone(),
            reply_broadcast: configuration.text("thread_broadcast") == Some(BROADCAST_FAILED)
                && post.events.iter().any(|it| Tone::of(it) == Tone::Failed),
            ..message
        },
        Place::Edit(edited) => Message {
            channel: there(edited).or(message.channel),
            ts: edited.id.clone(),
            // Who posted it, and what becomes of its links, was decided then.
            username: None,
            icon_emoji: None,
            client_msg_id: None,
            unfurl_links: None,
            unfurl_media: None,
            // Left out, those of the message before would stay.
            blocks: Some(message.blocks.unwrap_or_default()),
            ..message
        },
    }
}

/// The message as an incoming webhook posts it: where, and under which name, is not ours to say.
pub(crate) fn for_webhook(post: &Post<'_>) -> Message {
    message(&post.contents(), mention::markup(&post.mentioned()))
}

fn message(contents: &[Content<'_>], mentions: Option<String>) -> Message {
    let (text, attachments) = match contents {
        [content] => {
            let attachment = attachment(content, blocks(content));
            (attachment.fallback.clone(), vec![attachment])
        }
        _ => digest::content(contents),
    };
    // Where there are blocks, the text is only what notifications say. A mention in an
    // attachment does not reach every phone.
    let blocks = mentions.map(|mentions| {
        let headlines = contents.iter().map(|content| content.headline(entities));
        let line = match contents {
            [content] => content.headline(entities),
            _ => digest_line(headlines),
        };
        [Text::plain(line), Text::mrkdwn(mentions)]
            .map(Block::text)
            .into()
    });
    Message {
        blocks,
        channel: None,
        thread_ts: None,
        ts: None,
        username: None,
        icon_emoji: None,
        client_msg_id: None,
        text,
        mrkdwn: false,
        parse: "none",
        reply_broadcast: false,
        unfurl_links: Some(false),
        unfurl_media: Some(false),
        attachments,
    }
}

fn attachment(content: &Content<'_>, blocks: Vec<Block>) -> Attachment {
    Attachment {
        color: format!("#{:06x}", Tone::of(content.event).colour()),
        fallback: content.headline(inert),
        blocks,
    }
}

fn blocks(content: &Content<'_>) -> Vec<Block> {
    let event = content.event;
    let dry_run = event
        .dry_run
        .then(|| Block::text(Text::mrkdwn(format!("*{DRY_RUN}*"))));
    let message = content
        .text
        .as_deref()
        .map(|text| Block::text(Text::plain(fit(text, MAX_MESSAGE, entities))));
    let link = link(event).map(|link| Block::text(Text::mrkdwn(link)));
    let context = Block::context(context(event));
    let mut fields: Vec<Text> = content.fixed.iter().map(field).collect();

    // The details get what room the rest leaves.
    let size = |text: &Text| length(text.as_str());
    let note = length(&facts::left_out(usize::MAX));
    let taken = [&dry_run, &message, &link]
        .into_iter()
        .flatten()
        .chain([&context])
        .map(Block::length)
        .chain(fields.iter().map(size))
        .sum::<usize>();
    let room = ROOM.saturating_sub(taken + note);
    let links = content.links(room.min(MAX_LINKS), own_link);
    let room = room - links.as_deref().map_or(0, length);
    let links = links.map(|links| Block::text(Text::mrkdwn(links)));
    let details = content.details.iter().map(field);
    let (details, left_out) = facts::that_fit(details, MAX_DETAILS, room, size);
    fields.extend(details);

    let mut fields = fields.into_iter();
    let fields = std::iter::from_fn(|| {
        let next: Vec<Text> = fields.by_ref().take(MAX_FIELDS).collect();
        (!next.is_empty()).then(|| Block::fields(next))
    });
    let left_out =
        (left_out > 0).then(|| Block::context(vec![Text::plain(facts::left_out(left_out))]));
    dry_run
        .into_iter()
        .chain(message)
        .chain(fields)
        .chain(left_out)
        .chain(link)
        .chain(links)
        .chain([context])
        .collect()
}

/// A bold label, and the value below it in a code span: Slack has no other way to show
/// text beside markup without reading markup into it.
fn field(fact: &Fact) -> Text {
    field_within(fact, MAX_VALUE)
}

/// As [`field`], with a value that is no longer than this.
fn field_within(fact: &Fact, most: usize) -> Text {
    let span = |text: &str, limit| format!("`{}`", fit(text, limit, code));
    let label = match &fact.label {
        Words::Ours(text) => format!("*{text}*"),
        Words::Theirs(text) => span(text, MAX_LABEL.min(most)),
    };
    let value = match &fact.value {
        Words::Ours(text) => text.clone(),
        Words::Theirs(text) => span(text, MAX_VALUE.min(most)),
    };
    Text::mrkdwn(format!("{label}\n{value}"))
}

/// By whom, when, and which event.
fn context(event: &Event) -> Vec<Text> {
    let actor = event
        .actor
        .as_deref()
        .and_then(visible_line)
        .map(|actor| Text::plain(fit(&actor, MAX_ACTOR, entities)));
    let id =
        visible_line(event.id.as_str()).map(|id| Text::plain(fit(&id, MAX_EVENT_ID, entities)));
    actor
        .into_iter()
        .chain([time(event.occurred_at)])
        .chain(id)
        .collect()
}

/// A time that Slack shows in the reader's own zone.
fn time(at: Timestamp) -> Text {
    let written = at.strftime("%Y-%m-%d %H:%M UTC");
    match at.as_second() {
        ..0 => Text::plain(written.to_string()),
        second => Text::mrkdwn(format!(
            "<!date^{second}^{{date_short_pretty}} {{time}}|{written}>"
        )),
    }
}

/// A link to the resource, whose label says where it leads.
fn link(event: &Event) -> Option<String> {
    let url = facts::link(event)?;
    let host = url.host_str()?;
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let label = if host.len() <= MAX_HOST && host.chars().all(known) {
        format!("Open on {host}")
    } else {
        "Open".to_owned()
    };
    let target = entities(url.as_str());
    (length(&target) <= MAX_LINK).then(|| format!("<{target}|{label}>"))
}

#[cfg(test)]
mod tests;
