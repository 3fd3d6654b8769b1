//! Slack's Web API: always JSON, and HTTP status 200 whatever went wrong.

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::request::{BOT_ID, Request, Trouble};
use super::{BOT, chat, conversations};
use crate::chat_sink::ChatSink;
use crate::chat_sink::call::{Call, fields};
use crate::chat_sink::failures::{self, Failure, retry_after};

/// A method's arguments, and the token where a form carried one.
#[derive(Default)]
struct Arguments {
    fields: Map<String, Value>,
    token: Option<String>,
    /// JSON that did not say its charset, which Slack takes and warns about.
    missing_charset: bool,
}

pub(super) fn answer(sink: &ChatSink, call: &Call) -> Response {
    let path = call.path();
    let ["api", method] = path[..] else {
        return (StatusCode::NOT_FOUND, axum::response::Html("Not found")).into_response();
    };
    let scopes = sink.held().scopes.clone();
    let (result, missing_charset) = match read(call) {
        Err(code) => (Err(Trouble::from(code)), false),
        Ok(arguments) => {
            let missing_charset = arguments.missing_charset;
            let result = run(sink, call, method, arguments, &scopes);
            (result, missing_charset)
        }
    };
    let mut body = match result {
        Err(Trouble::Failed(failure)) => return fail(failure),
        Err(Trouble::Refused(code, more)) => merged(json!({"ok": false, "error": code}), more),
        Ok(more) => merged(json!({"ok": true}), more),
    };
    if missing_charset {
        body["warning"] = json!("missing_charset");
        body["response_metadata"]["warnings"] = json!(["missing_charset"]);
    }
    respond(&body, &scopes.join(","), accepted_scope(method))
}

/// The scope that a method needs; none for a method that is not there.
fn accepted_scope(method: &str) -> Option<&'static str> {
    match method {
        "auth.test" => Some(""),
        "chat.postMessage" | "chat.update" | "chat.delete" => Some("chat:write"),
        "conversations.info" | "conversations.list" => Some("channels:read"),
        "conversations.join" => Some("channels:join"),
        _ => None,
    }
}

fn run(
    sink: &ChatSink,
    call: &Call,
    method: &str,
    arguments: Arguments,
    scopes: &[String],
) -> Result<Value, Trouble> {
    let needed = accepted_scope(method).ok_or("unknown_method")?;
    let credential = authenticate(sink, call, arguments.token.as_deref())?;
    let standing = sink.held().destinations.of_credential(credential);
    if method == "auth.test" || !method.starts_with("chat.") {
        // Of a post this is found out with its channel, where it is counted.
        Failure::instead((BOT.fails)(standing, scopes))?;
    }
    if !needed.is_empty() && !scopes.iter().any(|scope| scope == needed) {
        let more = json!({"needed": needed, "provided": scopes.join(",")});
        return Err(Trouble::Refused("missing_scope".to_owned(), more));
    }
    let request = Request {
        sink,
        call,
        method,
        fields: arguments.fields,
        scopes,
        credential,
    };
    match method {
        "auth.test" => Ok(json!({
            "url": "https://carillon.example/", "team": "Carillon", "user": "carillon",
            "team_id": "T0CARILLON", "user_id": "U0CARILLON", "bot_id": BOT_ID,
            "is_enterprise_install": false,
        })),
        "chat.postMessage" => chat::post(request),
        "chat.update" => chat::update(request),
        "chat.delete" => chat::delete(&request),
        _ => conversations::answer(&request),
    }
}

/// The token must come in the header or, with a form, in the form: not in JSON, not in the query.
fn authenticate(
    sink: &ChatSink,
    call: &Call,
    form_token: Option<&str>,
) -> Result<u64, &'static str> {
    let header = call.header(header::AUTHORIZATION);
    let bearer = header.and_then(|value| value.strip_prefix("Bearer "));
    let token = bearer.or(form_token).map(str::trim).ok_or("not_authed")?;
    let known = ["xoxb-", "xoxp-"]
        .iter()
        .any(|prefix| token.len() > prefix.len() && token.starts_with(prefix));
    match token {
        "" => Err("not_authed"),
        _ if known => Ok(sink.fingerprint(token)),
        _ => Err("invalid_auth"),
    }
}

fn read(call: &Call) -> Result<Arguments, &'static str> {
    let body = call.body.as_ref().ok_or("request_timeout")?;
    let mut arguments = Arguments::default();
    if call.method == Method::GET {
        let fields = call.query.iter().filter(|(key, _)| key != "token");
        arguments.fields = fields
            .map(|(key, value)| (key.clone(), Value::String(value.clone())))
            .collect();
        return Ok(arguments);
    }
    let Some(media_type) = call.media_type() else {
        return if body.is_empty() {
            Ok(arguments)
        } else {
            Err("missing_post_type")
        };
    };
    let charset = media_type.charset.as_deref();
    if !matches!(charset, None | Some("utf-8" | "utf8" | "iso-8859-1")) {
        return Err("invalid_charset");
    }
    match media_type.essence.as_str() {
        "application/json" => {
            arguments.missing_charset = charset.is_none();
            if body.is_empty() {
                return Ok(arguments);
            }
            match serde_json::from_slice(body) {
                Ok(Value::Object(fields)) => arguments.fields = fields,
                Ok(_) => return Err("json_not_object"),
                Err(_) => return Err("invalid_json"),
            }
            // It counts for nothing here, and is not to be kept.
            arguments.fields.remove("token");
            arguments.fields.retain(|_, value| !value.is_null());
        }
        "application/x-www-form-urlencoded" => read_form(body, &mut arguments)?,
        _ => return Err("invalid_post_type"),
    }
    Ok(arguments)
}

fn read_form(body: &[u8], arguments: &mut Arguments) -> Result<(), &'static str> {
    for (key, value) in fields(body) {
        let value = match key.as_str() {
            "token" => {
                arguments.token = Some(value);
                continue;
            }
            "blocks" => serde_json::from_str(&value).map_err(|_| "invalid_blocks_format")?,
            "attachments" => serde_json::from_str(&value).map_err(|_| "invalid_attachments")?,
            _ => Value::String(value),
        };
        arguments.fields.insert(key, value);
    }
    Ok(())
}

fn merged(mut body: Value, more: Value) -> Value {
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

fn fail(failure: Failure) -> Response {
    match failure {
        Failure::RateLimited(seconds) => {
            let body = json!({"ok": false, "error": "ratelimited"});
            let status = StatusCode::TOO_MANY_REQUESTS;
            (status, retry_after(seconds), axum::Json(body)).into_response()
        }
        other => failures::answer(other),
    }
}

fn respond(body: &Value, scopes: &str, accepted: Option<&'static str>) -> Response {
    let headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("x-oauth-scopes", scopes),
    ];
    let accepted = accepted.filter(|accepted| !accepted.is_empty());
    let accepted = accepted.map(|accepted| [("x-accepted-oauth-scopes", accepted)]);
    (headers, accepted, body.to_string()).into_response()
}
