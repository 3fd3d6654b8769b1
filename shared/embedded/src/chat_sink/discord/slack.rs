//! Discord's door for what was written for Slack: `…/slack`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::endpoint::{Endpoint, Refused};
use super::messages::accept;
use crate::chat_sink::failures::Failure;

pub(super) fn execute(endpoint: &Endpoint<'_>) -> Result<Response, Refused> {
    let message = endpoint.read()?;
    let afterwards = Failure::instead(endpoint.failure())?;
    if endpoint.standing.is_forum() {
        return Err(Refused::Code(220_004));
    }
    let payload = translated(&message);
    accept(&payload)?;
    endpoint.check_thread(&payload)?;
    endpoint.keep(payload);
    Failure::afterwards(afterwards)?;
    Ok(match endpoint.call.query("wait") {
        // Here it waits unless told otherwise.
        Some("false" | "False" | "0") => StatusCode::NO_CONTENT.into_response(),
        _ => Json("ok").into_response(),
    })
}

/// The message as Discord's own. What Discord does not know of Slack's, such as blocks, is
/// left out.
fn translated(message: &Map<String, Value>) -> Map<String, Value> {
    let names = [
        ("text", "content"),
        ("username", "username"),
        ("icon_url", "avatar_url"),
    ];
    let mut payload = renamed(|name| message.get(name), &names);
    let attachments = message.get("attachments").and_then(Value::as_array);
    let embeds: Vec<Value> = attachments.into_iter().flatten().map(embed).collect();
    if !embeds.is_empty() {
        payload.insert("embeds".to_owned(), Value::Array(embeds));
    }
    payload
}

/// The fields that Discord has under a name of its own.
fn renamed<'v>(
    field: impl Fn(&str) -> Option<&'v Value>,
    names: &[(&str, &str)],
) -> Map<String, Value> {
    let renamed =
        |(theirs, ours): &(&str, &str)| Some(((*ours).to_owned(), field(theirs)?.clone()));
    names.iter().filter_map(renamed).collect()
}

fn embed(attachment: &Value) -> Value {
    let names = [
        ("title", "title"),
        ("title_link", "url"),
        ("text", "description"),
        ("fields", "fields"),
    ];
    let mut embed = renamed(|name| attachment.get(name), &names);
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
