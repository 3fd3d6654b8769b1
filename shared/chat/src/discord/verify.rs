//! What Discord says of a webhook's URL: the answer to a GET of it.

use carillon_domain::text::shorten;
use carillon_domain::webhook::Grouping;
use carillon_domain::{Configuration, Outcome};
use serde_json::Value;

use super::{NAME, codes};
use crate::answer::Answer;
use crate::verification::{Verification, Verified, refused, unreachable, unreadable};

/// The kinds of webhooks (discord-api-docs, resources/webhook, "Webhook Types").
const INCOMING: u64 = 1;
const CHANNEL_FOLLOWER: u64 = 2;
const APPLICATION: u64 = 3;

/// The answer to a GET of the webhook.
pub(crate) fn webhook(configuration: &Configuration, answer: &Answer) -> Verification {
    match answer.json() {
        Some(body) if answer.status != 429 => match answer.is_success() {
            true => shown(configuration, answer, &body),
            false => denied(answer, &body),
        },
        _ => unreadable(NAME, answer),
    }
}

fn shown(configuration: &Configuration, answer: &Answer, body: &Value) -> Verification {
    let detail = match body["type"].as_u64() {
        Some(INCOMING) => return Verification::Verified(verified(configuration, body)),
        None => return unreadable(NAME, answer),
        Some(CHANNEL_FOLLOWER) => {
            "this webhook belongs to a channel that follows another server's announcements, and \
             only Discord posts with it"
        }
        Some(APPLICATION) => {
            "this webhook belongs to an app, for its answers to people's commands, and cannot \
             post by itself"
        }
        Some(_) => "Discord has webhooks of this kind, but none can post with them",
    };
    refused(
        "webhook_url",
        format!("{detail}: create one in the channel's settings under Integrations"),
    )
}

fn verified(configuration: &Configuration, body: &Value) -> Verified {
    let mut verified = Verified::default();
    for name in ["name", "guild_id", "channel_id"] {
        verified.fact(name, &body[name]);
    }
    // Only a bot may ask Discord what kind of channel this is.
    if configuration.grouping == Grouping::Thread {
        verified.warnings.push(
            "Discord does not tell whether the channel is a forum, which grouping by thread needs: \
             send a test message, and choose grouping none or update if it is refused"
                .to_owned(),
        );
    }
    if configuration.text("thread_id").is_some() {
        verified.warnings.push(
            "Discord does not tell whether the thread is one of the webhook's channel: send a test \
             message"
                .to_owned(),
        );
    }
    verified
}

fn denied(answer: &Answer, body: &Value) -> Verification {
    let code = body["code"].as_u64().unwrap_or_default();
    let known = codes::known(&code.to_string());
    let detail = match (answer.status, code) {
        (_, 10015) => {
            "Discord does not know this webhook: it was deleted, or its number is wrong; copy its \
             URL again from the channel's settings, or create a new one"
        }
        (_, 50027 | 40001) | (401, 0) => {
            "Discord knows the webhook, but not this token: copy the whole URL again from the \
             channel's settings"
        }
        (_, 50035) => {
            "Discord cannot read the number in this URL: copy the whole URL again from the \
             channel's settings"
        }
        _ => match known.as_ref().map(|reply| (reply.outcome, &reply.hint)) {
            Some((Outcome::DestinationDead, Some(hint))) => hint.trim_end_matches('.'),
            Some((Outcome::Blocked, _)) => {
                return unreachable(NAME, "blocks this address for a while");
            }
            _ => return unknown(answer, body),
        },
    };
    refused(
        "webhook_url",
        format!("{detail} (Discord's code is {code})"),
    )
}

/// A refusal in Discord's own words, with a code that is in no list, or in nobody's words.
fn unknown(answer: &Answer, body: &Value) -> Verification {
    let (Some(code), Some(sentence)) = (body["code"].as_u64(), body["message"].as_str()) else {
        return unreadable(NAME, answer);
    };
    match answer.status {
        400..500 => {
            let said = shorten(&sentence.replace('"', "'"), 200);
            let status = answer.status;
            unreachable(
                NAME,
                &format!("answered with code {code} (HTTP {status}) and says \"{said}\""),
            )
        }
        _ => unreadable(NAME, answer),
    }
}

#[cfg(test)]
mod tests;
