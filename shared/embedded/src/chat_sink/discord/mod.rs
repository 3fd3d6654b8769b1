//! Discord's webhooks: who may call what, and how often.

mod codes;
mod endpoint;
mod ids;
mod mentions;
mod messages;
mod replies;
mod slack;
mod threads;

use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use carillon_chat::discord::limits;
use serde_json::Value;

use super::call::Call;
use super::destination::Place;
use super::failures::{Ban, Failure};
use super::limits::Violation;
use super::pace::{Count, Window};
use super::platform::{DestinationKind, Platform};
use super::{ChatSink, Standing};
use endpoint::{Endpoint, Refused};
use replies::{Bare, Version};

pub(super) use threads::Threads;

const NO_SNOWFLAKE: &str = "Value is not snowflake.";

const NAME: &str = "discord";

/// The bucket of a webhook: five calls in two seconds (discord-api-docs#367), which answers tell.
const BUCKET: Window = Window {
    size: 5,
    period: Duration::from_secs(2),
};

/// Posts to one channel, whichever webhook: thirty in a minute, which no answer tells before it is
/// too late (discord-api-docs#1454).
const CHANNEL: Window = Window {
    size: 30,
    period: Duration::from_secs(60),
};

/// All of a caller's requests (topics/rate-limits).
const GLOBAL: Window = Window {
    size: 50,
    period: Duration::from_secs(1),
};

/// The longest name of a webhook (resources/webhook).
const MAX_NAME: usize = 80;

const HOSTS: [&str; 6] = [
    "discord.com",
    "ptb.discord.com",
    "canary.discord.com",
    "discordapp.com",
    "ptb.discordapp.com",
    "canary.discordapp.com",
];

pub(super) const API: Platform = Platform {
    takes: |call| HOSTS.contains(&call.host.as_str()),
    answer: |sink, call| Box::pin(answer(sink, call)),
    failures: || {
        vec![
            ("Discord: banned", Failure::Banned(Ban::Text)),
            (
                "Discord: limited everywhere, 2 s",
                Failure::RateLimitedEverywhere(2.0),
            ),
            (
                "Discord: limited by others, 2 s",
                Failure::RateLimitedByOthers(2.0),
            ),
            ("Teams, Discord: taken and lost", Failure::Lost),
        ]
    },
};

pub(super) static WEBHOOK: DestinationKind = DestinationKind {
    id: "discord_webhook",
    platform: NAME,
    name: "webhook",
    fails: |standing, _| {
        let code = match standing {
            Standing::Revoked | Standing::Uninstalled => 10_015,
            Standing::WrongSecret => 50_027,
            Standing::Archived | Standing::Gone => 10_003,
            Standing::Private => 50_001,
            Standing::Restricted => 50_013,
            Standing::Banned => return Some(Failure::Banned(Ban::Text)),
            other => return other.outage(),
        };
        Some(Failure::refusal(NAME, code))
    },
    of_credential: &[],
    forums: &[Standing::Forum, Standing::TaggedForum],
    can: |failure| !matches!(failure, Failure::RateLimitedWithoutBody(_)),
};

async fn answer(sink: &ChatSink, call: &Call) -> Response {
    let mut count = Count {
        remaining: BUCKET.size - 1,
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
        kind: &WEBHOOK,
        channel: sink.webhook_channel(webhook),
        channel_id: ids::of("channel", webhook),
        webhook: Some((*webhook).to_owned()),
        credential: sink.fingerprint(token),
    };
    if let Some(everywhere) = sink.paced(|paces, now| paces.window("global", GLOBAL, now))
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
    if let Some(failure @ Failure::Refusal(_)) = (WEBHOOK.fails)(standing, &[]) {
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
        (["slack"], &Method::POST) => slack::execute(&endpoint).await,
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
        let counted = self
            .sink
            .paced(|paces, now| paces.window(&key, BUCKET, now))?;
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
            .paced(|paces, now| paces.window(channel_id, CHANNEL, now))?;
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

fn violations(payload: &Value) -> Vec<Violation> {
    Violation::of(limits::violations(payload))
}
