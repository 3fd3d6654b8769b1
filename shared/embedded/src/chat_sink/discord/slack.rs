//! Discord's door for what was written for Slack: `…/slack`.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::endpoint::{Endpoint, Refused};
use super::messages::accept;
use super::replies;
use crate::chat_sink::failures::Failure;

pub(super) async fn execute(endpoint: &Endpoint<'_>) -> Response {
    let version = endpoint.version;
    let message = match endpoint.read() {
        Ok(message) => message,
        Err(refused) => return refused.answer(version),
    };
    let (instead, afterwards) = Failure::split(endpoint.failure());
    if let Some(failure) = instead {
        return replies::fail(version, failure).await;
    }
    if endpoint.standing.is_forum() {
        return replies::error(220_004);
    }
    let payload = translated(&message);
    let checked = accept(&payload).and_then(|()| endpoint.check_thread(&payload));
    if let Err(refused) = checked {
        return Refused::answer(&refused, version);
    }
    endpoint.keep(payload);
    match (afterwards, endpoint.call.query("wait")) {
        (Some(failure), _) => replies::fail(version, failure).await,
        // Here it waits unless told otherwise.
        (None, Some("false" | "False" | "0")) => replies::reply(StatusCode::NO_CONTENT, None),
        (None, _) => replies::reply(StatusCode::OK, Some(&json!("ok"))),
    }
}

/// The message as Discord's own. What Discord does not know of Slack's, such as blocks, is
/// left out.
fn translated(message: &Map<String, Value>) -> Map<String, Value> {
    let mut payload = Map::new();
    for (theirs, ours) in [
        ("text", "content"),
        ("username", "username"),
        ("icon_url", "avatar_url"),
    ] {
        if let Some(value) = message.get(theirs) {
            payload.insert(ours.to_owned(), value.clone());
        }
    }
    let attachments = message.get("attachments").and_then(Value::as_array);
    let embeds: Vec<Value> = attachments.into_iter().flatten().map(embed).collect();
    if !embeds.is_empty() {
        payload.insert("embeds".to_owned(), Value::Array(embeds));
    }
    payload
}

fn embed(attachment: &Value) -> Value {
    let mut embed = Map::new();
    for (theirs, ours) in [
        ("title", "title"),
        ("title_link", "url"),
        ("text", "description"),
        ("fields", "fields"),
    ] {
        if let Some(value) = attachment.get(theirs) {
            embed.insert(ours.to_owned(), value.clone());
        }
    }
    let color = attachment["color"].as_str().unwrap_or_default();
    let digits = color.trim_start_matches('#');
    if let Ok(color) = u32::from_str_radix(digits, 16) {
        embed.insert("color".to_owned(), json!(color));
    }
    for (name, part, field) in [
        ("footer", "footer", "text"),
        ("author_name", "author", "name"),
    ] {
        if let Some(text) = attachment.get(name) {
            embed.insert(part.to_owned(), json!({field: text}));
        }
    }
    let time = attachment["ts"].as_i64();
    if let Some(time) = time.and_then(|time| jiff::Timestamp::from_second(time).ok()) {
        embed.insert("timestamp".to_owned(), json!(time.to_string()));
    }
    Value::Object(embed)
}
