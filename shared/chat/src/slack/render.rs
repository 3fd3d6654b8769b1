//! An event as a Slack message: a bold headline, and below it one coloured attachment.
//!
//! The headline is a block of its own: beside blocks, Slack does not show the message's `text`,
//! which is for notifications, a second time.
//!
//! What an event says stands in rich text and in plain text, in which Slack reads no markup. Markup
//! is only in texts of ours: times, and links, whose labels have no sign of it.

mod digest;
mod fact_lines;

use carillon_domain::Event;
use carillon_domain::delivery::MessageRef;
use carillon_domain::text::{Escaped, fit, length};
use jiff::Timestamp;

use self::fact_lines::{Facts, lines, links};
use super::escape::{entities, escaped_url, inert};
use super::limits::{MAX_BLOCKS_TEXT, MAX_LINK, MAX_RICH_TEXT};
use super::message::{Attachment, Block, Message, Paragraph, Text};
use crate::facts::{self, Fact, Words, visible_line};
use crate::post::{Place, Post};
use crate::wording::{self, DRY_RUN, Tone, headline};

/// What all blocks together may hold. Below the limit, because Slack does not say what it
/// counts there.
const ROOM: usize = MAX_BLOCKS_TEXT - 1_700;
/// The longest message text.
const MAX_MESSAGE: usize = MAX_RICH_TEXT - 100;
/// The longest value of a field. A resource's id is the longest thing that people want to
/// see whole.
const MAX_VALUE: usize = 500;
/// The longest name of a person.
const MAX_ACTOR: usize = 200;
/// The longest event id: what ids may have.
const MAX_EVENT_ID: usize = 128;
/// How many details are shown at most.
const MAX_DETAILS: usize = carillon_domain::event::MAX_DETAILS;
/// The longest host that a link is named after.
const MAX_HOST: usize = 100;

/// The message as a bot posts it.
pub(crate) fn for_bot(post: &Post<'_>) -> Message {
    let configuration = &post.webhook.configuration;
    let content = for_webhook(post.events);
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
            ..message
        },
    }
}

/// The message as an incoming webhook posts it: where, and under which name, is not ours to say.
pub(crate) fn for_webhook(events: &[&Event]) -> Message {
    let (title, text, attachments) = match events {
        [event] => (
            headline(event, Escaped::plain),
            headline(event, inert),
            vec![attachment(event, blocks(event))],
        ),
        _ => digest::content(events),
    };
    Message {
        channel: None,
        thread_ts: None,
        ts: None,
        username: None,
        icon_emoji: None,
        client_msg_id: None,
        text,
        mrkdwn: false,
        parse: "none",
        unfurl_links: Some(false),
        unfurl_media: Some(false),
        blocks: vec![Block::rich(vec![Paragraph::new().bold(&title)])],
        attachments,
    }
}

fn attachment(event: &Event, blocks: Vec<Block>) -> Attachment {
    Attachment {
        color: format!("#{:06x}", Tone::of(event).colour()),
        fallback: headline(event, inert),
        blocks,
    }
}

fn blocks(event: &Event) -> Vec<Block> {
    let dry_run = event.dry_run.then(|| Paragraph::new().bold(DRY_RUN));
    let message = wording::message(event).map(|message| lines(&message, MAX_MESSAGE));
    let context = Block::context(context(event));
    let mut shown = Facts::with_links();
    for fact in facts::fixed(event) {
        shown.add(&fact, MAX_VALUE);
    }
    match (link(event), link_fact(event)) {
        (Some(link), _) => shown.links.push(format!("_Link:_ {link}")),
        (None, Some(fact)) => shown.add(&fact, MAX_VALUE),
        (None, None) => {}
    }
    // The details get what room the rest leaves.
    let note = length(&facts::left_out(usize::MAX));
    let taken = [&dry_run, &message]
        .into_iter()
        .flatten()
        .map(Paragraph::length)
        .chain([context.length(), shown.length()])
        .sum::<usize>();
    let room = ROOM.saturating_sub(taken + note);
    let left_out = shown.add_all(&facts::details(event), MAX_DETAILS, room, MAX_VALUE);

    let left_out =
        (left_out > 0).then(|| Block::context(vec![Text::plain(facts::left_out(left_out))]));
    let message = message.map(|message| Block::rich(vec![message]));
    let lines: Vec<Paragraph> = dry_run.into_iter().chain(shown.lines).collect();
    let lines = (!lines.is_empty()).then(|| Block::rich(lines));
    lines
        .into_iter()
        .chain(links(shown.links))
        .chain(left_out)
        .chain(message)
        .chain([context])
        .collect()
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
    let link = format!("<{}|{label}>", escaped_url(url.as_str()));
    (length(&link) <= MAX_LINK).then_some(link)
}

/// The same as a line among the facts; as a detail it has room for a long URL.
fn link_fact(event: &Event) -> Option<Fact> {
    facts::link(event).map(|url| Fact {
        label: Words::Theirs("Link".to_owned()),
        value: Words::Theirs(url.into()),
    })
}

#[cfg(test)]
mod tests;
