//! Several events as one Discord message: an embed each, in their order.

use std::collections::HashSet;

use carillon_domain::text::length;

use super::super::escape::{in_content, markdown};
use super::super::limits::{MAX_FIELDS, is_embed_url};
use super::super::message::{Embed, Field, Footer};
use super::super::text;
use super::{MAX_DETAIL, MAX_LINKS, MAX_MESSAGE, ROOM, field, footer, link, links, timestamp};
use crate::facts;
use crate::message::Content;
use crate::post::Without;
use crate::wording::{DRY_RUN, Tone, digest_line};

/// The longest name of a person, and the longest event id.
const MAX_FOOTER_PART: usize = 60;

/// The text above the embeds, and the embeds.
pub(super) fn content(contents: &[Content<'_>], without: Without) -> (String, Vec<Embed>) {
    let room = ROOM / contents.len().max(1);
    // Of embeds with the same URL, Discord shows the first alone (resources/message).
    let mut urls = HashSet::new();
    let embeds = contents
        .iter()
        .enumerate()
        .map(|(index, content)| {
            let url = facts::link(content.event).map(String::from);
            let is_title = url.as_ref().is_some_and(|url| {
                !without.link(index) && is_embed_url(url) && urls.insert(url.clone())
            });
            embed(content, url, is_title, room)
        })
        .collect();
    let headlines = contents.iter();
    let headlines = headlines.map(|content| content.headline(in_content));
    (digest_line(headlines), embeds)
}

/// What an event says in the room that it has. Whatever does not fit is counted. `is_title` says
/// whether the title leads to the URL; otherwise it is a field.
fn embed(content: &Content<'_>, url: Option<String>, is_title: bool, room: usize) -> Embed {
    let event = content.event;
    let title = content.headline(markdown);
    let dry_run = event.dry_run.then(|| format!("**{DRY_RUN}**\n"));
    let dry_run = dry_run.unwrap_or_default();
    let footer = footer(event, MAX_FOOTER_PART);
    let note = |count| format!(" · {}", facts::left_out(count, "detail"));
    let taken = length(&title) + length(&dry_run) + length(&footer) + length(&note(usize::MAX));
    let room = room.saturating_sub(taken);
    let size = |field: &Field| length(&field.name) + length(&field.value);
    let links = links(content, MAX_LINKS.min(room / 3));
    let room = room - links.as_ref().map_or(0, size);
    let text = content.text.as_deref();
    let message = text
        .map(|text| text::lines(text, MAX_MESSAGE.min(room / 2)))
        .unwrap_or_default();
    let room = room - length(&message);

    let (url, shown) = match is_title {
        true => (url, None),
        false => (None, url),
    };
    let facts = content.fixed.iter().chain(&content.details);
    let facts = facts.map(|fact| field(fact, MAX_DETAIL.min(room / 2)));
    let link = shown.and_then(|url| link(&url));
    let fields: Vec<Field> = link.into_iter().chain(facts).collect();
    let most = MAX_FIELDS - usize::from(links.is_some());
    let (mut fields, left_out) = facts::that_fit(fields.into_iter(), most, room, size);
    fields.extend(links);
    let footer = match left_out {
        0 => footer,
        count => format!("{footer}{}", note(count)),
    };
    let description = format!("{dry_run}{message}").trim().to_owned();
    Embed {
        title,
        url,
        description: (!description.is_empty()).then_some(description),
        color: Tone::of(event).colour(),
        fields,
        footer: Some(Footer { text: footer }),
        timestamp: timestamp(event.occurred_at),
    }
}
