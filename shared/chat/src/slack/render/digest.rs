//! Several events as one Slack message: an attachment each, in their order.

use carillon_domain::text::{Escaped, length};
use serde_json::Value;

use super::super::escape::{inert, link as own_link};
use super::super::message::{Attachment, bold, context, mrkdwn, plain, rich, size};
use super::fact_lines::{Facts, lines};
use super::{MAX_MESSAGE, ROOM, attachment, link_fact, origin};
use crate::facts::{self, Fact};
use crate::message::Content;
use crate::wording::{DRY_RUN, digest_line};

/// The longest name of a person.
const MAX_ACTOR: usize = 60;
/// How many facts an event has at most.
const MAX_FACTS: usize = 10;

/// How many events there are, the text that notifications show, and the attachments.
pub(super) fn content(contents: &[Content<'_>]) -> (String, String, Vec<Attachment>) {
    let room = ROOM / contents.len().max(1);
    let attachments = contents
        .iter()
        .map(|content| attachment(content, blocks(content, room)))
        .collect();
    let title = format!("{} events", contents.len());
    let headlines = contents.iter().map(|content| content.headline(inert));
    (title, digest_line(headlines), attachments)
}

/// What an event says in the room that it has. Whatever does not fit is counted. Three
/// blocks at most, so that ten events stay below the limit of a message.
fn blocks(content: &Content<'_>, room: usize) -> Vec<Value> {
    let title = bold(&content.headline(Escaped::plain));
    let event = content.event;
    let dry_run = event.dry_run.then(|| mrkdwn(format!("*{DRY_RUN}*")));
    let mut small: Vec<Value> = dry_run.into_iter().collect();
    small.extend(origin(event, MAX_ACTOR));
    let note = |count| plain(facts::left_out(count, "detail"));
    let taken = size(&title) + small.iter().map(size).sum::<usize>() + size(&note(usize::MAX));
    let room = room.saturating_sub(taken);
    let links = content.links(room / 3, own_link);
    let room = room - links.as_deref().map_or(0, length);
    small.extend(links.map(mrkdwn));
    let text = content.text.as_deref();
    let message = text.map(|text| lines(text, MAX_MESSAGE.min(room / 2)));
    let room = room - message.as_ref().map_or(0, size);

    let link = link_fact(event);
    let facts = link.iter().chain(&content.fixed).chain(&content.details);
    let facts: Vec<&Fact> = facts.collect();
    let mut shown = Facts::default();
    let left_out = shown.add_all(&facts, MAX_FACTS, room, room / 4);
    small.extend((left_out > 0).then(|| note(left_out)));

    let lines = [title].into_iter().chain(shown.lines).collect();
    let message = message.map(|message| rich(vec![message]));
    [rich(lines)]
        .into_iter()
        .chain(message)
        .chain([context(small)])
        .collect()
}
