//! Discord's answers: errors, rate limit headers, and the message object.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{BUCKET, NAME, codes};
use crate::chat_sink::failures::{self, Ban, Failure};
use crate::chat_sink::ids::hash;
use crate::chat_sink::limits::{self, Violation};
use crate::chat_sink::pace::Count;
use crate::chat_sink::store::Message;

/// How the answers of an API version differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Version {
    /// 6 and 7, and what a path without a version means: waits in milliseconds, flat form errors.
    Old,
    /// 8 to 10.
    Current,
}

/// Marks an answer that tells nothing of the limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bare;

/// The bucket has the same name for every webhook, although each is counted for itself.
const BUCKET_ID: &str = "carillon0000000000000000sink0001";

/// Says in an answer how the caller stands with the bucket, where it does not say so yet.
pub(super) fn tell_limits(headers: &mut HeaderMap, count: Count, now: Timestamp) {
    let after = count.reset_after.as_secs_f64();
    let reset = now.as_duration().as_secs_f64() + after;
    let mut set = |name, value: String| {
        let name = HeaderName::from_static(name);
        if let (false, Ok(value)) = (headers.contains_key(&name), HeaderValue::from_str(&value)) {
            headers.insert(name, value);
        }
    };
    set("x-ratelimit-limit", BUCKET.size.to_string());
    set("x-ratelimit-remaining", count.remaining.to_string());
    set("x-ratelimit-reset", format!("{reset:.3}"));
    set("x-ratelimit-reset-after", format!("{after:.3}"));
    set("x-ratelimit-bucket", BUCKET_ID.to_owned());
    headers.insert(header::VIA, HeaderValue::from_static(VIA));
}

/// One of Discord's error codes, with the status and the message that go with it.
pub(super) fn error(code: u32) -> Response {
    let body = json!({"message": codes::message(code), "code": code});
    (codes::status(code), Json(body)).into_response()
}

/// A status with code 0: the path or the method does not exist, or Discord is out of order.
pub(super) fn bare_status(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or_default();
    let message = format!("{}: {reason}", status.as_u16());
    (status, Json(json!({"message": message, "code": 0}))).into_response()
}

/// Code 50035: what is wrong with the form, and where.
pub(super) fn invalid_form(version: Version, violations: &[Violation]) -> Response {
    let mut errors = json!({});
    for violation in violations {
        let pointer = violation.pointer.as_str();
        let mut keys = pointer.split('/').filter(|key| !key.is_empty());
        match version {
            Version::Old => {
                let key = keys.next().unwrap_or("_misc");
                errors[key] = json!([form_error(violation).1]);
            }
            Version::Current => {
                let place = keys.fold(&mut errors, |place, key| &mut place[key]);
                let (code, message) = form_error(violation);
                place["_errors"] = json!([{"code": code, "message": message}]);
            }
        }
    }
    let body = match version {
        Version::Old => errors,
        Version::Current => {
            json!({"message": "Invalid Form Body", "code": 50035, "errors": errors})
        }
    };
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// The code and the message of one fault in a form. Discord documents few of them.
fn form_error(violation: &Violation) -> (&'static str, String) {
    let rule = violation.rule.as_str();
    match limits::most(violation) {
        Some(most @ 6_000) => {
            let message = format!("Embed size exceeds maximum size of {most}");
            ("MAX_EMBED_SIZE_EXCEEDED", message)
        }
        Some(most) => {
            let message = format!("Must be {most} or fewer in length.");
            ("BASE_TYPE_MAX_LENGTH", message)
        }
        None if rule.contains("required") => ("BASE_TYPE_REQUIRED", rule.to_owned()),
        None if rule.contains("Content-Type") => ("CONTENT_TYPE_INVALID", rule.to_owned()),
        None if violation.pointer.as_str() == "/username" => {
            ("USERNAME_INVALID_CONTAINS", rule.to_owned())
        }
        None => ("BASE_TYPE_INVALID", rule.to_owned()),
    }
}

/// What a failure looks like here.
pub(super) fn fail(version: Version, failure: Failure) -> Response {
    match failure {
        Failure::Refusal(refusal) => error(refusal.code.parse().unwrap_or_default()),
        Failure::RateLimited(seconds) => rate_limited(version, seconds),
        // The caller's own bucket still has room.
        Failure::RateLimitedByOthers(seconds) => wait(
            version,
            seconds,
            "The resource is being rate limited.",
            "shared",
        ),
        Failure::RateLimitedEverywhere(seconds) => limited_everywhere(version, seconds),
        Failure::Banned(ban) => banned(ban),
        Failure::Status(status @ (500 | 503)) => {
            bare_status(StatusCode::from_u16(status).unwrap_or_default())
        }
        other => failures::answer(other),
    }
}

/// Too many calls of the caller's own.
fn rate_limited(version: Version, seconds: f64) -> Response {
    let headers = [
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-reset-after", format!("{seconds:.3}")),
    ];
    (headers, limited_in_channel(version, seconds)).into_response()
}

/// Too many posts to the channel: the headers still tell of the bucket, which has room.
pub(super) fn limited_in_channel(version: Version, seconds: f64) -> Response {
    wait(version, seconds, "You are being rate limited.", "user")
}

/// Too many calls altogether: no bucket has to do with it.
fn limited_everywhere(version: Version, seconds: f64) -> Response {
    let response = wait(version, seconds, "You are being rate limited.", "global");
    let headers = [("x-ratelimit-global", "true"), ("via", VIA)];
    (Extension(Bare), headers, response).into_response()
}

fn wait(version: Version, seconds: f64, message: &str, scope: &str) -> Response {
    let wait = match version {
        Version::Old => (seconds * 1_000.0).ceil(),
        // To the millisecond.
        Version::Current => (seconds * 1_000.0).ceil() / 1_000.0,
    };
    let global = scope == "global";
    let body = json!({"message": message, "retry_after": wait, "global": global});
    let headers = [
        ("retry-after", wait.ceil().to_string()),
        ("x-ratelimit-scope", scope.to_owned()),
    ];
    (StatusCode::TOO_MANY_REQUESTS, headers, Json(body)).into_response()
}

/// The caller's address is kept out, by a proxy that knows nothing of limits.
fn banned(ban: Ban) -> Response {
    const MESSAGE: &str = "You are being blocked from accessing our API temporarily due to \
        exceeding our rate limits frequently. Please read our docs to prevent this moving forward.";
    let status = StatusCode::TOO_MANY_REQUESTS;
    let response = match ban {
        Ban::Json => (status, Json(json!({"code": 0, "message": MESSAGE}))).into_response(),
        Ban::Text => (status, "error code: 1015").into_response(),
        Ban::Html => failures::broken(429),
    };
    (Extension(Bare), response).into_response()
}

/// The webhook as it shows itself to whoever has its URL. Of its token only the place is kept.
pub(super) fn webhook(id: &str, channel: &str) -> Value {
    json!({
        "id": id, "type": 1, "name": channel, "avatar": null, "application_id": null,
        "channel_id": id_of("channel", id), "guild_id": id_of("guild", id),
        "token": "(not shown)",
    })
}

/// The id, which Discord calls a snowflake, of the channel or the server that a webhook belongs to.
pub(super) fn id_of(kind: &str, webhook: &str) -> String {
    const FIRST: u64 = 1_000_000_000_000_000_000;
    let id = FIRST + hash(&format!("{kind} {webhook}")) % 300_000_000_000_000_000;
    id.to_string()
}

/// The message as Discord shows it back.
pub(super) fn message(message: &Message, webhook: &str) -> Value {
    debug_assert_eq!(message.platform, NAME);
    let of = |key: &str, otherwise: Value| match message.payload.get(key) {
        None | Some(Value::Null) => otherwise,
        Some(value) => value.clone(),
    };
    let mut embeds = of("embeds", json!([]));
    for embed in embeds.as_array_mut().into_iter().flatten() {
        embed["type"] = json!("rich");
    }
    let edited_at = message.edited_at.map(time);
    json!({
        "id": message.id,
        "channel_id": message.thread.as_ref().unwrap_or(&message.channel_id),
        "webhook_id": webhook,
        "type": 0,
        "content": of("content", json!("")),
        "author": {
            "id": webhook, "bot": true, "discriminator": "0000", "avatar": null,
            "username": message.sender.as_deref().unwrap_or(&message.channel),
        },
        "timestamp": time(message.received_at),
        "edited_timestamp": edited_at,
        "tts": of("tts", json!(false)),
        "mention_everyone": false,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": embeds,
        "components": of("components", json!([])),
        "pinned": false,
        "flags": of("flags", json!(0)),
    })
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// As the platform does: the head of every answer that its proxy lets through.
const VIA: &str = "1.1 google";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_and_a_server_have_ids_of_their_own() {
        assert_ne!(id_of("channel", "1"), id_of("guild", "1"));
        assert_eq!(id_of("channel", "1").len(), 19);
    }
}
