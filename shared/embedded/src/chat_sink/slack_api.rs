//! Slack's Web API: always JSON, and HTTP status 200 whatever went wrong.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use carillon_domain::Platform;
use serde_json::{Map, Value, json};

use super::call::{Call, fields};
use super::limits::Violation;
use super::slack_content::{self, Refused};
use super::store::{Incoming, Message};
use super::{ChatSink, Failure, ids, mentions};

const BOT_ID: &str = "B0CARILLON";

/// What a method ends in, other than success.
enum Trouble {
    /// Slack's answer: `ok: false`, its code, and more beside it.
    Refused(String, Value),
    /// No answer of Slack's.
    Broken(Response),
}

impl From<&str> for Trouble {
    fn from(code: &str) -> Self {
        Self::Refused(code.to_owned(), json!({}))
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        let errors: Vec<String> = refused.violations.iter().map(describe).collect();
        if errors.is_empty() {
            return Self::from(refused.code);
        }
        let messages: Vec<_> = errors.iter().map(|e| format!("[ERROR] {e}")).collect();
        let more = json!({"errors": errors, "response_metadata": {"messages": messages}});
        Self::Refused(refused.code.to_owned(), more)
    }
}

fn describe(violation: &Violation) -> String {
    let rule = match violation.most() {
        // Slack names the first length that is too much.
        Some(most) => format!("must be less than {} characters", most + 1),
        None => violation.rule.clone(),
    };
    format!("{rule} [json-pointer:{}]", violation.pointer)
}

/// A method's arguments, and the token where a form carried one.
struct Arguments {
    fields: Map<String, Value>,
    token: Option<String>,
    /// JSON that did not say its charset, which Slack takes and warns about.
    missing_charset: bool,
}

pub(super) async fn answer(sink: &ChatSink, call: &Call) -> Response {
    let path = call.path();
    let ["api", method] = path[..] else {
        return (StatusCode::NOT_FOUND, axum::response::Html("Not found")).into_response();
    };
    let scopes = sink.scopes();
    let (result, missing_charset) = match read(call) {
        Err(code) => (Err(Trouble::from(code)), false),
        Ok(arguments) => {
            let missing_charset = arguments.missing_charset;
            let result = run(sink, call, method, arguments, &scopes).await;
            (result, missing_charset)
        }
    };
    let mut body = match result {
        Err(Trouble::Broken(response)) => return response,
        Err(Trouble::Refused(code, more)) => merged(json!({"ok": false, "error": code}), more),
        Ok(more) => merged(json!({"ok": true}), more),
    };
    if missing_charset {
        body["warning"] = json!("missing_charset");
        body["response_metadata"]["warnings"] = json!(["missing_charset"]);
    }
    let accepted = method.starts_with("chat.").then_some("chat:write");
    respond(&body, &scopes.join(","), accepted)
}

async fn run(
    sink: &ChatSink,
    call: &Call,
    method: &str,
    arguments: Arguments,
    scopes: &[String],
) -> Result<Value, Trouble> {
    if !matches!(method, "auth.test" | "chat.postMessage" | "chat.update") {
        return Err("unknown_method".into());
    }
    authenticate(call, arguments.token.as_deref())?;
    if method == "auth.test" {
        return Ok(json!({
            "url": "https://carillon.example/", "team": "Carillon", "user": "carillon",
            "team_id": "T0CARILLON", "user_id": "U0CARILLON", "bot_id": BOT_ID,
            "is_enterprise_install": false,
        }));
    }
    if !scopes.iter().any(|scope| scope == "chat:write") {
        let more = json!({"needed": "chat:write", "provided": scopes.join(",")});
        return Err(Trouble::Refused("missing_scope".to_owned(), more));
    }
    match method {
        "chat.update" => update(sink, arguments.fields).await,
        _ => post_message(sink, call, arguments.fields).await,
    }
}

async fn post_message(
    sink: &ChatSink,
    call: &Call,
    mut fields: Map<String, Value>,
) -> Result<Value, Trouble> {
    let (channel, channel_id) = resolve(sink, &fields).ok_or("channel_not_found")?;
    if let Some(failure) = sink.planned(Platform::Slack, &channel, &channel_id) {
        return Err(fail(failure).await);
    }
    slack_content::accept(&mut fields)?;
    let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
    let (sender, thread) = (text("username"), text("thread_ts"));
    let payload = Value::Object(fields);
    let message = sink.add(Incoming {
        platform: Platform::Slack,
        host: call.host.clone(),
        channel,
        channel_id,
        sender,
        thread,
        open_mentions: mentions::open(Platform::Slack, &payload),
        payload,
    });
    Ok(json!({"channel": message.channel_id, "ts": message.id, "message": echo(&message)}))
}

async fn update(sink: &ChatSink, mut fields: Map<String, Value>) -> Result<Value, Trouble> {
    let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
    let (channel_id, ts) = (text("channel").to_owned(), text("ts").to_owned());
    let channel = sink.channel_name(&channel_id);
    if !ids::is_slack_id(&channel_id) {
        return Err("channel_not_found".into());
    }
    if let Some(failure) = sink.planned(Platform::Slack, &channel, &channel_id) {
        return Err(fail(failure).await);
    }
    let message = sink
        .find(Platform::Slack, &channel_id, &ts)
        .ok_or("message_not_found")?;
    slack_content::accept_edit(&fields)?;
    fields.remove("ts");
    // An update cannot change who a message is from.
    for key in ["username", "icon_emoji", "icon_url", "thread_ts"] {
        fields.remove(key);
        if let Some(value) = message.payload.get(key) {
            fields.insert(key.to_owned(), value.clone());
        }
    }
    let text = fields.get("text").cloned().unwrap_or(json!(""));
    sink.edit(&message, Value::Object(fields));
    let edited = sink
        .find(Platform::Slack, &channel_id, &ts)
        .ok_or("message_not_found")?;
    Ok(json!({"channel": channel_id, "ts": ts, "text": text, "message": echo(&edited)}))
}

/// The name and the id of the channel that a message is for.
fn resolve(sink: &ChatSink, fields: &Map<String, Value>) -> Option<(String, String)> {
    let asked = fields.get("channel")?.as_str()?;
    if ids::is_slack_id(asked) {
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
    well_formed.then(|| (name.to_owned(), ids::slack_channel(name)))
}

/// The token must come in the header or, with a form, in the form: not in JSON, not in the query.
fn authenticate(call: &Call, form_token: Option<&str>) -> Result<(), &'static str> {
    let header = call.header(header::AUTHORIZATION);
    let bearer = header.and_then(|value| value.strip_prefix("Bearer "));
    let token = bearer.or(form_token).map(str::trim).ok_or("not_authed")?;
    let known = ["xoxb-", "xoxp-"]
        .iter()
        .any(|prefix| token.len() > prefix.len() && token.starts_with(prefix));
    match token {
        "" => Err("not_authed"),
        _ if known => Ok(()),
        _ => Err("invalid_auth"),
    }
}

fn read(call: &Call) -> Result<Arguments, &'static str> {
    let body = call.body.as_ref().ok_or("request_timeout")?;
    let mut arguments = Arguments {
        fields: Map::new(),
        token: None,
        missing_charset: false,
    };
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

async fn fail(failure: Failure) -> Trouble {
    match failure {
        Failure::Hang => Trouble::Broken(super::hang().await),
        Failure::SlackError(code) if code == "missing_scope" => {
            let more = json!({"needed": "chat:write", "provided": "channels:read"});
            Trouble::Refused(code, more)
        }
        Failure::SlackError(code) => Trouble::from(code.as_str()),
        Failure::RateLimited(seconds) => {
            let seconds = seconds.ceil().to_string();
            let body = json!({"ok": false, "error": "ratelimited"});
            let headers = [(header::RETRY_AFTER, seconds)];
            let response = (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(body));
            Trouble::Broken(response.into_response())
        }
        Failure::Status(status) => Trouble::Broken(super::broken(status)),
        Failure::DiscordError(_) => Trouble::Broken(super::broken(500)),
    }
}

/// The message as Slack shows it back.
fn echo(message: &Message) -> Value {
    let mut shown = json!({
        "type": "message", "subtype": "bot_message", "text": "", "ts": message.id,
        "bot_id": BOT_ID, "app_id": "A0CARILLON", "team": "T0CARILLON",
    });
    for key in ["text", "blocks", "attachments", "thread_ts", "username"] {
        if let Some(value) = message.payload.get(key) {
            shown[key] = value.clone();
        }
    }
    if let Some(attachments) = shown.get_mut("attachments").and_then(Value::as_array_mut) {
        for (attachment, id) in attachments.iter_mut().zip(1..) {
            if let Some(attachment) = attachment.as_object_mut() {
                attachment.insert("id".to_owned(), Value::from(id));
            }
        }
    }
    if message.edited {
        shown["edited"] = json!({"user": BOT_ID, "ts": message.id});
    }
    shown
}

fn merged(mut body: Value, more: Value) -> Value {
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

fn respond(body: &Value, scopes: &str, accepted: Option<&'static str>) -> Response {
    let mut response = axum::Json(body).into_response();
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, json);
    if let Ok(scopes) = HeaderValue::from_str(scopes) {
        headers.insert(HeaderName::from_static("x-oauth-scopes"), scopes);
    }
    if let Some(accepted) = accepted {
        let name = HeaderName::from_static("x-accepted-oauth-scopes");
        headers.insert(name, HeaderValue::from_static(accepted));
    }
    response
}
