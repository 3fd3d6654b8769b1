//! Discord's webhooks.

use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use carillon_domain::Platform;
use serde_json::{Map, Value};

use super::call::Call;
use super::discord_replies::{self as replies, Version};
use super::limits::{self, Violation};
use super::store::Incoming;
use super::{ChatSink, ids, mentions};

const NO_SNOWFLAKE: &str = "Value is not snowflake.";

/// Why a payload is refused.
enum Refused {
    Code(u32),
    Form(Vec<Violation>),
}

impl Refused {
    fn form(pointer: &str, rule: &str) -> Self {
        Self::Form(vec![Violation {
            pointer: pointer.to_owned(),
            rule: rule.to_owned(),
            code: "50035",
        }])
    }

    fn answer(&self, version: Version) -> Response {
        match self {
            Self::Code(code) => replies::error(*code),
            Self::Form(violations) => replies::invalid_form(version, violations),
        }
    }
}

/// A webhook's endpoint, and what of the call it needs.
struct Endpoint<'a> {
    sink: &'a ChatSink,
    call: &'a Call,
    version: Version,
    webhook: &'a str,
    thread: Option<&'a str>,
    channel: String,
    channel_id: String,
}

pub(super) async fn answer(sink: &ChatSink, call: &Call) -> Response {
    let agent = call.header(header::USER_AGENT).unwrap_or_default();
    if agent.is_empty() || agent.starts_with("Mozilla/") {
        return replies::error(40_333);
    }
    let path = call.path();
    let ["api", rest @ ..] = &path[..] else {
        return replies::no_route(StatusCode::NOT_FOUND);
    };
    let (version, rest) = match rest {
        [number, rest @ ..] if is_version(number) => match version(number) {
            Some(version) if !(old_host(call) && *number == "v10") => (version, rest),
            _ => return replies::error(50_041),
        },
        _ => (Version::Old, rest),
    };
    let ["webhooks", webhook, token, rest @ ..] = rest else {
        return replies::no_route(StatusCode::NOT_FOUND);
    };
    if !is_snowflake(webhook) && !is_placeholder(webhook) {
        return Refused::form("/webhook_id", NO_SNOWFLAKE).answer(version);
    }
    let thread = call.query("thread_id");
    if thread.is_some_and(|thread| !is_snowflake(thread)) {
        return Refused::form("/thread_id", NO_SNOWFLAKE).answer(version);
    }
    if token.is_empty() {
        return replies::error(50_027);
    }
    let endpoint = Endpoint {
        sink,
        call,
        version,
        webhook,
        thread,
        channel: sink.webhook_channel(webhook),
        channel_id: ids::discord("channel", webhook),
    };
    match (rest, &call.method) {
        ([], &Method::GET) => {
            let shown = replies::webhook(webhook, &endpoint.channel);
            replies::reply(StatusCode::OK, Some(&shown))
        }
        ([], &Method::POST) => endpoint.execute().await,
        (["messages", id], &Method::GET) => endpoint.show(id),
        (["messages", id], &Method::PATCH) => endpoint.edit(id).await,
        ([] | ["messages", _], _) => replies::no_route(StatusCode::METHOD_NOT_ALLOWED),
        _ => replies::no_route(StatusCode::NOT_FOUND),
    }
}

impl Endpoint<'_> {
    async fn execute(&self) -> Response {
        let payload = match self.read() {
            Ok(payload) => payload,
            Err(refused) => return refused.answer(self.version),
        };
        if let Some(failure) = self.planned() {
            return replies::fail(self.version, failure).await;
        }
        if let Err(refused) = accept(&payload) {
            return refused.answer(self.version);
        }
        let sender = payload.get("username").and_then(Value::as_str);
        let sender = sender.map(str::to_owned);
        let payload = Value::Object(payload);
        let message = self.sink.add(Incoming {
            platform: Platform::Discord,
            host: self.call.host.clone(),
            channel: self.channel.clone(),
            channel_id: self.channel_id.clone(),
            sender,
            thread: self.thread.map(str::to_owned),
            open_mentions: mentions::open(Platform::Discord, &payload),
            payload,
        });
        match self.call.query("wait") {
            Some("true" | "True" | "1") => {
                let shown = replies::message(&message, self.webhook);
                replies::reply(StatusCode::OK, Some(&shown))
            }
            _ => replies::reply(StatusCode::NO_CONTENT, None),
        }
    }

    fn show(&self, id: &str) -> Response {
        let found = self
            .sink
            .find(Platform::Discord, &self.channel_id, id)
            // One that is in a thread is found only there.
            .filter(|message| message.thread.as_deref() == self.thread);
        match found {
            None => replies::error(10_008),
            Some(message) => {
                let shown = replies::message(&message, self.webhook);
                replies::reply(StatusCode::OK, Some(&shown))
            }
        }
    }

    async fn edit(&self, id: &str) -> Response {
        let changes = match self.read() {
            Ok(changes) => changes,
            Err(refused) => return refused.answer(self.version),
        };
        if let Some(failure) = self.planned() {
            return replies::fail(self.version, failure).await;
        }
        let found = self.sink.find(Platform::Discord, &self.channel_id, id);
        let Some(message) = found else {
            return replies::error(10_008);
        };
        if message.thread.as_deref() != self.thread {
            return replies::error(10_008);
        }
        let mut payload = message.payload.as_object().cloned().unwrap_or_default();
        // The mentions allowed at first are forgotten, and nobody changes their name.
        payload.remove("allowed_mentions");
        for (key, value) in changes {
            match value {
                _ if matches!(key.as_str(), "username" | "avatar_url") => {}
                Value::Null => _ = payload.remove(&key),
                value => _ = payload.insert(key, value),
            }
        }
        if let Err(refused) = accept(&payload) {
            return refused.answer(self.version);
        }
        self.sink.edit(&message, Value::Object(payload));
        self.show(id)
    }

    fn planned(&self) -> Option<super::Failure> {
        self.sink
            .planned(Platform::Discord, &self.channel, self.webhook)
    }

    fn read(&self) -> Result<Map<String, Value>, Refused> {
        let Some(body) = &self.call.body else {
            return Err(Refused::Code(40_005));
        };
        let json = self
            .call
            .media_type()
            .is_some_and(|media_type| media_type.essence == "application/json");
        if !json {
            // The platform takes forms as well; this sink does not.
            let rule = "Expected \"Content-Type\" header to be one of {'application/json'}.";
            return Err(Refused::form("", rule));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(payload)) => Ok(payload),
            Ok(_) => Err(Refused::form(
                "",
                "Only dictionaries may be used in a DictType",
            )),
            Err(_) => Err(Refused::Code(50_109)),
        }
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
    let payload = Value::Object(payload.clone());
    let violations = limits::violations(Platform::Discord, &payload);
    if violations.is_empty() {
        Ok(())
    } else {
        Err(Refused::Form(violations))
    }
}

fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
}

fn version(segment: &str) -> Option<Version> {
    match segment {
        "v6" | "v7" => Some(Version::Old),
        "v8" | "v9" | "v10" => Some(Version::Current),
        _ => None,
    }
}

/// The hosts that the newest version does not exist on.
fn old_host(call: &Call) -> bool {
    call.host.ends_with("discordapp.com")
}

/// What documentation writes in an id's place. Discord itself would refuse it, but here an
/// example must work as it stands: every credential of the right form is good.
fn is_placeholder(id: &str) -> bool {
    !id.is_empty() && id.len() <= 20 && id.chars().all(|c| c == 'X')
}

fn is_snowflake(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.chars().all(|c| c.is_ascii_digit())
}
