//! What Discord's answers mean.

use std::time::Duration;

use carillon_domain::Outcome;
use carillon_domain::delivery::MessageRef;
use serde_json::Value;

use super::limits::MAX_EMBEDS;
use super::{NAME, codes};
use crate::answer::{Answer, wait};
use crate::reply::{self, Pause, Remedy, Reply};

/// How long all messages to Discord rest where it blocks this address and does not say
/// for how long. To go on would make the block longer (discord-api-docs, rate limits:
/// 10,000 refused requests in ten minutes).
const BLOCKED_PAUSE: Duration = Duration::from_secs(60);

/// The answer of Execute Webhook with `wait=true`: the code in the body decides, then the status.
pub fn execute(answer: &Answer) -> Reply {
    let body = match answer.is_success() {
        true => answer.outline(),
        false => answer.json(),
    };
    let reply = match &body {
        // Whatever the status: the message itself is the proof.
        Some(message) if answer.status != 429 && is_message(message) => {
            posted(answer, Some(message))
        }
        _ if answer.is_success() => posted(answer, body.as_ref()),
        _ if answer.status == 429 => too_many(answer, body.as_ref()),
        Some(body) => refused(answer, body),
        // Discord's proxy answers in HTML or plain text, where Discord itself was not asked.
        None if answer.status == 403 && !is_discords_own(answer) => blocked(answer),
        None => reply::unreadable(answer, NAME),
    };
    Reply {
        pause_after: used_up(answer),
        ..reply
    }
}

/// Errors have neither an id nor a channel.
fn is_message(body: &Value) -> bool {
    body["id"].is_string() && body["channel_id"].is_string()
}

/// Only the message itself proves that it was saved; 204 proves nothing.
fn posted(answer: &Answer, body: Option<&Value>) -> Reply {
    let text = |name: &str| Some(body?[name].as_str()?.to_owned());
    let Some(id) = text("id") else {
        return reply::unreadable(answer, NAME);
    };
    Reply {
        message: Some(MessageRef {
            id: Some(id),
            channel_id: text("channel_id"),
        }),
        ..Reply::new(Outcome::Delivered)
    }
}

/// Whether Discord itself has answered, and not the proxy before it that keeps banned
/// addresses out: each of its answers has these headers (discord.py goes by the first),
/// whatever has become of the body on its way.
fn is_discords_own(answer: &Answer) -> bool {
    let mut names = answer.headers.keys().map(|name| name.as_str());
    names.any(|name| name == "via" || name.starts_with("x-ratelimit-"))
}

/// Discord's own 429 says how long to wait, in the body or a header. The one of the proxy
/// before it is a ban: it says nothing, says it in no JSON, or has the code of nothing.
fn too_many(answer: &Answer, body: Option<&Value>) -> Reply {
    let asked = body.and_then(|body| wait(body["retry_after"].as_f64()?));
    let says_when = asked.is_some() || answer.text("retry-after").is_some();
    let is_ban = match body {
        Some(body) => !says_when || asked.is_none() && body["code"] == 0,
        None => !says_when || !answer.body.trim().is_empty(),
    };
    if is_ban && !is_discords_own(answer) {
        return blocked(answer);
    }
    let code = body.and_then(|body| body["code"].as_u64());
    let code = code.filter(|code| *code != 0);
    // What others use up is none of the webhook's own limit, whose reset tells nothing then.
    let is_shared = answer.text("x-ratelimit-scope") == Some("shared");
    let reset = answer.seconds("x-ratelimit-reset-after");
    let retry_after = asked
        .into_iter()
        .chain(answer.seconds("retry-after"))
        .chain(reset.filter(|_| !is_shared))
        .max();
    // The limit of all requests from this address, whatever the webhook.
    let is_global = body.is_some_and(|body| body["global"] == true)
        || answer.text("x-ratelimit-global") == Some("true")
        || answer.text("x-ratelimit-scope") == Some("global");
    Reply {
        retry_after,
        platform_pause: retry_after.filter(|_| is_global).map(Pause::For),
        ..codes::named("rate_limited")
            .code(code.map_or_else(|| "rate_limited".to_owned(), |code| code.to_string()))
    }
}

fn refused(answer: &Answer, body: &Value) -> Reply {
    let code = body["code"].as_u64().unwrap_or_default();
    let form = match code {
        50035 => remedy(&body["errors"]),
        _ => None,
    };
    let of_form = match form {
        // The webhook is at fault then, and not the message.
        Some(Remedy::Appearance) => Some("appearance"),
        Some(Remedy::Link(_)) => Some("link"),
        Some(Remedy::ThreadName) => Some("thread_name"),
        Some(Remedy::Tags) => Some("tags"),
        _ => None,
    };
    let known = match (answer.status, code, of_form) {
        // On a post, there is no message that could be unknown: an abuse filter's answer.
        (403, 10008, _) => codes::known("filtered"),
        (_, _, Some(name)) => codes::known(name),
        _ => codes::known(&code.to_string()),
    };
    let Some(known) = known else {
        return uncoded(answer, body);
    };
    let reply = match known.outcome {
        // The address, or how it calls: that concerns every webhook.
        Outcome::Blocked if code == 40333 => blocked(answer),
        // Of this webhook's messages alone.
        Outcome::Blocked => known.waiting(Some(BLOCKED_PAUSE)),
        _ => known.waiting(body["retry_after"].as_f64().and_then(wait)),
    };
    let left_out = form.or(reply.remedy);
    reply
        .code(code.to_string())
        .remedy(left_out)
        .saying(NAME, sentence(body).as_deref())
}

/// What Discord says beside its code, with the first fault of a form.
fn sentence(body: &Value) -> Option<String> {
    first_fault(&body["errors"]).or_else(|| Some(body["message"].as_str()?.to_owned()))
}

/// What to leave out of a message whose form has these faults: `errors` of code 50035, a tree in
/// which each fault stands below the names and indexes that lead to it (discord-api-docs, reference,
/// "Error Messages"). None of it is worth losing the message:
/// which names are forbidden is Discord's secret and changes, and which links it takes too.
fn remedy(errors: &Value) -> Option<Remedy> {
    let is_blamed = |name: &str| !errors[name].is_null();
    if is_blamed("username") || is_blamed("avatar_url") {
        return Some(Remedy::Appearance);
    }
    let links = (0..MAX_EMBEDS)
        .filter(|index| !errors["embeds"][index.to_string()]["url"].is_null())
        .fold(0, |links, index| links | 1 << index);
    match links {
        0 if is_blamed("thread_name") => Some(Remedy::ThreadName),
        0 if is_blamed("applied_tags") => Some(Remedy::Tags),
        0 => None,
        links => Some(Remedy::Link(links)),
    }
}

/// The first fault: where it is, and what is said of it.
fn first_fault(errors: &Value) -> Option<String> {
    let mut path = Vec::new();
    let mut place = errors;
    // No form is as deep as that.
    for _ in 0..16 {
        let fault = &place["_errors"][0];
        if let Some(message) = fault["message"].as_str() {
            return Some(format!("{}: {message}", path.join(".")));
        }
        let (name, below) = place.as_object()?.iter().next()?;
        path.push(name.as_str());
        place = below;
    }
    None
}

/// A code that nobody knows, or 0, which means nothing in particular.
fn uncoded(answer: &Answer, body: &Value) -> Reply {
    // Those that stand between have JSON of their own.
    let is_discords = body["code"].is_u64() && body["message"].is_string();
    let code = body["code"].as_u64().unwrap_or_default();
    let reply = match (answer.status, code) {
        _ if !is_discords => return reply::unreadable(answer, NAME),
        // These statuses say enough by themselves, and the other code says nothing.
        (401, _) | (404, 0) => codes::named("gone"),
        (403, 0) => codes::named("no_access"),
        (400..500, _) if answer.status != 413 => {
            let (code, sentence) = (code.to_string(), sentence(body));
            return reply::unknown_refusal(NAME, &code, sentence.as_deref());
        }
        _ => reply::unreadable(answer, NAME),
    };
    match code {
        0 => reply,
        _ => reply.code(code.to_string()),
    }
}

fn blocked(answer: &Answer) -> Reply {
    let asked = answer.seconds("retry-after");
    Reply {
        retry_after: asked,
        platform_pause: Some(match asked {
            Some(asked) if asked > BLOCKED_PAUSE => Pause::For(asked),
            _ => Pause::Growing(BLOCKED_PAUSE),
        }),
        ..codes::named("blocked").code("blocked")
    }
}

/// How long the webhook must rest where this was the last request that its limit allows.
fn used_up(answer: &Answer) -> Option<Duration> {
    (answer.text("x-ratelimit-remaining") == Some("0"))
        .then(|| answer.seconds("x-ratelimit-reset-after"))
        .flatten()
}

#[cfg(test)]
mod tests;
