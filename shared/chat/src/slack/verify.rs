//! What Slack says of a credential: `auth.test`, `conversations.info`, and an incoming
//! webhook that is asked without being posted to.

use carillon_domain::text::shorten;
use carillon_domain::{Configuration, FaultCode, Faults, Outcome, Pointer};
use serde_json::Value;

use super::{NAME, codes, texts};
use crate::answer::Answer;
use crate::codes::Meaning;
use crate::draft::Draft;
use crate::verification::{Verification, Verified, refused, unreachable, unreadable};

/// Where a token is asked about.
pub(super) const AUTH_TEST: &str = "https://slack.com/api/auth.test";

/// Where a channel is asked about.
const CONVERSATIONS_INFO: &str = "https://slack.com/api/conversations.info";

/// A message that no parser takes. A webhook that is alive finds fault with it, a dead one
/// does not even look at it (trufflehog, detectors/slackwebhook), and none can post it.
pub(crate) const BROKEN_MESSAGE: &str = "{\"text\": ";

const POST: &str = "chat:write";
const POST_ANYWHERE: &str = "chat:write.public";
const CUSTOMIZE: &str = "chat:write.customize";
const SEE_PUBLIC: &str = "channels:read";
const SEE_PRIVATE: &str = "groups:read";

const WHERE: &str = "in the Slack app's settings under OAuth & Permissions, Bot Token Scopes, and \
                     reinstall the app";

/// The answer of `auth.test`, and what its header says of the token's scopes.
pub(crate) fn auth_test(configuration: &Configuration, answer: &Answer) -> Verification {
    let Some(body) = answer.json().filter(|_| answer.status != 429) else {
        return unreadable(NAME, answer);
    };
    match (body["ok"].as_bool(), body["error"].as_str()) {
        (Some(true), _) if answer.is_success() => granted(configuration, answer, &body),
        (Some(false), Some(code)) => denied("token", code, codes::meaning(code)),
        _ => unreadable(NAME, answer),
    }
}

fn granted(configuration: &Configuration, answer: &Answer, body: &Value) -> Verification {
    let mut faults = Faults::default();
    let mut verified = Verified::default();
    let root = Pointer::root();
    let scopes = scopes(answer);
    let lacks = |scope: &str| {
        let scopes = scopes.as_ref();
        scopes.is_some_and(|scopes| !scopes.contains(&scope))
    };
    if lacks(POST) {
        faults.add(
            root.field("token"),
            FaultCode::Refused,
            format!("the token may not post: add the scope {POST} {WHERE}"),
        );
    }
    // Slack takes the message all the same.
    for field in ["username", "icon_emoji"] {
        if configuration.text(field).is_some() && lacks(CUSTOMIZE) {
            verified.warnings.push(format!(
                "Slack ignores {field}, since the token lacks the scope {CUSTOMIZE}: add it \
                 {WHERE}, or leave {field} out"
            ));
        }
    }
    let named = || channels(configuration).filter(|(_, channel)| !texts::is_id(channel));
    if body["is_enterprise_install"] == true {
        for (at, _) in named() {
            faults.add(
                at,
                FaultCode::Refused,
                "the token is for a whole Slack organization, where channels are known by their \
                 id only: give the channel's id, such as C0123ABCD, which stands at the end of \
                 its details",
            );
        }
    }
    if !faults.is_empty() {
        return Verification::Refused(faults);
    }
    for name in ["team", "team_id", "url", "bot_id", "app_id"] {
        verified.fact(name, &body[name]);
    }
    verified.fact("bot", &body["user"]);
    if body["bot_id"].as_str().is_none() {
        let warning = "Slack does not say which bot the token belongs to: make sure that it is the \
                       app's bot token";
        verified.warnings.push(warning.to_owned());
    }
    if let Some(seconds) = body["expires_in"].as_u64() {
        verified.warnings.push(format!(
            "the token expires in {} hours: its app has token rotation, which cannot be switched \
             off again; create a Slack app without it, and send that app's token",
            seconds / 3_600
        ));
    }
    if lacks(POST_ANYWHERE) {
        let bot = verified.facts.get("bot").map_or("bot", String::as_str);
        verified.warnings.push(format!(
            "the bot can post only to channels that it is in: /invite @{bot} there, or add the \
             scope {POST_ANYWHERE} for all public ones"
        ));
    }
    Verification::Verified(verified)
}

/// The token's scopes; none where Slack, or whatever answers for it, does not tell.
fn scopes(answer: &Answer) -> Option<Vec<&str>> {
    let list = answer.text("x-oauth-scopes")?;
    Some(list.split(',').map(str::trim).collect())
}

/// The channels, and where each one stands in the configuration.
fn channels(configuration: &Configuration) -> impl Iterator<Item = (Pointer, &str)> {
    let root = Pointer::root();
    let (one, list) = (root.field("channel"), root.field("channels"));
    let single = configuration.text("channel").map(|channel| (one, channel));
    let listed = configuration.texts("channels").into_iter().enumerate();
    let listed = listed.map(move |(n, channel)| (list.index(n), channel));
    single.into_iter().chain(listed)
}

/// The questions about the channels that are given by id, as far as the token may ask them,
/// once `auth.test` has been answered.
pub(crate) fn about_channels(
    configuration: &Configuration,
    auth_test: &Answer,
) -> Vec<(Pointer, Draft)> {
    let may_see = |scope| scopes(auth_test).is_some_and(|scopes| scopes.contains(&scope));
    let (public, private) = (may_see(SEE_PUBLIC), may_see(SEE_PRIVATE));
    channels(configuration)
        .filter(|(_, channel)| match texts::is_id(channel) {
            true if channel.starts_with('C') => public || private,
            true => channel.starts_with('G') && private,
            false => false,
        })
        .map(|(at, channel)| {
            let question = Draft::get(CONVERSATIONS_INFO).rest(format!("?channel={channel}"));
            (at, question)
        })
        .collect()
}

/// Why messages cannot get into a channel, as far as the answer of `conversations.info`
/// tells. One that tells nothing is no reason to refuse anything.
pub(crate) fn channel_fault(auth_test: &Answer, answer: &Answer) -> Option<String> {
    let body = answer.json().filter(|_| answer.is_success())?;
    let scopes = scopes(auth_test).unwrap_or_default();
    let has = |scope: &str| scopes.contains(&scope);
    let bot = auth_test.json();
    let bot = bot.as_ref().and_then(|body| body["user"].as_str());
    let bot = shorten(bot.unwrap_or("bot"), 80);
    if body["ok"] == false {
        // Without the scope for them, private channels are hidden: it may be one of those.
        let certain = body["error"] == "channel_not_found" && has(SEE_PUBLIC) && has(SEE_PRIVATE);
        return certain.then(|| {
            format!(
                "there is no such channel, or it is private and the bot is not in it: check the \
                 id, or invite the bot there: /invite @{bot}"
            )
        });
    }
    let channel = &body["channel"];
    if channel["is_archived"] == true {
        return Some("the channel is archived: unarchive it, or choose another one".to_owned());
    }
    let open = channel["is_private"] != true && has(POST_ANYWHERE);
    (channel["is_member"] == false && !open)
        .then(|| format!("the bot is not in the channel: invite it there: /invite @{bot}"))
}

/// The answer of an incoming webhook to [`BROKEN_MESSAGE`].
pub(crate) fn webhook(answer: &Answer) -> Verification {
    let body = answer.body.trim();
    if answer.status == 429 {
        return unreadable(NAME, answer);
    }
    match codes::meaning_to_hook(body) {
        // It is the message that it complains of.
        Some(it) if it.reply.outcome == Outcome::PayloadRefused => {
            Verification::Verified(Verified::default())
        }
        None if answer.is_success() && body == "ok" => Verification::Verified(Verified::default()),
        None => unreadable(NAME, answer),
        meaning => denied("webhook_url", body, meaning),
    }
}

/// What an error code says of the credential that stands in `field`.
fn denied(field: &str, code: &str, meaning: Option<Meaning>) -> Verification {
    let Some(meaning) = meaning.filter(|meaning| meaning.reply.outcome.is_dead()) else {
        // It came from outside.
        let code = shorten(code, 64);
        return unreachable(NAME, &format!("answered {code}"));
    };
    let hint = meaning.reply.hint.unwrap_or_default();
    let hint = meaning.registering.unwrap_or(hint.trim_end_matches('.'));
    refused(field, format!("{hint} (Slack's code is {code})"))
}

#[cfg(test)]
mod tests;
