//! Slack's `chat.*`: posting, editing and removing messages.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::request::{BOT_ID, Request, Trouble};
use super::{BOT, NAME, POSTS, content, ids, mentions};
use crate::chat_sink::call::text;
use crate::chat_sink::destination::Place;
use crate::chat_sink::failures::Failure;
use crate::chat_sink::pace::Evenly;
use crate::chat_sink::store::{Ids, Message};
use crate::chat_sink::{ChatSink, Standing};

/// Edits: tier 3, fifty a minute for each method and app.
const EDITS: Evenly = Evenly {
    every: Duration::from_millis(1_200),
    burst: 50,
};

pub(super) fn post(request: Request<'_>) -> Result<Value, Trouble> {
    let (sink, mut fields) = (request.sink, request.fields);
    let (channel, channel_id) = resolve(sink, &fields).ok_or("channel_not_found")?;
    let place = place(channel, channel_id, request.credential);
    let failure = (BOT.fails)(sink.called(&place), request.scopes);
    let afterwards = Failure::instead(failure.or_else(|| sink.planned(&place)))?;
    sink.paced(&place, &place.channel_id, POSTS)?;
    content::accept(&mut fields)?;
    let thread = thread(sink, &place, &fields)?;
    if let Some(first) = posted_before(sink, &place, &fields) {
        let mut reply = posted(&first);
        reply["is_duplicate"] = json!(true);
        return Ok(reply);
    }
    let sender = text(&fields, "username").map(str::to_owned);
    let payload = Value::Object(fields);
    let message = Message {
        host: request.call.host.clone(),
        sender,
        thread,
        open_mentions: mentions::open(&payload),
        payload,
        ..Message::default()
    };
    let message = sink.add(&place, message, Ids::timestamp);
    Failure::afterwards(afterwards)?;
    Ok(posted(&message))
}

pub(super) fn update(request: Request<'_>) -> Result<Value, Trouble> {
    let (sink, mut fields) = (request.sink, request.fields);
    let (place, ts) = addressed(sink, &fields, request.credential)?;
    let standing = sink.called(&place);
    if standing == Standing::Archived {
        return Err("is_inactive".into());
    }
    let failure = (BOT.fails)(standing, request.scopes);
    let afterwards = Failure::instead(failure.or_else(|| sink.planned(&place)))?;
    sink.paced(&place, &format!("edit {}", place.credential), EDITS)?;
    let message = own_message(sink, &place, &ts, "cant_update_message")?;
    content::accept_edit(&fields)?;
    fields.remove("ts");
    // An update cannot change who a message is from, nor where it stands.
    for key in ["username", "icon_emoji", "icon_url", "thread_ts"] {
        fields.remove(key);
        if let Some(value) = message.payload.get(key) {
            fields.insert(key.to_owned(), value.clone());
        }
    }
    // Metadata stays unless there is other; an empty one takes it away.
    match (fields.get("metadata"), message.payload.get("metadata")) {
        (None, Some(earlier)) => _ = fields.insert("metadata".to_owned(), earlier.clone()),
        (Some(Value::Object(new)), _) if new.is_empty() => _ = fields.remove("metadata"),
        _ => {}
    }
    let text = fields.get("text").cloned().unwrap_or(json!(""));
    let payload = Value::Object(fields);
    sink.edit(&place, &message, mentions::open(&payload), payload);
    Failure::afterwards(afterwards)?;
    let edited = sink
        .find(NAME, &place.channel_id, &ts)
        .ok_or("message_not_found")?;
    let shown = echo(&edited);
    Ok(json!({"channel": place.channel_id, "ts": ts, "text": text, "message": shown}))
}

pub(super) fn delete(request: &Request<'_>) -> Result<Value, Trouble> {
    let (place, ts) = addressed(request.sink, &request.fields, request.credential)?;
    let message = own_message(request.sink, &place, &ts, "cant_delete_message")?;
    request.sink.remove(message.number);
    Ok(json!({"channel": place.channel_id, "ts": ts}))
}

/// The channel that a call names, and the `ts` of a message in it; empty where it names none.
pub(super) fn addressed(
    sink: &ChatSink,
    fields: &Map<String, Value>,
    credential: u64,
) -> Result<(Place, String), Trouble> {
    let channel_id = text(fields, "channel").unwrap_or_default().to_owned();
    if !ids::is_one(&channel_id) {
        return Err("channel_not_found".into());
    }
    let channel = sink.channel_name(&channel_id);
    let ts = text(fields, "ts").unwrap_or_default().to_owned();
    Ok((place(channel, channel_id, credential), ts))
}

/// A message that the app itself has posted; what came by an incoming webhook is not its own.
fn own_message(
    sink: &ChatSink,
    place: &Place,
    ts: &str,
    not_ours: &'static str,
) -> Result<Arc<Message>, Trouble> {
    let message = sink
        .find(NAME, &place.channel_id, ts)
        .ok_or("message_not_found")?;
    match message.host.starts_with("hooks.") {
        true => Err(not_ours.into()),
        false => Ok(message),
    }
}

fn place(channel: String, channel_id: String, credential: u64) -> Place {
    Place {
        kind: &BOT,
        channel,
        channel_id,
        webhook: None,
        credential,
    }
}

/// The thread that a message is to be in. Slack does not refuse one whose first message is
/// gone: it posts the reply to the channel, and its answer has no `thread_ts`
/// (slack-go/slack#1571). A reply is no thread's first message.
fn thread(
    sink: &ChatSink,
    place: &Place,
    fields: &Map<String, Value>,
) -> Result<Option<String>, Trouble> {
    let Some(thread) = text(fields, "thread_ts") else {
        return Ok(None);
    };
    match sink.find(NAME, &place.channel_id, thread) {
        Some(parent) if parent.thread.is_some() => Err("cannot_reply_to_message".into()),
        Some(_) => Ok(Some(thread.to_owned())),
        None => Ok(None),
    }
}

/// The message with the same `client_msg_id`, where Slack is to look for it.
fn posted_before(
    sink: &ChatSink,
    place: &Place,
    fields: &Map<String, Value>,
) -> Option<Arc<Message>> {
    if !sink.behaviour().deduplicates {
        return None;
    }
    let id = text(fields, "client_msg_id")?;
    let held = sink.held();
    let mut messages = held.store.messages();
    messages
        .find(|message| {
            message.channel_id == place.channel_id && message.payload["client_msg_id"] == id
        })
        .cloned()
}

/// The name and the id of the channel that a message is for.
fn resolve(sink: &ChatSink, fields: &Map<String, Value>) -> Option<(String, String)> {
    let asked = text(fields, "channel")?;
    if ids::is_one(asked) {
        // A person's id stands for the direct messages with them.
        let id = match asked.strip_prefix(['U', 'W']) {
            Some(rest) => format!("D{rest}"),
            None => asked.to_owned(),
        };
        return Some((sink.channel_name(&id), id));
    }
    let name = asked.trim_start_matches('#');
    let allowed = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let well_formed = !name.is_empty() && name.chars().count() <= 80 && name.chars().all(allowed);
    well_formed.then(|| (name.to_owned(), ids::channel(name)))
}

fn posted(message: &Message) -> Value {
    json!({"channel": message.channel_id, "ts": message.id, "message": echo(message)})
}

/// The message as Slack shows it back.
fn echo(message: &Message) -> Value {
    let mut shown = json!({
        "type": "message", "subtype": "bot_message", "text": "", "ts": message.id,
        "bot_id": BOT_ID, "app_id": "A0CARILLON", "team": "T0CARILLON",
    });
    for key in ["text", "blocks", "attachments", "username", "metadata"] {
        if let Some(value) = message.payload.get(key) {
            shown[key] = value.clone();
        }
    }
    if let Some(thread) = &message.thread {
        shown["thread_ts"] = json!(thread);
    }
    if let Some(attachments) = shown.get_mut("attachments").and_then(Value::as_array_mut) {
        for (attachment, id) in attachments.iter_mut().zip(1..) {
            if let Some(attachment) = attachment.as_object_mut() {
                attachment.insert("id".to_owned(), Value::from(id));
            }
        }
    }
    if let Some(at) = message.edited_at {
        let (seconds, rest) = (at.as_second(), at.subsec_microsecond());
        shown["edited"] = json!({"user": BOT_ID, "ts": format!("{seconds}.{rest:06}")});
    }
    shown
}
