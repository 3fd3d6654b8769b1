//! Several events as one Slack message: an attachment each, in their order.

use carillon_domain::Event;
use carillon_domain::text::{fit, length};

use super::super::escape::{entities, inert};
use super::super::link::link;
use super::super::message::{Attachment, Block, Text};
use super::{MAX_EVENT_ID, MAX_FIELDS, MAX_MESSAGE, ROOM, attachment, field_within, time};
use crate::facts::{self, visible_line};
use crate::message::Content;
use crate::wording::{DRY_RUN, digest_line};

/// The longest name of a person.
const MAX_ACTOR: usize = 60;

/// The text that notifications show, and the attachments.
pub(super) fn content(contents: &[Content<'_>]) -> (String, Vec<Attachment>) {
    let room = ROOM / contents.len().max(1);
    let attachments = contents
        .iter()
        .map(|content| attachment(content, blocks(content, room)))
        .collect();
    let headlines = contents.iter().map(|content| content.headline(inert));
    (digest_line(headlines), attachments)
}

/// What an event says in the room that it has. Whatever does not fit is counted. Four
/// blocks at most, so that ten events stay below the limit of a message.
fn blocks(content: &Content<'_>, room: usize) -> Vec<Block> {
    let title = Text::plain(content.headline(entities));
    let mut context = context(content.event);
    let note = |count| Text::plain(facts::left_out(count));
    let taken = length(title.as_str())
        + context
            .iter()
            .map(|text| length(text.as_str()))
            .sum::<usize>()
        + length(note(usize::MAX).as_str());
    let room = room.saturating_sub(taken);
    let links = content.links(room / 3, link);
    let room = room - links.as_deref().map_or(0, length);
    context.extend(links.map(Text::mrkdwn));
    let message = content
        .text
        .as_deref()
        .map(|text| fit(text, MAX_MESSAGE.min(room / 2), entities));
    let room = room - message.as_deref().map_or(0, length);

    let facts: Vec<_> = content.fixed.iter().chain(&content.details).collect();
    let fields = facts.into_iter().map(|fact| field_within(fact, room / 4));
    let (fields, left_out) =
        facts::that_fit(fields, MAX_FIELDS, room, |field| length(field.as_str()));
    context.extend((left_out > 0).then(|| note(left_out)));

    let fields = (!fields.is_empty()).then(|| Block::fields(fields));
    let message = message.map(|text| Block::text(Text::plain(text)));
    [Block::text(title)]
        .into_iter()
        .chain(fields)
        .chain(message)
        .chain([Block::context(context)])
        .collect()
}

/// Whether it was a dry run, by whom, when, and which event.
fn context(event: &Event) -> Vec<Text> {
    let dry_run = event.dry_run.then(|| Text::mrkdwn(format!("*{DRY_RUN}*")));
    let actor = event
        .actor
        .as_deref()
        .and_then(visible_line)
        .map(|actor| Text::plain(fit(&actor, MAX_ACTOR, entities)));
    let id =
        visible_line(event.id.as_str()).map(|id| Text::plain(fit(&id, MAX_EVENT_ID, entities)));
    dry_run
        .into_iter()
        .chain(actor)
        .chain([time(event.occurred_at)])
        .chain(id)
        .collect()
}
