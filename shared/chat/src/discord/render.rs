//! An event as a Discord message: one embed.

mod digest;

use carillon_domain::text::{Escaped, fit, length};
use carillon_domain::{Event, Grouping, Status};
use jiff::Timestamp;

use super::escape::{in_content, markdown, plain};
use super::limits::{MAX_EMBEDS_TEXT, MAX_FIELD_VALUE, MAX_FIELDS, MAX_THREAD_NAME, is_embed_url};
use super::mention;
use super::message::{Embed, Field, Footer, Message};
use super::text;
use crate::facts::{self, Fact, Words, visible_line};
use crate::message::{Content, Link};
use crate::post::{Place, Post};
use crate::wording::{DRY_RUN, Tone, digest_line};

/// What the embed's texts together may hold. Below the limit, because Discord does not say
/// what it counts as a character.
const ROOM: usize = MAX_EMBEDS_TEXT - 300;
/// The longest message text; a longer one would leave no room for the details.
const MAX_MESSAGE: usize = 2_400;
/// The longest value of a field that every event may have.
const MAX_VALUE: usize = 250;
/// The longest value of a detail.
const MAX_DETAIL: usize = 500;
/// The longest value that is a URL and nothing else: cut, it would lead nowhere.
const MAX_LINK: usize = MAX_FIELD_VALUE;
/// The longest name of a field.
const MAX_LABEL: usize = 150;
/// The longest name of a person, and the longest event id: what ids may have.
const MAX_FOOTER_PART: usize = 128;
/// The longest that the owner's links get together.
const MAX_LINKS: usize = 1_000;
/// The longest value that stands beside others.
const MAX_INLINE: usize = 60;

/// What a thread is called whose own name is refused.
const PLAIN_THREAD_NAME: &str = "Notifications";

/// The message as the webhook posts it.
pub(crate) fn message(post: &Post<'_>) -> Message {
    let configuration = &post.webhook.configuration;
    let contents = post.contents();
    let (line, embeds) = match contents.as_slice() {
        [content] => (
            content.headline(in_content),
            vec![embed(content, post.without.link(0))],
        ),
        contents => digest::content(contents, post.without),
    };
    // Those in an embed ping nobody.
    let (mentions, allowed_mentions) = mention::markup(&post.mentioned());
    let content: Vec<String> = [line].into_iter().chain(mentions).collect();
    // A forum's thread needs a name; whoever knows the thread needs none.
    let opens_thread = *post.place == Place::Channel
        && configuration.grouping == Grouping::Thread
        && configuration.text("thread_id").is_none();
    // Under which name a message was posted cannot be changed later.
    let plain = post.without.appearance || matches!(post.place, Place::Edit(_));
    let own = |name: &str| {
        configuration
            .text(name)
            .filter(|_| !plain)
            .map(str::to_owned)
    };
    Message {
        username: own("username"),
        avatar_url: own("avatar_url"),
        thread_name: opens_thread.then(|| match post.without.thread_name {
            true => PLAIN_THREAD_NAME.to_owned(),
            false => thread_name(&contents),
        }),
        applied_tags: match opens_thread && !post.without.tags {
            true => tag(post).into_iter().collect(),
            false => Vec::new(),
        },
        content: Some(content.join(" ")),
        embeds,
        allowed_mentions,
    }
}

/// The tag that the webhook's owner has chosen for how the first event stands.
fn tag(post: &Post<'_>) -> Option<String> {
    let event = post.events.first()?;
    let has_failed = || (Tone::of(event) == Tone::Failed).then_some("failed");
    let status = event.status.map(Status::as_str).or_else(has_failed)?;
    let tags = post.webhook.configuration.own.get("applied_tags")?;
    tags[status].as_str().map(str::to_owned)
}

fn thread_name(contents: &[Content<'_>]) -> String {
    let name = match contents {
        [content] => content.headline(plain),
        contents => digest_line(contents.iter().map(|content| content.headline(plain))),
    };
    fit(&name, MAX_THREAD_NAME, Escaped::plain)
}

fn embed(content: &Content<'_>, without_link: bool) -> Embed {
    let event = content.event;
    let title = content.headline(markdown);
    let footer = footer(event, MAX_FOOTER_PART);
    let mut fields: Vec<Field> = content
        .fixed
        .iter()
        .map(|fact| field(fact, MAX_VALUE))
        .collect();
    let url = facts::link(event).map(String::from);
    let (url, shown) = match url {
        Some(url) if is_embed_url(&url) && !without_link => (Some(url), None),
        other => (None, other),
    };
    // Where the title cannot be a link, the URL can still be read.
    fields.extend(shown.and_then(|url| link(&url)));

    // The message, and then the details, get what room the rest leaves, but for the note about
    // those left out.
    let size = |field: &Field| length(&field.name) + length(&field.value);
    let note = |count| Field::block("More", facts::left_out(count, "detail"));
    let taken = length(&title) + length(&footer) + fields.iter().map(size).sum::<usize>();
    let room = ROOM.saturating_sub(taken + size(&note(usize::MAX)));
    let links = links(content, room.min(MAX_LINKS));
    let room = room - links.as_ref().map_or(0, size);
    let description = description(content, room);
    let room = room.saturating_sub(description.as_deref().map_or(0, length));
    let most = MAX_FIELDS - 1 - fields.len() - usize::from(links.is_some());
    let details = content.details.iter();
    let details = details.map(|fact| field(fact, MAX_DETAIL));
    let (details, left_out) = facts::that_fit(details, most, room, size);
    fields.extend(details);
    fields.extend((left_out > 0).then(|| note(left_out)));
    fields.extend(links);

    Embed {
        title,
        url,
        description,
        color: Tone::of(event).colour(),
        fields,
        footer: (!footer.is_empty()).then_some(Footer { text: footer }),
        timestamp: timestamp(event.occurred_at),
    }
}

fn description(content: &Content<'_>, room: usize) -> Option<String> {
    let dry_run = content.event.dry_run.then(|| format!("**{DRY_RUN}**"));
    let room = room.saturating_sub(dry_run.as_deref().map_or(0, length) + 1);
    let text = content.text.as_deref();
    let message = text.map(|text| text::lines(text, MAX_MESSAGE.min(room)));
    let parts: Vec<String> = dry_run.into_iter().chain(message).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

fn field(fact: &Fact, max_value: usize) -> Field {
    let value = match &fact.value {
        Words::Ours(value) => value.clone(),
        // Only a detail has room for so much.
        Words::Theirs(value) if fact.url().is_some() && fact.is_detail() => {
            fit(value, MAX_LINK, markdown)
        }
        Words::Theirs(value) => text::lines(value, max_value),
    };
    Field {
        name: fact.label.shown(MAX_LABEL, markdown),
        inline: length(&value) <= MAX_INLINE && !value.contains('\n'),
        value,
    }
}

/// By whom, and which event, each in so much room. Discord adds the time.
fn footer(event: &Event, most: usize) -> String {
    let parts = [event.actor.as_deref(), Some(event.id.as_str())];
    let parts = parts.into_iter().flatten().filter_map(visible_line);
    let parts: Vec<String> = parts.map(|part| fit(&part, most, plain)).collect();
    parts.join(" · ")
}

fn link(url: &str) -> Option<Field> {
    let value = markdown(url).into_text();
    (length(&value) <= MAX_LINK).then(|| Field::block("Link", value))
}

/// The owner's links, in a field of their own.
fn links(content: &Content<'_>, room: usize) -> Option<Field> {
    const NAME: &str = "Links";
    let write = |link: &Link| format!("[{}]({})", markdown(&link.label).into_text(), link.url);
    let value = content.links(room.checked_sub(NAME.len())?, write)?;
    Some(Field::block(NAME, value))
}

/// A time before 1970 is a mistake of its source; its year may not even have four digits.
fn timestamp(at: Timestamp) -> Option<String> {
    (at.as_second() >= 0).then(|| at.to_string())
}

#[cfg(test)]
mod tests;
