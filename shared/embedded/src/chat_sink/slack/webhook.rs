//! Slack's incoming webhooks: plain-text answers, and one channel each.

use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{NAME, POSTS, WEBHOOK, content, ids, mentions};
use crate::chat_sink::ChatSink;
use crate::chat_sink::call::{Call, fields};
use crate::chat_sink::destination::Place;
use crate::chat_sink::failures::{self, Failure};
use crate::chat_sink::store::{Ids, Incoming};

pub(super) async fn answer(sink: &ChatSink, call: &Call) -> Response {
    let path = call.path();
    let ["services", team, service, secret] = path[..] else {
        return refuse("no_service");
    };
    if !is_id(team, 'T') || !is_id(service, 'B') || secret.is_empty() {
        return refuse("no_service");
    }
    let place = Place {
        kind: &WEBHOOK,
        channel: sink.webhook_channel(service),
        channel_id: ids::channel(&format!("{team}/{service}")),
        webhook: Some(service.to_owned()),
        credential: sink.fingerprint(secret),
    };
    // Whether the URL works comes before what is sent there: that is how it can be probed.
    let standing = (WEBHOOK.fails)(sink.called(&place), &[]);
    let (instead, always_afterwards) = Failure::split(standing);
    if let Some(failure) = instead {
        return fail(failure).await;
    }
    let Some(mut message) = (call.method == Method::POST).then(|| read(call)).flatten() else {
        return refuse("invalid_payload");
    };
    let (instead, afterwards) = Failure::split(sink.planned(&place));
    if let Some(failure) = instead {
        return fail(failure).await;
    }
    let too_much = sink.paced(|paces, now| paces.evenly(&place.channel_id, POSTS, now));
    if let Some(wait) = too_much.flatten() {
        sink.held().destinations.rate_limited(&place);
        return fail(Failure::RateLimited(wait.as_secs_f64())).await;
    }
    if !content::has_content_key(&message) {
        return refuse("missing_text_or_fallback_or_attachments");
    }
    if let Err(refused) = content::accept(&mut message) {
        return refuse(refused.code);
    }
    let thread = message.get("thread_ts").and_then(Value::as_str);
    let thread = thread
        .filter(|ts| sink.find(NAME, &place.channel_id, ts).is_some())
        .map(str::to_owned);
    let payload = Value::Object(message);
    let incoming = Incoming {
        host: call.host.clone(),
        // Whatever the message asks for, the app's own name stays.
        sender: None,
        thread,
        open_mentions: mentions::open(&payload),
        payload,
        ..Incoming::default()
    };
    sink.add(&place, incoming, Ids::timestamp);
    match afterwards.or(always_afterwards) {
        Some(failure) => fail(failure).await,
        None => Html("ok").into_response(),
    }
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

async fn fail(failure: Failure) -> Response {
    match failure {
        Failure::Refusal(refusal) => refuse(&refusal.code),
        Failure::RateLimited(seconds) => {
            let seconds = seconds.ceil().max(1.0);
            let body = json!({"retry_after": seconds, "ok": false, "error": "rate_limited"});
            let headers = [(header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(body)).into_response()
        }
        other => failures::answer(other).await,
    }
}

fn refuse(code: &str) -> Response {
    let status = match code {
        "action_prohibited" | "posting_to_general_channel_denied" | "invalid_token" => {
            StatusCode::FORBIDDEN
        }
        "no_active_hooks" | "no_service" | "no_service_id" | "no_team" | "team_disabled"
        | "channel_not_found" => StatusCode::NOT_FOUND,
        "channel_is_archived" => StatusCode::GONE,
        "rollup_error" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    (status, Html(code.to_owned())).into_response()
}
