//! Discord's messages of a webhook: posting, reading, editing, removing.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use carillon_chat::discord::limits;
use serde_json::{Map, Value};

use super::NAME;
use super::endpoint::{Endpoint, Refused};
use super::replies;
use crate::chat_sink::Standing;
use crate::chat_sink::call::text;
use crate::chat_sink::failures::Failure;
use crate::chat_sink::store::{Ids, Message};

/// The flag of a message that is made of components only.
const COMPONENTS_V2: u64 = 1 << 15;

/// The flags that a webhook may set: no embeds, no notification, components only.
const FLAGS: u64 = (1 << 2) | (1 << 12) | COMPONENTS_V2;

impl Endpoint<'_> {
    pub fn execute(&self) -> Result<Response, Refused> {
        let mut payload = self.read()?;
        let waits = is_true(self.call.query("wait"));
        let failure = self.failure();
        if failure == Some(Failure::Lost) && !waits {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let afterwards = Failure::instead(failure.filter(|f| *f != Failure::Lost))?;
        if !is_true(self.call.query("with_components")) && flags(&payload) & COMPONENTS_V2 == 0 {
            // Without being asked for, they are left out without a word.
            payload.remove("components");
        }
        accept(&payload)?;
        self.check_thread(&payload)?;
        let message = self.keep(payload);
        Failure::afterwards(afterwards)?;
        Ok(match waits {
            false => StatusCode::NO_CONTENT.into_response(),
            true => Json(replies::message(&message, self.webhook)).into_response(),
        })
    }

    /// Keeps a message that was accepted.
    fn keep(&self, payload: Map<String, Value>) -> Arc<Message> {
        let text = |key: &str| text(&payload, key).map(str::to_owned);
        let (sender, thread_name) = (text("username"), text("thread_name"));
        let payload = Value::Object(payload);
        let message = Message {
            host: self.call.host.clone(),
            sender,
            thread: self.thread.map(str::to_owned),
            thread_name,
            open_mentions: open_mentions(&payload),
            payload,
            ..Message::default()
        };
        let message = self.sink.add(&self.place, message, Ids::snowflake);
        if let (Some(_), Some(thread)) = (&message.thread_name, &message.thread) {
            let channel_id = Some(self.place.channel_id.clone());
            self.sink.held().threads.get(thread).channel_id = channel_id;
        }
        message
    }

    /// A forum's messages are all in threads; other channels' threads begin otherwise.
    fn check_thread(&self, payload: &Map<String, Value>) -> Result<(), Refused> {
        let named = payload
            .get("thread_name")
            .is_some_and(|name| !name.is_null());
        match (self.standing.is_forum(), self.thread, named) {
            (true, Some(_), true) => return Err(Refused::Code(220_002)),
            (true, None, false) => return Err(Refused::Code(220_001)),
            (false, _, true) => return Err(Refused::Code(220_003)),
            (true, None, true) if self.standing == Standing::TaggedForum => {
                let tags = payload.get("applied_tags").and_then(Value::as_array);
                if tags.is_none_or(Vec::is_empty) {
                    return Err(Refused::Code(40_067));
                }
            }
            _ => {}
        }
        let Some(thread) = self.thread else {
            return Ok(());
        };
        let mut held = self.sink.held();
        let refusal = held.threads.refusal(thread, &self.place.channel_id);
        refusal.map_or(Ok(()), |code| Err(Refused::Code(code)))
    }

    /// A message of this webhook. One that is in a thread is found only there.
    fn message(&self, id: &str) -> Result<Arc<Message>, Refused> {
        self.sink
            .find(NAME, &self.place.channel_id, id)
            .filter(|message| message.thread.as_deref() == self.thread)
            .ok_or(Refused::Code(10_008))
    }

    pub fn show_message(&self, id: &str) -> Result<Response, Refused> {
        let shown = replies::message(&*self.message(id)?, self.webhook);
        Ok(Json(shown).into_response())
    }

    pub fn delete_message(&self, id: &str) -> Result<Response, Refused> {
        self.sink.remove(self.message(id)?.number);
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    pub fn edit_message(&self, id: &str) -> Result<Response, Refused> {
        let changes = self.read()?;
        let afterwards = Failure::instead(self.failure())?;
        let message = self.message(id)?;
        let mut payload = message.payload.as_object().cloned().unwrap_or_default();
        // The mentions allowed at first are forgotten, and nobody changes their name.
        payload.remove("allowed_mentions");
        for (key, value) in changes {
            match value {
                _ if matches!(key.as_str(), "username" | "avatar_url" | "thread_name") => {}
                Value::Null => _ = payload.remove(&key),
                value => _ = payload.insert(key, value),
            }
        }
        accept(&payload)?;
        let payload = Value::Object(payload);
        let open = open_mentions(&payload);
        self.sink.edit(&self.place, &message, open, payload);
        Failure::afterwards(afterwards)?;
        self.show_message(id)
    }
}

fn accept(payload: &Map<String, Value>) -> Result<(), Refused> {
    let filled = |key: &str| match payload.get(key) {
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(items)) => items.iter().any(|item| *item != Value::Object(Map::new())),
        Some(Value::Object(_)) => true,
        _ => false,
    };
    if !["content", "embeds", "components", "poll"]
        .into_iter()
        .any(filled)
    {
        return Err(Refused::Code(50_006));
    }
    let flags = flags(payload);
    if flags & !FLAGS != 0 {
        return Err(Refused::field("flags", "Value is not a flag of webhooks."));
    }
    if flags & COMPONENTS_V2 != 0
        && let Some(other) = ["content", "embeds", "poll"]
            .into_iter()
            .find(|key| filled(key))
    {
        let rule = "Cannot be used together with the flag for components.";
        return Err(Refused::field(other, rule));
    }
    let violations = limits::violations(&Value::Object(payload.clone()));
    match violations.is_empty() {
        true => Ok(()),
        false => Err(Refused::Form(violations)),
    }
}

fn flags(payload: &Map<String, Value>) -> u64 {
    payload
        .get("flags")
        .and_then(Value::as_u64)
        .unwrap_or_default()
}

fn is_true(value: Option<&str>) -> bool {
    matches!(value, Some("true" | "True" | "1"))
}

/// The kinds of mention that a message leaves open.
fn open_mentions(payload: &Value) -> Vec<String> {
    let Some(Value::Object(allowed)) = payload.get("allowed_mentions") else {
        // What webhooks may ping when the message says nothing.
        return vec!["users".to_owned()];
    };
    let listed = |name: &str| {
        let listed = allowed.get(name).and_then(Value::as_array);
        listed.into_iter().flatten().filter_map(Value::as_str)
    };
    let mut open: Vec<String> = listed("parse").map(str::to_owned).collect();
    for kind in ["roles", "users"] {
        open.extend(listed(kind).map(|id| format!("{kind}:{id}")));
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn users_are_pinged_unless_the_message_says_not_to() {
        let open = |payload| open_mentions(&payload);
        assert_eq!(open(json!({})), ["users"]);
        assert!(open(json!({"allowed_mentions": {"parse": []}})).is_empty());
        let listed = json!({"allowed_mentions": {"parse": ["everyone"], "users": ["7"]}});
        assert_eq!(open(listed), ["everyone", "users:7"]);
    }
}
