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
use serde_json::Value;

use self::fact_lines::{Facts, lines, links};
use super::escape::{entities, escaped_url, inert, link as own_link};
use super::limits::{MAX_BLOCKS_TEXT, MAX_LINK, MAX_RICH_TEXT, MAX_SECTION_TEXT};
use super::mention;
use super::message::{Attachment, Message, bold, context, mrkdwn, plain, rich, section, size};
use crate::facts::{self, Fact, Words, visible_line};
use crate::message::Content;
use crate::post::{Place, Post};
use crate::wording::{DRY_RUN, Tone};

/// The value of `thread_broadcast`: replies that tell of a failure also show in the channel.
pub(super) const BROADCAST_FAILED: &str = "failed";
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
/// The longest that the owner's links get together.
const MAX_LINKS: usize = MAX_SECTION_TEXT - 100;
/// The longest host that a link is named after.
const MAX_HOST: usize = 100;

/// The message as a bot posts it.
pub(crate) fn for_bot(post: &Post<'_>) -> Message {
    let configuration = &post.webhook.configuration;
    let content = for_webhook(post);
    let there = |message: &MessageRef| message.channel_id.clone();
    let own = |name: &str| {
        let own = configuration.text(name);
        own.filter(|_| !post.without.appearance).map(str::to_owned)
    };
    let message = Message {
        channel: Some(post.channel.to_owned()),
        username: own("username"),
        icon_emoji: own("icon_emoji"),
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
            ..message
        },
    }
}

/// The message as an incoming webhook posts it: where, and under which name, is not ours to say.
pub(crate) fn for_webhook(post: &Post<'_>) -> Message {
    message(&post.contents(), mention::markup(&post.mentioned()))
}

fn message(contents: &[Content<'_>], mentions: Option<String>) -> Message {
    let (title, text, attachments) = match contents {
        [content] => (
            content.headline(Escaped::plain),
            content.headline(inert),
            vec![attachment(content, blocks(content))],
        ),
        _ => digest::content(contents),
    };
    // A mention in an attachment does not reach every phone.
    let mentions = mentions.map(|mentions| section(mrkdwn(mentions)));
    let title = rich(vec![bold(&title)]);
    Message {
        text,
        mrkdwn: false,
        parse: "none",
        unfurl_links: Some(false),
        unfurl_media: Some(false),
        blocks: [title].into_iter().chain(mentions).collect(),
        attachments,
        ..Message::default()
    }
}

fn attachment(content: &Content<'_>, blocks: Vec<Value>) -> Attachment {
    Attachment {
        color: format!("#{:06x}", Tone::of(content.event).colour()),
        fallback: content.headline(inert),
        blocks,
    }
}

fn blocks(content: &Content<'_>) -> Vec<Value> {
    let event = content.event;
    let dry_run = event.dry_run.then(|| bold(DRY_RUN));
    let text = content.text.as_deref();
    let message = text.map(|text| lines(text, MAX_MESSAGE));
    let context = context(origin(event, MAX_ACTOR));
    let mut shown = Facts {
        has_links: true,
        ..Facts::default()
    };
    for fact in &content.fixed {
        shown.add(fact, MAX_VALUE);
    }
    match (link(event), link_fact(event)) {
        (Some(link), _) => shown.links.push(format!("_Link:_ {link}")),
        (None, Some(fact)) => shown.add(&fact, MAX_VALUE),
        (None, None) => {}
    }
    // The details get what room the rest leaves.
    let note = length(&facts::left_out(usize::MAX, "detail"));
    let taken = [&dry_run, &message]
        .into_iter()
        .flatten()
        .map(size)
        .chain([size(&context), shown.length()])
        .sum::<usize>();
    let room = ROOM.saturating_sub(taken + note);
    let own_links = content.links(room.min(MAX_LINKS), own_link);
    let room = room - own_links.as_deref().map_or(0, length);
    let own_links = own_links.map(|links| section(mrkdwn(links)));
    let details: Vec<&Fact> = content.details.iter().collect();
    let left_out = shown.add_all(&details, MAX_DETAILS, room, MAX_VALUE);

    let left_out =
        (left_out > 0).then(|| self::context(vec![plain(facts::left_out(left_out, "detail"))]));
    let message = message.map(|message| rich(vec![message]));
    let lines: Vec<Value> = dry_run.into_iter().chain(shown.lines).collect();
    let lines = (!lines.is_empty()).then(|| rich(lines));
    lines
        .into_iter()
        .chain(links(shown.links))
        .chain(own_links)
        .chain(left_out)
        .chain(message)
        .chain([context])
        .collect()
}

/// By whom, whose name may be so long, when, and which event.
fn origin(event: &Event, max_actor: usize) -> Vec<Value> {
    let part = |text: &str, most| {
        let line = visible_line(text)?;
        Some(plain(fit(&line, most, entities)))
    };
    let actor = event.actor.as_deref();
    let actor = actor.and_then(|actor| part(actor, max_actor));
    let id = part(event.id.as_str(), MAX_EVENT_ID);
    let time = time(event.occurred_at);
    actor.into_iter().chain([time]).chain(id).collect()
}

/// A time that Slack shows in the reader's own zone.
fn time(at: Timestamp) -> Value {
    let written = at.strftime("%Y-%m-%d %H:%M UTC");
    match at.as_second() {
        ..0 => plain(written.to_string()),
        second => mrkdwn(format!(
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
