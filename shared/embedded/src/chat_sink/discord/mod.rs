//! Discord's webhooks: who may call what, and how often.

mod codes;
mod endpoint;
mod messages;
mod replies;
mod threads;

use std::time::Duration;

use axum::Json;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::call::{Call, text};
use super::destination::Place;
use super::failures::{Ban, Failure};
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
    answer,
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

fn answer(sink: &ChatSink, call: &Call) -> Response {
    let mut count = Count {
        remaining: BUCKET.size - 1,
        reset_after: Duration::from_millis(400),
        exceeded: false,
    };
    let mut response = route(sink, call, &mut count);
    if response.extensions().get::<Bare>().is_none() {
        replies::tell_limits(response.headers_mut(), count, sink.now());
    }
    response
}

fn route(sink: &ChatSink, call: &Call, count: &mut Count) -> Response {
    let agent = call.header(header::USER_AGENT).unwrap_or_default();
    if agent.is_empty() || agent.starts_with("Mozilla/") {
        return replies::error(40_333);
    }
    let path = call.path();
    let ["api", rest @ ..] = &path[..] else {
        return replies::bare_status(StatusCode::NOT_FOUND);
    };
    let is_old_host = call.host.ends_with("discordapp.com");
    let (version, rest) = match rest {
        ["v6" | "v7", rest @ ..] => (Version::Old, rest),
        ["v8" | "v9", rest @ ..] => (Version::Current, rest),
        // It does not exist on the old hosts.
        ["v10", rest @ ..] if !is_old_host => (Version::Current, rest),
        [number, ..] if is_version(number) => return replies::error(50_041),
        _ => (Version::Old, rest),
    };
    run(sink, call, rest, count).unwrap_or_else(|refused| refused.answer(version))
}

fn run(
    sink: &ChatSink,
    call: &Call,
    path: &[&str],
    count: &mut Count,
) -> Result<Response, Refused> {
    let ["webhooks", webhook, token, rest @ ..] = path else {
        return Err(Refused::NoRoute(StatusCode::NOT_FOUND));
    };
    if !is_snowflake(webhook) && !is_placeholder(webhook) {
        return Err(Refused::field("webhook_id", NO_SNOWFLAKE));
    }
    let thread = call.query("thread_id");
    if thread.is_some_and(|thread| !is_snowflake(thread)) {
        return Err(Refused::field("thread_id", NO_SNOWFLAKE));
    }
    if token.is_empty() {
        return Err(Refused::Code(50_027));
    }
    let place = Place {
        kind: &WEBHOOK,
        channel: sink.webhook_channel(webhook),
        channel_id: replies::id_of("channel", webhook),
        webhook: Some((*webhook).to_owned()),
        credential: sink.fingerprint(token),
    };
    if let Some(wait) = sink.counted(&place, "global", GLOBAL).and_then(Count::wait) {
        return Err(Failure::RateLimitedEverywhere(wait).into());
    }
    let standing = sink.called(&place);
    let endpoint = Endpoint {
        sink,
        call,
        webhook,
        thread,
        place,
        standing,
    };
    let posts = call.method == Method::POST || call.method == Method::PATCH;
    if posts {
        endpoint.keep_to_limits(rest.first().copied().unwrap_or_default(), count)?;
    }
    // A dead webhook is dead whatever is sent there; what else is wrong shows with a post.
    if let Some(failure @ Failure::Refusal(_)) = (WEBHOOK.fails)(standing, &[]) {
        return Err(failure.into());
    }
    match (rest, &call.method) {
        ([], &Method::GET) => Ok(endpoint.show(&endpoint.place.channel)),
        ([], &Method::PATCH) => endpoint.rename(),
        ([], &Method::DELETE) => {
            sink.stand(&endpoint.place.channel_id, Standing::Revoked);
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        ([], &Method::POST) => endpoint.execute(),
        (["messages", id], &Method::GET) => endpoint.show_message(id),
        (["messages", id], &Method::PATCH) => endpoint.edit_message(id),
        (["messages", id], &Method::DELETE) => endpoint.delete_message(id),
        ([] | ["messages", _], _) => Err(Refused::NoRoute(StatusCode::METHOD_NOT_ALLOWED)),
        _ => Err(Refused::NoRoute(StatusCode::NOT_FOUND)),
    }
}

impl Endpoint<'_> {
    /// Refuses a call that is too much. Refused calls count as well.
    fn keep_to_limits(&self, route: &str, count: &mut Count) -> Result<(), Refused> {
        // Each message has the same bucket, each webhook another.
        let key = format!("{} {} {route}", self.webhook, self.place.credential);
        if let Some(counted) = self.sink.counted(&self.place, &key, BUCKET) {
            *count = counted;
            if let Some(wait) = counted.wait() {
                return Err(Failure::RateLimited(wait).into());
            }
        }
        if self.call.method == Method::POST {
            let channel_id = &self.place.channel_id;
            let counted = self.sink.counted(&self.place, channel_id, CHANNEL);
            if let Some(wait) = counted.and_then(Count::wait) {
                return Err(Refused::LimitedInChannel(wait));
            }
        }
        Ok(())
    }

    fn show(&self, name: &str) -> Response {
        Json(replies::webhook(self.webhook, name)).into_response()
    }

    /// Renames the webhook. (The sink takes the name for the channel's.)
    fn rename(&self) -> Result<Response, Refused> {
        let changes = self.read()?;
        let Some(name) = text(&changes, "name") else {
            return Ok(self.show(&self.place.channel));
        };
        if name.trim().is_empty() || name.chars().count() > MAX_NAME {
            let rule = "Must be between 1 and 80 in length.";
            return Err(Refused::field("name", rule));
        }
        self.sink.name_webhook(self.webhook, name);
        Ok(self.show(name))
    }
}

fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
}

/// What documentation writes in an id's place. Discord itself would refuse it, but here an
/// example must work as it stands: every credential of the right form is good.
fn is_placeholder(id: &str) -> bool {
    !id.is_empty() && id.len() <= 20 && id.chars().all(|c| c == 'X')
}

fn is_snowflake(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.chars().all(|c| c.is_ascii_digit())
}
