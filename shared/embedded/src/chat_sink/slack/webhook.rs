//! Slack's incoming webhooks: plain-text answers, and one channel each.

use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{NAME, POSTS, WEBHOOK, content, ids, mentions};
use crate::chat_sink::ChatSink;
use crate::chat_sink::call::{Call, fields, text};
use crate::chat_sink::destination::Place;
use crate::chat_sink::failures::{self, Failure, retry_after};
use crate::chat_sink::store::{Ids, Message};

pub(super) fn answer(sink: &ChatSink, call: &Call) -> Response {
    match post(sink, call) {
        Ok(()) => Html("ok").into_response(),
        Err(failure) => fail(failure),
    }
}

fn post(sink: &ChatSink, call: &Call) -> Result<(), Failure> {
    let path = call.path();
    let ["services", team, service, secret] = path[..] else {
        return Err(refused("no_service"));
    };
    if !is_id(team, 'T') || !is_id(service, 'B') || secret.is_empty() {
        return Err(refused("no_service"));
    }
    let place = Place {
        kind: &WEBHOOK,
        channel: sink.webhook_channel(service),
        channel_id: ids::channel(&format!("{team}/{service}")),
        webhook: Some(service.to_owned()),
        credential: sink.fingerprint(secret),
    };
    // Whether the URL works comes before what is sent there: that is how it can be probed.
    let always_afterwards = Failure::instead((WEBHOOK.fails)(sink.called(&place), &[]))?;
    let message = (call.method == Method::POST).then(|| read(call)).flatten();
    let mut message = message.ok_or_else(|| refused("invalid_payload"))?;
    let afterwards = Failure::instead(sink.planned(&place))?;
    sink.paced(&place, &place.channel_id, POSTS)?;
    if !content::has_content_key(&message) {
        return Err(refused("missing_text_or_fallback_or_attachments"));
    }
    content::accept(&mut message).map_err(|it| refused(it.code))?;
    let thread = text(&message, "thread_ts")
        .filter(|ts| sink.find(NAME, &place.channel_id, ts).is_some())
        .map(str::to_owned);
    let payload = Value::Object(message);
    let message = Message {
        host: call.host.clone(),
        // Whatever the message asks for, the app's own name stays.
        sender: None,
        thread,
        open_mentions: mentions::open(&payload),
        payload,
        ..Message::default()
    };
    sink.add(&place, message, Ids::timestamp);
    Failure::afterwards(afterwards.or(always_afterwards))
}

/// A team's or a webhook's id: nothing else of the URL is ever shown.
fn is_id(text: &str, first: char) -> bool {
    let alphanumeric = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    text.starts_with(first) && text.len() <= 20 && text.chars().all(alphanumeric)
}

fn read(call: &Call) -> Option<Map<String, Value>> {
    let body = call.body.as_ref()?;
    let form = call
        .media_type()
        .is_some_and(|media_type| media_type.essence == "application/x-www-form-urlencoded");
    let value: Value = if form {
        let fields = fields(body);
        let (_, payload) = fields.iter().find(|(key, _)| key == "payload")?;
        serde_json::from_str(payload).ok()?
    } else {
        serde_json::from_slice(body).ok()?
    };
    match value {
        Value::Object(message) => Some(message),
        _ => None,
    }
}

fn refused(code: &str) -> Failure {
    Failure::refusal(NAME, code)
}

fn fail(failure: Failure) -> Response {
    match failure {
        Failure::Refusal(refusal) => refuse(refusal.code),
        Failure::RateLimited(seconds) => {
            let wait = seconds.ceil().max(1.0);
            let body = json!({"retry_after": wait, "ok": false, "error": "rate_limited"});
            let status = StatusCode::TOO_MANY_REQUESTS;
            (status, retry_after(seconds), axum::Json(body)).into_response()
        }
        other => failures::answer(other),
    }
}

fn refuse(code: String) -> Response {
    let status = match code.as_str() {
        "action_prohibited" | "posting_to_general_channel_denied" | "invalid_token" => {
            StatusCode::FORBIDDEN
        }
        "no_active_hooks" | "no_service" | "no_service_id" | "no_team" | "team_disabled"
        | "channel_not_found" => StatusCode::NOT_FOUND,
        "channel_is_archived" => StatusCode::GONE,
        "rollup_error" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    (status, Html(code)).into_response()
}
