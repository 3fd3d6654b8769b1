//! Discord's webhooks: who may call what, and how often.

use std::time::Duration;

use crate::chat_sink::platform::DestinationKind;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value};

use super::call::Call;
use super::destination::Place;
use super::discord_replies::{self as replies, Bare, Version};
use super::limits::Violation;
use super::pace::{BUCKET_SIZE, Count};
use super::{ChatSink, Failure, Standing, discord_slack, ids};

const NO_SNOWFLAKE: &str = "Value is not snowflake.";

/// The longest name of a webhook (resources/webhook).
const MAX_NAME: usize = 80;

/// Why a payload is refused.
pub(super) enum Refused {
    Code(u32),
    Form(Vec<Violation>),
}

impl Refused {
    pub fn form(pointer: &str, rule: &str) -> Self {
        Self::Form(vec![Violation {
            pointer: pointer.to_owned(),
            rule: rule.to_owned(),
            code: "50035",
        }])
    }

    pub fn answer(&self, version: Version) -> Response {
        match self {
            Self::Code(code) => replies::error(*code),
            Self::Form(violations) => replies::invalid_form(version, violations),
        }
    }
}

/// A webhook's endpoint, and what of the call it needs.
pub(super) struct Endpoint<'a> {
    pub sink: &'a ChatSink,
    pub call: &'a Call,
    pub version: Version,
    pub webhook: &'a str,
    pub thread: Option<&'a str>,
    pub place: Place,
    pub standing: Standing,
}

pub(super) async fn answer(sink: &ChatSink, call: &Call) -> Response {
    let mut count = Count {
        remaining: BUCKET_SIZE - 1,
        reset_after: Duration::from_millis(400),
        exceeded: false,
    };
    let mut response = route(sink, call, &mut count).await;
    if response.extensions().get::<Bare>().is_none() {
        replies::tell_limits(response.headers_mut(), count, sink.now());
    }
    response
}

async fn route(sink: &ChatSink, call: &Call, count: &mut Count) -> Response {
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
    let place = Place {
        kind: DestinationKind::DiscordWebhook,
        channel: sink.webhook_channel(webhook),
        channel_id: ids::discord("channel", webhook),
        webhook: Some((*webhook).to_owned()),
        credential: sink.fingerprint(token),
    };
    if let Some(everywhere) = sink.paced(|paces, now| paces.global(now))
        && everywhere.exceeded
    {
        sink.held().destinations.rate_limited(&place);
        return replies::limited_everywhere(version, everywhere.reset_after.as_secs_f64());
    }
    let standing = sink.called(&place);
    let endpoint = Endpoint {
        sink,
        call,
        version,
        webhook,
        thread,
        place,
        standing,
    };
    let posts = call.method == Method::POST || call.method == Method::PATCH;
    if posts && let Some(limited) = endpoint.limited(&rest.join("/"), count) {
        return limited;
    }
    // A dead webhook is dead whatever is sent there; what else is wrong shows with a post.
    if let Some(failure @ Failure::DiscordError(_)) = standing.failure(endpoint.place.kind, &[]) {
        return replies::fail(version, failure).await;
    }
    match (rest, &call.method) {
        ([], &Method::GET) => endpoint.show(),
        ([], &Method::PATCH) => endpoint.rename(),
        ([], &Method::DELETE) => {
            let id = endpoint.place.channel_id.as_str();
            sink.stand(id, Standing::Revoked);
            replies::reply(StatusCode::NO_CONTENT, None)
        }
        ([], &Method::POST) => endpoint.execute().await,
        (["slack"], &Method::POST) => discord_slack::execute(&endpoint).await,
        (["messages", id], &Method::GET) => endpoint.show_message(id),
        (["messages", id], &Method::PATCH) => endpoint.edit_message(id).await,
        (["messages", id], &Method::DELETE) => endpoint.delete_message(id),
        ([] | ["slack"] | ["messages", _], _) => replies::no_route(StatusCode::METHOD_NOT_ALLOWED),
        _ => replies::no_route(StatusCode::NOT_FOUND),
    }
}

impl Endpoint<'_> {
    /// The answer to a call that is too much, if it is. Refused calls count as well.
    fn limited(&self, route: &str, count: &mut Count) -> Option<Response> {
        // Each message has the same bucket, each webhook another.
        let route = route.split('/').next().unwrap_or_default();
        let key = format!("{} {} {route}", self.webhook, self.place.credential);
        let counted = self.sink.paced(|paces, now| paces.bucket(&key, now))?;
        *count = counted;
        let seconds = counted.reset_after.as_secs_f64();
        if counted.exceeded {
            self.sink.held().destinations.rate_limited(&self.place);
            return Some(replies::rate_limited(self.version, seconds));
        }
        if self.call.method != Method::POST {
            return None;
        }
        let channel_id = &self.place.channel_id;
        let counted = self
            .sink
            .paced(|paces, now| paces.channel(channel_id, now))?;
        let seconds = counted.reset_after.as_secs_f64();
        counted.exceeded.then(|| {
            self.sink.held().destinations.rate_limited(&self.place);
            replies::limited_in_channel(self.version, seconds)
        })
    }

    fn show(&self) -> Response {
        let shown = replies::webhook(self.webhook, &self.place.channel);
        replies::reply(StatusCode::OK, Some(&shown))
    }

    /// Renames the webhook. (The sink takes the name for the channel's.)
    fn rename(&self) -> Response {
        let changes = match self.read() {
            Ok(changes) => changes,
            Err(refused) => return refused.answer(self.version),
        };
        let name = changes.get("name").and_then(Value::as_str);
        if let Some(name) = name {
            if name.trim().is_empty() || name.chars().count() > MAX_NAME {
                let rule = "Must be between 1 and 80 in length.";
                return Refused::form("/name", rule).answer(self.version);
            }
            self.sink.name_webhook(self.webhook, name);
        }
        let shown = replies::webhook(self.webhook, name.unwrap_or(&self.place.channel));
        replies::reply(StatusCode::OK, Some(&shown))
    }

    /// What is to go wrong with a post, as it stands or on order.
    pub fn failure(&self) -> Option<Failure> {
        self.standing
            .failure(self.place.kind, &[])
            .or_else(|| self.sink.planned(&self.place))
    }

    /// The body's fields. (The platform takes files as well, in multipart forms; this sink
    /// does not.)
    pub fn read(&self) -> Result<Map<String, Value>, Refused> {
        let Some(body) = &self.call.body else {
            return Err(Refused::Code(40_005));
        };
        let media_type = self.call.media_type().map(|media_type| media_type.essence);
        let form;
        let json = match media_type.as_deref() {
            Some("application/json") => body.as_ref(),
            Some("application/x-www-form-urlencoded") => {
                form = from_form(body);
                form.as_bytes()
            }
            _ => {
                let rule = "Expected \"Content-Type\" header to be one of \
                    {'application/json', 'application/x-www-form-urlencoded'}.";
                return Err(Refused::form("", rule));
            }
        };
        match serde_json::from_slice(json) {
            Ok(Value::Object(payload)) => Ok(payload),
            Ok(_) => Err(Refused::form(
                "",
                "Only dictionaries may be used in a DictType",
            )),
            Err(_) => Err(Refused::Code(50_109)),
        }
    }
}

/// The fields of a form as JSON: in `payload_json`, or each by itself as a text.
fn from_form(body: &[u8]) -> String {
    let fields = super::call::fields(body);
    match fields.iter().find(|(key, _)| key == "payload_json") {
        Some((_, payload)) => payload.clone(),
        None => {
            let fields = fields.into_iter();
            let fields: Map<_, _> = fields.map(|(key, v)| (key, Value::String(v))).collect();
            Value::Object(fields).to_string()
        }
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

/// As the platform does: the head of every answer that its proxy lets through.
pub(super) const VIA: HeaderValue = HeaderValue::from_static("1.1 google");
